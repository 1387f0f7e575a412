//! `weir compact`: plan, rewrite, commit; again for what another commit has overtaken.

use std::collections::{BTreeMap, BTreeSet};

use weir_columnar::Control;
use weir_paimon_spec::Snapshot;
use weir_paimon_spec::manifest::DELETION_VECTORS_INDEX;
use weir_paimon_spec::support::Purpose;
use weir_storage::Storage;

use super::append::{self, AppendSettings};
use super::budget::{self, LeftOut};
use super::levels::Levels;
use super::plan::{self, CompactionPlan, Strategy};
use super::portions::{Committer, PortionLimits, Round};
use super::report::{BucketReport, CompactReport};
use super::rewrite::local_now;
use super::selection::Selection;
use super::settings::plan_settings;
use super::shard::Shard;
use super::{foreign, readable};
use crate::table::commit::{self, Identifiers};
use crate::table::{BucketKey, LiveFiles};
use crate::warnings::of_commits;
use crate::{Error, ErrorKind, Result, Table};

/// Rounds of planning before a run gives up against writers that change what it compacts.
const MAX_ROUNDS: u32 = 5;

/// Newest snapshots among which a repeated run looks for what an earlier attempt has committed.
const OWN_COMMIT_WINDOW: usize = 64;

/// Age of snapshots, in milliseconds, beyond which no attempt of a run can have made them: a day.
const OWN_COMMIT_AGE: i64 = 86_400_000;

