//! `weir expire-partitions`.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use weir_columnar::Control;
use weir_paimon_spec::Snapshot;
use weir_paimon_spec::options::keys;
use weir_paimon_spec::support::Purpose;
use weir_storage::Storage;

use super::selection::{self, ExpiredPartition, KeptPartition, Rule, Strategy, local_millis, partitions_of};
use super::time::TimeExtractor;
use crate::table::commit::{Changes, Commit, CommitOutcome, Identifiers, PartitionDrop};
use crate::warnings::{Warning, of_commits};
use crate::{Error, ErrorKind, Result, Table};

/// Times that a drop is committed again because another writer renamed its own snapshot over it.
const MAX_ROUNDS: u32 = 5;

/// A request to drop old partitions. What is not set comes from the table's options, then from Paimon's defaults.
#[derive(Clone, Debug)]
pub struct ExpirePartitions {
    /// How long partitions stay.
    pub expiration_time: Option<Duration>,
    /// What tells how old a partition is.
    pub strategy: Option<Strategy>,
    /// How the time of a partition is written: a pattern of Java's `DateTimeFormatter`.
    pub timestamp_formatter: Option<String>,
    /// How partition values are put together to a time, for example `$dt $hour:00:00`.
    pub timestamp_pattern: Option<String>,
    /// Partitions that are dropped at most.
    pub max_expires: Option<i32>,
    /// A partition whose newest file is younger than this stays.
    pub partition_idle_time: Duration,
    /// The zone of partition times and of the writers' clocks.
    pub time_zone: TimeZone,
    /// Plan only.
    pub dry_run: bool,
    /// Commit user, unique to this run and equal in all its attempts; see [`crate::table::commit::commit_user`].
    pub commit_user: String,
    /// Table options for this run only.
    pub options: BTreeMap<String, String>,
}

/// How an expiry of partitions ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum ExpirePartitionsOutcome {
    /// No partition may go.
    NothingToDo,
    /// The plan is in the report; nothing was changed.
    Planned,
    /// Partitions were dropped.
    Dropped,
}

/// Plan and result of one run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExpirePartitionsReport {
    /// Newest snapshot when the run began.
    pub latest_snapshot: Option<i64>,
    /// Newest snapshot that the run has committed.
    pub snapshot_after: Option<i64>,
    /// Partitions with a time before this one are expired; without a zone.
    pub cutoff: Option<String>,
    /// Partitions that are dropped, in the order of their values.
    pub expired: Vec<ExpiredPartition>,
    /// Partitions that stay although they may be, or are, expired.
    pub kept: Vec<KeptPartition>,
    /// Expired partitions that are left for later runs, by the greatest number of one run.
    pub left: usize,
    /// Attempts to commit, the successful ones included.
    pub commit_attempts: u32,
    /// Own commits that another writer overwrote.
    pub overwritten_commits: u32,
    /// Facts about the table that whoever runs this should know.
    pub warnings: Vec<Warning>,
}

impl ExpirePartitionsReport {
    /// Live files of the expired partitions.
    pub fn files(&self) -> usize {
        self.expired.iter().map(|partition| partition.files).sum()
    }

    /// Size of these files.
    pub fn bytes(&self) -> i64 {
        self.expired.iter().map(|partition| partition.bytes).sum()
    }
}

