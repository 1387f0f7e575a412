//! Entries of a manifest list (format §4.2, Paimon `ManifestFileMeta`).

use serde::{Deserialize, Serialize};

use super::{FileKind, ManifestEntry};
use crate::binary_row::BinaryRow;
use crate::datum::Datum;
use crate::error::{At, Error, Result};
use crate::stats::{ColumnStats, SimpleStats};
use crate::types::DataType;

/// A manifest file as a manifest list describes it.
///
/// Readers skip manifests by the counts, the partition statistics and the ranges, so all of them are computed
/// from the manifest's entries: [`ManifestFileMeta::from_entries`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestFileMeta {
    /// File name without directory.
    pub file_name: String,
    /// Bytes on storage.
    pub file_size: i64,
    /// Entries that add a file.
    pub num_added_files: i64,
    /// Entries that delete a file.
    pub num_deleted_files: i64,
    /// Exact statistics of the partition columns over all entries.
    pub partition_stats: SimpleStats,
    /// Greatest schema id of the entries' files.
    pub schema_id: i64,
    /// Least bucket; `None` means unknown.
    pub min_bucket: Option<i32>,
    /// Greatest bucket; `None` means unknown.
    pub max_bucket: Option<i32>,
    /// Least level; `None` means unknown.
    pub min_level: Option<i32>,
    /// Greatest level; `None` means unknown.
    pub max_level: Option<i32>,
    /// Least row id; `None` unless every entry has one.
    pub min_row_id: Option<i64>,
    /// Greatest row id; `None` unless every entry has one.
    pub max_row_id: Option<i64>,
    /// Buckets that every entry's partition had, when they all agree; only pypaimon writes it.
    pub total_buckets: Option<i32>,
    /// Files beside the manifest that help reading it (`<manifest>.avro.sidecar`); only pypaimon writes them.
    /// They live and die with the manifest.
    pub extra_files: Option<Vec<String>>,
}

impl ManifestFileMeta {
    /// Describes a manifest with these entries, which was written as `file_name` with `file_size` bytes.
    ///
    /// `partition_types` is the row type of the entries' partitions; `schema_id` is the writer's schema, which
    /// stands for a manifest without entries.
    pub fn from_entries(
        file_name: impl Into<String>,
        file_size: i64,
        entries: &[ManifestEntry],
        partition_types: &[DataType],
        schema_id: i64,
    ) -> Result<Self> {
        let file_name = file_name.into();
        let count = |kind| {
            i64::try_from(entries.iter().filter(|entry| entry.kind == kind).count())
                .map_err(|_| Error::invalid("too many entries for one manifest"))
        };
        let row_ids: Option<Vec<(i64, i64)>> =
            entries.iter().map(|entry| entry.file.first_row_id.zip(entry.file.last_row_id())).collect();
        let row_ids = row_ids.unwrap_or_default();
        let (num_added_files, num_deleted_files) = (count(FileKind::Add)?, count(FileKind::Delete)?);
        Ok(Self {
            partition_stats: partition_stats(entries, partition_types).at(|| file_name.clone())?,
            file_name,
            file_size,
            num_added_files,
            num_deleted_files,
            schema_id: entries.iter().map(|entry| entry.file.schema_id).max().unwrap_or(schema_id),
            min_bucket: entries.iter().map(|entry| entry.bucket).min(),
            max_bucket: entries.iter().map(|entry| entry.bucket).max(),
            min_level: entries.iter().map(|entry| entry.file.level).min(),
            max_level: entries.iter().map(|entry| entry.file.level).max(),
            min_row_id: row_ids.iter().map(|(first, _)| *first).min(),
            max_row_id: row_ids.iter().map(|(_, last)| *last).max(),
            total_buckets: None,
            extra_files: None,
        })
    }
}

/// Statistics over distinct partitions, weighted by how many entries each has.
fn partition_stats(entries: &[ManifestEntry], types: &[DataType]) -> Result<SimpleStats> {
    let mut counts = std::collections::BTreeMap::<&[u8], i64>::new();
    for entry in entries {
        *counts.entry(&entry.partition).or_default() += 1;
    }
    let mut columns =
        vec![ColumnStats { min: Datum::Null, max: Datum::Null, null_count: Some(0) }; types.len()];
    for (partition, count) in counts {
        let values = BinaryRow::decode(partition, types).at(|| "_PARTITION")?;
        for (column, value) in columns.iter_mut().zip(values) {
            column.include(value, count);
        }
    }
    SimpleStats::exact(&columns, types)
}

#[cfg(test)]
mod tests;
