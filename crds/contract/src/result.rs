use serde::{Deserialize, Serialize};

use crate::Reason;

/// Which verb a result is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OperationKind {
    /// `weir inspect`.
    Inspect,
    /// `weir compact`.
    Compact,
    /// `weir expire-snapshots`.
    ExpireSnapshots,
    /// `weir what-if`.
    WhatIf,
    /// `weir expire-partitions`.
    ExpirePartitions,
    /// `weir mark-partition-done`.
    MarkPartitionDone,
    /// `weir compact-manifests`.
    CompactManifests,
    /// `weir rollback-to`.
    RollbackTo,
    /// `weir expire-changelogs`.
    ExpireChangelogs,
    /// `weir list-consumers`.
    ListConsumers,
    /// `weir reset-consumer`.
    ResetConsumer,
    /// `weir expire-consumers`.
    ExpireConsumers,
    /// `weir create-tag`.
    CreateTag,
    /// `weir delete-tag`.
    DeleteTag,
    /// `weir rename-tag`.
    RenameTag,
    /// `weir list-tags`.
    ListTags,
    /// `weir expire-tags`.
    ExpireTags,
    /// `weir auto-tag`.
    AutoTag,
    /// `weir remove-orphans`.
    RemoveOrphans,
    /// `weir restore-trash`.
    RestoreTrash,
    /// `weir purge-trash`.
    PurgeTrash,
    /// `weir maintain`.
    Maintain,
}

impl OperationKind {
    /// The verb on the command line, and in names of receipts.
    pub const fn verb(self) -> &'static str {
        match self {
            Self::Inspect => "inspect",
            Self::Compact => "compact",
            Self::ExpireSnapshots => "expire-snapshots",
            Self::WhatIf => "what-if",
            Self::Maintain => "maintain",
            Self::ExpirePartitions => "expire-partitions",
            Self::MarkPartitionDone => "mark-partition-done",
            Self::CompactManifests => "compact-manifests",
            Self::RollbackTo => "rollback-to",
            Self::ExpireChangelogs => "expire-changelogs",
            Self::ListConsumers => "list-consumers",
            Self::ResetConsumer => "reset-consumer",
            Self::ExpireConsumers => "expire-consumers",
            Self::CreateTag => "create-tag",
            Self::DeleteTag => "delete-tag",
            Self::RenameTag => "rename-tag",
            Self::ListTags => "list-tags",
            Self::ExpireTags => "expire-tags",
            Self::AutoTag => "auto-tag",
            Self::RemoveOrphans => "remove-orphans",
            Self::RestoreTrash => "restore-trash",
            Self::PurgeTrash => "purge-trash",
        }
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum Outcome {
    /// The table was changed as asked (for an inspection: was read).
    Succeeded,
    /// The table needed nothing.
    NothingToDo,
    /// The plan was made and nothing was changed.
    DryRun,
    /// The run failed; what it changed before is in the result.
    Failed,
    /// Stopped by SIGTERM at a safe point.
    Cancelled,
}

/// What one run did to one table: the head of every receipt and the body of a termination message.
///
/// Snapshot ids are text because they may exceed what JSON readers keep exactly. Instants are RFC 3339 in UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunResult {
    /// UID of the run object; empty on the command line.
    #[serde(default)]
    pub uid: String,
    /// The verb.
    pub operation: OperationKind,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it ended so.
    pub reason: Reason,
    /// The same for people: what was attempted, on what, why it failed, what to do.
    pub message: String,
    /// Start of the attempt.
    pub started_at: String,
    /// End of the attempt.
    pub finished_at: String,
    /// Latest snapshot when the attempt began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot_before: Option<String>,
    /// Latest snapshot that the attempt committed or saw at its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot_after: Option<String>,
    /// What a compaction did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compaction: Option<CompactionResult>,
    /// What an expiry did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiry: Option<ExpiryResult>,
    /// What a removal of orphans, or work on the trash, did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cleanup: Option<CleanupResult>,
    /// The table as the attempt saw it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<TableSummary>,
    /// What the attempt asked of the store.
    #[serde(default)]
    pub requests: RequestCounts,
    /// URI of the full receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<String>,
}

