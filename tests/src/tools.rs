//! Programs that tests need and no distribution ships: built once from pinned sources into the cache.

mod go;
mod go_module;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

pub use self::go::{Go, find as go_toolchain};
use self::go_module::GoModule;
use crate::cache::{self, Entry, Inputs};
use crate::{process, workspace};

/// Version of Kubernetes that `tests/control-plane/go.mod` pins, as the components report it.
pub const KUBERNETES: &str = "v1.35.4";
/// Version of cargo-deny that checks the dependencies.
const CARGO_DENY: &str = "0.20.2";
/// Names under which the control plane's one binary is called.
const COMPONENTS: [&str; 6] =
    ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kubectl"];

/// Directory of `etcd`, `kube-apiserver`, `kube-controller-manager`, `kube-scheduler`, `kubelet`, `kubectl` and `pause`.
pub fn control_plane() -> Result<Entry> {
    let mut numbers = KUBERNETES.trim_start_matches('v').split('.');
    let (major, minor) = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
    let mut linker = "-s -w".to_owned();
    for package in ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"] {
        for (name, value) in
            [("gitVersion", KUBERNETES), ("gitMajor", major), ("gitMinor", minor), ("gitTreeState", "clean")]
        {
            write!(linker, " -X {package}.{name}={value}")?;
        }
    }
    let module = GoModule {
        name: "control-plane",
        directory: workspace::root().join("tests/control-plane"),
        sources: &["main.go", "pause/main.go"],
        packages: &[("k8s-all", "."), ("pause", "./pause")],
        linker: &linker,
    };
    module.built(|directory| {
        COMPONENTS.iter().try_for_each(|component| {
            std::os::unix::fs::symlink("k8s-all", directory.join(component))
                .with_context(|| format!("linking {component}"))
        })
    })
}

/// The `helm` that renders the chart.
pub fn helm() -> Result<Entry> {
    tool("helm", "helm.sh/helm/v3/cmd/helm")
}

/// The S3 server, versitygw: an S3 gateway over a directory.
pub fn s3_server() -> Result<Entry> {
    tool("versitygw", "github.com/versity/versitygw/cmd/versitygw")
}

/// `cargo-deny`, which checks licences, bans and sources of the dependencies; `path` holds `bin/cargo-deny`.
pub fn cargo_deny() -> Result<Entry> {
    let inputs = Inputs::default().text(CARGO_DENY).file(&workspace::root().join("rust-toolchain.toml"))?;
    cache::built("cargo-deny", &inputs, |directory| {
        let mut cargo = workspace::cargo();
        cargo.args(["install", "cargo-deny", "--locked", "--version", CARGO_DENY, "--root"]).arg(directory);
        // Half the build time of the release profile; the checks take a second either way.
        cargo.args([
            "--profile",
            "dev",
            "--config",
            "profile.dev.opt-level=1",
            "--config",
            "profile.dev.debug=false",
        ]);
        process::run(&mut cargo, &cache::log("cargo-deny"))
    })
}

/// Where the program `name` lies in an entry.
pub fn program(entry: &Entry, name: &str) -> PathBuf {
    entry.path.join(name)
}

fn tool(name: &'static str, package: &str) -> Result<Entry> {
    GoModule {
        name,
        directory: workspace::root().join("tests/tools").join(name),
        sources: &[],
        packages: &[(name, package)],
        linker: "-s -w",
    }
    .built(|_: &Path| Ok(()))
}
