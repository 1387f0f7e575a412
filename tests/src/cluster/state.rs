//! The directory of a running cluster, and what a killed run of the same name left in it.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use super::cgroup;

/// How many clusters of one name may run at once.
const SLOTS: usize = 32;
/// File with the processes that a cleaner of leftovers has to end.
const PROCESSES: &str = "processes";

/// Exclusive use of a cluster's name and directory; both are released when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct State {
    name: String,
    directory: PathBuf,
    _lock: File,
}

impl State {
    /// Takes `name`, or `name-2`, `name-3` … when others run under it, and clears what a killed run left there.
    pub(super) fn claim(name: &str) -> Result<Self> {
        for slot in 1..=SLOTS {
            let name = if slot == 1 { name.to_owned() } else { format!("{name}-{slot}") };
            if let Some(state) = Self::claim_exactly(&name)? {
                return Ok(state);
            }
        }
        bail!("{SLOTS} clusters named {name} are already running")
    }

    /// Takes `name` unless another process holds it.
    pub(super) fn claim_exactly(name: &str) -> Result<Option<Self>> {
        let root = root();
        fs::create_dir_all(&root).with_context(|| format!("creating {}", root.display()))?;
        let lock_path = root.join(format!("{name}.lock"));
        let lock = File::create(&lock_path).with_context(|| format!("creating {}", lock_path.display()))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("locking {}", lock_path.display()));
            }
        }
        let state = Self { name: name.to_owned(), directory: root.join(name), _lock: lock };
        state.clear()?;
        Ok(Some(state))
    }

    /// The name taken.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The cluster's directory.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Records a process so that a later run can end it when this one cannot.
    pub(super) fn record(&self, pid: u32) -> Result<()> {
        use std::io::Write as _;
        let Some(started) = start_time(pid) else { return Ok(()) };
        let path = self.directory.join(PROCESSES);
        let mut file = File::options().create(true).append(true).open(&path)?;
        writeln!(file, "{pid} {started}").with_context(|| format!("writing {}", path.display()))
    }

    /// Ends recorded processes that still run, removes the cgroups and the directory.
    pub(super) fn clear(&self) -> Result<()> {
        let recorded = fs::read_to_string(self.directory.join(PROCESSES)).unwrap_or_default();
        for line in recorded.lines().rev() {
            let Some((pid, started)) = line.split_once(' ') else { continue };
            if let Ok(pid) = pid.parse() {
                end(pid, started)?;
            }
        }
        cgroup::remove(&self.name)?;
        if self.directory.exists() {
            fs::remove_dir_all(&self.directory)
                .with_context(|| format!("removing {}", self.directory.display()))?;
        }
        Ok(())
    }
}

/// The directory that holds the directories of all clusters of this user.
fn root() -> PathBuf {
    std::env::temp_dir().join(format!("weir-{}", rustix::process::getuid().as_raw()))
}

/// Kills a process if it is still the one that was recorded, and waits until it is gone.
fn end(pid: u32, started: &str) -> Result<()> {
    let is_running = || start_time(pid).as_deref() == Some(started);
    let target = i32::try_from(pid).ok().and_then(Pid::from_raw);
    for _ in 0..500 {
        if !is_running() {
            return Ok(());
        }
        if let Some(target) = target {
            // A process that ended in between is what we want.
            let _ = kill_process(target, Signal::KILL);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    bail!("process {pid} does not end")
}

/// When a process that has not ended started, in clock ticks since boot (field 22 of `/proc/<pid>/stat`).
fn start_time(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    (state != "Z").then(|| fields.nth(18).map(str::to_owned)).flatten()
}
