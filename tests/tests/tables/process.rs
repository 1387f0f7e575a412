//! How the process of `weir` is set up.

use std::net::TcpListener;
use std::process::{Command, Stdio};

use crate::weir::binary;

/// The environment of a `weir` that has started its work, given these variables.
fn environment_at_work(given: &[(&str, &str)]) -> String {
    let store = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", store.local_addr().unwrap());
    let mut command = Command::new(binary());
    command.args(["inspect", "s3://bucket/table"]).stdout(Stdio::null()).stderr(Stdio::null());
    command.env_remove("GLIBC_TUNABLES").envs(given.iter().copied());
    command.envs([("AWS_ENDPOINT_URL", endpoint.as_str()), ("AWS_REGION", "us-east-1")]);
    command.envs([("AWS_ACCESS_KEY_ID", "key"), ("AWS_SECRET_ACCESS_KEY", "secret")]);
    let mut weir = command.spawn().unwrap();
    // It waits for an answer from here on.
    let _request = store.accept().unwrap();
    let environment = std::fs::read(format!("/proc/{}/environ", weir.id())).unwrap();
    weir.kill().unwrap();
    weir.wait().unwrap();
    String::from_utf8_lossy(&environment).into_owned()
}

#[test]
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn the_allocator_has_one_arena() {
    assert!(environment_at_work(&[]).contains("GLIBC_TUNABLES=glibc.malloc.arena_max=1"));
}

#[test]
fn an_allocator_that_somebody_has_set_up_stays_so() {
    for chosen in [("MALLOC_ARENA_MAX", "4"), ("GLIBC_TUNABLES", "glibc.malloc.arena_max=4")] {
        assert!(!environment_at_work(&[chosen]).contains("arena_max=1"), "{chosen:?}");
    }
}
