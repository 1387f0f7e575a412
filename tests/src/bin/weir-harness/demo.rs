//! `make demo`: Weir on a real cluster, at work on a table that another engine wrote.

mod examples;
pub(crate) mod orders;
mod runs;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use tokio::runtime::Runtime;
use weir_tests::cluster::{Cluster, ClusterOptions, Nodes};
use weir_tests::oracle::PyPaimon;
use weir_tests::product::{self, Images};
use weir_tests::s3::S3Server;
use weir_tests::suite::OPERATOR_NAMESPACE;
use weir_tests::workspace;

use self::orders::Orders;
use crate::programs;
use crate::report;
use crate::requirements::Purpose;
use crate::stages::{Note, Stages};

/// Name of the demo's cluster.
const CLUSTER: &str = "demo";
/// Where the examples are applied.
const NAMESPACE: &str = "demo";

impl Note for Images {}
impl Note for Cluster {}

/// Shows compaction and expiry of a table; leaves the cluster up, unless it is to stop.
pub(crate) fn run(then_stop: bool) -> Result<()> {
    let mut stages = Stages::new("make demo", programs::count(Purpose::Demo) + 7);
    programs::prepare(&mut stages, Purpose::Demo)?;
    let images = stages.run("images", product::images)?;
    let cluster = stages.run("cluster", || start(&images, then_stop))?;
    let shown = show(&mut stages, &cluster, &images);
    drop(stages);
    if then_stop {
        cluster.stop().context("ending the cluster")?;
    } else {
        let kubectl = write_kubectl(&cluster)?;
        println!("\nThe cluster is up. Look around, then end it with `make demo-down`:");
        for arguments in
            ["get tables,compactionjobs,snapshotexpiries,jobs,pods", "describe table orders", "get events"]
        {
            println!("  {} --namespace {NAMESPACE} {arguments}", kubectl.display());
        }
    }
    shown
}

/// Ends the demo's cluster.
pub(crate) fn remove() -> Result<()> {
    Cluster::remove(CLUSTER)?;
    println!("The demo's cluster is gone.");
    Ok(())
}

fn start(images: &Images, then_stop: bool) -> Result<Cluster> {
    let mut options = ClusterOptions::new(CLUSTER, Nodes::One);
    options.manifests = vec![workspace::root().join("crds/yaml")];
    options.images = images.all();
    options.outlives_caller = !then_stop;
    Cluster::start(&options)
}

fn show(stages: &mut Stages, cluster: &Cluster, images: &Images) -> Result<()> {
    let runtime = Runtime::new().context("starting the runtime")?;
    let s3 = S3Server::in_cluster(cluster).context("starting the S3 server")?;
    stages.run("operator", || product::install_operator(cluster, images, OPERATOR_NAMESPACE, &[]))?;
    let python = PyPaimon::start().context("starting pypaimon")?;
    let orders = Orders::new(&s3, &python);
    stages.run("table by pypaimon", || orders.write())?;
    let before = orders.observe()?;

    let table = examples::apply_table(cluster, &s3, NAMESPACE, orders.location())?;
    let client = runtime.block_on(cluster.client())?;
    stages
        .run("Table becomes ready", || runtime.block_on(runs::wait_for_table(&client, NAMESPACE, &table)))?;
    stages.run("CompactionJob", || {
        let name = examples::apply_compaction(cluster, NAMESPACE)?;
        runtime.block_on(runs::wait_for_compaction(&client, NAMESPACE, &name))
    })?;
    stages.run("SnapshotExpiry", || {
        let name = examples::apply_expiry(cluster, NAMESPACE)?;
        runtime.block_on(runs::wait_for_expiry(&client, NAMESPACE, &name))
    })?;
    let after = orders.observe()?;
    report::print(&before, &after)?;
    print_objects(cluster)
}

/// What `kubectl get` shows of the demo.
fn print_objects(cluster: &Cluster) -> Result<()> {
    let mut kubectl = cluster.kubectl();
    kubectl.args(["get", "tables,compactionjobs,snapshotexpiries,pods", "--namespace", NAMESPACE]);
    println!("\nkubectl get tables,compactionjobs,snapshotexpiries,pods");
    kubectl.status().context("running kubectl")?;
    Ok(())
}

/// A `kubectl` that reaches the cluster from people's shells.
fn write_kubectl(cluster: &Cluster) -> Result<PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    let path = workspace::target().join("harness/kubectl");
    let script = format!("#!/bin/sh\nexec {} \"$@\"\n", cluster.kubectl_line());
    fs::write(&path, script).with_context(|| format!("writing {}", path.display()))?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    let current = std::env::current_dir().unwrap_or_default();
    Ok(path.strip_prefix(&current).map(PathBuf::from).unwrap_or(path))
}
