//! A real Kubernetes cluster for one suite of tests, or any cluster that a kubeconfig names.
//!
//! ```text
//! Control plane only   etcd, kube-apiserver, kube-controller-manager            no root needed
//! One node             + kube-scheduler, containerd, kubelet: real pods         root on Linux
//! External             KUBECONFIG with WEIR_CLUSTER=external; images by WEIR_LOAD_IMAGE
//! ```
//!
//! As root everything runs in namespaces of its own, so that nothing is left when it ends, however it ends.

mod access;
mod certificates;
mod cgroup;
mod components;
mod embedded;
mod external;
mod namespace;
mod network;
mod node;
mod sandbox;
mod state;
mod wait;

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use kube::Client;
use kube::config::{Config, KubeConfigOptions, Kubeconfig};

use self::embedded::Embedded;
use self::external::External;
use crate::image::Image;
use crate::tools;

/// How much of a cluster a suite needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nodes {
    /// The API and its controllers. Pods are made but never run.
    None,
    /// One node that runs pods.
    One,
}

/// What to start.
#[derive(Debug, Clone)]
pub struct ClusterOptions {
    /// Name of the suite; names directories and logs.
    pub name: String,
    /// Whether pods run.
    pub nodes: Nodes,
    /// Files or directories of manifests that are applied before the controllers start. Definitions of custom
    /// resources belong here: the garbage collector learns at once of kinds that exist when it starts.
    pub manifests: Vec<PathBuf>,
    /// Images that pods use.
    pub images: Vec<Image>,
    /// Whether the cluster stays when this process ends, until [`Cluster::remove`].
    pub outlives_caller: bool,
}

impl ClusterOptions {
    /// A cluster that ends with the caller.
    pub fn new(name: &str, nodes: Nodes) -> Self {
        Self {
            name: name.to_owned(),
            nodes,
            manifests: Vec::new(),
            images: Vec::new(),
            outlives_caller: false,
        }
    }
}

/// A running cluster.
#[derive(Debug)]
pub struct Cluster {
    kind: Kind,
    programs: PathBuf,
}

#[derive(Debug)]
enum Kind {
    Embedded(Embedded),
    External(External),
}

impl Cluster {
    /// Starts a cluster, or connects to the one of `KUBECONFIG` where `WEIR_CLUSTER=external` says so.
    ///
    /// As root the calling thread moves into the cluster's network, and with it every thread and process that it
    /// starts later. So call it in `main`, before other threads exist and outside any runtime, after everything
    /// that needs the outside network. Blocks until the API (and the node) are ready.
    pub fn start(options: &ClusterOptions) -> Result<Self> {
        let programs = tools::control_plane()?.path;
        let kind = if external::is_wanted()? {
            Kind::External(External::connect(options, &programs)?)
        } else {
            Kind::Embedded(Embedded::start(options, &programs)?)
        };
        Ok(Self { kind, programs })
    }

    /// Ends the cluster `name` that outlived its maker, and clears what it left. Nothing to do is not an error.
    pub fn remove(name: &str) -> Result<()> {
        let state = state::State::claim_exactly(name)?
            .with_context(|| format!("the cluster {name} is being started or used by another process"))?;
        state.clear()
    }

    /// A client with all rights. Needs a tokio runtime.
    pub async fn client(&self) -> Result<Client> {
        let file = Kubeconfig::read_from(self.kubeconfig())?;
        let config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await?;
        Ok(Client::try_from(config)?)
    }

    /// The kubeconfig of a user with all rights.
    pub fn kubeconfig(&self) -> &Path {
        match &self.kind {
            Kind::Embedded(cluster) => cluster.kubeconfig(),
            Kind::External(cluster) => cluster.kubeconfig(),
        }
    }

    /// `kubectl` with all rights, for callers in the cluster's network.
    pub fn kubectl(&self) -> Command {
        let mut kubectl = Command::new(self.programs.join("kubectl"));
        kubectl.arg("--kubeconfig").arg(self.kubeconfig());
        kubectl
    }

    /// A line for people's shells that runs the cluster's `kubectl` from the outside network.
    pub fn kubectl_line(&self) -> String {
        let kubectl = format!(
            "{} --kubeconfig {}",
            self.programs.join("kubectl").display(),
            self.kubeconfig().display()
        );
        match self.network_of() {
            Some(pid) => format!("nsenter --target {pid} --net {kubectl}"),
            None => kubectl,
        }
    }

    /// Makes a fresh namespace whose name starts with `prefix`, ready for pods, and returns its name.
    pub async fn namespace(&self, prefix: &str) -> Result<String> {
        namespace::create(self.client().await?, prefix).await
    }

    /// Makes an image known to the node.
    pub fn load(&self, image: &Image) -> Result<()> {
        match &self.kind {
            Kind::Embedded(cluster) => cluster.load(&image.archive),
            Kind::External(_) => External::load(&image.archive),
        }
    }

    /// The address under which pods and the caller reach servers that the caller starts.
    pub fn host_address(&self) -> Ipv4Addr {
        match &self.kind {
            Kind::Embedded(cluster) => cluster.host_address(),
            Kind::External(cluster) => cluster.host_address(),
        }
    }

    /// The process in whose network the cluster runs, where it is not the outside network.
    pub fn network_of(&self) -> Option<u32> {
        match &self.kind {
            Kind::Embedded(cluster) => cluster.network_of(),
            Kind::External(_) => None,
        }
    }

    /// Starts a server in the cluster's network; it ends with the cluster. Returns its log.
    pub(crate) fn start_server(
        &self,
        name: &str,
        program: &Path,
        configure: impl FnOnce(&mut Command),
    ) -> Result<PathBuf> {
        match &self.kind {
            Kind::Embedded(cluster) => {
                let mut command = cluster.command(program);
                configure(&mut command);
                cluster.spawn(name, command)
            }
            Kind::External(cluster) => {
                let mut command = Command::new(program);
                configure(&mut command);
                cluster.spawn(name, command)
            }
        }
    }

    /// A directory that is removed when the cluster is stopped.
    pub fn directory(&self) -> &Path {
        match &self.kind {
            Kind::Embedded(cluster) => cluster.directory(),
            Kind::External(cluster) => cluster.directory(),
        }
    }

    /// Where logs of the cluster's parts are.
    pub fn logs(&self) -> PathBuf {
        match &self.kind {
            Kind::Embedded(cluster) => cluster.logs(),
            Kind::External(cluster) => cluster.logs(),
        }
    }

    /// Ends the cluster, or what was started beside an external one. Later calls do nothing.
    ///
    /// Dropping the value does the same, unless the cluster outlives its caller.
    pub fn stop(&self) -> Result<()> {
        match &self.kind {
            Kind::Embedded(cluster) => cluster.stop(),
            Kind::External(cluster) => cluster.stop(),
        }
    }
}
