use serde::Serialize;

use crate::deletion::PlannedFile;

/// How an expiry of changelogs ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum ExpireChangelogsOutcome {
    /// No changelog may go.
    NothingToDo,
    /// The plan is in the report; nothing was changed.
    Planned,
    /// Changelogs and files were deleted.
    Expired,
}

/// Plan and result of one run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExpireChangelogsReport {
    /// Newest snapshot when the run began.
    pub latest_snapshot: Option<i64>,
    /// Changelogs that expired (in a dry run: would expire), ascending.
    pub expired_changelogs: Vec<i64>,
    /// Changelogs that remain.
    pub remaining_changelogs: usize,
    /// What holds the others back.
    pub held_by: Option<String>,
    /// Files that were deleted (in a dry run: would be deleted), in that order.
    pub files: Vec<PlannedFile>,
    /// Files that could not be deleted and stay in the journal for the next run.
    pub left: Vec<PlannedFile>,
    /// Files of interrupted runs that were deleted first.
    pub finished_earlier: Vec<PlannedFile>,
}
