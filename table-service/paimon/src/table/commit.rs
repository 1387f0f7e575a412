//! Committing changes of live files as a new snapshot, beside writers that never wait for us.
//!
//! Each attempt looks at the newest snapshot, checks that the change still applies to it, writes manifests and
//! creates `snapshot-<n+1>` unless it exists (format §14). A writer that was faster wins: the next attempt starts
//! over on its snapshot. An answer that was lost is resolved by looking for our own commit, never by guessing, and
//! while it is unresolved nothing that the snapshot may refer to is deleted.

use std::time::Duration;

use futures::future::join;
use weir_paimon_spec::Snapshot;
use weir_paimon_spec::options::keys;
use weir_storage::Create;

use crate::{Error, ErrorKind, Result, Table};

mod attempt;
mod base;
mod changes;
mod conflict;
mod identifiers;
mod merging;
mod rename;

use base::Merge;
use changes::Resolved;
pub(crate) use changes::newest_files;
pub use changes::{BucketChange, Changes, PartitionDrop};
pub use conflict::Conflict;
pub(crate) use identifiers::Identifiers;

/// How Weir's commit users begin; the rest is the run's uid and shard.
pub(crate) const COMMIT_USER_PREFIX: &str = "weir-";

/// The commit user of a run, or of one shard of it; the same in all its attempts.
pub fn commit_user(run_uid: &str, shard: u32) -> String {
    format!("{COMMIT_USER_PREFIX}{run_uid}-{shard}")
}

/// A change of the table that becomes one snapshot.
#[derive(Clone, Debug, PartialEq)]
pub struct Commit {
    /// Commit user: unique to this run and the same in all its attempts.
    pub user: String,
    /// Commit identifier: with user and kind, how a repeated attempt recognises its own commit.
    pub identifier: i64,
    /// Newest snapshot when this commit was planned; ours cannot be older.
    pub planned_on: i64,
    /// What changes.
    pub changes: Changes,
}

/// How a commit ended.
#[derive(Debug)]
#[must_use]
pub enum CommitOutcome {
    /// The snapshot is in place and was read back.
    Committed {
        /// The snapshot.
        snapshot: Box<Snapshot>,
        /// Attempts that it took.
        attempts: u32,
    },
    /// The changes of these buckets no longer apply; nothing was committed.
    Conflict {
        /// What is in the way, bucket by bucket.
        conflicts: Vec<Conflict>,
        /// Attempts that were made.
        attempts: u32,
    },
    /// On top of the newest snapshot the changes come to nothing; nothing was committed.
    Nothing {
        /// Attempts that were made.
        attempts: u32,
    },
    /// Another writer replaced our snapshot after it was in place. Nothing may be deleted: plan again.
    Overwritten {
        /// Id of the snapshot that was ours.
        snapshot_id: i64,
        /// Attempts that were made.
        attempts: u32,
    },
}

/// What the attempts of one commit have in common.
#[derive(Default)]
struct CommitProgress {
    /// Merged manifests.
    merge: Merge,
    /// Whether a snapshot whose base lists them is there, or may appear.
    merge_is_listed: bool,
}

impl Table {
    /// Commits a change. Fails with [`ErrorKind::Conflict`] when writers won every attempt
    /// (`commit.max-retries`), and with [`ErrorKind::Unavailable`] when it is not known whether the last attempt
    /// was applied.
    pub async fn commit(&self, commit: &Commit) -> Result<CommitOutcome> {
        let mut progress = CommitProgress::default();
        let outcome = self.try_commit(commit, &mut progress).await;
        if !progress.merge_is_listed {
            self.discard(progress.merge.files()).await;
        }
        outcome
    }

