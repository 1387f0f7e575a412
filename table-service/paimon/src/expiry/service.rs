//! `weir expire-snapshots`.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use weir_columnar::Control;
use weir_paimon_spec::support::Purpose;
use weir_storage::Storage;

use super::plan::Plan;
use super::report::{ExpireOutcome, ExpireReport};
use super::retention::{Retention, before};
use super::{decoupled, hints};
use crate::deletion::{
    BATCH, Journal, finish_interrupted, remove_empty_directories, rolled_back, stop_if, sweep_files,
    sweep_roots,
};
use crate::{Error, ErrorKind, Result, Table};

/// Times that a plan is made again because consumers changed while it was made.
const MAX_ROUNDS: u32 = 5;

/// Writers put the first file into a directory soon after they have made it.
const DIRECTORY_AGE: Duration = Duration::from_hours(1);

/// The verb, in journals.
const OPERATION: &str = "expire-snapshots";

/// A request to expire snapshots. What is not set comes from the table's options, then from Paimon's defaults.
#[derive(Clone, Debug)]
pub struct ExpireSnapshots {
    /// Keep at least this many.
    pub retain_min: Option<u32>,
    /// Keep at most this many, however young.
    pub retain_max: Option<u32>,
    /// Expire only what stopped being current before this instant.
    pub older_than: Option<Timestamp>,
    /// Expire at most this range of ids.
    pub max_deletes: Option<u32>,
    /// Keep the last commit of each streaming writer that has committed within this time.
    pub keep_writers_for: Option<Duration>,
    /// Wait between the deletion of snapshots and of their files, for readers that have just opened one.
    pub grace: Duration,
    /// Age from which an empty directory is removed, where the table asks for it (`snapshot.clean-empty-directories`).
    pub directory_age: Duration,
    /// Plan only.
    pub dry_run: bool,
    /// Table options for this run only.
    pub options: BTreeMap<String, String>,
}

impl Default for ExpireSnapshots {
    fn default() -> Self {
        Self {
            retain_min: None,
            retain_max: None,
            older_than: None,
            max_deletes: None,
            keep_writers_for: None,
            grace: Duration::ZERO,
            directory_age: DIRECTORY_AGE,
            dry_run: false,
            options: BTreeMap::new(),
        }
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
        let writers_since = self.writers_since();
        let mut finished = false;
        if !self.dry_run {
            report.finished_earlier = finish_interrupted(&table).await?;
            finished = !report.finished_earlier.is_empty();
        }
        let idle = if finished { ExpireOutcome::Expired } else { ExpireOutcome::NothingToDo };
        let Some(plan) = Plan::make(&table, &retention, writers_since).await? else { return Ok(idle) };
        plan.describe(report);
        if plan.leaving.is_empty() {
            if !self.dry_run {
                hints::repair(&table, &plan.observed.snapshots).await?;
            }
            return Ok(idle);
        }
        if self.dry_run {
            plan.describe_work(report);
            return Ok(ExpireOutcome::Planned);
        }
        let Some((plan, path, journal)) = self.journal(&table, &retention, plan, report).await? else {
            return Ok(idle);
        };
        stop_if(control)?;
        self.execute(&table, plan, &path, journal, control, report).await?;
        Ok(ExpireOutcome::Expired)
    }

    fn writers_since(&self) -> Option<i64> {
        self.keep_writers_for.map(|time| before(Timestamp::now(), time))
    }

    fn retention(&self, table: &Table) -> Result<Retention> {
        let options = Retention::of_table(table, Timestamp::now())?;
        let retention = Retention {
            min: self.retain_min.map_or(options.min, i64::from),
            max: self.retain_max.map_or(options.max, i64::from),
            older_than: self.older_than.map_or(options.older_than, Timestamp::as_millisecond),
            max_deletes: self.max_deletes.map_or(options.max_deletes, i64::from),
        };
        retention.checked("snapshots")
    }

    /// Writes the journal of a plan, less what roots need that appeared since. Plans again when a consumer needs what is
    /// about to go; `None` when nothing may go any more.
    async fn journal(
        &self,
        table: &Table,
        retention: &Retention,
        mut plan: Plan,
        report: &mut ExpireReport,
    ) -> Result<Option<(Plan, String, Journal)>> {
        for _ in 0..MAX_ROUNDS {
            let mut journal = Journal::new(OPERATION, plan.expired(), std::mem::take(&mut plan.files));
            let path = journal.write(table.storage()).await?;
            let changed = plan.observed.refresh(table, &mut journal.files).await?;
            if !plan.is_held_by_consumer() {
                if changed {
                    journal.rewrite(table.storage(), &path).await?;
                }
                return Ok(Some((plan, path, journal)));
            }
            // Nothing was deleted yet, so the journal is void.
            Journal::discard(table.storage(), path).await?;
            plan = Plan::make(table, retention, self.writers_since())
                .await?
                .ok_or_else(|| rolled_back(table))?;
            plan.describe(report);
            if plan.leaving.is_empty() {
                return Ok(None);
            }
        }
        Err(Error::new(
            ErrorKind::Conflict,
            format!("consumers of {} kept changing; nothing was deleted; run again", table.location()),
        ))
    }

    /// Roots first, then what only they needed.
    async fn execute(
        &self,
        table: &Table,
        mut plan: Plan,
        path: &str,
        mut journal: Journal,
        control: &Control,
        report: &mut ExpireReport,
    ) -> Result<()> {
        for batch in plan.leaving.chunks(BATCH) {
            report.changelogs.extend(decoupled::write_changelogs(table, batch).await?);
            let roots: Vec<(i64, String)> = batch
                .iter()
                .map(|leaving| (leaving.snapshot.id, table.main().snapshot(leaving.snapshot.id)))
                .collect();
            let (gone, deleted) = sweep_roots(table.storage(), &roots).await;
            report.expired_snapshots.extend(gone);
            deleted.map_err(|error| {
                error.while_doing("deleting expired snapshots; their files were kept; run again")
            })?;
        }
        hints::follow(table).await;
        stop_if(control)?;
        tokio::time::sleep(self.grace).await;
        // A tag or branch that was made from a snapshot right before it was deleted shows up now, and a commit since
        // then may have brought files back.
        let end = plan.bound.end;
        plan.observed.forget(|id| id < end);
        // What these changelogs keep is none of the journal's files.
        let copied = plan.leaving.into_iter().filter(|leaving| leaving.stays_as_changelog);
        plan.observed.references.changelogs.extend(copied.map(|leaving| leaving.snapshot));
        if plan.observed.refresh(table, &mut journal.files).await? {
            journal.rewrite(table.storage(), path).await?;
        }
        let swept = sweep_files(table.storage(), path, &journal).await?;
        report.directories = remove_empty_directories(table, &swept.deleted, self.directory_age).await?;
        report.files = swept.deleted;
        report.left = swept.left;
        Ok(())
    }
}
