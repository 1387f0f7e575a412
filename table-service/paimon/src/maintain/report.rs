use serde::Serialize;

use super::Step;
use crate::Error;
use crate::changelogs::ExpireChangelogsReport;
use crate::consumers::ExpireConsumersReport;
use crate::expiry::ExpireReport;
use crate::partitions::ExpirePartitionsReport;
use crate::tags::{AutoTagReport, DeleteTagsReport};

/// How a step, or a run, ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[must_use]
pub enum Ended {
    /// The table needed nothing.
    NothingToDo,
    /// The plan is in the report; nothing was changed.
    Planned,
    /// The table was changed.
    Done,
    /// Weir refuses the step for this table.
    Refused,
    /// The step failed.
    Failed,
}

/// One step of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StepReport {
    /// Which one.
    pub step: Step,
    /// How it ended.
    pub ended: Ended,
    /// Why it was refused or failed.
    pub reason: Option<String>,
}

impl StepReport {
    pub(super) const fn ended(step: Step, ended: Ended) -> Self {
        Self { step, ended, reason: None }
    }

    pub(super) fn refused(step: Step, error: &Error) -> Self {
        Self { step, ended: Ended::Refused, reason: Some(error.to_string()) }
    }

    pub(super) fn failed(step: Step, error: &Error) -> Self {
        Self { step, ended: Ended::Failed, reason: Some(error.to_string()) }
    }
}

/// Plans and results of the steps of one run; absent for those that were not taken.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MaintainReport {
    /// The steps, in the order in which they were taken.
    pub steps: Vec<StepReport>,
    /// Automatic tags.
    pub auto_tags: Option<Box<AutoTagReport>>,
    /// Tags whose time is over.
    pub expired_tags: Option<Box<DeleteTagsReport>>,
    /// Partitions.
    pub partitions: Option<Box<ExpirePartitionsReport>>,
    /// Consumers.
    pub consumers: Option<Box<ExpireConsumersReport>>,
    /// Snapshots.
    pub snapshots: Option<Box<ExpireReport>>,
    /// Long-lived changelogs.
    pub changelogs: Option<Box<ExpireChangelogsReport>>,
}

impl MaintainReport {
    /// How the run ended whose steps all ended well or were refused.
    pub(super) fn ended(&self, dry_run: bool) -> Ended {
        match (self.steps.iter().any(|step| matches!(step.ended, Ended::Done | Ended::Planned)), dry_run) {
            (false, _) => Ended::NothingToDo,
            (true, true) => Ended::Planned,
            (true, false) => Ended::Done,
        }
    }
}
