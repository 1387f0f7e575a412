//! The programs of a cluster and their flags.

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::access;
use super::network::Ports;
use super::sandbox::Sandbox;

/// What the commands of a cluster's components are made from.
#[derive(Debug)]
pub(super) struct Components<'a> {
    /// Directory of the built programs.
    pub(super) programs: &'a Path,
    /// The cluster's directory.
    pub(super) directory: &'a Path,
    /// Where the apiserver listens.
    pub(super) address: Ipv4Addr,
    /// Who listens on which port.
    pub(super) ports: &'a Ports,
}

impl Components<'_> {
    /// The apiserver's URL.
    pub(super) fn server(&self) -> String {
        format!("https://{}:{}", self.address, self.ports.apiserver)
    }

    /// etcd, which trades durability for speed.
    pub(super) fn etcd(&self, sandbox: Sandbox) -> Command {
        let client = format!("http://127.0.0.1:{}", self.ports.etcd);
        let peer = format!("http://127.0.0.1:{}", self.ports.etcd_peer);
        let mut command = self.component(sandbox, "etcd");
        command.args(["--name=weir", "--unsafe-no-fsync", "--log-level=warn"]);
        command.arg(format!("--data-dir={}", self.path("etcd")));
        command
            .arg(format!("--listen-client-urls={client}"))
            .arg(format!("--advertise-client-urls={client}"));
        command
            .arg(format!("--listen-peer-urls={peer}"))
            .arg(format!("--initial-advertise-peer-urls={peer}"));
        command.arg(format!("--initial-cluster=weir={peer}"));
        command
    }

    /// kube-apiserver with RBAC and tokens.
    pub(super) fn apiserver(&self, sandbox: Sandbox) -> Command {
        let mut command = self.component(sandbox, "kube-apiserver");
        command.arg(format!("--etcd-servers=http://127.0.0.1:{}", self.ports.etcd));
        command.arg(format!("--bind-address={0}", self.address));
        command.arg(format!("--advertise-address={}", self.address));
        command.arg(format!("--secure-port={}", self.ports.apiserver));
        command.arg(format!("--tls-cert-file={}", self.path("certificates/apiserver.crt")));
        command.arg(format!("--tls-private-key-file={}", self.path("certificates/apiserver.key")));
        command.arg(format!("--client-ca-file={}", self.path("certificates/ca.crt")));
        command.arg("--service-account-issuer=https://kubernetes.default.svc");
        command.arg(format!("--service-account-key-file={}", self.path("certificates/sa.pub")));
        command.arg(format!("--service-account-signing-key-file={}", self.path("certificates/sa.key")));
        command.arg(format!("--token-auth-file={}", self.path("tokens.csv")));
        command.args(["--authorization-mode=Node,RBAC", "--allow-privileged=true", "--profiling=false"]);
        command.args(["--service-cluster-ip-range=10.96.0.0/16", "--endpoint-reconciler-type=none"]);
        command.arg("--kubelet-preferred-address-types=InternalIP");
        command
    }

    /// kube-controller-manager; without credentials per controller, RBAC would refuse it the making of pods.
    pub(super) fn controller_manager(&self, sandbox: Sandbox) -> Command {
        let mut command = self.component(sandbox, "kube-controller-manager");
        self.client_flags(&mut command, "controller-manager", self.ports.controller_manager);
        command.arg("--use-service-account-credentials=true");
        command.arg(format!("--root-ca-file={}", self.path("certificates/ca.crt")));
        command.arg(format!("--service-account-private-key-file={}", self.path("certificates/sa.key")));
        command.arg(format!("--cluster-signing-cert-file={}", self.path("certificates/ca.crt")));
        command.arg(format!("--cluster-signing-key-file={}", self.path("certificates/ca.key")));
        command
    }

    /// kube-scheduler.
    pub(super) fn scheduler(&self, sandbox: Sandbox) -> Command {
        let mut command = self.component(sandbox, "kube-scheduler");
        self.client_flags(&mut command, "scheduler", self.ports.scheduler);
        command
    }

    /// kubelet with the given configuration.
    pub(super) fn kubelet(&self, sandbox: Sandbox, configuration: &Path, address: Ipv4Addr) -> Command {
        let mut command = self.component(sandbox, "kubelet");
        command.arg(format!("--config={}", configuration.display()));
        command.arg(format!("--kubeconfig={}", self.kubeconfig("node").display()));
        command.arg(format!("--root-dir={}", self.path("kubelet")));
        command.arg(format!("--cert-dir={}", self.path("kubelet/pki")));
        command.arg("--hostname-override=node").arg(format!("--node-ip={address}"));
        // Where CAP_SYS_RESOURCE is missing a lower value is refused.
        command.arg("--oom-score-adj=0");
        command
    }

    /// The kubeconfig of a user of [`access`].
    pub(super) fn kubeconfig(&self, user: &str) -> PathBuf {
        access::kubeconfig(self.directory, user)
    }

    fn client_flags(&self, command: &mut Command, user: &str, port: u16) {
        command.arg(format!("--kubeconfig={}", self.kubeconfig(user).display()));
        command.arg("--bind-address=127.0.0.1").arg(format!("--secure-port={port}"));
        command.args(["--leader-elect=false", "--kube-api-qps=500", "--kube-api-burst=1000"]);
    }

    fn component(&self, sandbox: Sandbox, name: &str) -> Command {
        sandbox.command(&self.programs.join(name))
    }

    fn path(&self, name: &str) -> String {
        self.directory.join(name).display().to_string()
    }
}

/// Writes `content` to `path`, with the directories above it.
pub(super) fn write(path: &Path, content: &str) -> Result<()> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory).with_context(|| format!("creating {}", directory.display()))?;
    }
    fs::write(path, content).with_context(|| format!("writing {}", path.display()))
}
