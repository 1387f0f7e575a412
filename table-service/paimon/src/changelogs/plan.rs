//! What expires, and what may be deleted with it.

use futures::{StreamExt, TryStreamExt, stream};
use weir_paimon_spec::Snapshot;
use weir_paimon_spec::options::keys;

use super::report::ExpireChangelogsReport;
use super::retention;
use crate::deletion::{Candidates, ChangelogNeeds, Observed, PlannedFile, Reach, remove_protected};
use crate::expiry::Retention;
use crate::expiry::retention::{Age, Bound};
use crate::table::CONCURRENT_REQUESTS;
use crate::{Error, ErrorKind, Result, Table};

/// Which changelogs are to go.
#[derive(Clone, Copy, Debug)]
pub(super) enum Which {
    /// As retention decides.
    Old(Retention),
    /// All of them.
    All,
}

/// A decision and what it was made on.
pub(super) struct Plan {
    pub(super) observed: Observed,
    /// Changelogs that go, ascending.
    pub(super) leaving: Vec<Snapshot>,
    /// The first changelog that stays, and why; none when all go.
    pub(super) bound: Option<Bound>,
    /// Files that go with them.
    pub(super) files: Vec<PlannedFile>,
}

impl Plan {
    /// Decides what expires; `None` for a table without snapshots or without changelogs.
    pub(super) async fn make(table: &Table, which: Which) -> Result<Option<Self>> {
        let observed = Observed::of(table).await?;
        let changelogs = &observed.references.changelogs;
        let (Some(latest), Some(newest)) = (observed.latest(), changelogs.last()) else { return Ok(None) };
        let bound = match which {
            Which::Old(retention) => {
                let ages: Vec<Age> = changelogs.iter().map(Age::of).collect();
                retention::first_kept(&ages, latest, &retention, &observed.references.positions())
            }
            Which::All => {
                require_unneeded(table, &observed, newest.id)?;
                None
            }
        };
        let end = bound.as_ref().map_or(i64::MAX, |bound| bound.end);
        let leaving: Vec<Snapshot> =
            changelogs.iter().filter(|changelog| changelog.id < end).cloned().collect();
        let mut plan = Self { observed, leaving, bound, files: Vec::new() };
        plan.files = plan.files(table).await?;
        Ok(Some(plan))
    }

    async fn files(&self, table: &Table) -> Result<Vec<PlannedFile>> {
        if self.leaving.is_empty() {
            return Ok(Vec::new());
        }
        let mut candidates: Candidates = stream::iter(&self.leaving)
            .map(|changelog| of_leaving(table, changelog))
            .buffered(CONCURRENT_REQUESTS)
            .try_fold(Candidates::default(), |mut all, one| async move {
                all.absorb(one);
                Ok::<_, Error>(all)
            })
            .await?;
        let mut staying = self.observed.references.clone();
        staying.changelogs.retain(|changelog| !self.is_leaving(changelog.id));
        if staying.changelogs.is_empty()
            && let Some(earliest) = self.observed.snapshots.first()
        {
            // What it deletes was kept for the changelog that it would have become.
            let mut of_earliest = Candidates::default();
            Reach::of_staying(table, earliest).deleted_files(&mut of_earliest).await?;
            candidates.absorb(of_earliest);
        }
        remove_protected(table, &self.observed.snapshots, &staying, &mut candidates).await?;
        Ok(candidates.into_files())
    }

    pub(super) fn is_leaving(&self, id: i64) -> bool {
        self.leaving.binary_search_by_key(&id, |changelog| changelog.id).is_ok()
    }

    /// Ids of the changelogs that go, ascending.
    pub(super) fn expired(&self) -> Vec<i64> {
        self.leaving.iter().map(|changelog| changelog.id).collect()
    }

    /// Whether a consumer needs what is about to go: it appeared or went back after the plan was made.
    pub(super) fn is_held_by_consumer(&self) -> bool {
        let last = self.leaving.last().map(|changelog| changelog.id);
        self.observed.references.consumers.iter().any(|(_, consumer)| Some(consumer.next_snapshot) <= last)
    }

    /// Whether a changelog that is about to go is another one than when the plan was made.
    pub(super) fn is_rolled_back(&self) -> bool {
        let now = &self.observed.references.changelogs;
        self.leaving.iter().any(|leaving| {
            now.iter().find(|changelog| changelog.id == leaving.id).is_some_and(|found| found != leaving)
        })
    }

    pub(super) fn describe(&self, report: &mut ExpireChangelogsReport) {
        report.latest_snapshot = self.observed.latest();
        report.remaining_changelogs = self.observed.references.changelogs.len() - self.leaving.len();
        report.held_by = self.bound.as_ref().map(|bound| bound.held_by.clone());
    }

    /// Adds what a dry run shows.
    pub(super) fn describe_work(self, report: &mut ExpireChangelogsReport) {
        report.expired_changelogs = self.expired();
        report.files = self.files;
    }
}

/// All changelogs may go when none is younger than the snapshots and no consumer reads them.
fn require_unneeded(table: &Table, observed: &Observed, newest: i64) -> Result<()> {
    let earliest = observed.snapshots.first().map(|snapshot| snapshot.id);
    let reason = if earliest.is_some_and(|earliest| newest >= earliest) {
        Some(format!("changelog {newest} is not older than the earliest snapshot"))
    } else {
        let mut positions = observed.references.positions();
        positions.retain(|(_, next)| *next <= newest);
        positions.first().map(|(name, next)| {
            format!(
                "consumer {name} has yet to read snapshot {next}; move or remove it with weir reset-consumer"
            )
        })
    };
    match reason {
        None => Ok(()),
        Some(reason) => Err(Error::new(
            ErrorKind::Unsafe,
            format!(
                "the changelogs of {} cannot all be deleted: {reason}; nothing was deleted",
                table.location()
            ),
        )),
    }
}

/// What one changelog leaves behind (maintenance §4.2).
async fn of_leaving(table: &Table, changelog: &Snapshot) -> Result<Candidates> {
    let mut candidates = Candidates::default();
    let reach = Reach::of_leaving(table, changelog);
    if let Some(list) = &changelog.changelog_manifest_list {
        reach.changelog_files(&mut candidates).await?;
        reach.manifest_files(list, &mut candidates).await?;
    }
    let now = table.options().get(&keys::CHANGELOG_PRODUCER)?;
    if ChangelogNeeds::of(table, table.main(), now, changelog).await?.delta {
        reach.written_files(&mut candidates).await?;
        reach.manifest_files(&changelog.base_manifest_list, &mut candidates).await?;
        reach.manifest_files(&changelog.delta_manifest_list, &mut candidates).await?;
    }
    Ok(candidates)
}
