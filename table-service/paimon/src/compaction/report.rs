//! What a compaction planned and did, for `--json` and receipts.

use std::sync::Arc;

use serde::Serialize;
use weir_paimon_spec::DataFileMeta;

use super::budget::LeftOut;
use super::plan::BucketPlan;
use crate::{Result, Table, Warning};

/// Plan and result of one run. Sizes are bytes, snapshot ids are those of the table.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CompactReport {
    /// Newest snapshot when the run began.
    pub snapshot_before: Option<i64>,
    /// Snapshot of the last commit.
    pub snapshot_after: Option<i64>,
    /// Buckets that hold files.
    pub table_buckets: usize,
    /// Those that the run was about.
    pub selected_buckets: usize,
    /// What endangers the commits.
    pub warnings: Vec<Warning>,
    /// Why nothing was to be done.
    pub nothing_to_do: Option<String>,
    /// The work, bucket by bucket: what is committed, then what was planned last.
    pub buckets: Vec<BucketReport>,
    /// Work that is left for later runs, so that this one keeps within its budget.
    pub left_out: LeftOut,
    /// The commits, in order.
    pub commits: Vec<CommitReport>,
    /// Attempts to commit.
    pub commit_attempts: u32,
    /// Own commits that another writer replaced.
    pub overwritten_commits: u32,
    /// Changes of buckets that lost to another commit and were planned again.
    pub conflicts: Vec<String>,
    /// Files that were written and are not known to be committed; orphan cleaning removes them.
    pub left_behind: Vec<String>,
}

/// A commit of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CommitReport {
    /// Its snapshot.
    pub snapshot: i64,
    /// Its commit identifier.
    pub identifier: i64,
    /// Buckets that it changed.
    pub buckets: usize,
}

/// The work on one bucket.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BucketReport {
    /// Directory of the bucket, relative to the table.
    pub directory: String,
    /// Sorted runs before the compaction.
    pub sorted_runs: usize,
    /// Level of all results.
    pub output_level: i32,
    /// Whether deletes are dropped for good.
    pub drop_deletes: bool,
    /// Snapshot that committed the work; `None` for what was only planned or is lost.
    pub committed_as: Option<i64>,
    /// Files that are merged.
    pub inputs: Vec<FileReport>,
    /// Files that move to the output level in metadata.
    pub upgrades: Vec<FileReport>,
    /// Files that replace the inputs; empty in a plan.
    pub outputs: Vec<FileReport>,
    /// Rows of the outputs whose row groups were copied without being decoded.
    pub spliced_rows: u64,
}

/// A data file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FileReport {
    /// Its name.
    pub name: String,
    /// Its level.
    pub level: i32,
    /// Its rows, tombstones included.
    pub rows: i64,
    /// Its size.
    pub bytes: i64,
}

impl From<&Arc<DataFileMeta>> for FileReport {
    fn from(file: &Arc<DataFileMeta>) -> Self {
        Self { name: file.file_name.clone(), level: file.level, rows: file.row_count, bytes: file.file_size }
    }
}

impl BucketReport {
    pub(super) fn planned(table: &Table, plan: &BucketPlan) -> Result<Self> {
        Ok(Self {
            directory: table.bucket_path(&plan.key.partition, plan.key.bucket)?,
            sorted_runs: plan.sorted_runs,
            output_level: plan.output_level,
            drop_deletes: plan.drop_deletes,
            committed_as: None,
            inputs: plan.inputs().map(FileReport::from).collect(),
            upgrades: plan.upgrades().map(FileReport::from).collect(),
            outputs: Vec::new(),
            spliced_rows: 0,
        })
    }
}
