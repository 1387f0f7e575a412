//! `weir compact`: plan, rewrite, commit; again for what another commit has overtaken.

use std::collections::{BTreeMap, BTreeSet};

use weir_columnar::Control;
use weir_paimon_spec::manifest::DELETION_VECTORS_INDEX;
use weir_paimon_spec::options::keys;
use weir_paimon_spec::snapshot::BATCH_COMMIT_IDENTIFIER;
use weir_paimon_spec::support::Purpose;
use weir_paimon_spec::{Snapshot, TableOptions};
use weir_storage::Storage;

use super::partition_filter::{self, PartitionPredicate};
use super::plan::{self, CompactionPlan, Strategy};
use super::report::{BucketReport, CompactReport, FileReport};
use super::rewrite::{self, BucketRewrite};
use super::settings::plan_settings;
use super::{foreign, readable, self_check};
use crate::table::commit::{BucketChange, CommitOutcome, Compaction};
use crate::table::{BucketKey, LiveFiles};
use crate::{Error, ErrorKind, Result, Table};

/// Rounds of planning before a run gives up against writers that change what it compacts.
const MAX_ROUNDS: u32 = 5;

/// Newest snapshots among which a repeated run looks for what an earlier attempt has committed.
const OWN_COMMIT_WINDOW: i64 = 32;

/// A request to compact a table.
#[derive(Clone, Debug, Default)]
pub struct Compact {
    /// How files are picked.
    pub strategy: Strategy,
    /// Only partitions that one of these accepts; all when empty.
    pub partitions: Vec<PartitionPredicate>,
    /// Plan only.
    pub dry_run: bool,
    /// Commit user, unique to this run and equal in all its attempts; see [`Compact::commit_user`].
    pub commit_user: String,
    /// Go on although a writer compacts the table too.
    pub beside_foreign_compactor: bool,
    /// Table options for this run only.
    pub options: BTreeMap<String, String>,
}

/// How a compaction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum CompactOutcome {
    /// No bucket needs work.
    NothingToDo,
    /// The plan is in the report; nothing was changed.
    Planned,
    /// The result is committed.
    Committed,
}

/// How far a compaction has come, in rows of its inputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Rows rewritten so far.
    pub rows: u64,
    /// Rows of all inputs.
    pub total_rows: u64,
}

/// Receives progress.
pub type ProgressListener = std::sync::Arc<dyn Fn(Progress) + Send + Sync>;

impl Compact {
    /// The commit user of a run.
    pub fn commit_user(run_uid: &str) -> String {
        format!("{}{run_uid}-0", foreign::COMMIT_USER_PREFIX)
    }

    /// Compacts the table at `storage`'s location. `report` tells what was planned and done, on failure too.
    pub async fn run(
        &self,
        storage: &Storage,
        control: &Control,
        progress: &ProgressListener,
        report: &mut CompactReport,
    ) -> Result<CompactOutcome> {
        let mut only: Option<BTreeSet<BucketKey>> = None;
        for round in 1..=MAX_ROUNDS {
            let table = Table::open(storage.clone(), &self.options).await?;
            let Some(observed) = self.observe(&table, round).await? else {
                return Ok(CompactOutcome::NothingToDo);
            };
            report.snapshot_before.get_or_insert(observed.snapshot.id);
            if observed.has_newer_schema(&table) {
                continue;
            }
            readable::require_readable(&table, &observed.live).await?;
            let plan = self.plan(&table, &observed.live, only.as_ref())?;
            report.buckets = plan
                .buckets
                .iter()
                .map(|bucket| BucketReport::planned(&table, bucket))
                .collect::<Result<_>>()?;
            if plan.buckets.is_empty() {
                return self.without_work(&table, &observed.snapshot, report).await;
            }
            if self.dry_run {
                return Ok(CompactOutcome::Planned);
            }
            if round == 1 {
                storage.require_conditional_writes().await?;
            }
            let rewrites = self.rewrite(&table, &plan, control, progress, report).await?;
            let overtaken = self.commit(&table, &observed.snapshot, rewrites, report).await?;
            if overtaken.is_empty() {
                return Ok(CompactOutcome::Committed);
            }
            only = Some(overtaken);
        }
        Err(Error::new(
            ErrorKind::Conflict,
            format!(
                "other commits kept changing what was compacted in {}; run again later",
                storage.location()
            ),
        ))
    }

