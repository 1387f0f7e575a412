use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use k8s_openapi::api::batch::v1::Job;
use kube::ResourceExt as _;
use serde_json::json;
use weir_crds::{CompactionJob, Table};
use weir_tests::suite::Environment;

use crate::kubelet::End;
use crate::stage::{Stage, active, succeeded};

pub(crate) async fn a_run_survives_a_restart_of_the_operator(environment: Arc<Environment>) -> Result<()> {
    let mut stage = Stage::new(&environment, "restart").await?;
    stage.ready_table("orders", json!({})).await?;
    stage.run::<CompactionJob>("run", json!({"tableRef": {"name": "orders"}})).await?;
    let pod = stage.kubelet.pod("compact", "run").await?;
    stage.kill_operator();
    stage.kubelet.end(&pod, End::done("Compact")).await?;
    stage
        .until("run-compaction", "ended", |job: &Job| {
            job.status.as_ref().is_some_and(|it| it.succeeded == Some(1))
        })
        .await?;
    stage.start_operator();
    stage.until("run", "ended", |run: &CompactionJob| succeeded(run.status.as_ref()).0 == "True").await?;
    stage.until("orders", "is free", |table: &Table| active(table).is_empty()).await?;
    let jobs = stage.list::<Job>().await?;
    assert_eq!(jobs.iter().filter(|job| job.name_any() == "run-compaction").count(), 1);
    stage.stop_operator().await
}

pub(crate) async fn an_operator_stops_at_any_time(environment: Arc<Environment>) -> Result<()> {
    for pause in [0, 10, 30, 100, 300, 1000] {
        let mut stage = Stage::new(&environment, "stop").await?;
        stage.table("orders", json!({})).await?;
        tokio::time::sleep(Duration::from_millis(pause)).await;
        let stopped = tokio::time::timeout(Duration::from_secs(10), stage.stop_operator()).await;
        stopped.with_context(|| format!("an operator of {pause} ms does not stop"))??;
    }
    Ok(())
}

pub(crate) async fn a_run_deletes_itself_when_its_time_is_over(environment: Arc<Environment>) -> Result<()> {
    let stage = Stage::new(&environment, "ttl").await?;
    stage.ready_table("orders", json!({})).await?;
    let spec = json!({"tableRef": {"name": "orders"}, "ttlSecondsAfterFinished": 0});
    stage.run::<CompactionJob>("short", spec).await?;
    stage.kubelet.end_compaction("short", End::done("Compact")).await?;
    stage.until_gone::<CompactionJob>("short").await?;
    stage.until_gone::<Job>("short-compaction").await?;
    let table: Table = stage.until("orders", "is free", |table: &Table| active(table).is_empty()).await?;
    let last = table.status.and_then(|it| it.compaction).and_then(|it| it.last_run_ref);
    assert_eq!(last.map(|run| run.name), Some("short".to_owned()), "its end was counted before");
    Ok(())
}

pub(crate) async fn deleting_a_table_takes_its_objects_along(environment: Arc<Environment>) -> Result<()> {
    let mut stage = Stage::new(&environment, "gone").await?;
    let spec = json!({"maintenance": {"compaction": {"schedule": "* * * * *", "jitterSeconds": 0}}});
    stage.ready_table("orders", spec).await?;
    stage.clock.advance(60);
    stage.patch::<Table>("orders", json!({"metadata": {"labels": {"look": "again"}}})).await?;
    let run = crate::stage::eventually(async || Ok(stage.list::<CompactionJob>().await?.pop())).await?;
    let run = run.map(|run| run.name_any()).unwrap_or_default();
    stage.kubelet.pod("compact", &run).await?;
    stage.run::<CompactionJob>("by-hand", json!({"tableRef": {"name": "orders"}})).await?;
    let table = stage.api::<Table>().get("orders").await?;
    assert!(table.finalizers().is_empty(), "deletion needs no operator");
    stage.stop_operator().await?;
    stage.delete::<Table>("orders").await?;
    stage.until_gone::<Table>("orders").await?;
    stage.until_gone::<CompactionJob>(&run).await?;
    stage.until_gone::<Job>(&format!("{run}-compaction")).await?;
    stage.start_operator();
    stage
        .until("by-hand", "waits for its table", |run: &CompactionJob| {
            succeeded(run.status.as_ref()) == ("Unknown", "TableNotFound")
        })
        .await?;
    Ok(())
}

pub(crate) async fn nothing_is_written_when_nothing_happens(environment: Arc<Environment>) -> Result<()> {
    let mut stage = Stage::new(&environment, "quiet").await?;
    stage.ready_table("orders", json!({"maintenance": {"compaction": {"schedule": "@yearly"}}})).await?;
    stage.run::<CompactionJob>("ended", json!({"tableRef": {"name": "orders"}})).await?;
    stage.kubelet.end_compaction("ended", End::done("Compact")).await?;
    stage.until("ended", "ended", |run: &CompactionJob| succeeded(run.status.as_ref()).0 == "True").await?;
    stage.until("orders", "is free", |table: &Table| active(table).is_empty()).await?;
    stage.run::<CompactionJob>("running", json!({"tableRef": {"name": "orders"}})).await?;
    stage.kubelet.start(&stage.kubelet.pod("compact", "running").await?).await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let before = versions(&stage).await?;
    stage.stop_operator().await?;
    stage.start_operator();
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(
        versions(&stage).await?,
        before,
        "an operator that starts anew finds everything as it should be"
    );
    Ok(())
}

async fn versions(stage: &Stage) -> Result<Vec<(String, Option<String>)>> {
    let runs =
        stage.list::<CompactionJob>().await?.into_iter().map(|it| (it.name_any(), it.resource_version()));
    let tables = stage.list::<Table>().await?.into_iter().map(|it| (it.name_any(), it.resource_version()));
    Ok(runs.chain(tables).collect())
}
