use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// A live data file as its manifest entry describes it (Paimon `DataFileMeta`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LiveFile {
    /// Canonical text of the partition's values, `()` for a table without partitions.
    pub partition: String,
    /// Bucket.
    pub bucket: i32,
    /// Number of buckets of the partition when the file was written.
    pub total_buckets: i32,
    /// Level in the bucket's LSM tree.
    pub level: i32,
    /// File name.
    pub name: String,
    /// Full path or URI.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// Rows.
    pub row_count: u64,
    /// Rows that delete their key.
    pub delete_row_count: Option<u64>,
    /// Smallest sequence number.
    pub min_sequence_number: i64,
    /// Largest sequence number.
    pub max_sequence_number: i64,
    /// Schema of the file.
    pub schema_id: u64,
    /// What wrote it: `APPEND` or `COMPACT`.
    pub source: Option<String>,
    /// Its least and greatest key and their statistics, as Java prints them.
    pub keys: String,
    /// Statistics of its columns, as Java prints them.
    pub values: String,
    /// Files beside it, as Java prints them.
    pub extra_files: String,
}

/// A snapshot of a table.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SnapshotSummary {
    /// Id.
    pub id: u64,
    /// `APPEND`, `COMPACT`, `OVERWRITE` or `ANALYZE`.
    pub kind: String,
    /// Who committed it.
    pub user: String,
    /// The user's number for the commit.
    pub identifier: i64,
    /// Schema of the snapshot.
    pub schema_id: u64,
    /// Time of the commit in milliseconds since the epoch.
    pub time_millis: i64,
    /// Physical rows of all live files.
    pub total_record_count: Option<i64>,
    /// Physical rows that the commit added, less those that it removed.
    pub delta_record_count: Option<i64>,
}

/// A tag as Java reads it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TagSummary {
    /// Its name.
    pub name: String,
    /// Its snapshot, as Java writes it.
    pub snapshot: Value,
    /// When it was made: the wall time of its maker.
    pub create_time: Option<String>,
    /// How long it lives.
    pub retained_millis: Option<u64>,
}

/// What holds on to snapshots.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct References {
    /// Snapshot of each tag.
    pub tags: BTreeMap<String, u64>,
    /// Branches.
    pub branches: Vec<String>,
    /// Next snapshot of each consumer.
    pub consumers: BTreeMap<String, u64>,
}
