//! An operator that ends after any number of writes leaves a state that the next one brings to the same end.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Result, ensure};
use futures::future::try_join_all;
use http::{Method, Request};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use kube::client::{Body, ClientBuilder};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config, ResourceExt};
use serde_json::json;
use tower::ServiceBuilder;
use weir_crds::{CompactionJob, Table};
use weir_operator::clock::Clock;
use weir_tests::cluster::Cluster;
use weir_tests::suite::Environment;

use crate::kubelet::{End, Kubelet};
use crate::stage::{Operator, Stage, active, eventually};

/// More than an operator writes from the creation of a Table to the end of its run.
const MANY: usize = 40;
const PENDING_REQUESTS: usize = 64;

pub(crate) async fn every_write_may_be_an_operators_last(environment: Arc<Environment>) -> Result<()> {
    let written = try_join_all((0..MANY).map(|limit| crash_after(&environment, limit))).await?;
    let most = written.into_iter().max().unwrap_or_default();
    ensure!(most < MANY, "an operator writes {most} times, so {MANY} crashes do not cover all");
    ensure!(most > 8, "an operator writes only {most} times");
    Ok(())
}

/// Lets an operator do `limit` writes and the next operator the rest; returns the writes of the first.
async fn crash_after(environment: &Arc<Environment>, limit: usize) -> Result<usize> {
    let stage = Stage::empty(environment, &format!("crash-{limit}")).await?;
    let writes = Arc::new(AtomicUsize::new(0));
    let client = mortal_client(&environment.cluster, limit, Arc::clone(&writes)).await?;
    let kubelet = tokio::spawn(end_all_pods(stage.client.clone(), stage.namespace.clone()));
    stage.table("orders", json!({})).await?;
    let spec = json!({"tableRef": {"name": "orders"}, "backoffLimit": 0, "ttlSecondsAfterFinished": 0});
    let run: CompactionJob = stage.run("run", spec).await?;

    let first = Operator::start(client, &stage.namespace, "first", None, 0, Clock::default());
    eventually(async || Ok((writes.load(Ordering::SeqCst) > limit || is_over(&stage).await?).then_some(())))
        .await?;
    first.kill();
    let second = Operator::start(stage.client.clone(), &stage.namespace, "second", None, 0, Clock::default());
    stage.until_gone::<CompactionJob>("run").await?;
    let table: Table = stage.until("orders", "is free", |table: &Table| active(table).is_empty()).await?;
    second.stop().await?;
    kubelet.abort();

    let compaction = table.status.and_then(|status| status.compaction).unwrap_or_default();
    assert_eq!(compaction.last_run_ref.map(|last| Some(last.uid)), Some(run.uid()), "after {limit} writes");
    assert_eq!(compaction.consecutive_failures, Some(1), "the end is counted once, after {limit} writes");
    Ok(writes.load(Ordering::SeqCst).min(limit + 1))
}

async fn is_over(stage: &Stage) -> Result<bool> {
    Ok(stage.api::<CompactionJob>().get_metadata_opt("run").await?.is_none()
        && stage.list::<Job>().await?.is_empty())
}

/// Inspections succeed, compactions are refused.
async fn end_all_pods(client: Client, namespace: String) -> Result<()> {
    let kubelet = Kubelet::new(client.clone(), &namespace);
    let pods = kube::Api::<Pod>::namespaced(client, &namespace);
    loop {
        for pod in pods.list(&kube::api::ListParams::default()).await?.items {
            let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
            let end = match pod.labels().get("weir.dev/operation").map(String::as_str) {
                _ if phase != Some("Pending") => continue,
                Some("inspect") => End::done("Inspect"),
                _ => End::code(16),
            };
            // The pod may be gone already.
            let _ = kubelet.end(&pod, end).await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// A client whose requests hang after `limit` writes, as those of a process that has ended.
async fn mortal_client(cluster: &Cluster, limit: usize, writes: Arc<AtomicUsize>) -> Result<Client> {
    let file = Kubeconfig::read_from(cluster.kubeconfig())?;
    let config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await?;
    let end = move |request: Request<Body>| {
        let writes = Arc::clone(&writes);
        async move {
            if request.method() != Method::GET && writes.fetch_add(1, Ordering::SeqCst) >= limit {
                futures::future::pending::<()>().await;
            }
            Ok::<_, tower::BoxError>(request)
        }
    };
    // The filter needs a service that can be cloned.
    let layers = ServiceBuilder::new().filter_async(end).buffer::<Request<Body>>(PENDING_REQUESTS);
    Ok(ClientBuilder::try_from(config)?.with_layer(&layers).build())
}
