//! Carrying out a plan, and committing it in portions.
//!
//! A run over many buckets commits what it has finished now and then, so that whatever ends it later takes only the
//! newest work with it. Each portion is a commit of its own, with an identifier of its own.

use std::collections::BTreeSet;
use std::pin::pin;
use std::time::{Duration, Instant};

use futures::StreamExt;
use weir_columnar::Control;
use weir_paimon_spec::snapshot::BATCH_COMMIT_IDENTIFIER;

use super::plan::CompactionPlan;
use super::report::{CommitReport, CompactReport, FileReport};
use super::rewrite;
use super::service::ProgressListener;
use super::work::{Finished, Work};
use crate::table::BucketKey;
use crate::table::commit::{BucketChange, Changes, Commit, CommitOutcome, Conflict, Identifiers};
use crate::{Error, ErrorKind, Result, Table};

/// When finished buckets are committed although others are still to come: as soon as one limit is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortionLimits {
    /// Size of the files that were rewritten.
    pub input_bytes: u64,
    /// Time since the last commit.
    pub time: Duration,
}

impl Default for PortionLimits {
    /// 16 GiB or 10 minutes: seldom enough that snapshots stay few, often enough that little is lost.
    fn default() -> Self {
        Self { input_bytes: 16 << 30, time: Duration::from_mins(10) }
    }
}

/// How a run commits.
pub(super) struct Committer<'a> {
    /// Commit user.
    pub(super) user: &'a str,
    /// Identifiers of the run's commits.
    pub(super) identifiers: &'a mut Identifiers,
    /// Whether the whole table is fully compacted once everything in the plan is committed.
    pub(super) is_full: bool,
    /// When a portion is complete.
    pub(super) limits: PortionLimits,
    /// Whether outputs are compared with an independent merge before.
    pub(super) verify: bool,
}

/// One round of a run: a plan that is being carried out.
pub(super) struct Round<'a> {
    table: &'a Table,
    /// Newest snapshot when the plan was made.
    planned_on: i64,
    committer: Committer<'a>,
    control: &'a Control,
    listener: &'a ProgressListener,
    report: &'a mut CompactReport,
    finished: Vec<Finished>,
    portion_began: Instant,
    overtaken: BTreeSet<BucketKey>,
}

impl<'a> Round<'a> {
    pub(super) fn new(
        table: &'a Table,
        planned_on: i64,
        committer: Committer<'a>,
        control: &'a Control,
        listener: &'a ProgressListener,
        report: &'a mut CompactReport,
    ) -> Self {
        Self {
            table,
            planned_on,
            committer,
            control,
            listener,
            report,
            finished: Vec::new(),
            portion_began: Instant::now(),
            overtaken: BTreeSet::new(),
        }
    }

    /// Rewrites and commits every bucket of the plan, whose reports are the last ones; answers with the buckets that
    /// other commits have overtaken. What was not committed when the round fails is deleted again, as far as it is
    /// known that no snapshot refers to it.
    pub(super) async fn carry_out(mut self, plan: &CompactionPlan) -> Result<BTreeSet<BucketKey>> {
        let control = self.control.part();
        let work = Work::new(self.table, &control, self.listener, self.committer.verify, plan);
        let mut results = pin!(work.carry_out(plan));
        let first = self.report.buckets.len() - plan.buckets.len();
        let mut left = plan.buckets.len();
        while let Some(result) = results.next().await {
            left -= 1;
            let ended = match result {
                Ok(finished) => self.take(finished, first, left == 0).await,
                Err(error) => Err(error),
            };
            if let Err(error) = ended {
                // The others must not leave files behind.
                control.cancel();
                self.finished.extend(results.filter_map(async |other| other.ok()).collect::<Vec<_>>().await);
                for finished in &self.finished {
                    rewrite::discard(self.table.storage(), &finished.rewrite.written).await;
                }
                return Err(error);
            }
        }
        Ok(self.overtaken)
    }

    /// Takes a bucket over, and commits when enough are finished. `first` is where the plan begins in the report.
    async fn take(&mut self, mut finished: Finished, first: usize, is_last: bool) -> Result<()> {
        finished.position += first;
        if let Some(report) = self.report.buckets.get_mut(finished.position) {
            let rewrite = &finished.rewrite;
            let outputs = rewrite.change.adds.iter().filter(|file| rewrite.is_new(file));
            report.outputs = outputs.map(FileReport::from).collect();
            report.spliced_rows = rewrite.spliced_rows;
        }
        self.finished.push(finished);
        if is_last || self.is_portion_complete() {
            self.commit(is_last).await?;
        }
        Ok(())
    }

