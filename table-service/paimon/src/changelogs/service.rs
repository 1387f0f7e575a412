//! `weir expire-changelogs`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use weir_columnar::Control;
use weir_paimon_spec::options::ChangelogRetention;
use weir_paimon_spec::support::Purpose;
use weir_storage::Storage;

use super::plan::{Plan, Which};
use super::report::{ExpireChangelogsOutcome, ExpireChangelogsReport};
use crate::deletion::{Journal, finish_interrupted, rolled_back, stop_if, sweep_files, sweep_roots};
use crate::expiry::Retention;
use crate::expiry::retention::before;
use crate::{Error, ErrorKind, Result, Table};

/// Times that a plan is made again because consumers changed while it was made.
const MAX_ROUNDS: u32 = 5;

/// The verb, in journals.
const OPERATION: &str = "expire-changelogs";

/// A request to expire long-lived changelogs. What is not set comes from the table's options: those of changelogs, or
/// those of snapshots where changelogs no longer outlive them.
#[derive(Clone, Debug, Default)]
pub struct ExpireChangelogs {
    /// Keep at least this many snapshots and changelogs.
    pub retain_min: Option<u32>,
    /// Keep at most this many snapshots and changelogs, however young.
    pub retain_max: Option<u32>,
    /// Expire only what was committed before this instant.
    pub older_than: Option<Timestamp>,
    /// Expire at most this range of ids.
    pub max_deletes: Option<u32>,
    /// Expire all changelogs, whatever their age and number.
    pub delete_all: bool,
    /// Plan only.
    pub dry_run: bool,
    /// Table options for this run only.
    pub options: BTreeMap<String, String>,
}

impl ExpireChangelogs {
    /// Expires changelogs of the table at `storage`'s location. `report` tells what was planned and done, on failure
    /// too.
    pub async fn run(
        &self,
        storage: &Storage,
        control: &Control,
        report: &mut ExpireChangelogsReport,
    ) -> Result<ExpireChangelogsOutcome> {
        let table = Table::open(storage.clone(), &self.options).await?;
        table.require_support(Purpose::Expire)?;
        let which = if self.delete_all { Which::All } else { Which::Old(self.retention(&table)?) };
        if !self.dry_run {
            report.finished_earlier = finish_interrupted(&table).await?;
        }
        let idle = if report.finished_earlier.is_empty() {
            ExpireChangelogsOutcome::NothingToDo
        } else {
            ExpireChangelogsOutcome::Expired
        };
        let Some(plan) = Plan::make(&table, which).await? else { return Ok(idle) };
        plan.describe(report);
        if plan.leaving.is_empty() {
            return Ok(idle);
        }
        if self.dry_run {
            plan.describe_work(report);
            return Ok(ExpireChangelogsOutcome::Planned);
        }
        let Some((plan, path, journal)) = journal(&table, which, plan, report).await? else {
            return Ok(idle);
        };
        stop_if(control)?;
        execute(&table, plan, &path, journal, control, report).await?;
        Ok(ExpireChangelogsOutcome::Expired)
    }

    fn retention(&self, table: &Table) -> Result<Retention> {
        let snapshots = table.options().snapshot_retention()?;
        let options = if table.options().is_changelog_decoupled()? {
            table.options().changelog_retention()?
        } else {
            ChangelogRetention { min: snapshots.min, max: snapshots.max, time: snapshots.time }
        };
        let older_than = before(Timestamp::now(), options.time);
        let retention = Retention {
            min: self.retain_min.map_or(i64::from(options.min), i64::from),
            max: self.retain_max.map_or(i64::from(options.max), i64::from),
            older_than: self.older_than.map_or(older_than, Timestamp::as_millisecond),
            max_deletes: self.max_deletes.map_or(i64::from(snapshots.max_deletes), i64::from),
        };
        retention.checked("changelogs")
    }
}

/// Writes the journal of a plan, less what roots need that appeared since. Plans again when a consumer needs what is about
/// to go; `None` when nothing may go any more.
async fn journal(
    table: &Table,
    which: Which,
    mut plan: Plan,
    report: &mut ExpireChangelogsReport,
) -> Result<Option<(Plan, String, Journal)>> {
    for _ in 0..MAX_ROUNDS {
        let files = std::mem::take(&mut plan.files);
        let mut journal = Journal::new(OPERATION, Vec::new(), files).with_changelogs(plan.expired());
        let path = journal.write(table.storage()).await?;
        let changed = plan.observed.refresh(table, &mut journal.files).await?;
        if plan.is_rolled_back() {
            return Err(rolled_back(table));
        }
        if !plan.is_held_by_consumer() {
            if changed {
                journal.rewrite(table.storage(), &path).await?;
            }
            return Ok(Some((plan, path, journal)));
        }
        // Nothing was deleted yet, so the journal is void.
        Journal::discard(table.storage(), path).await?;
        plan = Plan::make(table, which).await?.ok_or_else(|| rolled_back(table))?;
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

/// Changelog files first, then what only they needed.
async fn execute(
    table: &Table,
    mut plan: Plan,
    path: &str,
    mut journal: Journal,
    control: &Control,
    report: &mut ExpireChangelogsReport,
) -> Result<()> {
    let roots: Vec<(i64, String)> =
        plan.leaving.iter().map(|changelog| (changelog.id, table.main().changelog(changelog.id))).collect();
    let (gone, deleted) = sweep_roots(table.storage(), &roots).await;
    report.expired_changelogs = gone;
    deleted.map_err(|error| {
        error.while_doing("deleting expired changelogs; their files were kept; run again")
    })?;
    hint(table, plan.bound.as_ref().map(|bound| bound.end)).await;
    stop_if(control)?;
    if plan.observed.refresh(table, &mut journal.files).await? {
        journal.rewrite(table.storage(), path).await?;
    }
    let swept = sweep_files(table.storage(), path, &journal).await?;
    report.files = swept.deleted;
    report.left = swept.left;
    Ok(())
}

/// Points the `EARLIEST` hint at the first changelog that stays, or removes both hints with the last changelog. A
/// failure is logged: readers list the directory instead.
async fn hint(table: &Table, earliest: Option<i64>) {
    let (storage, main) = (table.storage(), table.main());
    let done = if let Some(id) = earliest {
        storage.overwrite(&main.changelog_earliest_hint(), id.to_string().into()).await
    } else {
        let hints = [main.changelog_earliest_hint(), main.changelog_latest_hint()];
        storage.delete(&hints).await.into_iter().collect()
    };
    if let Err(error) = done {
        tracing::warn!(%error, "the hints of changelogs were not updated");
    }
}
