//! Namespaces that hold a cluster's processes, so that all of them end together.
//!
//! As root, network, mounts and process ids are the cluster's own: when the first process of the process-id
//! namespace ends, the kernel ends all others, and mounts and network disappear with the last of them. Without root
//! the processes are plain children on loopback addresses.

use std::fs::{self, File};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::state::State;
use crate::process;

/// Mounts of its own hide what containerd and kubelet would leave in shared directories.
const OWN_MOUNTS: &str =
    "mkdir -p /var/lib/cni && for d in /run /var/lib/cni /var/log; do mount -t tmpfs weir $d; done";

/// What holds a cluster's processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sandbox {
    /// Namespaces of their own.
    Namespaces {
        /// The first process in the namespaces, by its process id outside.
        first: u32,
    },
    /// The caller's own namespaces.
    Shared,
}

impl Sandbox {
    /// Namespaces whose first process is the program `pause`.
    ///
    /// They end when the process that is returned beside them is killed. With `outlives_caller` they stay until
    /// [`State::clear`] when it is not; else they end with the caller, however it ends.
    pub(super) fn with_namespaces(
        pause: &Path,
        state: &State,
        outlives_caller: bool,
    ) -> Result<(Self, Child)> {
        let mut command = Command::new("setsid");
        command.args([
            "unshare",
            "--net",
            "--mount",
            "--pid",
            "--fork",
            "--mount-proc",
            "--kill-child",
            "--",
        ]);
        command.arg(pause).stdin(Stdio::null());
        if !outlives_caller {
            command.arg("-until-stdin-closes").stdin(Stdio::piped());
        }
        let log = state.directory().join("sandbox.log");
        let mut maker = process::spawn(&mut command, &log)?;
        state.record(maker.id())?;
        let first = first_process(&mut maker, pause).with_context(|| {
            format!("making namespaces needs root with CAP_SYS_ADMIN: {}", process::tail(&log))
        })?;
        state.record(first)?;
        let sandbox = Self::Namespaces { first };
        let mut prepare = sandbox.command(Path::new("sh"));
        process::output(prepare.args(["-ec", OWN_MOUNTS])).context("preparing the cluster's mounts")?;
        Ok((sandbox, maker))
    }

    /// A command for `program` inside.
    pub(super) fn command(self, program: &Path) -> Command {
        let mut command = Command::new("setsid");
        if let Self::Namespaces { first } = self {
            command.args(["nsenter", &format!("--target={first}"), "--net", "--mount", "--pid", "--"]);
        }
        command.arg(program);
        command
    }

    /// Moves the calling thread, and the threads and processes that it starts from now on, into the network.
    pub(super) fn enter_network(self) -> Result<()> {
        let Self::Namespaces { first } = self else { return Ok(()) };
        let path = format!("/proc/{first}/ns/net");
        let namespace = File::open(&path).with_context(|| format!("opening {path}"))?;
        move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))
            .context("entering the cluster's network")
    }

    /// The process in whose network the cluster is, where it has its own.
    pub(super) fn network_of(self) -> Option<u32> {
        match self {
            Self::Namespaces { first } => Some(first),
            Self::Shared => None,
        }
    }
}

/// Waits until `maker` has started `program`: only then are the namespaces complete, and their mounts private.
fn first_process(maker: &mut Child, program: &Path) -> Result<u32> {
    let program = program.canonicalize().with_context(|| format!("looking for {}", program.display()))?;
    let path = format!("/proc/{0}/task/{0}/children", maker.id());
    let deadline = Instant::now() + Duration::from_secs(10);
    while Instant::now() < deadline {
        if let Some(status) = maker.try_wait()? {
            bail!("unshare ended early: {status}");
        }
        let children = fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
        if let Some(child) = children.split_whitespace().next()
            && fs::read_link(format!("/proc/{child}/exe")).is_ok_and(|running| running == program)
        {
            return Ok(child.parse()?);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    bail!("unshare did not start {} within 10 s", program.display())
}