    fn is_portion_complete(&self) -> bool {
        let bytes: u64 = self.finished.iter().map(|finished| finished.input_bytes).sum();
        bytes >= self.committer.limits.input_bytes
            || self.portion_began.elapsed() >= self.committer.limits.time
    }

    /// Commits what is finished. Buckets that another commit has overtaken are taken out, until the rest applies.
    async fn commit(&mut self, is_last: bool) -> Result<()> {
        while !self.finished.is_empty() {
            let commit = self.next_commit(is_last)?;
            match self.table.commit(&commit).await {
                Err(error) => {
                    self.clean_up_after(&error).await;
                    return Err(error);
                }
                Ok(CommitOutcome::Committed { snapshot, attempts }) => {
                    self.report.commit_attempts += attempts;
                    self.note_commit(snapshot.id, commit.identifier);
                }
                Ok(CommitOutcome::Overwritten { snapshot_id, attempts }) => {
                    self.report.commit_attempts += attempts;
                    self.note_overwritten(snapshot_id);
                }
                Ok(CommitOutcome::Conflict { conflicts, attempts }) => {
                    self.report.commit_attempts += attempts;
                    self.take_out(conflicts).await;
                }
                Ok(CommitOutcome::Nothing { .. }) => {
                    return Err(Error::internal("a compaction without any change was to be committed"));
                }
            }
        }
        self.portion_began = Instant::now();
        Ok(())
    }

    fn next_commit(&mut self, is_last: bool) -> Result<Commit> {
        let is_full = is_last && self.overtaken.is_empty() && self.committer.is_full;
        let identifier = if is_full {
            BATCH_COMMIT_IDENTIFIER
        } else {
            self.committer.identifiers.next(self.table.options())?
        };
        let changes: Vec<BucketChange> =
            self.finished.iter().map(|finished| finished.rewrite.change.clone()).collect();
        Ok(Commit {
            user: self.committer.user.to_owned(),
            identifier,
            planned_on: self.planned_on,
            changes: Changes::Rewrite(changes),
        })
    }

    fn note_commit(&mut self, snapshot: i64, identifier: i64) {
        self.report.snapshot_after = Some(snapshot);
        self.report.commits.push(CommitReport { snapshot, identifier, buckets: self.finished.len() });
        for finished in self.finished.drain(..) {
            if let Some(report) = self.report.buckets.get_mut(finished.position) {
                report.committed_as = Some(snapshot);
            }
        }
    }

    fn note_overwritten(&mut self, snapshot: i64) {
        self.report.overwritten_commits += 1;
        self.report
            .conflicts
            .push(format!("snapshot {snapshot} was ours and was overwritten by another writer"));
        for finished in self.finished.drain(..) {
            self.report.left_behind.extend(finished.rewrite.written);
            self.overtaken.insert(finished.rewrite.change.key);
        }
    }

    async fn take_out(&mut self, conflicts: Vec<Conflict>) {
        self.report.conflicts.extend(conflicts.iter().map(|conflict| conflict.reason.clone()));
        let lost: BTreeSet<BucketKey> = conflicts.into_iter().map(|conflict| conflict.key).collect();
        let (gone, kept) = std::mem::take(&mut self.finished)
            .into_iter()
            .partition(|finished| lost.contains(&finished.rewrite.change.key));
        self.finished = kept;
        let gone: Vec<Finished> = gone;
        for finished in &gone {
            rewrite::discard(self.table.storage(), &finished.rewrite.written).await;
        }
        self.overtaken.extend(lost);
    }

    /// After a failed commit, new files are deleted only when it is certain that no snapshot refers to them.
    async fn clean_up_after(&mut self, error: &Error) {
        let written = self.finished.drain(..).flat_map(|finished| finished.rewrite.written);
        if error.kind() == ErrorKind::Conflict {
            let written: Vec<String> = written.collect();
            rewrite::discard(self.table.storage(), &written).await;
        } else {
            self.report.left_behind.extend(written);
        }
    }
}
