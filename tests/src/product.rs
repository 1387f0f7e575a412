//! Weir as it is shipped: binaries, images, and the chart.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::cluster::Cluster;
use crate::image::Image;
use crate::{cache, process, tools, workspace};

/// Cargo profile of the images' binaries. `dev`, the default, shares its build with the tests.
pub const PROFILE: &str = "WEIR_IMAGE_PROFILE";

/// The images of the two binaries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Images {
    /// The table service, `weir`.
    pub table_service: Image,
    /// The operator, `weir-operator`.
    pub operator: Image,
}

impl Images {
    /// Both, as a cluster loads them.
    pub fn all(&self) -> Vec<Image> {
        vec![self.table_service.clone(), self.operator.clone()]
    }
}

/// Builds the binaries, where they are not up to date, and their images.
pub fn images() -> Result<Images> {
    let directory = build()?;
    Ok(Images {
        table_service: Image::of_program("weir.dev/weir", &directory.join("weir"))?,
        operator: Image::of_program("weir.dev/weir-operator", &directory.join("weir-operator"))?,
    })
}

/// The binary `weir`, brought up to date.
pub fn weir() -> Result<PathBuf> {
    Ok(build()?.join("weir"))
}

fn build() -> Result<PathBuf> {
    let profile = std::env::var(PROFILE).unwrap_or_else(|_| "dev".to_owned());
    let mut cargo = workspace::cargo();
    // The features of a build are those of its packages: with all of them the tests' build is shared.
    cargo.args(["build", "--locked", "--workspace", "--bin", "weir", "--bin", "weir-operator"]);
    cargo.args(["--profile", &profile]);
    process::run(&mut cargo, &cache::log("binaries"))?;
    let directory = if profile == "dev" { "debug" } else { &profile };
    Ok(workspace::target().join(directory))
}

/// Installs the operator from the chart into `namespace`, which is made, and waits until it is available.
///
/// `values` are further lines of `--set`.
pub fn install_operator(cluster: &Cluster, images: &Images, namespace: &str, values: &[&str]) -> Result<()> {
    let manifest = cluster.directory().join(format!("{namespace}.yaml"));
    let rendered = process::output(&mut render(images, namespace, values)?)?;
    std::fs::write(&manifest, rendered).with_context(|| format!("writing {}", manifest.display()))?;
    let existing = cluster.kubectl().args(["get", "namespace", namespace]).output()?.status.success();
    if !existing {
        process::output(cluster.kubectl().args(["create", "namespace", namespace]))?;
    }
    apply(cluster, namespace, &manifest)?;
    let mut wait = cluster.kubectl();
    wait.args([
        "wait",
        "--for=condition=Available",
        "deployment",
        "--all",
        "--timeout=90s",
        "--namespace",
        namespace,
    ]);
    process::output(&mut wait).context("waiting for the operator")?;
    Ok(())
}

/// Applies a manifest.
pub fn apply(cluster: &Cluster, namespace: &str, manifest: &Path) -> Result<()> {
    let mut kubectl = cluster.kubectl();
    kubectl.args(["apply", "--server-side", "--force-conflicts", "--namespace", namespace, "--filename"]);
    process::output(kubectl.arg(manifest))?;
    Ok(())
}

fn render(images: &Images, namespace: &str, values: &[&str]) -> Result<Command> {
    let mut helm = Command::new(tools::program(&tools::helm()?, "helm"));
    helm.args(["template", "weir"]).arg(workspace::root().join("charts/weir"));
    helm.args(["--namespace", namespace, "--kube-version", tools::KUBERNETES]);
    for (key, image) in [("image", &images.operator), ("jobImage", &images.table_service)] {
        helm.arg("--set").arg(format!("{key}.repository={},{key}.tag={}", image.repository, image.tag));
    }
    for value in values {
        helm.args(["--set", value]);
    }
    Ok(helm)
}
