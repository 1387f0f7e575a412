//! Files that expired snapshots leave behind, before protection is applied.

use weir_paimon_spec::Snapshot;

use crate::deletion::{Candidates, Reach};
use crate::{Result, Table};

/// Collects what the snapshots before `end` leave behind (maintenance §1.3). `snapshots` are all retained ones,
/// ascending.
pub(crate) async fn collect(table: &Table, snapshots: &[Snapshot], end: i64) -> Result<Candidates> {
    let mut candidates = Candidates::default();
    // The entries that `end` itself deletes are gone from its own live files.
    for snapshot in snapshots.iter().skip(1).filter(|snapshot| snapshot.id <= end) {
        let reach = if snapshot.id < end {
            Reach::of_leaving(table, snapshot)
        } else {
            Reach::of_staying(table, snapshot)
        };
        reach.deleted_files(&mut candidates).await?;
    }
    for snapshot in snapshots.iter().filter(|snapshot| snapshot.id < end) {
        let reach = Reach::of_leaving(table, snapshot);
        reach.changelog_files(&mut candidates).await?;
        reach.metadata_files(&mut candidates).await?;
    }
    Ok(candidates)
}
