//! `weir mark-partition-done`.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use weir_paimon_spec::options::keys;
use weir_paimon_spec::support::Purpose;
use weir_paimon_spec::{BinaryRow, paths};
use weir_storage::Storage;

use super::predicate::{self, PartitionPredicate};
use crate::{Error, ErrorKind, Result, Table};

/// Name of the file that tells readers that a partition is complete.
const SUCCESS_FILE: &str = "_SUCCESS";

/// A request to mark partitions as complete with success files.
#[derive(Clone, Debug, Default)]
pub struct MarkPartitionDone {
    /// The partitions, each with a value for every partition column.
    pub partitions: Vec<PartitionPredicate>,
    /// Plan only.
    pub dry_run: bool,
    /// Table options for this run only.
    pub options: BTreeMap<String, String>,
}

/// How marking ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum MarkPartitionDoneOutcome {
    /// The plan is in the report; nothing was changed.
    Planned,
    /// The success files are there.
    Marked,
}

/// A success file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MarkedPartition {
    /// The partition's name in storage.
    pub partition: String,
    /// Path of the success file relative to the table's root.
    pub success_file: String,
    /// Whether it was there before, so that only its modification time changes.
    pub was_marked: bool,
}

/// Plan and result of one run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MarkPartitionDoneReport {
    /// Newest snapshot, whose partitions these are.
    pub latest_snapshot: Option<i64>,
    /// Success files; after a failure those that were written.
    pub marked: Vec<MarkedPartition>,
}

/// Content of a success file (Paimon `SuccessFile`); milliseconds since the epoch.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SuccessFile {
    creation_time: i64,
    modification_time: i64,
}

impl MarkPartitionDone {
    /// Marks partitions of the table at `storage`'s location. A partition without files is
    /// [`ErrorKind::Invalid`], and nothing is marked then.
    pub async fn run(
        &self,
        storage: &Storage,
        report: &mut MarkPartitionDoneReport,
    ) -> Result<MarkPartitionDoneOutcome> {
        let table = Table::open(storage.clone(), &self.options).await?;
        table.require_support(Purpose::MarkPartitionDone)?;
        self.require_whole_partitions(&table)?;
        let planned = self.plan(&table, report).await?;
        if self.dry_run {
            report.marked = planned;
            return Ok(MarkPartitionDoneOutcome::Planned);
        }
        for partition in planned {
            mark(storage, &partition.success_file).await?;
            report.marked.push(partition);
        }
        Ok(MarkPartitionDoneOutcome::Marked)
    }

    fn require_whole_partitions(&self, table: &Table) -> Result<()> {
        let columns = &table.schema().partition_keys;
        let wrong = |partition: &&PartitionPredicate| {
            partition.len() != columns.len() || columns.iter().any(|column| !partition.contains_key(column))
        };
        if columns.is_empty() || self.partitions.is_empty() || self.partitions.iter().any(|p| wrong(&p)) {
            return Err(Error::new(
                ErrorKind::Invalid,
                format!(
                    "name each partition of {} by all of its columns ({})",
                    table.location(),
                    columns.join(", ")
                ),
            ));
        }
        Ok(())
    }

    async fn plan(
        &self,
        table: &Table,
        report: &mut MarkPartitionDoneReport,
    ) -> Result<Vec<MarkedPartition>> {
        let mut rows = BTreeSet::new();
        if let Some(latest) = table.latest_snapshot().await? {
            report.latest_snapshot = Some(latest.id);
            rows =
                table.live_files(&latest).await?.entries.into_iter().map(|entry| entry.partition).collect();
        }
        let mut planned = BTreeMap::new();
        for wanted in &self.partitions {
            let mut is_known = false;
            for row in &rows {
                if predicate::accepts(table, std::slice::from_ref(wanted), row)? {
                    is_known = true;
                    let directory = directory(table, row)?;
                    planned.insert(directory.clone(), marked(table.storage(), directory).await?);
                }
            }
            if !is_known {
                let text: Vec<String> =
                    wanted.iter().map(|(column, value)| format!("{column}={value}")).collect();
                return Err(Error::new(
                    ErrorKind::Invalid,
                    format!("{} has no partition {}; nothing was marked", table.location(), text.join(",")),
                ));
            }
        }
        Ok(planned.into_values().collect())
    }
}

async fn marked(storage: &Storage, directory: String) -> Result<MarkedPartition> {
    let success_file = format!("{directory}/{SUCCESS_FILE}");
    let was_marked = storage.stat(&success_file).await?.is_some();
    Ok(MarkedPartition { partition: directory, success_file, was_marked })
}

/// Where Paimon puts the success file: below the table's root, whatever `data-file.path-directory` says.
fn directory(table: &Table, row: &[u8]) -> Result<String> {
    let schema = table.schema();
    let types = schema.partition_types()?;
    let values = BinaryRow::decode(row, &types)?;
    let default_name = table.options().get(&keys::PARTITION_DEFAULT_NAME)?;
    let legacy = table.options().get(&keys::PARTITION_LEGACY_NAME)?;
    let directory = paths::partition_dir(&schema.partition_keys, &values, &types, &default_name, legacy)?;
    Ok(directory.trim_end_matches('/').to_owned())
}

/// Writes a success file, or moves the modification time of one that is there.
async fn mark(storage: &Storage, path: &str) -> Result<()> {
    let now = Timestamp::now().as_millisecond();
    let creation_time = match storage.read_opt(path).await? {
        None => now,
        Some(content) => {
            let found: SuccessFile = serde_json::from_slice(&content).map_err(|error| {
                Error::corrupt(format!("{path} is no success file ({error}); remove it after a look at it"))
            })?;
            found.creation_time
        }
    };
    let file = SuccessFile { creation_time, modification_time: now };
    let content = serde_json::to_vec_pretty(&file)
        .map_err(|error| Error::internal(format!("a success file is not JSON: {error}")))?;
    Ok(storage.overwrite(path, content.into()).await?)
}
