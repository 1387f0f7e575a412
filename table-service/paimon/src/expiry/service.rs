//! `weir expire-snapshots`.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use weir_columnar::Control;
use weir_paimon_spec::Snapshot;
use weir_paimon_spec::support::Purpose;
use weir_storage::Storage;

use super::candidates;
use super::retention::{self, Age, Bound, Retention};
use crate::deletion::{
    Candidates, FileKind, Journal, PlannedFile, finish_interrupted, remove_protected, still_unprotected,
    sweep_files, sweep_roots,
};
use crate::table::References;
use crate::{Error, ErrorKind, Result, Table};

/// Times that a plan is made again because tags, branches or consumers changed while it was made.
const MAX_ROUNDS: u32 = 5;

/// The verb, in journals.
const OPERATION: &str = "expire-snapshots";

/// A request to expire snapshots. What is not set comes from the table's options, then from Paimon's defaults.
#[derive(Clone, Debug, Default)]
pub struct ExpireSnapshots {
    /// Keep at least this many.
    pub retain_min: Option<u32>,
    /// Keep at most this many, however young.
    pub retain_max: Option<u32>,
    /// Expire only what stopped being current before this instant.
    pub older_than: Option<Timestamp>,
    /// Expire at most this range of ids.
    pub max_deletes: Option<u32>,
    /// Wait between the deletion of snapshots and of their files, for readers that have just opened one.
    pub grace: Duration,
    /// Plan only.
    pub dry_run: bool,
    /// Table options for this run only.
    pub options: BTreeMap<String, String>,
}

/// How an expiry ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum ExpireOutcome {
    /// No snapshot may go.
    NothingToDo,
    /// The plan is in the report; nothing was changed.
    Planned,
    /// Snapshots and files were deleted.
    Expired,
}

/// Plan and result of one run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExpireReport {
    /// Newest snapshot when the run began.
    pub latest_snapshot: Option<i64>,
    /// Snapshots that expire, ascending.
    pub expired_snapshots: Vec<i64>,
    /// Snapshots that remain.
    pub remaining_snapshots: usize,
    /// What holds the others back.
    pub held_by: Option<String>,
    /// Files that are deleted, in that order.
    pub files: Vec<PlannedFile>,
    /// Files that could not be deleted and stay in the journal for the next run.
    pub left: Vec<PlannedFile>,
    /// Files of interrupted runs that were deleted first.
    pub finished_earlier: Vec<PlannedFile>,
}

impl ExpireReport {
    /// Number of files that are neither data nor changelog.
    pub fn metadata_files(&self) -> usize {
        self.files.len() - self.data_files()
    }

    /// Number of data and changelog files.
    pub fn data_files(&self) -> usize {
        self.files.iter().filter(|file| matches!(file.kind, FileKind::Data | FileKind::Changelog)).count()
    }

    /// Size of the files, as far as metadata tells.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

/// A decision and what it was made on.
struct Plan {
    snapshots: Vec<Snapshot>,
    references: References,
    bound: Bound,
    files: Vec<PlannedFile>,
}

impl Plan {
    fn expired(&self) -> Vec<i64> {
        self.snapshots.iter().map(|snapshot| snapshot.id).filter(|&id| id < self.bound.end).collect()
    }

    fn kept(&self) -> Vec<i64> {
        self.snapshots.iter().map(|snapshot| snapshot.id).filter(|&id| id >= self.bound.end).collect()
    }
}

impl ExpireSnapshots {
    /// Expires snapshots of the table at `storage`'s location. `report` tells what was planned and done, on failure
    /// too.
    pub async fn run(
        &self,
        storage: &Storage,
        control: &Control,
        report: &mut ExpireReport,
    ) -> Result<ExpireOutcome> {
        let table = Table::open(storage.clone(), &self.options).await?;
        table.require_support(Purpose::Expire)?;
        let retention = self.retention(&table)?;
        let mut finished = false;
        if !self.dry_run {
            report.finished_earlier = finish_interrupted(&table).await?;
            finished = !report.finished_earlier.is_empty();
        }
        let Some(mut plan) = make_plan(&table, &retention).await? else {
            return Ok(if finished { ExpireOutcome::Expired } else { ExpireOutcome::NothingToDo });
        };
        plan.describe(report);
        if plan.expired().is_empty() {
            if !self.dry_run {
                repair_earliest(&table, &plan.snapshots).await?;
            }
            return Ok(if finished { ExpireOutcome::Expired } else { ExpireOutcome::NothingToDo });
        }
        if self.dry_run {
            return Ok(ExpireOutcome::Planned);
        }
        let (path, journal) = self.journal(&table, &retention, &mut plan, report).await?;
        stop_if(control)?;
        self.execute(&table, &plan, &path, journal, control, report).await?;
        Ok(ExpireOutcome::Expired)
    }

    fn retention(&self, table: &Table) -> Result<Retention> {
        let usual = Retention::of(table.options(), Timestamp::now())?;
        let retention = Retention {
            min: self.retain_min.map_or(usual.min, i64::from),
            max: self.retain_max.map_or(usual.max, i64::from),
            older_than: self.older_than.map_or(usual.older_than, Timestamp::as_millisecond),
            max_deletes: self.max_deletes.map_or(usual.max_deletes, i64::from),
        };
        retention.check()?;
        Ok(retention)
    }

