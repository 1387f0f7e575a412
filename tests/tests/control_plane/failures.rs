use std::sync::Arc;

use anyhow::{Context as _, Result};
use futures::future::try_join_all;
use k8s_openapi::api::batch::v1::Job;
use serde_json::json;
use weir_crds::{CompactionJob, RunPhase, Table};
use weir_tests::suite::Environment;

use crate::kubelet::End;
use crate::stage::{Stage, active, succeeded};

/// Exit code, Kubernetes' word, the run's reason, whether it may end differently another time.
const ENDS: [(i32, &str, &str, bool); 13] = [
    (1, "Error", "InternalError", true),
    (2, "Error", "UsageError", false),
    (10, "Error", "InvalidConfig", false),
    (11, "Error", "UnsupportedTable", false),
    (12, "Error", "PermissionDenied", false),
    (13, "Error", "CommitConflict", true),
    (14, "Error", "StorageUnavailable", true),
    (15, "Error", "TableDamaged", false),
    (16, "Error", "SafetyRefused", false),
    (101, "Error", "InternalError", true),
    (137, "OOMKilled", "OutOfMemory", true),
    (137, "Error", "Killed", true),
    (143, "Error", "Terminated", true),
];

pub(crate) async fn every_exit_code_has_its_reason(environment: Arc<Environment>) -> Result<()> {
    let stage = Stage::new(&environment, "codes").await?;
    let ends = ENDS.iter().enumerate().map(async |(i, (code, word, reason, retriable))| {
        let (table, run) = (format!("t{i}"), format!("run{i}"));
        stage.ready_table(&table, json!({})).await?;
        let spec = json!({"tableRef": {"name": table}, "backoffLimit": 0});
        stage.run::<CompactionJob>(&run, spec).await?;
        stage.kubelet.end_compaction(&run, End { exit_code: *code, reason: word, result: None }).await?;
        let ended: CompactionJob = stage
            .until(&run, "failed", |run: &CompactionJob| succeeded(run.status.as_ref()).0 == "False")
            .await?;
        let end = ended.status.unwrap_or_default().state;
        let failure = end.failure.context("a failed run says why")?;
        assert_eq!(
            (failure.exit_code, failure.reason.as_str(), failure.retriable),
            (Some(*code), *reason, *retriable)
        );
        assert_eq!(end.phase, Some(RunPhase::Failed));
        assert!(end.conditions.iter().any(|it| it.type_ == "Stalled" && it.reason == *reason));
        stage.until(&table, "is free", |table: &Table| active(table).is_empty()).await?;
        anyhow::Ok(())
    });
    try_join_all(ends).await?;
    Ok(())
}

pub(crate) async fn a_retriable_failure_is_tried_again(environment: Arc<Environment>) -> Result<()> {
    let stage = Stage::new(&environment, "retry").await?;
    stage.ready_table("orders", json!({})).await?;
    stage.run::<CompactionJob>("again", json!({"tableRef": {"name": "orders"}, "backoffLimit": 1})).await?;
    stage.kubelet.end_compaction("again", End::code(14)).await?;
    stage.kubelet.end_compaction("again", End::done("Compact")).await?;
    let ended: CompactionJob = stage
        .until("again", "succeeded", |run: &CompactionJob| succeeded(run.status.as_ref()).0 == "True")
        .await?;
    assert_eq!(ended.status.unwrap_or_default().state.attempts, Some(2));
    Ok(())
}

pub(crate) async fn a_pod_that_cannot_start_fails_its_run(environment: Arc<Environment>) -> Result<()> {
    let stage = Stage::new(&environment, "start").await?;
    let template = json!({"jobTemplate": {"startDeadlineSeconds": 4}});
    let causes = [
        ("secret", "CreateContainerConfigError", "ConfigError"),
        ("image", "ImagePullBackOff", "ImagePullFailed"),
        ("nothing", "ContainerCreating", "NotStarted"),
    ];
    let runs = causes.iter().map(async |(table, waits_for, reason)| {
        stage.ready_table(table, json!({})).await?;
        stage.patch::<Table>(table, json!({"spec": template})).await?;
        stage.kubelet.end_inspection(table, End::done("Inspect")).await?;
        stage.run::<CompactionJob>(table, json!({"tableRef": {"name": table}})).await?;
        let pod = stage.kubelet.pod("compact", table).await?;
        stage.kubelet.wait(&pod, waits_for, "what Kubernetes says").await?;
        let ended: CompactionJob = stage
            .until(table, "failed", |run: &CompactionJob| succeeded(run.status.as_ref()).0 == "False")
            .await?;
        assert_eq!(succeeded(ended.status.as_ref()), ("False", *reason));
        stage.until_gone::<Job>(&format!("{table}-compaction")).await?;
        stage.until(table, "is free", |table: &Table| active(table).is_empty()).await?;
        anyhow::Ok(())
    });
    try_join_all(runs).await?;
    Ok(())
}

pub(crate) async fn a_job_the_server_refuses_fails_its_run(environment: Arc<Environment>) -> Result<()> {
    let stage = Stage::new(&environment, "refused").await?;
    stage.ready_table("orders", json!({})).await?;
    let spec = json!({
        "tableRef": {"name": "orders"},
        "resources": {"requests": {"memory": "2Gi"}, "limits": {"memory": "1Gi"}},
    });
    stage.run::<CompactionJob>("refused", spec).await?;
    let ended: CompactionJob = stage
        .until("refused", "failed", |run: &CompactionJob| succeeded(run.status.as_ref()).0 == "False")
        .await?;
    assert_eq!(succeeded(ended.status.as_ref()), ("False", "ConfigError"));
    let message = ended.status.unwrap_or_default().state.failure.context("a failed run says why")?.message;
    assert!(message.contains("memory limit"), "{message}");
    stage.until("orders", "is free", |table: &Table| active(table).is_empty()).await?;
    Ok(())
}