/// Figures of a compaction (planned ones for a dry run). Sizes are bytes on storage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct CompactionResult {
    /// Buckets that were compacted.
    pub buckets: i64,
    /// Files that were rewritten.
    pub input_files: i64,
    /// Files that replace them.
    pub output_files: i64,
    /// Files that changed their level in metadata only.
    pub upgraded_files: i64,
    /// Size of the rewritten files.
    pub input_bytes: i64,
    /// Size of the files that replace them.
    pub output_bytes: i64,
    /// Rows of the rewritten files.
    pub input_rows: i64,
    /// Rows of the files that replace them.
    pub output_rows: i64,
    /// Rows of them whose row groups were copied without being decoded.
    pub spliced_rows: i64,
    /// Snapshots that were committed: one for each portion of the work.
    pub commits: i64,
    /// Buckets that need work and were left for later runs by `maxInputBytes`.
    pub left_out_buckets: i64,
    /// Attempts to commit, the successful ones included.
    pub commit_attempts: i64,
    /// Own commits that another writer overwrote on a store that does not protect them.
    pub overwritten_commits: i64,
}

/// Figures of an expiry (planned ones for a dry run).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ExpiryResult {
    /// Snapshots that were removed.
    pub expired_snapshots: i64,
    /// Snapshots that remain.
    pub remaining_snapshots: i64,
    /// Data and changelog files that were deleted.
    pub deleted_data_files: i64,
    /// Manifests, manifest lists, index files and statistics that were deleted.
    pub deleted_metadata_files: i64,
    /// Size of all deleted files, as far as metadata tells.
    pub deleted_bytes: i64,
    /// Files that could not be deleted and stay in the journal for the next run.
    pub failed_deletes: i64,
    /// Automatic tags that were made.
    pub created_tags: i64,
    /// Tags that were deleted.
    pub deleted_tags: i64,
    /// Partitions that were dropped.
    pub dropped_partitions: i64,
    /// Consumers that were removed.
    pub removed_consumers: i64,
    /// Long-lived changelogs that were removed.
    pub expired_changelogs: i64,
    /// What kept older snapshots alive: a consumer, the minimum to retain, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_by: Option<String>,
}

/// Figures of a removal of orphans, and of work on the trash (planned ones for a dry run).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct CleanupResult {
    /// Files that were deleted, moved to the trash, or put back.
    pub files: i64,
    /// Their size.
    pub bytes: i64,
    /// Files that were left alone because they changed, came into use, or would have overwritten others.
    pub spared_files: i64,
    /// Files that could not be deleted or moved.
    pub failed_files: i64,
    /// Directory of the trash that has the files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trash: Option<String>,
}

/// A table as a run saw it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct TableSummary {
    /// Latest snapshot; absent for a table without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshot_id: Option<String>,
    /// Retained snapshots.
    pub snapshots: i64,
    /// Tags.
    pub tags: i64,
    /// Branches, `main` not counted.
    pub branches: i64,
    /// Consumers.
    pub consumers: i64,
    /// Live data files of the latest snapshot.
    pub data_files: i64,
    /// Their size in bytes.
    pub data_bytes: i64,
    /// Their rows, tombstones included.
    pub rows: i64,
    /// Buckets that hold files.
    pub buckets: i64,
    /// Most sorted runs in one bucket: what a reader has to merge.
    pub max_sorted_runs: i64,
    /// What an expiry with the table's own options would free now, in bytes.
    pub expirable_bytes: i64,
    /// Who holds back most bytes, most first; at most five.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pins: Vec<PinSummary>,
    /// Features that matter to an operator of the table, such as `UnprotectedCommits`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// A tag, branch or consumer, or the retention, and what would go without it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct PinSummary {
    /// `Tag`, `Branch`, `Consumer`, `Retention` or `Changelogs`.
    pub kind: String,
    /// Its name; empty for `Retention` and `Changelogs`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Snapshots that would expire without it.
    pub snapshots: i64,
    /// Bytes that would be freed without it.
    pub bytes: i64,
}

/// Requests to the store, and bytes that went over the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct RequestCounts {
    /// List requests.
    pub list: u64,
    /// Get and head requests.
    pub get: u64,
    /// Put requests, parts of multipart uploads included.
    pub put: u64,
    /// Delete requests; a bulk delete counts once for each thousand keys.
    pub delete: u64,
    /// Deletions of single objects that were tried again after the store had failed them.
    pub retries: u64,
    /// Bytes read.
    pub bytes_read: u64,
    /// Bytes written.
    pub bytes_written: u64,
}
