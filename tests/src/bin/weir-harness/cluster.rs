//! `weir-harness cluster`: a cluster to try things on.

use anyhow::{Context, Result};
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use weir_tests::cluster::{Cluster, ClusterOptions, Nodes};
use weir_tests::workspace;

/// Starts a cluster, prints how to reach it, and ends it on SIGINT or SIGTERM.
pub(crate) fn hold(name: &str, without_node: bool) -> Result<()> {
    let nodes = if without_node { Nodes::None } else { Nodes::One };
    let mut options = ClusterOptions::new(name, nodes);
    options.manifests = vec![workspace::root().join("crds/yaml")];
    let cluster = Cluster::start(&options)?;
    let runtime = Runtime::new()?;
    let (mut interrupt, mut terminate) = {
        let _inside = runtime.enter();
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)
    };
    println!("{}", cluster.kubectl_line());
    runtime.block_on(async {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    });
    cluster.stop().context("ending the cluster")
}
