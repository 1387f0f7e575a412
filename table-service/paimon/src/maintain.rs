//! `weir maintain`: everything that a table needs beside compaction, in one run, in the order of Paimon's commits.
//!
//! ```text
//! tags that are due ─► tags whose time is over ─► partitions ─► consumers ─► snapshots ─► changelogs
//! ```
//!
//! Paimon does this when a writer commits, and leaves it to the dedicated compaction job when writers only write
//! (maintenance §1.7); whoever replaces that job takes it over. Tags come first: an expiry never passes a snapshot that
//! a due tag needs.

mod report;
mod steps;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::{TimeZone, offset};
use weir_columnar::Control;
use weir_paimon_spec::options::keys;
use weir_storage::Storage;

use crate::changelogs::{ExpireChangelogs, ExpireChangelogsOutcome};
use crate::consumers::{ExpireConsumers, ExpireConsumersOutcome};
use crate::expiry::{ExpireOutcome, ExpireSnapshots};
use crate::partitions::{ExpirePartitions, ExpirePartitionsOutcome};
use crate::tags::{AutoTag, AutoTagOutcome, DeleteTagsOutcome, ExpireTags, Generations};
use crate::{Error, ErrorKind, Result, Table};

pub use report::{Ended, MaintainReport, StepReport};
pub use steps::Step;

/// A partition whose newest file is younger than this is not dropped.
const PARTITION_IDLE_TIME: Duration = Duration::from_hours(1);

/// Hours from UTC of the zone in which every time comes last.
const WESTERNMOST: i8 = -12;

/// A request to do what a table's options ask for, or some of it.
#[derive(Clone, Debug)]
pub struct Maintain {
    /// The steps to take, in whatever order they are given; empty for those that the table's options ask for.
    pub include: Vec<Step>,
    /// Keep at least this many snapshots.
    pub retain_min: Option<u32>,
    /// Keep at most this many snapshots, however young.
    pub retain_max: Option<u32>,
    /// Expire only snapshots that stopped being current before this instant.
    pub older_than: Option<Timestamp>,
    /// Expire at most this range of ids.
    pub max_deletes: Option<u32>,
    /// Keep the last commit of each streaming writer that has committed within this time.
    pub keep_writers_for: Option<Duration>,
    /// Remove consumers that have been silent for this long, instead of `consumer.expiration-time`.
    pub consumers_idle_for: Option<Duration>,
    /// Wait between the deletion of snapshots and of their files, for readers that have just opened one.
    pub grace: Duration,
    /// Zone of partition times, and of writers' wall times where the table's options do not tell. Without it partitions
    /// stay until their time is over everywhere on earth, and UTC is taken for the rest, which never deletes early.
    pub time_zone: Option<TimeZone>,
    /// Plan only. Each step is planned on the table as it is, not as the steps before would leave it.
    pub dry_run: bool,
    /// Commit user, unique to this run and equal in all its attempts.
    pub commit_user: String,
    /// Table options for this run only.
    pub options: BTreeMap<String, String>,
}

impl Maintain {
    /// Takes the steps on the table at `storage`'s location. `report` tells what each did, on failure too.
    ///
    /// A step that the table's options ask for and that Weir refuses is told and left out, unless it was asked for by
    /// name; any other failure ends the run.
    pub async fn run(
        &self,
        storage: &Storage,
        control: &Control,
        report: &mut MaintainReport,
    ) -> Result<Ended> {
        let table = Table::open(storage.clone(), &self.options).await?;
        let wanted = steps::wanted(table.options(), self.consumers_idle_for.is_some())?;
        for step in Step::ALL {
            let is_named = self.include.contains(&step);
            let is_wanted = self.include.is_empty() && wanted.contains(&step);
            if !(is_named || is_wanted) {
                continue;
            }
            if control.is_cancelled() {
                return Err(Error::new(
                    ErrorKind::Cancelled,
                    "the run was asked to stop between two steps; run again",
                ));
            }
            let ended = match self.take(step, &table, control, report).await {
                Ok(ended) => ended,
                Err(error) if error.kind() == ErrorKind::Unsupported && !is_named => {
                    report.steps.push(StepReport::refused(step, &error));
                    continue;
                }
                Err(error) => {
                    report.steps.push(StepReport::failed(step, &error));
                    return Err(error.while_doing(format!("taking the step {step}")));
                }
            };
            report.steps.push(StepReport::ended(step, ended));
        }
        Ok(report.ended(self.dry_run))
    }

    async fn take(
        &self,
        step: Step,
        table: &Table,
        control: &Control,
        report: &mut MaintainReport,
    ) -> Result<Ended> {
        let storage = table.storage();
        match step {
            Step::Tags => {
                let expires_tags = table.options().get(&keys::TAG_TIME_EXPIRE_ENABLED)?;
                self.tags(expires_tags, storage, control, report).await
            }
            Step::Partitions => self.partitions(storage, control, report).await,
            Step::Consumers => self.consumers(storage, report).await,
            Step::Snapshots => self.snapshots(storage, control, report).await,
            Step::Changelogs => self.changelogs(storage, control, report).await,
        }
    }

