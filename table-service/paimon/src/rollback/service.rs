use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use serde::Serialize;
use weir_columnar::Control;
use weir_paimon_spec::Snapshot;
use weir_paimon_spec::support::Purpose;
use weir_storage::{Create, Storage};

use super::plan::{LeftBehind, Plan, RemovedRoot, RollbackTarget};
use super::record;
use crate::table::{CONCURRENT_REQUESTS, within_table};
use crate::{Error, ErrorKind, Result, Table};

/// A request to roll back.
#[derive(Clone, Debug)]
pub struct Rollback {
    /// Where to.
    pub target: RollbackTarget,
    /// Whether the caller has stopped everything that commits to the table or expires its snapshots.
    pub writers_stopped: bool,
    /// Plan only.
    pub dry_run: bool,
    /// Table options for this run only.
    pub options: BTreeMap<String, String>,
}

/// How a rollback ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum RollbackOutcome {
    /// The table is at the target already.
    NothingToDo,
    /// The plan is in the report; nothing was changed.
    Planned,
    /// The target is the newest snapshot.
    RolledBack,
}

/// Plan and result of one run. Of roots that were removed it names the paths; the record has their contents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RollbackReport {
    /// Newest snapshot when the run began.
    pub latest_snapshot: Option<i64>,
    /// Snapshot that is rolled back to.
    pub target: Option<i64>,
    /// Whether the target has expired and is written back from its tag.
    pub is_target_written_back: bool,
    /// Snapshots that are removed, newest first.
    pub removed_snapshots: Vec<i64>,
    /// Long-lived changelogs that are removed, newest first.
    pub removed_changelogs: Vec<i64>,
    /// Paths of tags that are removed.
    pub removed_tags: Vec<String>,
    /// What refers to removed snapshots and stays.
    pub left_behind: Vec<LeftBehind>,
    /// Path of the record of what was removed.
    pub record: Option<String>,
}

impl Rollback {
    /// Rolls the table at `storage`'s location back. `report` tells what was planned and done, on failure too.
    ///
    /// Whatever ends a run early leaves a table that reads: newest snapshots go first, so that the newest of those that
    /// are left is the table's state. The next run goes on.
    pub async fn run(
        &self,
        storage: &Storage,
        control: &Control,
        report: &mut RollbackReport,
    ) -> Result<RollbackOutcome> {
        let table = Table::open(storage.clone(), &self.options).await?;
        table.require_support(Purpose::RollBack)?;
        let plan = Plan::make(&table, &self.target).await?;
        report.plan(&plan);
        if plan.is_done() {
            return Ok(RollbackOutcome::NothingToDo);
        }
        require_whole(&table, &plan.target).await?;
        if self.dry_run {
            return Ok(RollbackOutcome::Planned);
        }
        report.forget_removed();
        if !self.writers_stopped {
            return Err(Error::new(
                ErrorKind::Unsafe,
                format!(
                    "a writer, compaction or expiry that works on {} while it is rolled back can bring removed rows back; nothing was changed: stop them all and run again with --writers-stopped",
                    table.location()
                ),
            ));
        }
        stop_if(control)?;
        if plan.is_expired {
            storage.require_conditional_writes().await?;
        }
        report.record = Some(record::write(storage, &plan).await?);
        Execution { table: &table, plan: &plan }.run(control, report).await?;
        Ok(RollbackOutcome::RolledBack)
    }
}

impl RollbackReport {
    fn plan(&mut self, plan: &Plan) {
        self.latest_snapshot = Some(plan.latest);
        self.target = Some(plan.target.id);
        self.is_target_written_back = plan.is_expired;
        self.removed_snapshots = plan.snapshots.iter().map(|root| root.snapshot).collect();
        self.removed_changelogs = plan.changelogs.iter().map(|root| root.snapshot).collect();
        self.removed_tags = plan.tags.iter().map(|root| root.path.clone()).collect();
        self.left_behind.clone_from(&plan.left_behind);
    }

    /// From here on the report tells what was removed, no longer what is going to be.
    fn forget_removed(&mut self) {
        self.removed_snapshots.clear();
        self.removed_changelogs.clear();
        self.removed_tags.clear();
    }
}

/// A plan that is being carried out.
struct Execution<'a> {
    table: &'a Table,
    plan: &'a Plan,
}

