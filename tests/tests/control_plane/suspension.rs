use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use k8s_openapi::api::batch::v1::Job;
use serde_json::json;
use weir_crds::{CompactionJob, RunPhase, Table};
use weir_tests::suite::Environment;

use crate::kubelet::End;
use crate::stage::{Stage, active, ready, succeeded};

pub(crate) async fn a_suspended_run_stops_and_starts_anew(environment: Arc<Environment>) -> Result<()> {
    let stage = Stage::new(&environment, "suspend").await?;
    stage.ready_table("orders", json!({})).await?;
    stage.run::<CompactionJob>("run", json!({"tableRef": {"name": "orders"}})).await?;
    let first = stage.kubelet.pod("compact", "run").await?;
    stage.kubelet.start(&first).await?;
    stage.patch::<CompactionJob>("run", json!({"spec": {"suspend": true}})).await?;
    let queued: CompactionJob = stage
        .until("run", "is suspended", |run: &CompactionJob| {
            succeeded(run.status.as_ref()) == ("Unknown", "Suspended")
        })
        .await?;
    let waiting = queued.status.unwrap_or_default().state;
    assert_eq!((waiting.phase, waiting.start_time, waiting.job_name), (Some(RunPhase::Queued), None, None));
    stage.until_gone::<Job>("run-compaction").await?;
    stage.until("orders", "is free", |table: &Table| active(table).is_empty()).await?;

    stage.patch::<CompactionJob>("run", json!({"spec": {"suspend": false}})).await?;
    let second = stage.kubelet.pod("compact", "run").await?;
    assert_ne!(first.metadata.uid, second.metadata.uid);
    stage.kubelet.end(&second, End::done("Compact")).await?;
    stage.until("run", "ended", |run: &CompactionJob| succeeded(run.status.as_ref()).0 == "True").await?;
    Ok(())
}

pub(crate) async fn a_suspended_table_starts_nothing(environment: Arc<Environment>) -> Result<()> {
    let stage = Stage::new(&environment, "paused").await?;
    // The operator's clock runs ahead of the server's, which stamps the pods: they get time to start.
    let spec = json!({
        "jobTemplate": {"startDeadlineSeconds": 86400},
        "maintenance": {"compaction": {"schedule": "0 * * * *", "jitterSeconds": 0}},
    });
    stage.ready_table("orders", spec).await?;
    stage.patch::<Table>("orders", json!({"spec": {"suspend": true}})).await?;
    stage.until("orders", "is suspended", |table: &Table| ready(table).1 == "Suspended").await?;
    let before = stage.list::<CompactionJob>().await?.len();
    stage.run::<CompactionJob>("by-hand", json!({"tableRef": {"name": "orders"}})).await?;
    stage
        .until("by-hand", "waits", |run: &CompactionJob| {
            succeeded(run.status.as_ref()) == ("Unknown", "TableSuspended")
        })
        .await?;
    stage.clock.advance(3600);
    stage.patch::<Table>("orders", json!({"metadata": {"labels": {"look": "again"}}})).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(stage.list::<CompactionJob>().await?.len(), before + 1);

    stage.patch::<Table>("orders", json!({"spec": {"suspend": false}})).await?;
    stage.kubelet.pod("compact", "by-hand").await?;
    Ok(())
}
