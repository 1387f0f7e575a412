//! Nothing of a cluster is left when it ends, however it ends.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use weir_tests::image::Image;
use weir_tests::tools;

#[test]
fn nothing_is_left_of_an_interrupted_cluster() {
    let mut cluster = Running::start("interrupted");
    cluster.run_pod();
    assert!(!cluster.traces().is_empty(), "a running cluster has traces, or the search finds none");

    cluster.signal(Signal::INT);
    assert!(cluster.process.wait().unwrap().success());
    assert_eq!(cluster.traces(), Vec::<String>::new());
}

#[test]
fn no_process_survives_a_killed_harness_and_the_next_start_clears_the_rest() {
    let mut killed = Running::start("killed");
    killed.run_pod();
    killed.signal(Signal::KILL);
    killed.process.wait().unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    while !killed.processes().is_empty() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(killed.processes(), Vec::<String>::new());

    let mut next = Running::start("killed");
    next.signal(Signal::TERM);
    assert!(next.process.wait().unwrap().success());
    assert_eq!(next.traces(), Vec::<String>::new());
}

/// A cluster held by a process of the harness.
struct Running {
    name: &'static str,
    process: Child,
    kubectl: String,
}

impl Running {
    fn start(name: &'static str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_weir-harness"));
        command.args(["cluster", "--name", name]).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut kubectl = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut kubectl).unwrap();
        assert!(kubectl.contains("kubectl"), "the cluster does not start: {:?}", process.wait());
        Self { name, process, kubectl: kubectl.trim().to_owned() }
    }

    /// Runs a pod that stays until it is ended.
    fn run_pod(&self) {
        let program = tools::control_plane().unwrap().path.join("pause");
        let image = Image::of_program("weir.dev/pause", &program).unwrap().reference();
        self.kubectl(&format!("run sleeper --image={image} --image-pull-policy=Never"));
        self.kubectl("wait --for=condition=Ready pod/sleeper --timeout=60s");
    }

    fn kubectl(&self, arguments: &str) {
        let line = format!("{} {arguments}", self.kubectl);
        let output = Command::new("sh").args(["-c", &line]).output().unwrap();
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.process.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Everything on this machine that belongs to the cluster.
    fn traces(&self) -> Vec<String> {
        let mut traces = self.processes();
        let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
        traces.extend(mounts.lines().filter(|mount| mount.contains(&self.directory())).map(str::to_owned));
        let hierarchies =
            mounts.lines().filter(|mount| mount.split(' ').nth(2).unwrap().starts_with("cgroup"));
        let groups =
            hierarchies.map(|mount| format!("{}/{}", mount.split(' ').nth(1).unwrap(), self.group()));
        traces.extend(groups.chain([self.directory()]).filter(|path| Path::new(path).exists()));
        traces
    }

    /// Command lines of processes that name the cluster's directory or run in its control groups.
    fn processes(&self) -> Vec<String> {
        let own = self.process.id().to_string();
        let entries = fs::read_dir("/proc").unwrap().flatten();
        let pids = entries.filter_map(|entry| entry.file_name().into_string().ok()).filter(|pid| *pid != own);
        pids.filter_map(|pid| {
            let read = |file: &str| fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default();
            let (command, groups) = (read("cmdline").replace('\0', " "), read("cgroup"));
            let belongs = command.contains(&self.directory()) || groups.contains(&self.group());
            belongs.then_some(command)
        })
        .collect()
    }

    fn directory(&self) -> String {
        std::env::temp_dir().join("weir-0").join(self.name).display().to_string()
    }

    fn group(&self) -> String {
        format!("weir-{}", self.name)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A test that failed leaves no cluster; one that did not has already waited.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