    /// The newest snapshot and its live files, after everything that forbids work was ruled out.
    async fn observe(&self, table: &Table, round: u32) -> Result<Option<Observed>> {
        table.require_support(Purpose::Compact)?;
        let unknown = partition_filter::unknown_columns(&self.partitions, &table.schema().partition_keys);
        if !unknown.is_empty() {
            return Err(Error::new(
                ErrorKind::Invalid,
                format!("{} is not partitioned by {}", table.location(), unknown.join(", ")),
            ));
        }
        let Some(snapshot) = table.latest_snapshot().await? else { return Ok(None) };
        if round == 1 && !self.beside_foreign_compactor {
            foreign::require_no_foreign_compactor(table).await?;
        }
        require_no_deletion_vectors(table, &snapshot).await?;
        let live = table.live_files(&snapshot).await?;
        Ok(Some(Observed { snapshot, live }))
    }

    fn plan(
        &self,
        table: &Table,
        live: &LiveFiles,
        only: Option<&BTreeSet<BucketKey>>,
    ) -> Result<CompactionPlan> {
        let settings = plan_settings(table, self.strategy)?;
        plan::plan(live, &settings, |key| {
            if only.is_some_and(|only| !only.contains(key)) {
                return Ok(false);
            }
            // Files that wait for their bucket are the writers' business.
            Ok(key.bucket >= 0 && partition_filter::accepts(table, &self.partitions, &key.partition)?)
        })
    }

    /// Nothing is left to do: either nothing ever was, or an earlier attempt of this run has done it.
    async fn without_work(
        &self,
        table: &Table,
        latest: &Snapshot,
        report: &mut CompactReport,
    ) -> Result<CompactOutcome> {
        let ids: Vec<i64> = ((latest.id - OWN_COMMIT_WINDOW).max(1)..=latest.id).collect();
        let own = if report.snapshot_after.is_some() {
            report.snapshot_after
        } else {
            let recent = table.snapshots(&ids).await?;
            recent
                .iter()
                .rev()
                .find(|snapshot| snapshot.commit_user == self.commit_user)
                .map(|snapshot| snapshot.id)
        };
        report.snapshot_after = own;
        Ok(if own.is_some() { CompactOutcome::Committed } else { CompactOutcome::NothingToDo })
    }

    /// Rewrites every bucket of the plan. When one fails, the files of all of them are deleted again.
    async fn rewrite(
        &self,
        table: &Table,
        plan: &CompactionPlan,
        control: &Control,
        listener: &ProgressListener,
        report: &mut CompactReport,
    ) -> Result<Vec<BucketRewrite>> {
        let rows = |files: i64| u64::try_from(files).unwrap_or(0);
        let total_rows =
            plan.buckets.iter().flat_map(plan::BucketPlan::inputs).map(|file| rows(file.row_count)).sum();
        let mut done = 0;
        let mut rewrites: Vec<BucketRewrite> = Vec::with_capacity(plan.buckets.len());
        for (bucket, bucket_report) in plan.buckets.iter().zip(&mut report.buckets) {
            let (listener, before) = (std::sync::Arc::clone(listener), done);
            let control = control.clone().with_progress(move |progress| {
                listener(Progress { rows: before + progress.input_rows, total_rows });
            });
            let result = match rewrite::rewrite(table, bucket, &control).await {
                Ok(rewrite) => self_check::check(table, &rewrite.change).await.map(|()| rewrite),
                Err(error) => Err(error),
            };
            match result {
                Ok(rewrite) => {
                    let outputs = rewrite.change.adds.iter().filter(|file| rewrite.is_new(file));
                    bucket_report.outputs = outputs.map(FileReport::from).collect();
                    done += bucket.inputs().map(|file| rows(file.row_count)).sum::<u64>();
                    rewrites.push(rewrite);
                }
                Err(error) => {
                    for rewrite in &rewrites {
                        rewrite::discard(table.storage(), &rewrite.written).await;
                    }
                    return Err(error);
                }
            }
        }
        Ok(rewrites)
    }

