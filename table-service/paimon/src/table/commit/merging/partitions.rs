//! Which manifests may hold files of some partitions, told by partition statistics (Paimon
//! `MultiplePartitionPredicate`).

use std::collections::HashSet;

use weir_paimon_spec::manifest::{ManifestEntry, ManifestFileMeta};
use weir_paimon_spec::stats::ColumnStats;
use weir_paimon_spec::{BinaryRow, DataType, Datum};

use crate::Result;

/// Bounds of the partitions of some entries, column by column.
pub(super) struct PartitionBounds<'a> {
    types: &'a [DataType],
    /// Distinct partitions.
    partitions: i64,
    columns: Vec<ColumnStats>,
}

impl<'a> PartitionBounds<'a> {
    /// The bounds of the partitions of `entries`.
    pub(super) fn of(entries: &[&ManifestEntry], types: &'a [DataType]) -> Result<Self> {
        let distinct: HashSet<&[u8]> = entries.iter().map(|entry| entry.partition.as_slice()).collect();
        let mut columns =
            vec![ColumnStats { min: Datum::Null, max: Datum::Null, null_count: Some(0) }; types.len()];
        for partition in &distinct {
            for (column, value) in columns.iter_mut().zip(BinaryRow::decode(partition, types)?) {
                column.include(value, 1);
            }
        }
        Ok(Self { types, partitions: i64::try_from(distinct.len()).unwrap_or(i64::MAX), columns })
    }

    /// Whether a manifest may have entries of one of the partitions; statistics that cannot be read say yes.
    pub(super) fn may_meet(&self, manifest: &ManifestFileMeta) -> bool {
        if self.partitions == 0 {
            return false;
        }
        let Ok(columns) = manifest.partition_stats.decode(self.types) else { return true };
        let entries = manifest.num_added_files + manifest.num_deleted_files;
        self.columns.iter().zip(&columns).all(|(ours, theirs)| self.column_may_meet(ours, theirs, entries))
    }

    fn column_may_meet(&self, ours: &ColumnStats, theirs: &ColumnStats, entries: i64) -> bool {
        let our_nulls = ours.null_count.unwrap_or(0);
        if our_nulls > 0 && theirs.null_count.is_none_or(|nulls| nulls > 0) {
            return true;
        }
        if our_nulls == self.partitions || theirs.null_count == Some(entries) {
            return false;
        }
        let is_unknown = theirs.min.is_null() || theirs.max.is_null();
        is_unknown || (theirs.max >= ours.min && theirs.min <= ours.max)
    }
}
