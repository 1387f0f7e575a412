//! How the process of `weir` is set up.

use std::io::ErrorKind::WouldBlock;
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::weir::binary;

/// The environment of a `weir` that has started its work, given these variables and none of the machine's.
fn environment_at_work(given: &[(&str, &str)]) -> String {
    let store = TcpListener::bind("127.0.0.1:0").unwrap();
    store.set_nonblocking(true).unwrap();
    let endpoint = format!("http://{}", store.local_addr().unwrap());
    let mut command = Command::new(binary());
    command.args(["inspect", "s3://bucket/table"]).stdout(Stdio::null()).stderr(Stdio::null());
    command.env_clear().envs(given.iter().copied());
    command.envs([("AWS_ENDPOINT_URL", endpoint.as_str()), ("AWS_REGION", "us-east-1")]);
    command.envs([("AWS_ACCESS_KEY_ID", "key"), ("AWS_SECRET_ACCESS_KEY", "secret")]);
    let mut weir = command.spawn().unwrap();
    // It waits for an answer from its first request on.
    let _request = loop {
        match store.accept() {
            Ok(request) => break request,
            Err(error) => assert_eq!(error.kind(), WouldBlock, "{error}"),
        }
        assert_eq!(weir.try_wait().unwrap(), None, "it ended before it asked the store for anything");
        std::thread::sleep(Duration::from_millis(5));
    };
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

#[test]
fn it_starts_itself_again_once_even_where_the_variable_is_taken_away() {
    assert!(!environment_at_work(&[("WEIR_STARTED_AGAIN", "1")]).contains("GLIBC_TUNABLES"));
}