    /// Commits the rewrites; answers with the buckets that another commit has overtaken. The rewrites of those are
    /// deleted, as far as it is known that no snapshot refers to them.
    async fn commit(
        &self,
        table: &Table,
        planned_on: &Snapshot,
        mut rewrites: Vec<BucketRewrite>,
        report: &mut CompactReport,
    ) -> Result<BTreeSet<BucketKey>> {
        let mut overtaken = BTreeSet::new();
        while !rewrites.is_empty() {
            let changes: Vec<BucketChange> = rewrites.iter().map(|rewrite| rewrite.change.clone()).collect();
            let commit = Compaction {
                user: self.commit_user.clone(),
                identifier: self.identifier(table.options(), overtaken.is_empty())?,
                planned_on: planned_on.id,
                changes,
            };
            let outcome = match table.commit(&commit).await {
                Ok(outcome) => outcome,
                Err(error) => {
                    self.clean_up_after(&error, table, &rewrites, report).await;
                    return Err(error);
                }
            };
            match outcome {
                CommitOutcome::Committed { snapshot, attempts } => {
                    report.commit_attempts += attempts;
                    report.snapshot_after = Some(snapshot.id);
                    break;
                }
                CommitOutcome::Overwritten { snapshot_id, attempts } => {
                    report.commit_attempts += attempts;
                    report.overwritten_commits += 1;
                    report.conflicts.push(format!(
                        "snapshot {snapshot_id} was ours and was overwritten by another writer"
                    ));
                    report
                        .left_behind
                        .extend(rewrites.iter().flat_map(|rewrite| rewrite.written.iter().cloned()));
                    overtaken.extend(rewrites.iter().map(|rewrite| rewrite.change.key.clone()));
                    break;
                }
                CommitOutcome::Conflict { conflicts, attempts } => {
                    report.commit_attempts += attempts;
                    report.conflicts.extend(conflicts.iter().map(|conflict| conflict.reason.clone()));
                    let lost: BTreeSet<BucketKey> =
                        conflicts.into_iter().map(|conflict| conflict.key).collect();
                    let (gone, kept) =
                        rewrites.into_iter().partition(|rewrite| lost.contains(&rewrite.change.key));
                    rewrites = kept;
                    let gone: Vec<BucketRewrite> = gone;
                    for rewrite in &gone {
                        rewrite::discard(table.storage(), &rewrite.written).await;
                    }
                    overtaken.extend(lost);
                }
            }
        }
        Ok(overtaken)
    }

    /// After a failed commit, new files are deleted only when it is certain that no snapshot refers to them.
    async fn clean_up_after(
        &self,
        error: &Error,
        table: &Table,
        rewrites: &[BucketRewrite],
        report: &mut CompactReport,
    ) {
        let written = rewrites.iter().flat_map(|rewrite| rewrite.written.iter().cloned());
        if error.kind() == ErrorKind::Conflict {
            let written: Vec<String> = written.collect();
            rewrite::discard(table.storage(), &written).await;
        } else {
            report.left_behind.extend(written);
        }
    }

    /// The commit identifier: grows with the clock within a run. `Long.MAX_VALUE` is for a full compaction of the
    /// whole table; readers that look for full compactions by `full-compaction.delta-commits` must not take another
    /// commit for one (format §2.2).
    fn identifier(&self, options: &TableOptions, complete: bool) -> Result<i64> {
        if complete && self.strategy == Strategy::Full && self.partitions.is_empty() {
            return Ok(BATCH_COMMIT_IDENTIFIER);
        }
        let now = jiff::Timestamp::now().as_millisecond();
        let is_full = |identifier: i64, every: i32| every > 0 && identifier % i64::from(every) == 0;
        Ok(match options.find(&keys::FULL_COMPACTION_DELTA_COMMITS)? {
            Some(every) if is_full(now, every) && every > 1 => now + 1,
            _ => now,
        })
    }
}

struct Observed {
    snapshot: Snapshot,
    live: LiveFiles,
}

impl Observed {
    /// A writer has changed the schema since the table was opened: its new columns would be lost.
    fn has_newer_schema(&self, table: &Table) -> bool {
        let newest = self.live.entries.iter().map(|entry| entry.file.schema_id).max();
        newest.is_some_and(|newest| newest > table.schema().id) || self.snapshot.schema_id > table.schema().id
    }
}

async fn require_no_deletion_vectors(table: &Table, snapshot: &Snapshot) -> Result<()> {
    let Some(name) = &snapshot.index_manifest else { return Ok(()) };
    let entries = table.index_manifest(name).await?;
    match entries.iter().find(|entry| entry.index_type == DELETION_VECTORS_INDEX) {
        None => Ok(()),
        Some(entry) => Err(Error::new(
            ErrorKind::Unsupported,
            format!(
                "{} has deletion vectors (index file {}), which compaction does not apply yet; nothing was changed",
                table.location(),
                entry.file_name
            ),
        )),
    }
}
