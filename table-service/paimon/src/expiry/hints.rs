//! The `EARLIEST` hint. It is advisory: a failure is logged and readers list the directory instead.

use weir_paimon_spec::Snapshot;

use crate::{Result, Table};

/// Times that the hint is written when another expiry removes the snapshot that it names.
const ATTEMPTS: u32 = 3;

/// Points the hint at the first snapshot that is there after an expiry.
pub(super) async fn follow(table: &Table) {
    if let Err(error) = try_follow(table).await {
        tracing::warn!(%error, "the EARLIEST hint was not updated");
    }
}

async fn try_follow(table: &Table) -> Result<()> {
    for _ in 0..ATTEMPTS {
        let Some(earliest) = table.snapshot_ids().await?.first().copied() else { return Ok(()) };
        table.storage().overwrite(&table.main().earliest_hint(), earliest.to_string().into()).await?;
        if table.storage().stat(&table.main().snapshot(earliest)).await?.is_some() {
            break;
        }
    }
    Ok(())
}

/// Points the hint at a snapshot that exists, where an earlier run could not. One that exists already is never changed.
pub(super) async fn repair(table: &Table, snapshots: &[Snapshot]) -> Result<()> {
    let Some(earliest) = snapshots.first().map(|snapshot| snapshot.id) else { return Ok(()) };
    let is_stale = match table.hint(&table.main().earliest_hint()).await? {
        Some(hint) => !snapshots.iter().any(|snapshot| snapshot.id == hint),
        None => earliest > 1,
    };
    if is_stale {
        follow(table).await;
    }
    Ok(())
}
