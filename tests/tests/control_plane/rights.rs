use std::collections::BTreeSet;
use std::process::Command;
use std::sync::{Arc, Mutex};

use anyhow::{Context as _, Result};
use http::{Method, Request};
use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::ServiceAccount;
use k8s_openapi::api::rbac::v1::{PolicyRule, Role};
use kube::api::PostParams;
use kube::client::{Body, ClientBuilder};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::json;
use tower::util::MapRequestLayer;
use weir_crds::{CompactionJob, SnapshotExpiry, Table};
use weir_operator::clock::Clock;
use weir_operator::lease::LeaseTimes;
use weir_operator::operator::Election;
use weir_tests::cluster::Cluster;
use weir_tests::suite::Environment;
use weir_tests::{process, product, tools, workspace};

use crate::kubelet::End;
use crate::stage::{Operator, Stage, active, eventually, succeeded};

/// A right: API group, resource with its subresource, verb.
type Right = (String, String, String);

pub(crate) async fn the_chart_grants_exactly_what_the_operator_uses(
    environment: Arc<Environment>,
) -> Result<()> {
    let stage = Stage::empty(&environment, "rights").await?;
    let granted = install_rights(&environment.cluster, &stage).await?;
    let used = Arc::new(Mutex::new(BTreeSet::new()));
    let client = client_of_operator(&environment.cluster, &stage, &used).await?;
    let election = Election {
        namespace: stage.namespace.clone(),
        name: "weir".to_owned(),
        times: LeaseTimes { retry_period: std::time::Duration::from_secs(1), ..LeaseTimes::default() },
    };
    let operator = Operator::start(client, &stage.namespace, "test", Some(election), 0, Clock::default());
    exercise(&stage).await?;
    let all_used = eventually(async || {
        let used = used.lock().map_err(|_| anyhow::anyhow!("a request failed"))?;
        Ok(granted.is_subset(&used).then_some(()))
    });
    let found = all_used.await?;
    operator.stop().await?;
    let used = used.lock().map_err(|_| anyhow::anyhow!("a request failed"))?.clone();
    assert_eq!(used, granted, "rights that the operator uses, and rights that the chart grants");
    assert!(found.is_some());
    Ok(())
}

/// Everything that an operator does at least once.
async fn exercise(stage: &Stage) -> Result<()> {
    stage.ready_table("orders", json!({"maintenance": {"compaction": {
        "schedule": "* * * * *", "jitterSeconds": 0, "successfulJobsHistoryLimit": 0, "parameters": {"dryRun": true},
    }, "snapshotExpiry": {"schedule": "* * * * *", "jitterSeconds": 0, "successfulJobsHistoryLimit": 0}}})).await?;
    for (operation, verb) in [("compact", "Compact"), ("maintain", "Maintain")] {
        let pods = kube::api::ListParams::default().labels(&format!("weir.dev/operation={operation}"));
        let api = stage.api::<k8s_openapi::api::core::v1::Pod>();
        let pod = eventually_long(async || Ok(api.list(&pods).await?.items.pop())).await?;
        let pod = pod.context("no scheduled run")?;
        stage.kubelet.end(&pod, End::done(verb)).await?;
        let run =
            pod.metadata.labels.and_then(|labels| labels.get("weir.dev/run").cloned()).unwrap_or_default();
        match verb {
            "Compact" => stage.until_gone::<CompactionJob>(&run).await?,
            _ => stage.until_gone::<SnapshotExpiry>(&run).await?,
        }
    }
    stage.patch::<Table>("orders", json!({"spec": {"maintenance": null}})).await?;
    stage.kubelet.end_inspection("orders", End::done("Inspect")).await?;
    stage.run::<CompactionJob>("suspended", json!({"tableRef": {"name": "orders"}})).await?;
    stage.kubelet.pod("compact", "suspended").await?;
    stage.patch::<CompactionJob>("suspended", json!({"spec": {"suspend": true}})).await?;
    stage
        .until("suspended", "is suspended", |run: &CompactionJob| {
            succeeded(run.status.as_ref()).1 == "Suspended"
        })
        .await?;
    stage.until("orders", "is free", |table: &Table| active(table).is_empty()).await?;
    Ok(())
}

