//! What expires, and what may be deleted with it.

use weir_paimon_spec::options::keys;
use weir_paimon_spec::{Snapshot, paths};

use super::candidates::{self, Leaving};
use super::holds::Hold;
use super::report::ExpireReport;
use super::retention::{self, Age, Bound, Retention};
use crate::deletion::{Observed, PlannedFile, remove_protected};
use crate::{Result, Table};

/// A decision and what it was made on.
pub(super) struct Plan {
    pub(super) observed: Observed,
    /// Snapshots that go, ascending.
    pub(super) leaving: Vec<Leaving>,
    pub(super) bound: Bound,
    /// Files that go with them.
    pub(super) files: Vec<PlannedFile>,
    /// Whether consumers hold snapshots back, not only changelogs.
    consumers_count: bool,
}

impl Plan {
    /// Decides what expires and what may be deleted; `None` for a table without snapshots. The last commit of writers
    /// that have committed since `writers_since`, in milliseconds since the epoch, stays.
    pub(super) async fn make(
        table: &Table,
        retention: &Retention,
        writers_since: Option<i64>,
    ) -> Result<Option<Self>> {
        let observed = Observed::of(table).await?;
        let strays = strays(table, &observed.snapshots).await?;
        let known: Vec<&Snapshot> =
            observed.snapshots.iter().filter(|snapshot| !strays.contains(&snapshot.id)).collect();
        let ages: Vec<Age> = known.iter().map(|snapshot| Age::of(snapshot)).collect();
        let is_decoupled = table.options().is_changelog_decoupled()?;
        let consumers_count = !(is_decoupled && table.options().get(&keys::CONSUMER_CHANGELOG_ONLY)?);
        let consumers = if consumers_count { observed.references.positions() } else { Vec::new() };
        let mut holds: Vec<Hold> =
            consumers.iter().map(|(name, next)| Hold::of_consumer(name, *next)).collect();
        holds.extend(Hold::of_due_tag(table.options(), &observed.snapshots, &observed.references)?);
        if let Some(since) = writers_since {
            holds.extend(Hold::of_writers(&observed.snapshots, since));
        }
        let Some(bound) = retention::first_kept(&ages, retention, &holds) else { return Ok(None) };
        let leaving: Vec<Leaving> = observed
            .snapshots
            .iter()
            .filter(|snapshot| snapshot.id < bound.end)
            .map(|snapshot| {
                let is_stray = strays.contains(&snapshot.id);
                let stays_as_changelog = is_decoupled && !is_stray;
                Leaving { snapshot: snapshot.clone(), stays_as_changelog, is_stray }
            })
            .collect();
        let mut plan = Self { observed, leaving, bound, files: Vec::new(), consumers_count };
        plan.files = plan.files(table).await?;
        Ok(Some(plan))
    }

    async fn files(&self, table: &Table) -> Result<Vec<PlannedFile>> {
        let retained: Vec<Snapshot> = self
            .observed
            .snapshots
            .iter()
            .filter(|snapshot| snapshot.id >= self.bound.end)
            .cloned()
            .collect();
        let (Some(end), false) = (retained.first(), self.leaving.is_empty()) else { return Ok(Vec::new()) };
        let mut candidates = candidates::collect(table, &self.leaving, end).await?;
        remove_protected(table, &retained, &self.observed.references, &mut candidates).await?;
        Ok(candidates.into_files())
    }

    /// Ids of the snapshots that go, ascending.
    pub(super) fn expired(&self) -> Vec<i64> {
        self.leaving.iter().map(|leaving| leaving.snapshot.id).collect()
    }

    /// Whether a consumer needs what is about to go: it appeared or went back after the plan was made.
    pub(super) fn is_held_by_consumer(&self) -> bool {
        let mut consumers = self.observed.references.consumers.iter();
        self.consumers_count && consumers.any(|(_, consumer)| consumer.next_snapshot < self.bound.end)
    }

    pub(super) fn describe(&self, report: &mut ExpireReport) {
        report.latest_snapshot = self.observed.latest();
        report.remaining_snapshots = self.observed.snapshots.len() - self.leaving.len();
        report.held_by = Some(self.bound.held_by.clone());
    }

    /// Adds what a dry run shows.
    pub(super) fn describe_work(self, report: &mut ExpireReport) {
        report.expired_snapshots = self.expired();
        let changelogs = self.leaving.iter().filter(|leaving| leaving.stays_as_changelog);
        report.changelogs = changelogs.map(|leaving| leaving.snapshot.id).collect();
        report.files = self.files;
    }
}

/// Snapshots whose files an earlier expiry could not delete although everything that they name is gone: those before the
/// `EARLIEST` hint, which readers follow, whose manifest list does not exist (maintenance §11 #12).
async fn strays(table: &Table, snapshots: &[Snapshot]) -> Result<Vec<i64>> {
    let Some(hint) = table.hint(&table.main().earliest_hint()).await? else { return Ok(Vec::new()) };
    if !snapshots.iter().any(|snapshot| snapshot.id == hint) {
        return Ok(Vec::new());
    }
    let mut strays = Vec::new();
    for snapshot in snapshots.iter().filter(|snapshot| snapshot.id < hint) {
        if table.storage().stat(&paths::manifest(&snapshot.base_manifest_list)).await?.is_none() {
            strays.push(snapshot.id);
        }
    }
    Ok(strays)
}
