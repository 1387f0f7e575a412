use std::process::Command;
use std::sync::Arc;

use anyhow::Result;
use weir_tests::suite::Environment;
use weir_tests::{process, tools, workspace};

fn template(values: &[&str]) -> Result<Command> {
    let mut helm = Command::new(tools::program(&tools::helm()?, "helm"));
    helm.args(["template", "weir"]).arg(workspace::root().join("charts/weir"));
    helm.args(["--namespace", "weir-system", "--kube-version", tools::KUBERNETES]);
    for value in values {
        helm.args(["--set", value]);
    }
    Ok(helm)
}

pub(crate) async fn the_chart_renders_what_the_server_accepts(environment: Arc<Environment>) -> Result<()> {
    let cluster = &environment.cluster;
    let namespace = cluster.namespace("chart").await?;
    let watched = format!("watchNamespaces={{{namespace}}}");
    for (i, values) in
        [&[][..], &[watched.as_str()][..], &["crds.keep=false", "replicaCount=2"][..]].iter().enumerate()
    {
        let mut helm = template(values)?;
        helm.args(["--namespace", &namespace]);
        let manifest = cluster.directory().join(format!("chart-{i}.yaml"));
        let rendered = process::output(&mut helm)?;
        assert_eq!(rendered.contains("helm.sh/resource-policy: keep"), i < 2);
        std::fs::write(&manifest, rendered)?;
        let mut apply = cluster.kubectl();
        apply.args(["apply", "--server-side", "--force-conflicts", "--dry-run=server", "--filename"]);
        process::output(apply.arg(&manifest))?;
    }
    Ok(())
}

pub(crate) async fn a_namespaced_chart_asks_for_no_right_over_the_cluster(_: Arc<Environment>) -> Result<()> {
    let rendered = process::output(&mut template(&["watchNamespaces={a,b}", "rbac.aggregate=false"])?)?;
    assert!(!rendered.contains("kind: ClusterRole"), "{rendered}");
    assert_eq!(rendered.matches("kind: RoleBinding").count(), 3, "one for each namespace, one for the Lease");
    assert!(rendered.contains("--watch-namespace=a") && rendered.contains("--watch-namespace=b"));
    assert!(!rendered.contains("secrets"), "the operator reads no Secret");
    Ok(())
}

pub(crate) async fn wrong_values_are_refused_by_name(_: Arc<Environment>) -> Result<()> {
    for (value, named) in [
        ("replicaCounts=1", "replicaCounts"),
        ("image.repo=x", "repo"),
        ("replicaCount=many", "replicaCount"),
        ("image.pullPolicy=Sometimes", "pullPolicy"),
        ("leaderElection.leaseDurationSeconds=0", "leaseDurationSeconds"),
    ] {
        let output = template(&[value])?.output()?;
        assert!(!output.status.success(), "{value} is accepted");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(named), "{value}: {said}");
    }
    Ok(())
}
