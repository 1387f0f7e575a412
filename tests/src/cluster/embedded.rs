//! A cluster of this process's own.

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use k8s_openapi::api::core::v1::{Node, ServiceAccount};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::ListParams;
use kube::config::{Config, KubeConfigOptions, Kubeconfig};
use kube::{Api, Client};
use rustix::process::{Pid, Signal, kill_process};

use super::components::Components;
use super::network::{self, NODE, Ports, SERVICE};
use super::node::{self, PAUSE_REPOSITORY, Runtime};
use super::sandbox::Sandbox;
use super::state::State;
use super::{ClusterOptions, Nodes, access, certificates, cgroup, wait};
use crate::image::Image;
use crate::{process, workspace};

/// How long a part of the cluster may take to become ready.
const LIMIT: Duration = Duration::from_secs(90);
/// How long a process gets to end after SIGTERM where no namespace ends it.
const GRACE: Duration = Duration::from_secs(5);

/// A cluster of this process's own.
#[derive(Debug)]
pub(super) struct Embedded {
    state: State,
    sandbox: Sandbox,
    runtime: Option<Runtime>,
    kubeconfig: PathBuf,
    logs: PathBuf,
    /// Nothing once the cluster has ended.
    parts: Mutex<Option<Vec<Part>>>,
    outlives_caller: bool,
}

/// A started program of the cluster.
#[derive(Debug)]
struct Part {
    name: String,
    process: Child,
    log: PathBuf,
}

impl Embedded {
    /// Starts everything and waits until it is ready.
    pub(super) fn start(options: &ClusterOptions, programs: &Path) -> Result<Self> {
        let is_root = rustix::process::geteuid().is_root();
        if options.nodes == Nodes::One && !is_root {
            bail!(
                "a node that runs pods needs root on Linux; or use your own with WEIR_CLUSTER=external and KUBECONFIG"
            );
        }
        let runtime = match options.nodes {
            Nodes::One => Some(Runtime::find()?),
            Nodes::None => None,
        };
        let state = State::claim(&options.name)?;
        let logs = workspace::logs(state.name());
        fs::create_dir_all(state.directory()).context("creating the cluster's directory")?;
        let mut parts = Vec::new();
        let sandbox = if is_root {
            let (sandbox, process) =
                Sandbox::with_namespaces(&programs.join("pause"), &state, options.outlives_caller)?;
            parts.push(Part {
                name: "the sandbox".to_owned(),
                process,
                log: state.directory().join("sandbox.log"),
            });
            sandbox
        } else {
            Sandbox::Shared
        };
        let kubeconfig = access::kubeconfig(state.directory(), "admin");
        let parts = Mutex::new(Some(parts));
        // Until all is ready, dropping the value ends what was started.
        let mut cluster = Self { state, sandbox, runtime, kubeconfig, logs, parts, outlives_caller: false };
        cluster.start_parts(options, programs)?;
        cluster.outlives_caller = options.outlives_caller;
        Ok(cluster)
    }

    fn start_parts(&self, options: &ClusterOptions, programs: &Path) -> Result<()> {
        let ports = match self.sandbox {
            Sandbox::Namespaces { .. } => {
                network::set_up(self.sandbox)?;
                self.sandbox.enter_network()?;
                Ports::usual()
            }
            Sandbox::Shared => Ports::free()?,
        };
        let directory = self.state.directory().to_owned();
        let components =
            Components { programs, directory: &directory, address: self.address(), ports: &ports };
        let authority = certificates::write(&directory.join("certificates"), &[components.address, SERVICE])?;
        access::write(&directory, &components.server(), &authority)?;

        let loading = self.start_containerd(options, programs)?;
        self.spawn("etcd", components.etcd(self.sandbox))?;
        self.spawn("kube-apiserver", components.apiserver(self.sandbox))?;
        let asynchronous = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        asynchronous.block_on(async {
            let client = self.client().await?;
            self.wait("the API", async || Ok(is_ready(&client).await)).await?;
            self.apply(programs, &options.manifests, &client).await?;
            self.spawn("kube-controller-manager", components.controller_manager(self.sandbox))?;
            if let Some(images) = loading {
                self.spawn("kube-scheduler", components.scheduler(self.sandbox))?;
                let configuration = node::kubelet_configuration(&self.state)?;
                images.iter().try_for_each(|archive| self.load(archive))?;
                self.spawn("kubelet", components.kubelet(self.sandbox, &configuration, NODE))?;
                let nodes: Api<Node> = Api::all(client.clone());
                self.wait("the node", async || {
                    Ok(nodes.get_opt("node").await?.is_some_and(|node| node_is_ready(&node)))
                })
                .await?;
            }
            let accounts: Api<ServiceAccount> = Api::default_namespaced(client);
            self.wait("the controllers", async || Ok(accounts.get_opt("default").await?.is_some())).await
        })
    }

    /// Starts containerd; returns the archives to load, or nothing where there is no node.
    fn start_containerd(&self, options: &ClusterOptions, programs: &Path) -> Result<Option<Vec<PathBuf>>> {
        let Some(runtime) = &self.runtime else { return Ok(None) };
        cgroup::create(self.state.name())?;
        let pause = Image::of_program(PAUSE_REPOSITORY, &programs.join("pause"))?;
        let containerd = runtime.containerd(self.sandbox, &self.state, &pause.reference())?;
        self.spawn("containerd", containerd)?;
        let others = options.images.iter().map(|image| image.archive.clone());
        Ok(Some(std::iter::once(pause.archive).chain(others).collect()))
    }

