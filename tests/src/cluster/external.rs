//! A cluster that somebody else runs.

use std::net::{Ipv4Addr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use super::ClusterOptions;
use crate::{process, workspace};

/// Chooses between the embedded cluster (default) and the one of `KUBECONFIG` (`external`).
const CHOICE: &str = "WEIR_CLUSTER";
/// The command that loads an image archive, whose path is appended.
const LOAD: &str = "WEIR_LOAD_IMAGE";
const DEFAULT_LOAD: &str = "kind load image-archive";
/// The address under which the cluster's pods reach this machine.
const HOST_ADDRESS: &str = "WEIR_HOST_ADDRESS";

/// A cluster named by `KUBECONFIG`.
#[derive(Debug)]
pub(super) struct External {
    kubeconfig: PathBuf,
    host_address: Ipv4Addr,
    logs: PathBuf,
    /// Directory and processes of servers beside the cluster; the processes are none once it was stopped.
    directory: TempDir,
    servers: Mutex<Vec<Child>>,
}

/// Whether `WEIR_CLUSTER` asks for an external cluster. `KUBECONFIG` alone does not: it may name a cluster that
/// people live on.
pub(super) fn is_wanted() -> Result<bool> {
    match std::env::var(CHOICE).unwrap_or_default().as_str() {
        "" | "embedded" => Ok(false),
        "external" => Ok(true),
        other => bail!("{CHOICE} is {other:?}; it can be embedded or external"),
    }
}

impl External {
    /// Applies the manifests and loads the images.
    pub(super) fn connect(options: &ClusterOptions, programs: &Path) -> Result<Self> {
        let kubeconfig = std::env::var_os("KUBECONFIG")
            .with_context(|| format!("{CHOICE}=external needs KUBECONFIG to name the cluster"))?;
        let cluster = Self {
            kubeconfig: kubeconfig.into(),
            host_address: host_address()?,
            logs: workspace::logs(&options.name),
            directory: tempfile::tempdir().context("creating a directory for servers")?,
            servers: Mutex::default(),
        };
        for manifest in &options.manifests {
            let mut kubectl = Command::new(programs.join("kubectl"));
            kubectl.arg("--kubeconfig").arg(&cluster.kubeconfig);
            kubectl.args(["apply", "--server-side", "--force-conflicts", "--filename"]).arg(manifest);
            process::output(&mut kubectl)?;
        }
        options.images.iter().try_for_each(|image| Self::load(&image.archive))?;
        Ok(cluster)
    }

    pub(super) fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// Loads an image archive by the command of `WEIR_LOAD_IMAGE`.
    pub(super) fn load(archive: &Path) -> Result<()> {
        let line = std::env::var(LOAD).unwrap_or_else(|_| DEFAULT_LOAD.to_owned());
        let mut words = line.split_whitespace();
        let program = words.next().with_context(|| format!("{LOAD} is empty"))?;
        process::output(Command::new(program).args(words).arg(archive))
            .with_context(|| format!("loading an image into the cluster ({LOAD} says how)"))?;
        Ok(())
    }

    pub(super) fn host_address(&self) -> Ipv4Addr {
        self.host_address
    }

    pub(super) fn logs(&self) -> PathBuf {
        self.logs.clone()
    }

    pub(super) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Starts a server on this machine; returns its log.
    pub(super) fn spawn(&self, name: &str, mut command: Command) -> Result<PathBuf> {
        let log = self.logs.join(format!("{name}.log"));
        let child = process::spawn(command.stdin(Stdio::null()), &log)?;
        self.servers.lock().unwrap_or_else(PoisonError::into_inner).push(child);
        Ok(log)
    }

    /// Ends the servers; the cluster is not ours to end.
    pub(super) fn stop(&self) -> Result<()> {
        for mut server in self.servers.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            server.kill().context("ending a server")?;
            server.wait().context("waiting for a server's end")?;
        }
        Ok(())
    }
}

impl Drop for External {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            tracing::warn!("a server beside the cluster did not end cleanly: {error:#}");
        }
    }
}

/// `WEIR_HOST_ADDRESS`, else the address that this machine has on the way to others.
fn host_address() -> Result<Ipv4Addr> {
    if let Ok(address) = std::env::var(HOST_ADDRESS) {
        return address.parse().with_context(|| format!("{HOST_ADDRESS}={address} is not an IPv4 address"));
    }
    // Connecting a datagram socket sends nothing; it only chooses the route.
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).with_context(|| format!("set {HOST_ADDRESS}"))?;
    match socket.local_addr()?.ip() {
        std::net::IpAddr::V4(address) => Ok(address),
        std::net::IpAddr::V6(_) => bail!("set {HOST_ADDRESS} to an IPv4 address"),
    }
}
