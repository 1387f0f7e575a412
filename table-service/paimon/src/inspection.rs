//! `weir inspect`: what a table is, what it holds, what keeps its files alive, and what Weir can do for it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;
use weir_paimon_spec::support::{self, Purpose, Refusal};
use weir_paimon_spec::{CommitKind, DataFileMeta};
use weir_storage::Storage;

use crate::compaction::{BucketPlan, Compact};
use crate::consumers::ConsumerLag;
use crate::expiry::Retention;
use crate::pins::{Pins, PinsView};
use crate::table::{LiveFiles, References};
use crate::warnings::warnings;
use crate::{ErrorKind, Result, Table, Warning};

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
    /// Consumers of `main` by name.
    pub consumers: BTreeMap<String, ConsumerLag>,
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
    /// What an automatic compaction would rewrite now; absent where compaction is refused.
    pub compaction_gain: Option<CompactionGain>,
    /// Who holds back how much; absent where it cannot be told.
    pub pins: Option<Pins>,
    /// Why it cannot.
    pub pins_unknown: Option<String>,
    /// What keeps compaction from working on the table.
    pub compaction_refusals: Vec<Refusal>,
    /// What keeps snapshot expiry from working on the table.
    pub expiry_refusals: Vec<Refusal>,
    /// Options that tell of the table's catalog; none for most tables, those of a REST catalog included.
    pub catalog: Vec<String>,
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

/// What a compaction would take on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CompactionGain {
    /// Buckets that need work.
    pub buckets: usize,
    /// Files that would be rewritten.
    pub files: usize,
    /// Their size in bytes.
    pub bytes: u64,
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
        let references = table.references().await?;
        describe_references(&table, &references, report).await?;
        describe_pins(&table, references, report).await?;
        if let Some(latest) = table.latest_snapshot().await? {
            let live = table.live_files(&latest).await?;
            describe_files(&live, report);
            report.compaction_gain = compaction_gain(&table, &live).await?;
            report.latest_snapshot = Some(SnapshotView {
                id: latest.id,
                commit_user: latest.commit_user,
                commit_kind: latest.commit_kind,
                time_millis: latest.time_millis,
                total_record_count: latest.total_record_count,
            });
        }
        report.catalog = support::catalog_entries(table.options());
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

async fn describe_references(table: &Table, references: &References, report: &mut Inspection) -> Result<()> {
    report.snapshots = table.snapshot_ids().await?;
    report.tags = references.tags.iter().map(|(name, tag)| (name.clone(), tag.snapshot.id)).collect();
    report.branches = references.branches.iter().map(|branch| branch.name.clone()).collect();
    for (name, consumer) in &references.consumers {
        let lag = ConsumerLag::of(table, &report.snapshots, consumer.next_snapshot).await?;
        report.consumers.insert(name.clone(), lag);
    }
    Ok(())
}

/// Everything but the pins can be told about a table whose files cannot all be followed.
async fn describe_pins(table: &Table, references: References, report: &mut Inspection) -> Result<()> {
    let now = Timestamp::now();
    match PinsView::read(table, references).await {
        Ok(view) => {
            let retention = Retention { max_deletes: i64::MAX, ..Retention::of_table(table, now)? };
            report.pins = Some(view.pins(&retention, now.as_millisecond()));
        }
        Err(error) if matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::Corrupt) => {
            report.pins_unknown = Some(error.to_string());
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

async fn compaction_gain(table: &Table, live: &LiveFiles) -> Result<Option<CompactionGain>> {
    let plan = match Compact::needed(table, live).await {
        Ok(plan) => plan,
        Err(error) if matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::Corrupt) => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok(Some(CompactionGain {
        buckets: plan.buckets.iter().map(|bucket| &bucket.key).collect::<BTreeSet<_>>().len(),
        files: plan.buckets.iter().map(|bucket| bucket.inputs().count()).sum(),
        bytes: plan.buckets.iter().map(BucketPlan::input_bytes).sum(),
    }))
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
