//! Finishing what an interrupted run has begun.

use super::candidates::{Candidates, PlannedFile};
use super::{journal, protection, sweep};
use crate::{Error, ErrorKind, Result, Table};

/// Finishes the journals of interrupted runs, as far as nothing protects their files now.
pub(crate) async fn finish_interrupted(table: &Table) -> Result<Vec<PlannedFile>> {
    let mut deleted = Vec::new();
    for (path, mut journal) in journal::unfinished(table.storage()).await? {
        journal.files = still_unprotected(table, journal.files).await?;
        deleted.extend(sweep::sweep_files(table.storage(), &path, &journal).await?.deleted);
    }
    Ok(deleted)
}

/// The files that no present root reaches, in the order of deletion.
async fn still_unprotected(table: &Table, files: Vec<PlannedFile>) -> Result<Vec<PlannedFile>> {
    let retained = table.snapshots(&table.snapshot_ids().await?).await?;
    if retained.is_empty() {
        return Err(Error::new(
            ErrorKind::Unsafe,
            format!(
                "no snapshot of {} was found while files were about to be deleted; none was",
                table.location()
            ),
        ));
    }
    let mut candidates = Candidates::from_files(files);
    let references = table.references().await?;
    protection::remove_protected(table, &retained, &references, &mut candidates).await?;
    Ok(candidates.into_files())
}
