use serde::Serialize;

use crate::deletion::{FileKind, PlannedFile};

/// How an expiry ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum ExpireOutcome {
    /// No snapshot may go.
    NothingToDo,
    /// The plan is in the report; nothing was changed.
    Planned,
    /// Snapshots and files were deleted.
    Expired,
}

/// Plan and result of one run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExpireReport {
    /// Newest snapshot when the run began.
    pub latest_snapshot: Option<i64>,
    /// Snapshots that expired (in a dry run: would expire), ascending.
    pub expired_snapshots: Vec<i64>,
    /// Those of them that live on as long-lived changelogs.
    pub changelogs: Vec<i64>,
    /// Snapshots that remain.
    pub remaining_snapshots: usize,
    /// What holds the others back.
    pub held_by: Option<String>,
    /// Files that were deleted (in a dry run: would be deleted), in that order.
    pub files: Vec<PlannedFile>,
    /// Files that could not be deleted and stay in the journal for the next run.
    pub left: Vec<PlannedFile>,
    /// Empty directories that were removed.
    pub directories: Vec<String>,
    /// Files of interrupted runs that were deleted first.
    pub finished_earlier: Vec<PlannedFile>,
}

impl ExpireReport {
    /// Number of files that are neither data nor changelog.
    pub fn metadata_files(&self) -> usize {
        self.files.len() - self.data_files()
    }

    /// Number of data and changelog files.
    pub fn data_files(&self) -> usize {
        self.files.iter().filter(|file| matches!(file.kind, FileKind::Data | FileKind::Changelog)).count()
    }

    /// Size of the files, as far as metadata tells.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}