    async fn tags(
        &self,
        expires_tags: bool,
        storage: &Storage,
        control: &Control,
        report: &mut MaintainReport,
    ) -> Result<Ended> {
        let auto = AutoTag {
            period: None,
            generations: Generations::default(),
            time_zone: self.zone_of_tags(),
            dry_run: self.dry_run,
            options: self.options.clone(),
        };
        let made = match auto.run(storage, control, report.auto_tags.insert(Box::default())).await {
            // Tags whose time is over go even where another engine makes the new ones.
            Err(error) if error.kind() == ErrorKind::Unsupported => Err(error),
            made => Ok(made?),
        };
        let mut expired = DeleteTagsOutcome::NothingToDo;
        if expires_tags {
            let expire = ExpireTags {
                older_than: None,
                time_zone: self.zone_of_tags(),
                dry_run: self.dry_run,
                options: self.options.clone(),
            };
            expired = expire.run(storage, control, report.expired_tags.insert(Box::default())).await?;
        }
        let idle = matches!(made?, AutoTagOutcome::SwitchedOff | AutoTagOutcome::NothingToDo)
            && expired == DeleteTagsOutcome::NothingToDo;
        Ok(self.ended(idle))
    }

    async fn partitions(
        &self,
        storage: &Storage,
        control: &Control,
        report: &mut MaintainReport,
    ) -> Result<Ended> {
        let expire = ExpirePartitions {
            expiration_time: None,
            strategy: None,
            timestamp_formatter: None,
            timestamp_pattern: None,
            max_expires: None,
            partition_idle_time: PARTITION_IDLE_TIME,
            time_zone: self.zone_of_partitions(),
            dry_run: self.dry_run,
            commit_user: self.commit_user.clone(),
            options: self.options.clone(),
        };
        let outcome = expire.run(storage, control, report.partitions.insert(Box::default())).await?;
        Ok(self.ended(outcome == ExpirePartitionsOutcome::NothingToDo))
    }

    async fn consumers(&self, storage: &Storage, report: &mut MaintainReport) -> Result<Ended> {
        let silent_since = |idle: Duration| {
            Timestamp::now().checked_sub(idle).map_err(|error| {
                Error::new(
                    ErrorKind::Invalid,
                    format!("consumers cannot be idle for {}s: {error}", idle.as_secs()),
                )
            })
        };
        let expire = ExpireConsumers {
            older_than: self.consumers_idle_for.map(silent_since).transpose()?,
            dry_run: self.dry_run,
            options: self.options.clone(),
        };
        let outcome = expire.run(storage, report.consumers.insert(Box::default())).await?;
        Ok(self.ended(outcome == ExpireConsumersOutcome::NothingToDo))
    }

    async fn snapshots(
        &self,
        storage: &Storage,
        control: &Control,
        report: &mut MaintainReport,
    ) -> Result<Ended> {
        let expire = ExpireSnapshots {
            retain_min: self.retain_min,
            retain_max: self.retain_max,
            older_than: self.older_than,
            max_deletes: self.max_deletes,
            keep_writers_for: self.keep_writers_for,
            grace: self.grace,
            dry_run: self.dry_run,
            options: self.options.clone(),
            ..ExpireSnapshots::default()
        };
        let outcome = expire.run(storage, control, report.snapshots.insert(Box::default())).await?;
        Ok(self.ended(outcome == ExpireOutcome::NothingToDo))
    }

    async fn changelogs(
        &self,
        storage: &Storage,
        control: &Control,
        report: &mut MaintainReport,
    ) -> Result<Ended> {
        let expire = ExpireChangelogs {
            dry_run: self.dry_run,
            options: self.options.clone(),
            ..ExpireChangelogs::default()
        };
        let outcome = expire.run(storage, control, report.changelogs.insert(Box::default())).await?;
        Ok(self.ended(outcome == ExpireChangelogsOutcome::NothingToDo))
    }

    fn zone_of_tags(&self) -> TimeZone {
        self.time_zone.clone().unwrap_or(TimeZone::UTC)
    }

    fn zone_of_partitions(&self) -> TimeZone {
        self.time_zone.clone().unwrap_or_else(|| TimeZone::fixed(offset(WESTERNMOST)))
    }

    const fn ended(&self, is_idle: bool) -> Ended {
        match (is_idle, self.dry_run) {
            (true, _) => Ended::NothingToDo,
            (false, true) => Ended::Planned,
            (false, false) => Ended::Done,
        }
    }
}

#[cfg(test)]
mod tests;
