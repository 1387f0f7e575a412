//! What a Table's schedules do.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use serde_json::json;
use weir_crds::{CompactionJob, Table};
use weir_tests::suite::Environment;

use crate::lake::{Lake, TABLE};
use crate::objects::wait;

const EVERY_MINUTE: &str = "* * * * *";

pub(crate) async fn compact_and_expire(environment: Arc<Environment>) -> Result<()> {
    let lake = Lake::new(environment, "schedules").await?;
    lake.write_orders(8)?;
    lake.engines.java.create_tag(&lake.table, "kept", 3)?;
    let before = lake.judge()?;
    let maintenance = json!({
        "compaction": {"schedule": EVERY_MINUTE, "parameters": {"strategy": "Full"}},
        "snapshotExpiry": {
            "schedule": EVERY_MINUTE, "parameters": {"olderThan": "0s", "retainMin": 1, "retainMax": 1}
        },
    });
    lake.ready_table(&maintenance).await?;
    wait("one compacted snapshot", async || {
        // Java cannot read a table while the snapshots that it has listed expire.
        let (compacted, snapshots) = (lake.is_compacted(), lake.snapshots());
        Ok(matches!((compacted, snapshots), (Ok(true), Ok(1))).then_some(()))
    })
    .await?;
    let tables = lake.objects.api::<Table>();
    wait("the Table to tell of both", async || {
        let status = tables.get(TABLE).await?.status.unwrap_or_default();
        let done = |operation: Option<weir_crds::OperationStatus>| {
            operation.is_some_and(|operation| operation.last_successful_time.is_some())
        };
        Ok((done(status.compaction) && done(status.snapshot_expiry)).then_some(()))
    })
    .await?;
    let after = lake.judge()?;
    before.assert_unchanged(&after);
    assert!(after.versions().contains(&"tag kept"), "{:?}", after.versions());
    Ok(())
}

pub(crate) async fn a_suspended_table_rests(environment: Arc<Environment>) -> Result<()> {
    let lake = Lake::new(environment, "rests").await?;
    lake.write_orders(2)?;
    let before = lake.listing()?;
    let mut spec = lake
        .table_spec(&json!({"compaction": {"schedule": EVERY_MINUTE, "parameters": {"strategy": "Full"}}}));
    spec["suspend"] = json!(true);
    lake.objects.create_table(TABLE, &spec).await?;
    // Longer than the schedule's interval.
    tokio::time::sleep(Duration::from_secs(65)).await;
    let runs = lake.objects.api::<CompactionJob>().list(&kube::api::ListParams::default()).await?.items;
    assert!(runs.is_empty(), "{runs:#?}");
    assert_eq!(lake.listing()?, before);
    lake.objects.change::<Table>(TABLE, &json!({"suspend": false})).await?;
    wait("the compaction of a resumed table", async || Ok(lake.is_compacted()?.then_some(()))).await
}
