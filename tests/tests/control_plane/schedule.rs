use std::sync::Arc;

use anyhow::Result;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::events::v1::Event;
use kube::ResourceExt;
use serde_json::{Value, json};
use weir_contract::ExitCode;
use weir_crds::{CompactionJob, RunPhase, SnapshotExpiry, Table};
use weir_tests::suite::Environment;

use crate::kubelet::End;
use crate::stage::{Stage, active, eventually, ready, succeeded};

const HOUR: i64 = 3600;

/// The operator's clock runs ahead of the server's, which stamps the pods: they get time to start.
fn hourly() -> Value {
    json!({"jobTemplate": {"startDeadlineSeconds": 86400}, "maintenance": {"compaction": {
        "schedule": "0 * * * *", "jitterSeconds": 0, "parameters": {"strategy": "Full"},
        "successfulJobsHistoryLimit": 1,
    }}})
}

/// Lets an hour pass and returns the run of the slot in it.
async fn next_run(stage: &Stage, table: &str, known: usize) -> Result<CompactionJob> {
    stage.clock.advance(HOUR);
    stage.patch::<Table>(table, json!({"metadata": {"labels": {"look": known.to_string()}}})).await?;
    let run = eventually(async || {
        let mut runs = stage.list::<CompactionJob>().await?;
        runs.sort_by_key(ResourceExt::name_any);
        Ok(runs.pop().filter(|run| run.status.as_ref().is_none_or(|it| it.state.completion_time.is_none())))
    });
    run.await?.ok_or_else(|| anyhow::anyhow!("no run was created"))
}

pub(crate) async fn a_schedule_leads_to_a_result(environment: Arc<Environment>) -> Result<()> {
    let stage = Stage::new(&environment, "schedule").await?;
    let table = stage.ready_table("orders", hourly()).await?;
    assert_eq!(ready(&table), ("True".into(), "Scheduled".into()));

    let run = next_run(&stage, "orders", 0).await?;
    let name = run.name_any();
    assert_eq!(run.owner_references()[0].name, "orders");
    assert!(name.starts_with("orders-"), "{name}");
    let pod = stage.kubelet.pod("compact", &name).await?;
    let args = pod.spec.as_ref().and_then(|spec| spec.containers[0].args.clone()).unwrap_or_default();
    assert!(args.contains(&"--strategy=full".to_owned()), "{args:?}");
    let running: CompactionJob = stage
        .until(&name, "runs", |run: &CompactionJob| {
            run.status.as_ref().is_some_and(|it| it.state.phase == Some(RunPhase::Running))
        })
        .await?;
    assert_eq!(succeeded(running.status.as_ref()).0, "Unknown");
    assert_eq!(active(&stage.api::<Table>().get("orders").await?), [name.as_str()]);

    let more = json!({
        "compaction": {"inputFiles": 10, "outputFiles": 1}, "snapshotBefore": "9007199254740993",
        "snapshotAfter": "9007199254740994", "report": "s3://lake/x/.weir/receipts/1.json",
        "table": {"snapshotId": "9007199254740994", "snapshots": 4, "dataFiles": 1}, "requests": {"get": 7},
    });
    stage.kubelet.end(&pod, End::reported(ExitCode::Done, "Compact", "Succeeded", "Completed", more)).await?;
    let ended: CompactionJob = stage
        .until(&name, "ended", |run: &CompactionJob| succeeded(run.status.as_ref()) == ("True", "Completed"))
        .await?;
    let status = ended.status.unwrap_or_default();
    assert_eq!(status.result.map(|result| (result.input_files, result.output_files)), Some((10, 1)));
    assert_eq!(status.state.phase, Some(RunPhase::Succeeded));
    assert_eq!(status.state.attempts, Some(1));
    assert_eq!(status.state.snapshot_before.as_deref(), Some("9007199254740993"));
    assert_eq!(status.state.report.as_deref(), Some("s3://lake/x/.weir/receipts/1.json"));
    assert_eq!(status.state.requests.map(|requests| requests.get), Some(7));
    assert!(status.state.conditions.iter().all(|it| it.type_ == "Succeeded"), "nothing is going on any more");

    let table: Table = stage
        .until("orders", "counts the run", |table: &Table| {
            active(table).is_empty()
                && table.status.as_ref().is_some_and(|it| {
                    it.compaction.as_ref().is_some_and(|it| {
                        // The run and the schedule are told by different reconciles.
                        it.last_successful_time.is_some()
                            && it.next_schedule_time.is_some()
                            && it.last_schedule_time.is_some()
                    })
                })
        })
        .await?;
    let status = table.status.unwrap_or_default();
    let compaction = status.compaction.unwrap_or_default();
    assert_eq!(compaction.consecutive_failures, Some(0));
    assert_eq!(compaction.last_run_ref.map(|run| run.name), Some(name.clone()));
    assert_eq!(status.table.map(|table| (table.summary.snapshots, table.summary.data_files)), Some((4, 1)));
    assert_eq!(events_of(&stage, &name).await?, ["Started", "Succeeded"]);
    assert!(events_of(&stage, "orders").await?.contains(&"RunCreated".to_owned()));
    Ok(())
}