    async fn apply(&self, programs: &Path, manifests: &[PathBuf], client: &Client) -> Result<()> {
        if manifests.is_empty() {
            return Ok(());
        }
        let mut kubectl = Command::new(programs.join("kubectl"));
        kubectl.arg("--kubeconfig").arg(&self.kubeconfig).args(["apply", "--server-side"]);
        for manifest in manifests {
            kubectl.arg("--filename").arg(manifest);
        }
        process::output(&mut kubectl)?;
        let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
        self.wait("the custom resources", async || {
            let all = definitions.list(&ListParams::default()).await?;
            Ok(all.items.iter().all(definition_is_established))
        })
        .await
    }

    /// Waits for the cluster, and fails at once with its log when a part of it ends.
    async fn wait(&self, what: &str, mut condition: impl AsyncFnMut() -> Result<bool>) -> Result<()> {
        let deadline = Instant::now() + LIMIT;
        while Instant::now() < deadline {
            if wait::until(what, Duration::ZERO, &mut condition).await.is_ok() {
                return Ok(());
            }
            self.check_parts().with_context(|| format!("waiting for {what}"))?;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let logs = self.logs.display();
        wait::until(what, Duration::ZERO, condition).await.with_context(|| format!("the logs are in {logs}"))
    }

    /// An error with the log of a part that has ended.
    fn check_parts(&self) -> Result<()> {
        for part in self.parts().iter_mut().flatten() {
            if let Some(status) = part.process.try_wait()? {
                bail!("{} ended ({status})\n{}", part.name, process::tail(&part.log));
            }
        }
        Ok(())
    }

    fn parts(&self) -> MutexGuard<'_, Option<Vec<Part>>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a program made with [`Embedded::command`] that ends with the cluster; returns its log.
    pub(super) fn spawn(&self, name: &str, mut command: Command) -> Result<PathBuf> {
        let mut parts = self.parts();
        let Some(parts) = parts.as_mut() else { bail!("the cluster has ended") };
        let log = self.logs.join(format!("{name}.log"));
        let process = process::spawn(command.stdin(Stdio::null()), &log)?;
        self.state.record(process.id())?;
        parts.push(Part { name: name.to_owned(), process, log: log.clone() });
        Ok(log)
    }

    async fn client(&self) -> Result<Client> {
        let file = Kubeconfig::read_from(&self.kubeconfig)?;
        let config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await?;
        Ok(Client::try_from(config)?)
    }

    fn address(&self) -> Ipv4Addr {
        match self.sandbox {
            Sandbox::Namespaces { .. } => SERVICE,
            Sandbox::Shared => Ipv4Addr::LOCALHOST,
        }
    }

    pub(super) fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// Loads an image archive into the node; without a node there is nothing to load it into.
    pub(super) fn load(&self, archive: &Path) -> Result<()> {
        let Some(runtime) = &self.runtime else { return Ok(()) };
        let deadline = Instant::now() + LIMIT;
        let socket = node::socket(self.state.directory());
        while !socket.exists() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
        }
        runtime.load(self.sandbox, self.state.directory(), archive)
    }

    pub(super) fn host_address(&self) -> Ipv4Addr {
        match self.sandbox {
            Sandbox::Namespaces { .. } => NODE,
            Sandbox::Shared => Ipv4Addr::LOCALHOST,
        }
    }

    pub(super) fn network_of(&self) -> Option<u32> {
        self.sandbox.network_of()
    }

    pub(super) fn command(&self, program: &Path) -> Command {
        self.sandbox.command(program)
    }

    pub(super) fn logs(&self) -> PathBuf {
        self.logs.clone()
    }

    /// A directory of the cluster that is removed with it.
    pub(super) fn directory(&self) -> &Path {
        self.state.directory()
    }

    /// Ends every process and removes what they left; later calls do nothing.
    pub(super) fn stop(&self) -> Result<()> {
        let Some(mut parts) = self.parts().take() else { return Ok(()) };
        if self.sandbox != Sandbox::Shared
            && let Some(first) = parts.first_mut()
        {
            // The others end with the sandbox's first process, and that one with this.
            first.process.kill().context("ending the cluster's processes")?;
        }
        for part in parts.iter_mut().rev() {
            end_process(&mut part.process).with_context(|| format!("ending {}", part.name))?;
        }
        self.state.clear()
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        if !self.outlives_caller
            && let Err(error) = self.stop()
        {
            tracing::warn!(cluster = self.state.name(), "the cluster did not end cleanly: {error:#}");
        }
    }
}

async fn is_ready(client: &Client) -> bool {
    let request = http::Request::get("/readyz").body(Vec::new());
    match request {
        Ok(request) => client.request_text(request).await.is_ok_and(|answer| answer == "ok"),
        Err(_) => false,
    }
}

fn node_is_ready(node: &Node) -> bool {
    let conditions = node.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    conditions.iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

fn definition_is_established(definition: &CustomResourceDefinition) -> bool {
    let conditions =
        definition.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    conditions.iter().any(|condition| condition.type_ == "Established" && condition.status == "True")
}

/// Asks a process to end, and kills it when it does not.
fn end_process(process: &mut Child) -> Result<()> {
    let Some(pid) = i32::try_from(process.id()).ok().and_then(Pid::from_raw) else { return Ok(()) };
    if process.try_wait()?.is_some() {
        return Ok(());
    }
    kill_process(pid, Signal::TERM).context("sending SIGTERM")?;
    let deadline = Instant::now() + GRACE;
    while process.try_wait()?.is_none() {
        if Instant::now() > deadline {
            process.kill().context("sending SIGKILL")?;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}