/// A request to compact a table.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "a request has switches that depend on nothing else")]
pub struct Compact {
    /// How files are picked.
    pub strategy: Strategy,
    /// Buckets that the run is about.
    pub selection: Selection,
    /// The part of the work that is this run's, when several share it.
    pub shard: Option<Shard>,
    /// Most bytes to rewrite; one bucket is always compacted.
    pub max_input_bytes: Option<u64>,
    /// When finished buckets are committed before all are.
    pub portions: PortionLimits,
    /// Compare outputs, row for row, with an independent merge of the inputs before they are committed.
    pub verify: bool,
    /// Plan only.
    pub dry_run: bool,
    /// Commit user, unique to this run and equal in all its attempts; see [`Compact::commit_user`].
    pub commit_user: String,
    /// Whether an earlier attempt may have committed under the same user.
    pub is_repeatable: bool,
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
    /// The commit user of a run, or of one shard of it.
    pub fn commit_user(run_uid: &str, shard: u32) -> String {
        commit::commit_user(run_uid, shard)
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
        let mut identifiers = Identifiers::default();
        for round in 1..=MAX_ROUNDS {
            let (table, latest) = Table::open_with_latest(storage.clone(), &self.options).await?;
            report.warnings = of_commits(&table)?;
            let Some(observed) = self.observe(&table, latest, round).await? else {
                report.nothing_to_do = Some("the table has no snapshot yet".to_owned());
                return Ok(CompactOutcome::NothingToDo);
            };
            report.snapshot_before.get_or_insert(observed.snapshot.id);
            if observed.has_newer_schema(&table) {
                continue;
            }
            let plan = self.plan(&table, &observed.live, only.as_ref(), report).await?;
            if plan.buckets.is_empty() {
                return self.without_work(&table, &observed, report).await;
            }
            if self.dry_run {
                return Ok(CompactOutcome::Planned);
            }
            if round == 1 {
                storage.require_conditional_writes().await?;
            }
            let committer = Committer {
                user: &self.commit_user,
                identifiers: &mut identifiers,
                is_full: self.is_full_compaction(report),
                limits: self.portions,
                verify: self.verify,
            };
            let round = Round::new(&table, observed.snapshot.id, committer, control, progress, report);
            let overtaken = round.carry_out(&plan).await?;
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

    /// What an automatic compaction of these live files would take on now.
    pub(crate) async fn needed(table: &Table, live: &LiveFiles) -> Result<CompactionPlan> {
        table.require_support(Purpose::Compact)?;
        Self::default().plan(table, live, None, &mut CompactReport::default()).await
    }

    /// The newest snapshot and its live files, after everything that forbids work was ruled out.
    async fn observe(
        &self,
        table: &Table,
        latest: Result<Option<Snapshot>>,
        round: u32,
    ) -> Result<Option<Observed>> {
        table.require_support(Purpose::Compact)?;
        self.selection.bind(table)?;
        let Some(snapshot) = latest? else { return Ok(None) };
        if round == 1 && !self.beside_foreign_compactor {
            foreign::require_no_foreign_compactor(table).await?;
        }
        require_no_deletion_vectors(table, &snapshot).await?;
        let live = table.live_files(&snapshot).await?;
        Ok(Some(Observed { snapshot, live }))
    }

    /// Plans what is selected, within the budget and, after the first round, only what was overtaken. `report` gets
    /// the plan after what is committed already.
    async fn plan(
        &self,
        table: &Table,
        live: &LiveFiles,
        only: Option<&BTreeSet<BucketKey>>,
        report: &mut CompactReport,
    ) -> Result<CompactionPlan> {
        readable::require_readable(table, live).await?;
        let selected = self.selection.bind(table)?.of(live, local_now())?;
        let wanted =
            |key: &BucketKey| Ok(selected.contains(key) && only.is_none_or(|only| only.contains(key)));
        let mut plan = if table.schema().has_primary_key() {
            let is_own = |key: &BucketKey| self.shard.is_none_or(|shard| shard.has_bucket(key));
            plan::plan(live, &plan_settings(table, self.strategy)?, |key| Ok(is_own(key) && wanted(key)?))?
        } else {
            append::plan(live, &AppendSettings::new(table, self.strategy)?, self.shard, wanted)?
        };
        if only.is_none() {
            report.table_buckets = live.buckets().len();
            report.selected_buckets = selected.len();
            report.left_out = budget::cut(&mut plan, self.max_input_bytes);
        }
        report.buckets.retain(|bucket| bucket.committed_as.is_some());
        for bucket in &plan.buckets {
            report.buckets.push(BucketReport::planned(table, bucket)?);
        }
        Ok(plan)
    }

    /// Whether the table is fully compacted as a whole once all that is planned is committed.
    fn is_full_compaction(&self, report: &CompactReport) -> bool {
        self.strategy == Strategy::Full
            && self.selection.is_everything()
            && self.shard.is_none()
            && report.left_out == LeftOut::default()
    }

    /// Nothing is left to do: either nothing ever was, or this run has done it, in an earlier round or attempt.
    async fn without_work(
        &self,
        table: &Table,
        observed: &Observed,
        report: &mut CompactReport,
    ) -> Result<CompactOutcome> {
        if report.snapshot_after.is_none() && self.is_repeatable {
            report.snapshot_after = self.committed_earlier(table, &observed.snapshot).await?;
        }
        if report.snapshot_after.is_some() {
            return Ok(CompactOutcome::Committed);
        }
        report.nothing_to_do = Some(self.why_nothing(&observed.live, report, table)?);
        Ok(CompactOutcome::NothingToDo)
    }

    /// The newest snapshot that an earlier attempt of this run has committed, among the newest of the table. Attempts
    /// of one run are no further apart than [`OWN_COMMIT_AGE`].
    async fn committed_earlier(&self, table: &Table, latest: &Snapshot) -> Result<Option<i64>> {
        let oldest = jiff::Timestamp::now().as_millisecond() - OWN_COMMIT_AGE;
        let mut snapshot = latest.clone();
        for _ in 0..OWN_COMMIT_WINDOW {
            if snapshot.commit_user == self.commit_user {
                return Ok(Some(snapshot.id));
            }
            if snapshot.time_millis < oldest {
                break;
            }
            match table.snapshot_opt(snapshot.id - 1).await? {
                Some(previous) => snapshot = previous,
                None => break,
            }
        }
        Ok(None)
    }

    fn why_nothing(&self, live: &LiveFiles, report: &CompactReport, table: &Table) -> Result<String> {
        let selected = report.selected_buckets;
        if report.table_buckets == 0 {
            return Ok("the table has no files".to_owned());
        }
        if selected == 0 {
            return Ok(format!("none of the {} buckets with files is selected", report.table_buckets));
        }
        if self.strategy == Strategy::Full {
            return Ok(format!("none of {selected} buckets has anything to merge"));
        }
        if !table.schema().has_primary_key() {
            return Ok(append::why_nothing(live, &AppendSettings::new(table, self.strategy)?, selected));
        }
        let settings = plan_settings(table, self.strategy)?;
        let runs = live.by_bucket().into_values().map(|(_, files)| Levels::new(&files, settings.num_levels));
        let most = runs.map(|levels| levels.runs().len()).max().unwrap_or(0);
        Ok(format!(
            "none of {selected} buckets needs compaction: the most sorted runs in one are {most}, num-sorted-run.compaction-trigger is {}",
            settings.universal.trigger
        ))
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
