//! `weir auto-tag`.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde::Serialize;
use weir_columnar::Control;
use weir_paimon_spec::options::{TagCreationMode, TagCreationPeriod, keys};
use weir_paimon_spec::support::Purpose;
use weir_paimon_spec::{Snapshot, TableOptions};
use weir_storage::Storage;

use super::delete::{self, DeleteTagsOutcome, DeleteTagsReport};
use super::retention::{Decision, Generations, Retention};
use super::rule::{AutomaticTag, Rule};
use super::source::Source;
use super::write::{self, Written};
use crate::deletion::finish_interrupted;
use crate::table::References;
use crate::{Error, ErrorKind, Result, Table};

/// The verb, in journals.
const OPERATION: &str = "auto-tag";

/// A request to make the automatic tags that are due, and to delete those that are too many. The rule is the table's:
/// its options `tag.*`, or those given for this run.
#[derive(Clone, Debug)]
pub struct AutoTag {
    /// Length of a period, instead of the table's `tag.creation-period` and `tag.creation-period-duration`.
    pub period: Option<TagCreationPeriod>,
    /// Which automatic tags stay, instead of `tag.num-retained-max`.
    pub generations: Generations,
    /// Zone of writers, where `sink.process-time-zone` does not tell, and of the wall times in tags.
    pub time_zone: TimeZone,
    /// Plan only.
    pub dry_run: bool,
    /// Table options for this run only.
    pub options: BTreeMap<String, String>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum AutoTagOutcome {
    /// The table has no automatic tags: `tag.automatic-creation` is `none`.
    SwitchedOff,
    /// No tag is due and none is too many.
    NothingToDo,
    /// The plan is in the report; nothing was changed.
    Planned,
    /// Tags were made or deleted.
    Done,
}

/// A tag of a period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TagOfPeriod {
    /// Its name.
    pub tag: String,
    /// Its snapshot.
    pub snapshot: i64,
}

/// Plan and result of one run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AutoTagReport {
    /// Tags that are made, in the order of their snapshots.
    pub created: Vec<TagOfPeriod>,
    /// Automatic tags that are there afterwards.
    pub automatic_tags: usize,
    /// Tags that are deleted because they are too many, with their files.
    pub deletion: DeleteTagsReport,
}

impl AutoTag {
    /// Makes and deletes automatic tags of the table at `storage`'s location. `report` tells what was planned and done,
    /// on failure too.
    pub async fn run(
        &self,
        storage: &Storage,
        control: &Control,
        report: &mut AutoTagReport,
    ) -> Result<AutoTagOutcome> {
        let table = Table::open(storage.clone(), &self.options).await?;
        table.require_support(Purpose::Tag)?;
        refuse_batch(&table)?;
        let retention = Retention::of(table.options(), self.generations)?;
        let Some(rule) = Rule::of(table.options(), &self.time_zone, self.period)? else {
            return Ok(AutoTagOutcome::SwitchedOff);
        };
        if !self.dry_run {
            report.deletion.finished_earlier = finish_interrupted(&table).await?;
        }
        let tags = automatic_tags(&rule, &table.references().await?);
        let snapshots = table.snapshots(&table.snapshot_ids().await?).await?;
        let decision = retention.decide(&rule, &tags, rule.due(&snapshots, &tags));
        report.automatic_tags = tags.len() + decision.create.len() - decision.delete.len();
        if self.dry_run {
            return self.plan(&table, control, &decision, report).await;
        }
        for tag in &decision.create {
            stop_if(control)?;
            self.create(&table, tag).await?;
            report.created.push(of_period(tag));
        }
        self.delete(&table, control, &decision, report).await?;
        let is_idle = report.created.is_empty()
            && report.deletion.tags.is_empty()
            && report.deletion.finished_earlier.is_empty();
        Ok(if is_idle { AutoTagOutcome::NothingToDo } else { AutoTagOutcome::Done })
    }

