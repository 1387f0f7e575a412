//! Writers that compact the table for themselves.

use weir_paimon_spec::CommitKind;
use weir_paimon_spec::options::keys;

use crate::table::commit::COMMIT_USER_PREFIX;
use crate::{Error, ErrorKind, Result, Table};

/// Refuses when a writer of the table compacts it too: the two would make each other's commits fail.
///
/// With `write-only=true` writers leave compaction to us. Without it, a COMPACT snapshot of another commit user in
/// the retained history tells that they do not.
pub(crate) async fn require_no_foreign_compactor(table: &Table) -> Result<()> {
    if table.options().get(&keys::WRITE_ONLY)? {
        return Ok(());
    }
    let ids = table.snapshot_ids().await?;
    let snapshots = table.snapshots(&ids).await?;
    let foreign = snapshots.iter().rev().find(|snapshot| {
        snapshot.commit_kind == CommitKind::Compact && !snapshot.commit_user.starts_with(COMMIT_USER_PREFIX)
    });
    let Some(foreign) = foreign else { return Ok(()) };
    Err(Error::new(
        ErrorKind::ForeignCompactor,
        format!(
            "{} is compacted by its writer (commit user {}, snapshot {}); two compactors make each other's commits fail. \
             Run ALTER TABLE … SET ('write-only' = 'true') and restart the writer, or pass --beside-foreign-compactor",
            table.location(),
            foreign.commit_user,
            foreign.id
        ),
    ))
}
