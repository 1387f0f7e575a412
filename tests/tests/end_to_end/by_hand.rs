//! Runs that people create.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use serde_json::json;
use weir_contract::Outcome;
use weir_crds::{CompactionJob, SnapshotExpiry};
use weir_tests::oracle::Version;
use weir_tests::suite::Environment;

use crate::lake::{Lake, TABLE, orders};

pub(crate) async fn compact_and_expire(environment: Arc<Environment>) -> Result<()> {
    let lake = Lake::new(environment, "by-hand").await?;
    lake.write_orders(6)?;
    lake.engines.java.create_tag(&lake.table, "kept", 2)?;
    lake.ready_table(&json!({})).await?;
    let before = lake.judge()?;
    let files = lake.engines.java.live_files(&lake.table, &Version::Latest)?.len();

    let compaction = json!({"tableRef": {"name": TABLE}, "parameters": {"strategy": "Full"}});
    lake.objects.create_compaction("now", &compaction).await?;
    let state = lake.objects.succeeded::<CompactionJob>("now").await?;
    assert_eq!(state.outcome, Some(Outcome::Succeeded));
    assert_eq!(state.snapshot_before.as_deref(), Some("6"));
    assert_eq!(state.snapshot_after.as_deref(), Some("7"));
    let result = lake.objects.api::<CompactionJob>().get("now").await?.status.unwrap().result.unwrap();
    assert_eq!(result.input_files, i64::try_from(files)?);
    assert!(lake.is_compacted()?);
    let compacted = lake.judge()?;
    before.assert_unchanged(&compacted);
    before.assert_all_kept(&compacted);

    let expiry = json!({
        "tableRef": {"name": TABLE}, "parameters": {"olderThan": "0s", "retainMin": 1, "retainMax": 1}
    });
    lake.objects.create_expiry("old", &expiry).await?;
    lake.objects.succeeded::<SnapshotExpiry>("old").await?;
    let result = lake.objects.api::<SnapshotExpiry>().get("old").await?.status.unwrap().result.unwrap();
    assert_eq!((result.expired_snapshots, result.remaining_snapshots), (6, 1));
    let after = lake.judge()?;
    before.assert_unchanged(&after);
    assert_eq!(after.versions(), ["snapshot 7", "tag kept"]);
    assert_eq!(lake.engines.java.orphans(&lake.table)?, Vec::<String>::new());
    Ok(())
}

pub(crate) async fn a_dry_run_changes_nothing(environment: Arc<Environment>) -> Result<()> {
    let lake = Lake::new(environment, "dry-run").await?;
    lake.write_orders(4)?;
    lake.ready_table(&json!({})).await?;
    let before = lake.listing()?;
    let compaction = json!({"tableRef": {"name": TABLE}, "parameters": {"strategy": "Full", "dryRun": true}});
    lake.objects.create_compaction("plan", &compaction).await?;
    let state = lake.objects.succeeded::<CompactionJob>("plan").await?;
    assert_eq!(state.outcome, Some(Outcome::DryRun));
    let result = lake.objects.api::<CompactionJob>().get("plan").await?.status.unwrap().result.unwrap();
    assert!(result.input_files > 0, "{result:?}");
    let expiry = json!({"tableRef": {"name": TABLE}, "parameters": {"olderThan": "0s", "retainMin": 1, "retainMax": 1, "dryRun": true}});
    lake.objects.create_expiry("plan", &expiry).await?;
    lake.objects.succeeded::<SnapshotExpiry>("plan").await?;
    assert_eq!(lake.listing()?, before);
    Ok(())
}

pub(crate) async fn a_live_writer_loses_nothing(environment: Arc<Environment>) -> Result<()> {
    let lake = Lake::new(environment, "race").await?;
    lake.engines.python.create(&lake.table, &orders())?;
    let writer = lake.engines.python.start_writer(&lake.table, Duration::from_millis(50), 20, 300, 7)?;
    let raced = compact_repeatedly(&lake).await;
    let report = lake.engines.python.stop_writer(writer)?;
    raced?;
    assert_eq!(report.failures, Vec::<String>::new(), "the writer never failed");
    assert!(report.commits > 5, "the writer committed {} times", report.commits);
    let read = lake.engines.java.read(&lake.table, &Version::Latest)?;
    assert_eq!(read.rows, report.rows, "what the writer wrote is what is there");
    Ok(())
}

async fn compact_repeatedly(lake: &Lake) -> Result<()> {
    lake.ready_table(&json!({})).await?;
    for run in ["first", "second", "third"] {
        let compaction = json!({"tableRef": {"name": TABLE}, "parameters": {"strategy": "Full"}});
        lake.objects.create_compaction(run, &compaction).await?;
        lake.objects.succeeded::<CompactionJob>(run).await?;
    }
    Ok(())
}

pub(crate) async fn deleting_a_table_leaves_its_data(environment: Arc<Environment>) -> Result<()> {
    let lake = Lake::new(environment, "deletion").await?;
    lake.write_orders(3)?;
    let rows = lake.judge()?;
    lake.ready_table(&json!({"compaction": {"schedule": "0 0 1 1 *"}})).await?;
    let before = lake.listing()?;
    lake.objects.delete_table(TABLE).await?;
    assert_eq!(lake.listing()?, before);
    rows.assert_unchanged(&lake.judge()?);
    Ok(())
}
