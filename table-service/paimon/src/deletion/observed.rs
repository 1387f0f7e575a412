//! The roots that a plan was made on, and what has happened to them since.

use std::collections::HashMap;

use jiff::Timestamp;
use weir_paimon_spec::Snapshot;
use weir_paimon_spec::paths::BranchPaths;

use super::candidates::{Candidates, PlannedFile};
use super::protection::{Kept, kept_snapshots, protect};
use crate::table::{References, Root};
use crate::{Error, ErrorKind, Result, Table};

/// Size and time of a snapshot's file: what a listing tells about its identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    size: u64,
    modified: Timestamp,
}

/// Snapshots of `main` and everything else that keeps files alive, as they were seen.
#[derive(Clone, Debug)]
pub(crate) struct Observed {
    /// Snapshots of `main`, ascending.
    pub(crate) snapshots: Vec<Snapshot>,
    /// Tags, consumers, changelogs and branches.
    pub(crate) references: References,
    stamps: HashMap<i64, Stamp>,
}

impl Observed {
    /// Looks at the table. A listing that lacks the snapshot that the `LATEST` hint names, although it is there, is an
    /// error: it may lack others too (maintenance §11 #13).
    pub(crate) async fn of(table: &Table) -> Result<Self> {
        let stamps = stamps(table).await?;
        let mut ids: Vec<i64> = stamps.keys().copied().collect();
        ids.sort_unstable();
        if let Some(hint) = table.hint(&table.main().latest_hint()).await?
            && ids.last().is_none_or(|&last| last < hint)
            && table.storage().stat(&table.main().snapshot(hint)).await?.is_some()
            // It may have been committed after the listing was made.
            && table.snapshot_ids().await?.last().is_none_or(|&last| last < hint)
        {
            return Err(Error::new(
                ErrorKind::Unsafe,
                format!(
                    "the store lists the snapshots of {} without snapshot {hint}, which is there; nothing was deleted",
                    table.location()
                ),
            ));
        }
        let snapshots = table.snapshots(&ids).await?;
        Ok(Self { snapshots, references: table.references().await?, stamps })
    }

    /// Id of the newest snapshot.
    pub(crate) fn latest(&self) -> Option<i64> {
        self.snapshots.last().map(|snapshot| snapshot.id)
    }

    /// The snapshots are about to go: what is seen later is compared with the rest.
    pub(crate) fn forget(&mut self, is_gone: impl Fn(i64) -> bool) {
        self.snapshots.retain(|snapshot| !is_gone(snapshot.id));
        self.stamps.retain(|&id, _| !is_gone(id));
    }

    /// Looks again, and takes out of `files` what roots need that were not there before: a commit, a tag, a branch.
    /// Answers whether there was such a root. A table that was rolled back meanwhile is an error: ids may stand for
    /// other snapshots now (maintenance §11 #6).
    pub(crate) async fn refresh(&mut self, table: &Table, files: &mut Vec<PlannedFile>) -> Result<bool> {
        let stamps = stamps(table).await?;
        if stamps.keys().max().copied() < self.latest() {
            return Err(rolled_back(table));
        }
        for snapshot in &self.snapshots {
            let id = snapshot.id;
            let (before, now) = (self.stamps.get(&id), stamps.get(&id));
            if now.is_some() && now != before {
                // The same content may have been written again.
                let found = table.snapshot_opt(id).await?;
                if found.is_some_and(|found| found != *snapshot) {
                    return Err(rolled_back(table));
                }
            }
        }
        let mut new: Vec<i64> = stamps.keys().filter(|id| !self.stamps.contains_key(id)).copied().collect();
        new.sort_unstable();
        let snapshots = table.snapshots(&new).await?;
        let references = table.references().await?;
        let added = self.protect_new(table, &snapshots, &references, files).await?;
        self.snapshots.extend(snapshots);
        self.snapshots.sort_unstable_by_key(|snapshot| snapshot.id);
        self.stamps = stamps;
        self.references = references;
        Ok(added)
    }

    async fn protect_new(
        &self,
        table: &Table,
        snapshots: &[Snapshot],
        references: &References,
        files: &mut Vec<PlannedFile>,
    ) -> Result<bool> {
        let known: HashMap<String, &Snapshot> =
            self.references.roots().map(|root| (root.path, root.snapshot)).collect();
        let is_new = |root: &Root<'_>| known.get(&root.path).is_none_or(|before| *before != root.snapshot);
        let mut roots = kept_snapshots(snapshots, self.latest());
        roots.extend(references.roots().filter(is_new).map(Kept::whole));
        if roots.is_empty() {
            return Ok(false);
        }
        let mut candidates = Candidates::from_files(std::mem::take(files));
        protect(table, &roots, references, &mut candidates).await?;
        *files = candidates.into_files();
        Ok(true)
    }
}

async fn stamps(table: &Table) -> Result<HashMap<i64, Stamp>> {
    let listing = table.storage().list_directory(&table.main().snapshot_dir()).await?;
    let stamp = |file: weir_storage::FileInfo| {
        let id = BranchPaths::snapshot_id(file.name())?;
        Some((id, Stamp { size: file.size, modified: file.modified }))
    };
    Ok(listing.files.into_iter().filter_map(stamp).collect())
}

/// The table went back to an earlier snapshot.
pub(crate) fn rolled_back(table: &Table) -> Error {
    Error::new(
        ErrorKind::Unsafe,
        format!(
            "{} was rolled back while the files to delete were chosen; files were kept; run again",
            table.location()
        ),
    )
}
