//! Plan and result of one run.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::deletion::{FileKind, PlannedFile};

/// Paths that a report names at most.
const MAX_NAMED: usize = 100_000;

/// How many files of one kind, and how large they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FilesOfKind {
    /// Number of files.
    pub files: u64,
    /// Size in bytes.
    pub bytes: u64,
}

impl FilesOfKind {
    pub(crate) fn add(&mut self, bytes: u64) {
        self.files += 1;
        self.bytes += bytes;
    }
}

/// Plan and result of one run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrphanReport {
    /// Newest snapshot when the run began.
    pub latest_snapshot: Option<i64>,
    /// Only files that were modified before this instant go, by the store's clock; RFC 3339.
    pub older_than: Option<String>,
    /// Files of the table, those of Weir not counted.
    pub listed: FilesOfKind,
    /// Snapshots, tags and changelogs, of main and of every branch, that were read.
    pub roots: usize,
    /// Files that nothing refers to, as planned.
    pub orphans: FilesOfKind,
    /// The same by kind.
    pub by_kind: BTreeMap<FileKind, FilesOfKind>,
    /// The files that are gone, or would go, in that order; 100,000 at most.
    pub files: Vec<PlannedFile>,
    /// How many files are gone.
    pub removed: FilesOfKind,
    /// Files that changed, vanished or came into use after they were planned, and were left alone.
    pub spared: u64,
    /// Files that could not be removed; the next run tries again.
    pub left: Vec<PlannedFile>,
    /// Orphans that stay where they are because they are too large for the store to move them to the trash; not among
    /// those that are planned.
    pub too_large_for_trash: Vec<PlannedFile>,
    /// Directory in the trash that has the removed files.
    pub trash: Option<String>,
    /// Files of interrupted runs that were deleted first.
    pub finished_earlier: Vec<PlannedFile>,
}

impl OrphanReport {
    /// Adds a file to what is planned.
    pub(crate) fn plan(&mut self, file: PlannedFile) {
        self.orphans.add(file.bytes);
        self.by_kind.entry(file.kind).or_default().add(file.bytes);
        self.name(file);
    }

    /// Forgets the names of the plan: from now on files are named when they are gone.
    pub(crate) fn begin_removal(&mut self) {
        self.files.clear();
    }

    /// Adds files that are gone.
    pub(crate) fn remove(&mut self, files: Vec<PlannedFile>) {
        for file in files {
            self.removed.add(file.bytes);
            self.name(file);
        }
    }

    fn name(&mut self, file: PlannedFile) {
        if self.files.len() < MAX_NAMED {
            self.files.push(file);
        }
    }
}