/// As [`eventually`], for what a schedule of one minute does.
async fn eventually_long<T>(mut ask: impl AsyncFnMut() -> Result<Option<T>>) -> Result<Option<T>> {
    match eventually(&mut ask).await? {
        Some(found) => Ok(Some(found)),
        None => eventually(ask).await,
    }
}

/// Applies the chart's rights for the stage's namespace, and returns them.
async fn install_rights(cluster: &Cluster, stage: &Stage) -> Result<BTreeSet<Right>> {
    let mut helm = Command::new(tools::program(&tools::helm()?, "helm"));
    helm.args(["template", "weir"]).arg(workspace::root().join("charts/weir"));
    helm.args(["--namespace", &stage.namespace, "--kube-version", tools::KUBERNETES]);
    helm.args([
        "--set",
        &format!("watchNamespaces={{{}}},rbac.aggregate=false,crds.enabled=false", stage.namespace),
    ]);
    helm.args(["--show-only", "templates/rbac.yaml", "--show-only", "templates/serviceaccount.yaml"]);
    let manifest = cluster.directory().join(format!("{}.yaml", stage.namespace));
    std::fs::write(&manifest, process::output(&mut helm)?)?;
    product::apply(cluster, &stage.namespace, &manifest)?;
    let roles = stage.list::<Role>().await?;
    Ok(roles
        .into_iter()
        .flat_map(|role| role.rules.unwrap_or_default())
        .flat_map(|rule| rights(&rule))
        .collect())
}

fn rights(rule: &PolicyRule) -> Vec<Right> {
    let mut rights = Vec::new();
    for group in rule.api_groups.iter().flatten() {
        for resource in rule.resources.iter().flatten() {
            rights.extend(rule.verbs.iter().map(|verb| (group.clone(), resource.clone(), verb.clone())));
        }
    }
    rights
}

/// A client with the operator's own ServiceAccount that notes the rights that its requests need.
async fn client_of_operator(
    cluster: &Cluster,
    stage: &Stage,
    used: &Arc<Mutex<BTreeSet<Right>>>,
) -> Result<Client> {
    let request = TokenRequest { spec: TokenRequestSpec::default(), ..TokenRequest::default() };
    let accounts = stage.api::<ServiceAccount>();
    let token = accounts.create_token_request("weir", &PostParams::default(), &request).await?;
    let token = token.status.context("no token")?.token;
    let mut file = Kubeconfig::read_from(cluster.kubeconfig())?;
    for user in &mut file.auth_infos {
        user.auth_info =
            Some(kube::config::AuthInfo { token: Some(token.clone().into()), ..Default::default() });
    }
    let config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await?;
    let used = Arc::clone(used);
    let note = MapRequestLayer::new(move |request: Request<Body>| {
        if let (Some(right), Ok(mut used)) = (right(&request), used.lock()) {
            used.insert(right);
        }
        request
    });
    Ok(ClientBuilder::try_from(config)?.with_layer(&note).build())
}

/// The right that a request needs.
fn right(request: &Request<Body>) -> Option<Right> {
    let mut path = request.uri().path().trim_start_matches('/').split('/');
    let group = match path.next()? {
        "api" => "",
        _ => path.next()?,
    };
    let mut rest = path.skip(1).peekable();
    if rest.peek() == Some(&"namespaces") {
        rest.nth(1);
    }
    let resource = rest.next()?;
    let name = rest.next();
    let resource = rest.next().map_or(resource.to_owned(), |subresource| format!("{resource}/{subresource}"));
    let watch = request.uri().query().is_some_and(|query| query.contains("watch=true"));
    let verb = match *request.method() {
        Method::GET if watch => "watch",
        Method::GET if name.is_none() => "list",
        Method::GET => "get",
        Method::POST => "create",
        Method::PUT => "update",
        Method::PATCH => "patch",
        Method::DELETE => "delete",
        _ => return None,
    };
    Some((group.to_owned(), resource, verb.to_owned()))
}
