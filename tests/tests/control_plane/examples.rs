use std::sync::Arc;

use anyhow::{Context as _, Result};
use weir_tests::suite::Environment;
use weir_tests::{process, product, workspace};

pub(crate) async fn every_example_is_accepted(environment: Arc<Environment>) -> Result<()> {
    let namespace = environment.cluster.namespace("examples").await?;
    let directory = workspace::root().join("examples");
    let mut applied = 0;
    for entry in std::fs::read_dir(&directory).with_context(|| format!("reading {}", directory.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            product::apply(&environment.cluster, &namespace, &path)?;
            applied += 1;
        }
    }
    assert!(applied >= 5, "only {applied} examples were found");
    let mut get = environment.cluster.kubectl();
    get.args(["get", "weir", "--namespace", &namespace, "--output=name"]);
    let listed = process::output(&mut get)?;
    for name in [
        "table.weir.dev/orders",
        "compactionjob.weir.dev/orders-backfill",
        "snapshotexpiry.weir.dev/orders-preview",
    ] {
        assert!(listed.contains(name), "{name} is not among {listed}");
    }
    Ok(())
}