/// Reasons of the events on an object, oldest first.
async fn events_of(stage: &Stage, name: &str) -> Result<Vec<String>> {
    let mut events = stage.list::<Event>().await?;
    events.retain(|event| event.regarding.as_ref().and_then(|it| it.name.as_deref()) == Some(name));
    events.sort_by_key(|event| event.event_time.clone().map(|time| time.0));
    Ok(events.into_iter().filter_map(|event| event.reason).collect())
}

pub(crate) async fn history_keeps_what_its_limits_say(environment: Arc<Environment>) -> Result<()> {
    let stage = Stage::new(&environment, "history").await?;
    stage.ready_table("orders", hourly()).await?;
    let mut names = Vec::new();
    for round in 0..3 {
        let run = next_run(&stage, "orders", round).await?;
        stage.kubelet.end_compaction(&run.name_any(), End::done("Compact")).await?;
        names.push(run.name_any());
        stage
            .until(&run.name_any(), "ended", |run: &CompactionJob| succeeded(run.status.as_ref()).0 == "True")
            .await?;
        stage.until("orders", "is free", |table: &Table| active(table).is_empty()).await?;
    }
    stage.until_gone::<CompactionJob>(&names[0]).await?;
    stage.until_gone::<CompactionJob>(&names[1]).await?;
    stage.until_gone::<Job>(&format!("{}-compaction", names[1])).await?;
    assert!(stage.api::<CompactionJob>().get_opt(&names[2]).await?.is_some());
    Ok(())
}

pub(crate) async fn a_failed_run_spaces_out_its_schedule(environment: Arc<Environment>) -> Result<()> {
    let stage = Stage::new(&environment, "backoff").await?;
    let spec = json!({
        "jobTemplate": {"startDeadlineSeconds": 86400},
        "maintenance": {"snapshotExpiry": {"schedule": "0 * * * *", "jitterSeconds": 0}},
    });
    stage.ready_table("orders", spec).await?;
    stage.clock.advance(HOUR);
    stage.patch::<Table>("orders", json!({"metadata": {"labels": {"look": "again"}}})).await?;
    let run = eventually(async || Ok(stage.list::<SnapshotExpiry>().await?.pop())).await?;
    let name = run.map(|run| run.name_any()).unwrap_or_default();
    let pod = stage.kubelet.pod("maintain", &name).await?;
    stage.kubelet.end(&pod, End::code(16)).await?;
    let table: Table = stage
        .until("orders", "is unhealthy", |table: &Table| {
            table.status.iter().flat_map(|it| &it.conditions).any(|it| {
                it.type_ == "SnapshotExpiryHealthy" && it.status == "False" && it.reason == "SafetyRefused"
            })
        })
        .await?;
    assert_eq!(ready(&table).0, "True", "a failed run does not make a Table unready");
    let expiry = table.status.and_then(|status| status.snapshot_expiry).unwrap_or_default();
    assert_eq!(expiry.consecutive_failures, Some(1));
    Ok(())
}
