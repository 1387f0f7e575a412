//! The node: containerd and kubelet, which run real pods.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::json;

use super::cgroup;
use super::components::write;
use super::network::{NODE, PODS};
use super::sandbox::Sandbox;
use super::state::State;
use crate::process;

/// Repository of the image that holds a pod's namespaces.
pub(super) const PAUSE_REPOSITORY: &str = "weir.dev/pause";

/// Where distributions put CNI plugins.
const PLUGIN_DIRECTORIES: [&str; 3] = ["/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni"];

/// The programs that the node needs from the machine.
#[derive(Debug)]
pub(super) struct Runtime {
    containerd: PathBuf,
    runc: PathBuf,
    ctr: PathBuf,
    plugins: PathBuf,
}

impl Runtime {
    /// Looks for containerd, runc and the CNI plugins.
    pub(super) fn find() -> Result<Self> {
        let plugins = PLUGIN_DIRECTORIES.iter().map(Path::new).find(|path| path.join("bridge").exists());
        Ok(Self {
            containerd: program("containerd", "containerd")?,
            runc: program("runc", "runc")?,
            ctr: program("ctr", "containerd")?,
            plugins: plugins
                .context("CNI plugins are missing (Debian: apt-get install containernetworking-plugins)")?
                .to_owned(),
        })
    }

    /// containerd for the cluster in `state`.
    pub(super) fn containerd(&self, sandbox: Sandbox, state: &State, pause: &str) -> Result<Command> {
        let directory = state.directory();
        write(&directory.join("cni/10-weir.conflist"), &network_list(directory))?;
        let configuration = directory.join("containerd/config.toml");
        write(&configuration, &self.containerd_configuration(directory, pause))?;
        let mut command = sandbox.command(&self.containerd);
        command.arg("--config").arg(configuration);
        Ok(command)
    }

    /// Loads an image archive into the node.
    pub(super) fn load(&self, sandbox: Sandbox, directory: &Path, archive: &Path) -> Result<()> {
        let mut ctr = sandbox.command(&self.ctr);
        ctr.arg("--address")
            .arg(socket(directory))
            .args(["--namespace", "k8s.io", "images", "import"])
            .arg(archive);
        process::output(&mut ctr).with_context(|| format!("loading {}", archive.display()))?;
        Ok(())
    }

    fn containerd_configuration(&self, directory: &Path, pause: &str) -> String {
        let state = directory.display();
        let (plugins, runc) = (self.plugins.display(), self.runc.display());
        format!(
            r#"version = 2
root = "{state}/containerd/root"
state = "{state}/containerd/state"
[grpc]
  address = "{socket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause}"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{plugins}"
    conf_dir = "{state}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "{snapshotter}"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
        BinaryName = "{runc}"
"#,
            socket = socket(directory).display(),
            snapshotter = snapshotter(directory),
        )
    }
}

/// Writes the kubelet's configuration and returns its path.
pub(super) fn kubelet_configuration(state: &State) -> Result<PathBuf> {
    let directory = state.directory();
    let endpoint = format!("unix://{}", socket(directory).display());
    let configuration = json!({
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": NODE,
        "readOnlyPort": 0,
        "healthzPort": 0,
        "authentication": {"anonymous": {"enabled": true}, "webhook": {"enabled": false}},
        "authorization": {"mode": "AlwaysAllow"},
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": cgroup::root(state.name()),
        "failCgroupV1": false,
        "failSwapOn": false,
        "containerRuntimeEndpoint": endpoint,
        "imageServiceEndpoint": endpoint,
        "podLogsDir": directory.join("pod-logs"),
        "volumePluginDir": directory.join("volume-plugins"),
        "resolvConf": "",
        "makeIPTablesUtilChains": false,
        "enforceNodeAllocatable": ["pods"],
        "evictionHard": {
            "memory.available": "1Mi", "nodefs.available": "0%", "nodefs.inodesFree": "0%",
            "imagefs.available": "0%", "imagefs.inodesFree": "0%",
        },
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
        "syncFrequency": "10s",
        "maxPods": 200,
        "kubeAPIQPS": 200,
        "kubeAPIBurst": 400,
        "serializeImagePulls": false,
    });
    let path = directory.join("kubelet/config.json");
    write(&path, &configuration.to_string())?;
    Ok(path)
}

/// containerd's socket.
pub(super) fn socket(directory: &Path) -> PathBuf {
    directory.join("containerd/containerd.sock")
}

fn network_list(directory: &Path) -> String {
    let addresses = json!({
        "type": "host-local",
        "dataDir": directory.join("cni-addresses"),
        "ranges": [[{"subnet": PODS, "rangeStart": "10.88.1.1"}]],
        "routes": [{"dst": "0.0.0.0/0"}],
    });
    json!({"cniVersion": "1.0.0", "name": "weir", "plugins": [{
        "type": "bridge", "bridge": "weir0", "isGateway": true, "ipMasq": false, "hairpinMode": true,
        "ipam": addresses,
    }]})
    .to_string()
}

/// Layers cannot be stacked on a file system that is itself a stack; copies work everywhere.
fn snapshotter(directory: &Path) -> &'static str {
    let stacked = rustix::fs::statfs(directory).is_ok_and(|system| system.f_type == 0x794c_7630);
    if stacked { "native" } else { "overlayfs" }
}

fn program(name: &str, package: &str) -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/sbin", "/usr/local/sbin"].map(PathBuf::from))
        .map(|directory| directory.join(name))
        .find(|candidate| candidate.is_file())
        .with_context(|| format!("{name} is missing (Debian: apt-get install {package})"))
}