impl ExpirePartitions {
    /// Drops old partitions of the table at `storage`'s location. `report` tells what was planned and done, on failure
    /// too.
    pub async fn run(
        &self,
        storage: &Storage,
        control: &Control,
        report: &mut ExpirePartitionsReport,
    ) -> Result<ExpirePartitionsOutcome> {
        let table = Table::open(storage.clone(), &self.overrides()).await?;
        table.require_support(Purpose::ExpirePartitions)?;
        require_partitions(&table)?;
        report.warnings = of_commits(&table)?;
        let rule = self.rule(&table)?;
        report.cutoff = Some(rule.cutoff.to_string());
        let Some(latest) = table.latest_snapshot().await? else {
            return Ok(ExpirePartitionsOutcome::NothingToDo);
        };
        report.latest_snapshot = Some(latest.id);
        let partitions = partitions_of(&table, table.entries_where(&latest, |_| true).await?)?;
        let selection = rule.select(partitions, max_expires(&table)?);
        for kept in &selection.kept {
            tracing::warn!(partition = kept.partition, "the partition stays: {}", kept.reason);
        }
        (report.expired, report.kept, report.left) = (selection.expired, selection.kept, selection.left);
        if report.expired.is_empty() {
            return Ok(ExpirePartitionsOutcome::NothingToDo);
        }
        if self.dry_run {
            return Ok(ExpirePartitionsOutcome::Planned);
        }
        // From here on the report tells what was dropped, no longer what is going to be.
        let planned = std::mem::take(&mut report.expired);
        storage.require_conditional_writes().await?;
        self.drop(&table, &latest, &rule, planned, control, report).await?;
        Ok(if report.expired.is_empty() {
            ExpirePartitionsOutcome::NothingToDo
        } else {
            ExpirePartitionsOutcome::Dropped
        })
    }

    /// Drops partitions batch by batch; `report` gets those that are dropped.
    async fn drop(
        &self,
        table: &Table,
        latest: &Snapshot,
        rule: &Rule,
        planned: Vec<ExpiredPartition>,
        control: &Control,
        report: &mut ExpirePartitionsReport,
    ) -> Result<()> {
        let mut identifiers = Identifiers::default();
        for batch in planned.chunks(batch_size(table)?.unwrap_or(planned.len()).max(1)) {
            if control.is_cancelled() {
                return Err(Error::new(
                    ErrorKind::Cancelled,
                    "the expiry of partitions was stopped between two commits; the next run finds the rest",
                ));
            }
            let commit = Commit {
                user: self.commit_user.clone(),
                identifier: identifiers.next(table.options())?,
                planned_on: report.snapshot_after.unwrap_or(latest.id),
                changes: Changes::DropPartitions(PartitionDrop {
                    partitions: batch.iter().map(|partition| partition.row.clone()).collect(),
                    idle_since: rule.drop_bound(),
                }),
            };
            self.commit(table, commit, batch, report).await?;
        }
        Ok(())
    }

    async fn commit(
        &self,
        table: &Table,
        mut commit: Commit,
        batch: &[ExpiredPartition],
        report: &mut ExpirePartitionsReport,
    ) -> Result<()> {
        for _ in 0..MAX_ROUNDS {
            match table.commit(&commit).await? {
                CommitOutcome::Committed { snapshot, attempts } => {
                    report.commit_attempts += attempts;
                    report.snapshot_after = Some(snapshot.id);
                    return self.note(table, &snapshot, batch, report).await;
                }
                CommitOutcome::Overwritten { snapshot_id, attempts } => {
                    report.commit_attempts += attempts;
                    report.overwritten_commits += 1;
                    commit.planned_on = snapshot_id;
                }
                // Others have dropped the partitions, or have just written to them.
                CommitOutcome::Nothing { attempts } => {
                    report.commit_attempts += attempts;
                    report.kept.extend(batch.iter().map(changed_meanwhile));
                    return Ok(());
                }
                CommitOutcome::Conflict { .. } => {
                    return Err(Error::internal("a drop of partitions applies to every snapshot"));
                }
            }
        }
        Err(Error::new(
            ErrorKind::Conflict,
            format!("another writer of {} kept overwriting our commits; run again later", table.location()),
        ))
    }