    async fn plan(
        &self,
        table: &Table,
        control: &Control,
        decision: &Decision,
        report: &mut AutoTagReport,
    ) -> Result<AutoTagOutcome> {
        report.created = decision.create.iter().map(of_period).collect();
        self.delete(table, control, decision, report).await?;
        let is_idle = report.created.is_empty() && report.deletion.tags.is_empty();
        Ok(if is_idle { AutoTagOutcome::NothingToDo } else { AutoTagOutcome::Planned })
    }

    async fn create(&self, table: &Table, tag: &AutomaticTag) -> Result<()> {
        let retained = table.options().find(&keys::TAG_DEFAULT_TIME_RETAINED)?;
        let Some(source) = Source::of_snapshot(table, tag.snapshot).await? else {
            return Err(Error::new(
                ErrorKind::Conflict,
                format!(
                    "snapshot {} of {} was deleted before it got the tag {}; run again",
                    tag.snapshot,
                    table.location(),
                    tag.name
                ),
            ));
        };
        match write::write(table, &tag.name, &source, retained, &self.time_zone).await? {
            Written::Created => Ok(()),
            Written::Exists(other) => {
                tracing::info!(
                    tag = tag.name,
                    snapshot = other.snapshot.id,
                    "a writer made the tag meanwhile"
                );
                Ok(())
            }
        }
    }

    async fn delete(
        &self,
        table: &Table,
        control: &Control,
        decision: &Decision,
        report: &mut AutoTagReport,
    ) -> Result<()> {
        let names: Vec<String> = decision.delete.iter().map(|tag| tag.name.clone()).collect();
        if names.is_empty() {
            return Ok(());
        }
        let deleted =
            delete::delete(table, OPERATION, &names, self.dry_run, control, &mut report.deletion).await?;
        match deleted {
            DeleteTagsOutcome::NothingToDo | DeleteTagsOutcome::Planned | DeleteTagsOutcome::Deleted => {
                Ok(())
            }
        }
    }
}

/// An automatic tag that is due and missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DueTag {
    /// Its name.
    pub(crate) name: String,
    /// The snapshot that it needs.
    pub(crate) snapshot: i64,
}

/// The first automatic tag of the table that is due and missing: expiry must leave its snapshot. `snapshots` are all
/// retained ones, ascending. Process times are taken in UTC where the table does not tell their zone.
pub(crate) fn first_due(
    options: &TableOptions,
    snapshots: &[Snapshot],
    references: &References,
) -> Result<Option<DueTag>> {
    let Some(rule) = Rule::of(options, &TimeZone::UTC, None)? else { return Ok(None) };
    let tags = automatic_tags(&rule, references);
    let retention = Retention::of(options, Generations::default())?;
    let create = retention.decide(&rule, &tags, rule.due(snapshots, &tags)).create;
    Ok(create.into_iter().next().map(|tag| DueTag { name: tag.name, snapshot: tag.snapshot }))
}

fn automatic_tags(rule: &Rule, references: &References) -> Vec<AutomaticTag> {
    rule.automatic(references.tags.iter().map(|(name, tag)| (name.as_str(), tag.snapshot.id)))
}

fn of_period(tag: &AutomaticTag) -> TagOfPeriod {
    TagOfPeriod { tag: tag.name.clone(), snapshot: tag.snapshot }
}

/// A batch job tags what it has just committed, which nobody else can tell.
fn refuse_batch(table: &Table) -> Result<()> {
    if table.options().get(&keys::TAG_AUTOMATIC_CREATION)? != TagCreationMode::Batch {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Unsupported,
        format!(
            "{} has tag.automatic-creation = batch: each batch job tags its own result; use create-tag after the job, or another mode for this run",
            table.location()
        ),
    ))
}

fn stop_if(control: &Control) -> Result<()> {
    if control.is_cancelled() {
        return Err(Error::new(
            ErrorKind::Cancelled,
            "tagging was asked to stop; the next run makes the tags that are missing",
        ));
    }
    Ok(())
}
