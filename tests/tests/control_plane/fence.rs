use std::sync::Arc;

use anyhow::Result;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::ResourceExt as _;
use serde_json::json;
use weir_crds::{ActiveRun, CompactionJob, RunKind, SnapshotExpiry, Table};
use weir_operator::{error::Error, fence};
use weir_tests::suite::Environment;

use crate::kubelet::End;
use crate::stage::{Stage, active, eventually, succeeded};

pub(crate) async fn runs_of_one_kind_go_one_after_the_other(environment: Arc<Environment>) -> Result<()> {
    let stage = Stage::new(&environment, "fence").await?;
    stage.ready_table("orders", json!({})).await?;
    let spec = || json!({"tableRef": {"name": "orders"}});
    for name in ["a", "b", "c"] {
        stage.run::<CompactionJob>(name, spec()).await?;
    }
    stage.run::<SnapshotExpiry>("a", spec()).await?;
    stage.kubelet.pod("maintain", "a").await?;
    let mut order = Vec::new();
    for round in 0..3 {
        let running = eventually(async || {
            let table = stage.api::<Table>().get("orders").await?;
            let compactions = table.status.unwrap_or_default().active_runs;
            Ok(compactions.into_iter().find(|run| run.kind.as_str() == "CompactionJob"))
        });
        let name = running.await?.map(|run| run.name).unwrap_or_default();
        let pods = stage.list::<Pod>().await?;
        let compacting = pods
            .iter()
            .filter(|pod| pod.labels().get("weir.dev/operation").is_some_and(|it| it == "compact"))
            .count();
        assert!(compacting <= round + 1, "each run before has left one pod, and one may work");
        for other in ["a", "b", "c"]
            .into_iter()
            .filter(|other| *other != name && !order.contains(&(*other).to_owned()))
        {
            stage
                .until(other, "waits", |run: &CompactionJob| {
                    succeeded(run.status.as_ref()) == ("Unknown", "TableBusy")
                })
                .await?;
        }
        stage.kubelet.end_compaction(&name, End::done("Compact")).await?;
        stage.until(&name, "ended", |run: &CompactionJob| succeeded(run.status.as_ref()).0 == "True").await?;
        stage
            .until("orders", "frees the place", |table: &Table| {
                !table
                    .status
                    .iter()
                    .flat_map(|it| &it.active_runs)
                    .any(|run| run.kind.as_str() == "CompactionJob" && run.name == name)
            })
            .await?;
        order.push(name);
    }
    order.sort();
    assert_eq!(order, ["a", "b", "c"]);
    Ok(())
}

pub(crate) async fn a_deleted_run_frees_its_place(environment: Arc<Environment>) -> Result<()> {
    let stage = Stage::new(&environment, "deleted").await?;
    stage.ready_table("orders", json!({})).await?;
    stage.run::<CompactionJob>("first", json!({"tableRef": {"name": "orders"}})).await?;
    stage.kubelet.pod("compact", "first").await?;
    stage.run::<CompactionJob>("second", json!({"tableRef": {"name": "orders"}})).await?;
    stage.delete::<CompactionJob>("first").await?;
    stage.until("orders", "passes the place on", |table: &Table| active(table) == ["second"]).await?;
    stage.kubelet.pod("compact", "second").await?;
    Ok(())
}

pub(crate) async fn a_place_that_was_given_up_meanwhile_is_not_taken_for_held(
    environment: Arc<Environment>,
) -> Result<()> {
    let stage = Stage::empty(&environment, "given-up").await?;
    let before = stage.table("orders", json!({})).await?;
    let place = |uid: &str| ActiveRun {
        kind: RunKind::CompactionJob,
        name: uid.to_owned(),
        uid: uid.to_owned(),
        since: Time(stage.clock.now()),
    };
    fence::take(&stage.client, &before, place("a")).await?;
    let held = stage.api::<Table>().get("orders").await?;
    assert_eq!(active(&held), ["a"]);
    fence::take(&stage.client, &held, place("a")).await?;
    assert_eq!(active(&stage.api::<Table>().get("orders").await?), ["a"]);
    fence::free(&stage.client, &held, "a", None).await?;
    let taken = fence::take(&stage.client, &held, place("a")).await;
    assert!(matches!(taken, Err(Error::Outdated { .. })), "{taken:?}");
    assert!(active(&stage.api::<Table>().get("orders").await?).is_empty());
    Ok(())
}

pub(crate) async fn no_more_jobs_than_allowed_are_active(environment: Arc<Environment>) -> Result<()> {
    let mut stage = Stage::empty(&environment, "limit").await?;
    stage.start_operator_with(1);
    for table in ["a", "b"] {
        stage.ready_table(table, json!({})).await?;
    }
    for run in ["a", "b"] {
        stage.run::<CompactionJob>(run, json!({"tableRef": {"name": run}})).await?;
    }
    let waiting = eventually(async || {
        let runs = stage.list::<CompactionJob>().await?;
        Ok(runs.into_iter().find(|run| succeeded(run.status.as_ref()).1 == "ConcurrencyLimit"))
    });
    let waiting = waiting.await?.map(|run| run.name_any()).unwrap_or_default();
    let working = if waiting == "a" { "b" } else { "a" };
    stage.kubelet.end_compaction(working, End::done("Compact")).await?;
    stage.kubelet.end_compaction(&waiting, End::done("Compact")).await?;
    stage.until(&waiting, "ended", |run: &CompactionJob| succeeded(run.status.as_ref()).0 == "True").await?;
    Ok(())
}
