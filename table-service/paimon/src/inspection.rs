//! `weir inspect`: what a table is, what it holds, what keeps its files alive, and what Weir can do for it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use weir_paimon_spec::support::{Purpose, Refusal};
use weir_paimon_spec::{CommitKind, DataFileMeta};
use weir_storage::Storage;

use crate::table::LiveFiles;
use crate::warnings::warnings;
use crate::{Result, Table, Warning};

/// A request to look at a table. Nothing is written.
#[derive(Clone, Debug, Default)]
pub struct Inspect {
    /// Services that the table is meant for: the inspection fails when one of them would refuse it.
    pub services: Vec<Purpose>,
    /// Table options for this run only.
    pub options: BTreeMap<String, String>,
}

/// A table as it was seen.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Inspection {
    /// Id of the newest schema.
    pub schema_id: i64,
    /// Primary key columns; empty for an append table.
    pub primary_keys: Vec<String>,
    /// Partition columns.
    pub partition_keys: Vec<String>,
    /// Options of the newest schema; values of keys that look like secrets are masked.
    pub options: BTreeMap<String, String>,
    /// Newest snapshot.
    pub latest_snapshot: Option<SnapshotView>,
    /// Ids of retained snapshots, ascending.
    pub snapshots: Vec<i64>,
    /// Tags of `main` with their snapshots.
    pub tags: BTreeMap<String, i64>,
    /// Consumers of `main` with the next snapshot that each will read.
    pub consumers: BTreeMap<String, i64>,
    /// Branches other than `main`.
    pub branches: Vec<String>,
    /// Live data files of the newest snapshot.
    pub files: FileTotals,
    /// The same by level.
    pub levels: BTreeMap<i32, FileTotals>,
    /// Buckets that hold files.
    pub buckets: usize,
    /// Most sorted runs in one bucket: what a reader has to merge.
    pub max_sorted_runs: usize,
    /// What keeps compaction from working on the table.
    pub compaction_refusals: Vec<Refusal>,
    /// What keeps snapshot expiry from working on the table.
    pub expiry_refusals: Vec<Refusal>,
    /// Facts that whoever runs the table should know, by name.
    pub warnings: Vec<Warning>,
}

/// The newest snapshot.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SnapshotView {
    /// Its id.
    pub id: i64,
    /// Who committed it.
    pub commit_user: String,
    /// What kind of commit it was.
    pub commit_kind: CommitKind,
    /// When: milliseconds since the epoch.
    pub time_millis: i64,
    /// Physical rows in all live files.
    pub total_record_count: Option<i64>,
}

/// Number, size and rows of files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FileTotals {
    /// Number of files.
    pub files: u64,
    /// Their size in bytes.
    pub bytes: i64,
    /// Their rows, tombstones included.
    pub rows: i64,
}

impl FileTotals {
    fn add(&mut self, file: &DataFileMeta) {
        self.files += 1;
        self.bytes += file.file_size;
        self.rows += file.row_count;
    }
}

impl Inspect {
    /// Looks at the table at `storage`'s location. `report` is filled as far as the table could be read, also when a
    /// service that it is meant for refuses it.
    pub async fn run(&self, storage: &Storage, report: &mut Inspection) -> Result<()> {
        let table = Table::open(storage.clone(), &self.options).await?;
        describe_schema(&table, report);
        table.require_support(Purpose::Inspect)?;
        describe_references(&table, report).await?;
        if let Some(latest) = table.latest_snapshot().await? {
            describe_files(&table.live_files(&latest).await?, report);
            report.latest_snapshot = Some(SnapshotView {
                id: latest.id,
                commit_user: latest.commit_user,
                commit_kind: latest.commit_kind,
                time_millis: latest.time_millis,
                total_record_count: latest.total_record_count,
            });
        }
        report.warnings = warnings(&table)?;
        self.services.iter().try_for_each(|purpose| table.require_support(*purpose))
    }
}

fn describe_schema(table: &Table, report: &mut Inspection) {
    let schema = table.schema();
    report.schema_id = schema.id;
    report.primary_keys.clone_from(&schema.primary_keys);
    report.partition_keys.clone_from(&schema.partition_keys);
    report.options = schema.options.iter().map(|(key, value)| (key.clone(), redacted(key, value))).collect();
    report.compaction_refusals = table.refusals(Purpose::Compact);
    report.expiry_refusals = table.refusals(Purpose::Expire);
}

/// Users put credentials into table options, and an inspection is read by many.
fn redacted(key: &str, value: &str) -> String {
    let key = key.to_ascii_lowercase();
    let is_secret =
        ["secret", "password", "token", "credential", "access-key", "accesskey", "account-key", "sas"]
            .iter()
            .any(|word| key.contains(word));
    if is_secret { "***".to_owned() } else { value.to_owned() }
}

async fn describe_references(table: &Table, report: &mut Inspection) -> Result<()> {
    let references = table.references().await?;
    report.snapshots = table.snapshot_ids().await?;
    report.tags = references.tags.into_iter().map(|(name, tag)| (name, tag.snapshot.id)).collect();
    report.consumers =
        references.consumers.into_iter().map(|(name, consumer)| (name, consumer.next_snapshot)).collect();
    report.branches = references.branches.into_iter().map(|branch| branch.name).collect();
    Ok(())
}

fn describe_files(live: &LiveFiles, report: &mut Inspection) {
    let buckets = live.by_bucket();
    report.buckets = buckets.len();
    for (_, files) in buckets.into_values() {
        let level0 = files.iter().filter(|file| file.level == 0).count();
        let upper: BTreeSet<i32> = files.iter().map(|file| file.level).filter(|&level| level > 0).collect();
        report.max_sorted_runs = report.max_sorted_runs.max(level0 + upper.len());
        for file in &files {
            report.files.add(file);
            report.levels.entry(file.level).or_default().add(file);
        }
    }
}