    /// Notes which partitions a snapshot has dropped.
    async fn note(
        &self,
        table: &Table,
        snapshot: &Snapshot,
        batch: &[ExpiredPartition],
        report: &mut ExpirePartitionsReport,
    ) -> Result<()> {
        let manifests = table.manifest_list(snapshot, &snapshot.delta_manifest_list).await?;
        let deleted: Vec<_> = table
            .manifests_of(&manifests)
            .await?
            .iter()
            .flat_map(|manifest| manifest.iter().cloned())
            .collect();
        let mut batch = batch.to_vec();
        selection::note_dropped(&mut batch, snapshot.id, &deleted);
        let (dropped, kept): (Vec<_>, Vec<_>) =
            batch.into_iter().partition(|partition| partition.dropped_by.is_some());
        report.expired.extend(dropped);
        report.kept.extend(kept.iter().map(changed_meanwhile));
        Ok(())
    }

    /// The run's table options, with what the request says itself.
    fn overrides(&self) -> BTreeMap<String, String> {
        let mut options = self.options.clone();
        let mut set = |name: &str, value: Option<String>| {
            options.extend(value.map(|value| (name.to_owned(), value)));
        };
        set(
            keys::PARTITION_EXPIRATION_STRATEGY.name(),
            self.strategy.map(|strategy| strategy.word().to_owned()),
        );
        set(keys::PARTITION_TIMESTAMP_FORMATTER.name(), self.timestamp_formatter.clone());
        set(keys::PARTITION_TIMESTAMP_PATTERN.name(), self.timestamp_pattern.clone());
        set(keys::PARTITION_EXPIRATION_MAX_NUM.name(), self.max_expires.map(|max| max.to_string()));
        options
    }

    fn rule(&self, table: &Table) -> Result<Rule> {
        let options = table.options();
        let strategy = Strategy::of(options)?;
        let expiration = match self.expiration_time {
            Some(time) => time,
            None => options.find(&keys::PARTITION_EXPIRATION_TIME)?.ok_or_else(|| {
                Error::new(
                    ErrorKind::Invalid,
                    format!(
                        "{} does not say how long partitions stay: set partition.expiration-time or pass --expiration-time",
                        table.location()
                    ),
                )
            })?,
        };
        let now = Timestamp::now().to_zoned(self.time_zone.clone()).datetime();
        let before = |duration: Duration| {
            let duration = SignedDuration::try_from(duration).ok();
            duration.and_then(|duration| now.checked_sub(duration).ok()).ok_or_else(|| {
                Error::new(ErrorKind::Invalid, "the time that partitions stay or rest is too long")
            })
        };
        let idle = self.partition_idle_time;
        Ok(Rule {
            strategy,
            extractor: TimeExtractor::of(options)?,
            cutoff: before(expiration)?,
            idle_since: if idle.is_zero() { None } else { Some(local_millis(before(idle)?)) },
        })
    }
}

impl Rule {
    /// What must be true of a partition's files when it is dropped.
    fn drop_bound(&self) -> Option<i64> {
        match self.strategy {
            Strategy::ValuesTime => self.idle_since,
            Strategy::UpdateTime => {
                let cutoff = local_millis(self.cutoff);
                Some(self.idle_since.map_or(cutoff, |since| since.min(cutoff)))
            }
        }
    }
}

fn changed_meanwhile(partition: &ExpiredPartition) -> KeptPartition {
    KeptPartition {
        partition: partition.partition.clone(),
        reason: "another commit has dropped it or written to it meanwhile".to_owned(),
    }
}

fn require_partitions(table: &Table) -> Result<()> {
    if table.schema().partition_keys.is_empty() {
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!("{} has no partitions; nothing was changed", table.location()),
        ));
    }
    Ok(())
}

/// `partition.expiration-max-num`.
fn max_expires(table: &Table) -> Result<usize> {
    let max = table.options().get(&keys::PARTITION_EXPIRATION_MAX_NUM)?;
    Ok(usize::try_from(max).unwrap_or(0))
}

/// `partition.expiration-batch-size`; without a positive one all partitions go in one commit.
fn batch_size(table: &Table) -> Result<Option<usize>> {
    let size = table.options().find(&keys::PARTITION_EXPIRATION_BATCH_SIZE)?;
    Ok(size.and_then(|size| usize::try_from(size).ok()).filter(|&size| size > 0))
}