    /// Writes the journal of a plan whose references are still those of the table; plans again when they are not.
    async fn journal(
        &self,
        table: &Table,
        retention: &Retention,
        plan: &mut Plan,
        report: &mut ExpireReport,
    ) -> Result<(String, Journal)> {
        for _ in 0..MAX_ROUNDS {
            let journal = Journal::new(OPERATION, plan.expired(), plan.files.clone());
            let path = journal.write(table.storage()).await?;
            if self.is_current(table, plan).await? {
                return Ok((path, journal));
            }
            // Nothing was deleted yet, so the journal is void.
            table.storage().delete(&[path]).await.into_iter().collect::<Result<Vec<()>, _>>()?;
            let Some(fresh) = make_plan(table, retention).await? else {
                return Err(rolled_back(table));
            };
            *plan = fresh;
            plan.describe(report);
        }
        Err(Error::new(
            ErrorKind::Conflict,
            format!(
                "tags, branches or consumers of {} kept changing; nothing was deleted; run again",
                table.location()
            ),
        ))
    }

    /// Whether the roots are still those that the plan protects.
    async fn is_current(&self, table: &Table, plan: &Plan) -> Result<bool> {
        let planned_latest = plan.snapshots.last().map(|snapshot| snapshot.id);
        let latest = table.snapshot_ids().await?.last().copied();
        if latest < planned_latest {
            return Err(rolled_back(table));
        }
        Ok(table.references().await? == plan.references)
    }

    /// Roots first, then what only they needed.
    async fn execute(
        &self,
        table: &Table,
        plan: &Plan,
        path: &str,
        mut journal: Journal,
        control: &Control,
        report: &mut ExpireReport,
    ) -> Result<()> {
        let storage = table.storage();
        let roots: Vec<(i64, String)> =
            journal.snapshots.iter().map(|&id| (id, table.main().snapshot(id))).collect();
        let (gone, deleted) = sweep_roots(storage, &roots).await;
        report.expired_snapshots = gone;
        report.files.clear();
        deleted.map_err(|error| {
            error.while_doing("deleting expired snapshots; their files were kept; run again")
        })?;
        hint_earliest(table, plan.bound.end).await;
        stop_if(control)?;
        tokio::time::sleep(self.grace).await;
        // A tag or branch that was made from a snapshot right before it was deleted shows up now, and a commit since
        // then may have brought files back.
        let references = table.references().await?;
        if references != plan.references || table.snapshot_ids().await? != plan.kept() {
            journal.files = still_unprotected(table, journal.files, &references).await?;
            journal.rewrite(storage, path).await?;
        }
        let swept = sweep_files(storage, path, &journal).await?;
        report.files = swept.deleted;
        report.left = swept.left;
        Ok(())
    }
}

impl Plan {
    fn describe(&self, report: &mut ExpireReport) {
        report.latest_snapshot = self.snapshots.last().map(|snapshot| snapshot.id);
        report.expired_snapshots = self.expired();
        report.remaining_snapshots = self.snapshots.len() - report.expired_snapshots.len();
        report.held_by = Some(self.bound.held_by.clone());
        report.files.clone_from(&self.files);
    }
}

/// Decides what expires and what may be deleted; `None` for a table without snapshots.
async fn make_plan(table: &Table, retention: &Retention) -> Result<Option<Plan>> {
    let ids = table.snapshot_ids().await?;
    let snapshots = table.snapshots(&ids).await?;
    let references = table.references().await?;
    let ages: Vec<Age> =
        snapshots.iter().map(|snapshot| Age { id: snapshot.id, time_millis: snapshot.time_millis }).collect();
    let consumers: Vec<(String, i64)> =
        references.consumers.iter().map(|(name, consumer)| (name.clone(), consumer.next_snapshot)).collect();
    let Some(bound) = retention::first_kept(&ages, retention, &consumers) else { return Ok(None) };
    let mut candidates = Candidates::default();
    if ages.iter().any(|age| age.id < bound.end) {
        candidates = candidates::collect(table, &snapshots, bound.end).await?;
        let retained: Vec<Snapshot> =
            snapshots.iter().filter(|snapshot| snapshot.id >= bound.end).cloned().collect();
        remove_protected(table, &retained, &references, &mut candidates).await?;
    }
    Ok(Some(Plan { snapshots, references, bound, files: candidates.into_files() }))
}

/// Hints are advisory: a failure is logged and readers list the directory instead.
async fn hint_earliest(table: &Table, id: i64) {
    if let Err(error) = table.storage().overwrite(&table.main().earliest_hint(), id.to_string().into()).await
    {
        tracing::warn!(%error, "the EARLIEST hint was not updated");
    }
}

/// Points the EARLIEST hint at a snapshot that exists, where an earlier run could not.
async fn repair_earliest(table: &Table, snapshots: &[Snapshot]) -> Result<()> {
    let Some(earliest) = snapshots.first().map(|snapshot| snapshot.id) else { return Ok(()) };
    let is_stale = match table.hint(&table.main().earliest_hint()).await? {
        Some(hint) => !snapshots.iter().any(|snapshot| snapshot.id == hint),
        None => earliest > 1,
    };
    if is_stale {
        hint_earliest(table, earliest).await;
    }
    Ok(())
}

fn rolled_back(table: &Table) -> Error {
    Error::new(
        ErrorKind::Unsafe,
        format!(
            "{} was rolled back while its expiry was planned; nothing was deleted; run again",
            table.location()
        ),
    )
}

fn stop_if(control: &Control) -> Result<()> {
    if control.is_cancelled() {
        return Err(Error::new(
            ErrorKind::Cancelled,
            "the expiry was asked to stop; the next run finishes its journal",
        ));
    }
    Ok(())
}
