//! The `weir` binary as people run it.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;
use weir_contract::{ExitCode, RunResult};
use weir_tests::oracle::TableAt;
use weir_tests::product;

/// What one run of `weir` left.
#[derive(Debug)]
pub(crate) struct Run {
    /// Meaning of the exit status.
    pub(crate) exit: ExitCode,
    /// The JSON object on standard output.
    pub(crate) result: RunResult,
    /// What the service itself reported in it.
    /// The service's own report.
    pub(crate) details: Value,
    /// What was printed for people.
    pub(crate) said: String,
}

impl Run {
    /// The run, which must have ended well.
    #[track_caller]
    pub(crate) fn done(self) -> Self {
        assert_eq!(self.exit, ExitCode::Done, "{}\n{}", self.result.message, self.said);
        self
    }
}

/// Runs a verb on a table with flags, asking for JSON.
#[track_caller]
pub(crate) fn weir(verb: &str, table: &TableAt, flags: &[&str]) -> Run {
    ended(verb, &command(verb, table, flags).output().unwrap())
}

/// The same, with the greatest resident set of the process, in bytes.
#[track_caller]
pub(crate) fn measured(verb: &str, table: &TableAt, flags: &[&str]) -> (Run, u64) {
    let mut command = command(verb, table, flags);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let output = std::thread::spawn(|| child.wait_with_output().unwrap());
    let mut peak = 0;
    while !output.is_finished() {
        let line = std::fs::read_to_string(&status).unwrap_or_default();
        let high = line.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = high.and_then(|text| text.trim().trim_end_matches(" kB").parse::<u64>().ok());
        peak = peak.max(kib.unwrap_or(0) << 10);
        std::thread::sleep(Duration::from_millis(2));
    }
    (ended(verb, &output.join().unwrap()), peak)
}

fn command(verb: &str, table: &TableAt, flags: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.args([verb, table.location(), "--json"]).args(flags).envs(table.storage().environment());
    command
}

#[track_caller]
fn ended(verb: &str, output: &Output) -> Run {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let printed = String::from_utf8_lossy(&output.stdout);
    let exit = output.status.code().and_then(ExitCode::from_status);
    let exit = exit.unwrap_or_else(|| panic!("{verb} ended with {}: {printed}{said}", output.status));
    let receipt: Value = serde_json::from_str(&printed)
        .unwrap_or_else(|error| panic!("{verb} printed no JSON ({error}): `{printed}`\n{said}"));
    let details = receipt["details"].clone();
    let result = serde_json::from_value(receipt)
        .unwrap_or_else(|error| panic!("{verb} printed no result ({error}): `{printed}`\n{said}"));
    Run { exit, result, details, said }
}

/// The binary that is shipped, brought up to date.
pub(crate) fn binary() -> &'static PathBuf {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| product::weir().unwrap())
}