    async fn try_commit(&self, commit: &Commit, progress: &mut CommitProgress) -> Result<CommitOutcome> {
        let max_attempts = 1 + u32::try_from(self.options().get(&keys::COMMIT_MAX_RETRIES)?).unwrap_or(0);
        let mut seen = commit.planned_on;
        let mut unclear: Option<weir_storage::Error> = None;
        for attempts in 1..=max_attempts {
            let latest = self.settled_snapshot().await?.ok_or_else(|| {
                Error::corrupt(format!("{} has lost its snapshots while a commit was made", self.location()))
            })?;
            if let Some(own) = self.find_own(commit, seen, &latest).await? {
                return self.confirm(own, attempts).await;
            }
            seen = latest.id;
            let prepared = match self.resolve(&commit.changes, &latest).await? {
                Resolved::Delta(delta) => self.prepare(commit, &latest, &delta, &mut progress.merge).await?,
                Resolved::Nothing => None,
                Resolved::Conflict(conflicts) if unclear.is_none() => {
                    return Ok(CommitOutcome::Conflict { conflicts, attempts });
                }
                Resolved::Conflict(_) => break,
            };
            let Some(attempt) = prepared else {
                if unclear.is_none() {
                    return Ok(CommitOutcome::Nothing { attempts });
                }
                break;
            };
            // A rollback has taken the base away: a commit upon it would bring back what was removed.
            if self.snapshot_opt(latest.id).await?.as_ref() != Some(&latest) {
                self.discard(&attempt.files).await;
                continue;
            }
            let path = self.main().snapshot(attempt.snapshot.id);
            let created = self.storage().create(&path, attempt.content.clone()).await;
            progress.merge_is_listed |= progress.merge.is_used() && !matches!(created, Ok(Create::Exists(_)));
            match created? {
                Create::Created => {
                    let hinted = self.hint_latest(attempt.snapshot.id);
                    return join(hinted, self.confirm(attempt.snapshot, attempts)).await.1;
                }
                Create::Exists(_) if unclear.is_none() => self.discard(&attempt.files).await,
                Create::Exists(_) => {}
                Create::Unclear(error) => unclear = Some(error),
            }
            tokio::time::sleep(backoff(attempts)).await;
        }
        Err(self.give_up(max_attempts, unclear))
    }

    fn give_up(&self, attempts: u32, unclear: Option<weir_storage::Error>) -> Error {
        match unclear {
            Some(error) => Error::from(error).while_doing(
                "creating a snapshot; it may have been applied, so its files were kept; run again",
            ),
            None => Error::new(
                ErrorKind::Conflict,
                format!(
                    "writers of {} were faster in all {attempts} attempts to commit; run again later",
                    self.location()
                ),
            ),
        }
    }

    /// Our own commit among the snapshots after `seen`, made by an attempt whose answer was lost.
    async fn find_own(&self, commit: &Commit, seen: i64, latest: &Snapshot) -> Result<Option<Snapshot>> {
        let ids: Vec<i64> = (seen + 1..=latest.id).collect();
        Ok(self.snapshots(&ids).await?.into_iter().find(|snapshot| {
            snapshot.commit_user == commit.user
                && snapshot.commit_identifier == commit.identifier
                && snapshot.commit_kind == commit.changes.kind()
        }))
    }

    /// Reads the snapshot back once no writer can replace it any more: where writers rename over existing files, ours
    /// may be gone already.
    async fn confirm(&self, ours: Snapshot, attempts: u32) -> Result<CommitOutcome> {
        self.wait_for_renames(ours.id).await;
        let found = self.snapshot_opt(ours.id).await?;
        if found.as_ref() == Some(&ours) {
            return Ok(CommitOutcome::Committed { snapshot: Box::new(ours), attempts });
        }
        tracing::warn!(snapshot = ours.id, table = %self.location(), "our snapshot was overwritten by another writer");
        Ok(CommitOutcome::Overwritten { snapshot_id: ours.id, attempts })
    }

    /// Hints are advisory: a failure is logged and readers list the directory instead.
    async fn hint_latest(&self, id: i64) {
        if let Err(error) = self.storage().overwrite(&self.main().latest_hint(), id.to_string().into()).await
        {
            tracing::warn!(%error, "the LATEST hint was not updated");
        }
    }

    /// Deletes manifests of an attempt that is known to have lost. What stays is found by orphan cleaning.
    async fn discard(&self, files: &[String]) {
        for error in self.storage().delete(files).await.into_iter().filter_map(Result::err) {
            tracing::warn!(%error, "a manifest of a lost commit attempt stays behind");
        }
    }
}

/// Wait before the next attempt: 10 ms doubling up to 10 s, with up to a fifth of it on top so that rivals part
/// (Paimon `RetryWaiter`).
fn backoff(attempts: u32) -> Duration {
    let base = Duration::from_millis(10 << attempts.min(10)).min(Duration::from_secs(10));
    let jitter = f64::from(uuid::Uuid::new_v4().as_fields().0) / f64::from(u32::MAX) * 0.2;
    base.mul_f64(1.0 + jitter)
}
