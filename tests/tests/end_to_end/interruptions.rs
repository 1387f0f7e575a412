//! Runs that something comes in the way of.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::{DeleteParams, ListParams};
use serde_json::{Value, json};
use weir_crds::{CompactionJob, RunPhase};
use weir_tests::suite::{Environment, OPERATOR_NAMESPACE};

use crate::lake::{Lake, TABLE};
use crate::objects::wait;

const RUN: &str = "run";

fn full_compaction() -> Value {
    json!({"tableRef": {"name": TABLE}, "parameters": {"strategy": "Full"}})
}

pub(crate) async fn a_killed_pod(environment: Arc<Environment>) -> Result<()> {
    let lake = Lake::new(environment, "killed").await?;
    lake.write_orders(6)?;
    let before = lake.judge()?;
    let slow = lake.slow_store(Duration::from_millis(500)).await?;
    let mut table = lake.table_spec(&json!({}));
    table["storage"]["s3"]["endpoint"] = json!(format!("http://{}", slow.address()));
    lake.objects.create_table(TABLE, &table).await?;
    lake.objects.wait_for_ready(TABLE, "True").await?;
    let files = lake.data_files()?.len();
    lake.objects.create_compaction(RUN, &full_compaction()).await?;
    let pod = lake.objects.pod_of::<CompactionJob>(RUN).await?;
    let deadline = Instant::now() + Duration::from_mins(2);
    while lake.data_files()?.len() == files {
        assert!(Instant::now() < deadline, "the pod writes nothing");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let now = DeleteParams { grace_period_seconds: Some(0), ..DeleteParams::default() };
    lake.objects.api::<Pod>().delete(&pod, &now).await?;
    assert_eq!(lake.snapshots()?, 6, "it was killed after its first file and before its commit");
    lake.objects.succeeded::<CompactionJob>(RUN).await?;
    assert_ne!(lake.objects.pod_of::<CompactionJob>(RUN).await?, pod, "another pod did the work");
    assert!(lake.is_compacted()?);
    let after = lake.judge()?;
    before.assert_unchanged(&after);
    before.assert_all_kept(&after);
    tokio::task::spawn_blocking(move || drop(slow)).await?;
    Ok(())
}

pub(crate) async fn a_restarted_operator(environment: Arc<Environment>) -> Result<()> {
    let lake = Lake::new(environment, "restarted").await?;
    lake.write_orders(6)?;
    let before = lake.judge()?;
    lake.ready_table(&json!({})).await?;
    lake.objects.create_compaction(RUN, &full_compaction()).await?;
    lake.objects.pod_of::<CompactionJob>(RUN).await?;
    let client = lake.environment().cluster.client().await?;
    let operators: Api<Pod> = Api::namespaced(client, OPERATOR_NAMESPACE);
    let now = DeleteParams { grace_period_seconds: Some(0), ..DeleteParams::default() };
    for operator in operators.list(&ListParams::default()).await? {
        operators.delete(&operator.metadata.name.unwrap(), &now).await?;
    }
    lake.objects.succeeded::<CompactionJob>(RUN).await?;
    assert!(lake.is_compacted()?);
    before.assert_unchanged(&lake.judge()?);
    assert_eq!(lake.snapshots()?, 7, "the run committed once");
    Ok(())
}

pub(crate) async fn a_suspended_run(environment: Arc<Environment>) -> Result<()> {
    let lake = Lake::new(environment, "suspended").await?;
    lake.write_orders(3)?;
    let before = lake.judge()?;
    lake.ready_table(&json!({})).await?;
    let mut spec = full_compaction();
    spec["suspend"] = json!(true);
    lake.objects.create_compaction(RUN, &spec).await?;
    wait("the run to be queued", async || {
        let state = lake.objects.state::<CompactionJob>(RUN).await?;
        Ok(state.filter(|state| state.phase == Some(RunPhase::Queued)))
    })
    .await?;
    assert_eq!(lake.snapshots()?, 3, "nothing has happened");
    lake.objects.change::<CompactionJob>(RUN, &json!({"suspend": false})).await?;
    lake.objects.succeeded::<CompactionJob>(RUN).await?;
    assert!(lake.is_compacted()?);
    before.assert_unchanged(&lake.judge()?);
    Ok(())
}