impl Execution<'_> {
    async fn run(&self, control: &Control, report: &mut RollbackReport) -> Result<()> {
        let (table, plan) = (self.table, self.plan);
        if plan.is_expired {
            self.write_target_back().await?;
        }
        self.hint(&table.main().latest_hint(), plan.target.id).await?;
        for root in &plan.snapshots {
            stop_if(control)?;
            self.require_no_commit().await?;
            self.remove(root).await?;
            report.removed_snapshots.push(root.snapshot);
        }
        if !plan.changelogs.is_empty() {
            self.hint(&table.main().changelog_latest_hint(), plan.last_changelog.unwrap_or(-1)).await?;
        }
        for root in &plan.changelogs {
            self.remove(root).await?;
            report.removed_changelogs.push(root.snapshot);
        }
        for root in &plan.tags {
            self.remove(root).await?;
            report.removed_tags.push(root.path.clone());
        }
        self.confirm().await
    }

    /// Makes the target a snapshot again before any other goes, so that the table always has one.
    async fn write_target_back(&self) -> Result<()> {
        let (table, target) = (self.table, &self.plan.target);
        // A hint without its snapshot is as good as none; a run that ends in between repeats both.
        self.hint(&table.main().earliest_hint(), target.id).await?;
        let path = table.main().snapshot(target.id);
        match table.storage().create(&path, target.to_json()?.into()).await? {
            Create::Created => Ok(()),
            Create::Exists(_) => Err(self.interfered(&format!("snapshot {} has appeared", target.id))),
            Create::Unclear(error) => Err(error.into()),
        }
    }

    async fn hint(&self, path: &str, id: i64) -> Result<()> {
        Ok(self.table.storage().overwrite(path, id.to_string().into()).await?)
    }

    /// Removes a root, unless it is not the planned one any more: its id may stand for another snapshot by now.
    async fn remove(&self, root: &RemovedRoot) -> Result<()> {
        let storage = self.table.storage();
        match storage.read_opt(&root.path).await? {
            // Somebody else has removed it.
            None => return Ok(()),
            Some(content) if content == root.content.as_bytes() => {}
            Some(_) => return Err(self.interfered(&format!("{} has changed", root.path))),
        }
        Ok(storage.delete(std::slice::from_ref(&root.path)).await.into_iter().collect::<Result<(), _>>()?)
    }

    /// A commit upon the snapshot that was the newest brings everything back that is being removed.
    async fn require_no_commit(&self) -> Result<()> {
        let next = self.table.main().snapshot(self.plan.latest + 1);
        match self.table.storage().stat(&next).await? {
            None => Ok(()),
            Some(_) => Err(self.interfered(&format!("snapshot {} was committed", self.plan.latest + 1))),
        }
    }

    /// The target is the newest snapshot, and the planned one.
    async fn confirm(&self) -> Result<()> {
        let target = &self.plan.target;
        let latest = self.table.snapshot_ids().await?.last().copied();
        if latest != Some(target.id) {
            let latest = latest.map_or("none".to_owned(), |id| id.to_string());
            return Err(self.interfered(&format!("the newest snapshot is {latest}")));
        }
        if self.table.snapshot_opt(target.id).await?.as_ref() != Some(target) {
            return Err(self.interfered(&format!("snapshot {} has changed", target.id)));
        }
        Ok(())
    }

    fn interfered(&self, what: &str) -> Error {
        Error::new(
            ErrorKind::Unsafe,
            format!(
                "{what} while {} was rolled back to snapshot {}: something still works on the table; stop it, look at the table and run again",
                self.table.location(),
                self.plan.target.id
            ),
        )
    }
}

/// Fails when a file of the target is missing: rolling back to it would lose the last whole state.
async fn require_whole(table: &Table, target: &Snapshot) -> Result<()> {
    let mut paths = Vec::new();
    for entry in table.live_files(target).await?.entries {
        for location in table.data().files(&entry)? {
            paths.push(within_table(location)?);
        }
    }
    if let Some(name) = &target.index_manifest {
        for entry in table.index_manifest(name).await? {
            paths.push(within_table(table.data().index_file(&entry)?)?);
        }
    }
    let missing: Option<String> = stream::iter(paths)
        .map(|path| async move {
            let found = table.storage().stat(&path).await?;
            Ok::<_, Error>(found.is_none().then_some(path))
        })
        .buffer_unordered(CONCURRENT_REQUESTS)
        .try_filter_map(|missing| async { Ok(missing) })
        .boxed()
        .try_next()
        .await?;
    match missing {
        None => Ok(()),
        Some(path) => Err(Error::corrupt(format!(
            "snapshot {} of {} is not whole: {path} is gone; nothing was changed",
            target.id,
            table.location()
        ))),
    }
}

fn stop_if(control: &Control) -> Result<()> {
    if control.is_cancelled() {
        return Err(Error::new(
            ErrorKind::Cancelled,
            "the rollback was asked to stop; run it again to go on",
        ));
    }
    Ok(())
}
