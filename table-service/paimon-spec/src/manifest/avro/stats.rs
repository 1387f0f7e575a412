//! The record of column statistics (format §4.5).

use super::decode::{Blobs, Lists, Longs, Record};
use super::encode::Columns;
use crate::error::Result;
use crate::stats::SimpleStats;

/// A column of statistics.
pub(super) struct StatsColumn<'a> {
    mins: Blobs<'a>,
    maxs: Blobs<'a>,
    null_counts: Lists<'a, Longs<'a>>,
}

impl<'a> StatsColumn<'a> {
    pub(super) fn of(record: &Record<'a>) -> Result<Self> {
        let column = Self {
            mins: record.blobs("_MIN_VALUES")?,
            maxs: record.blobs("_MAX_VALUES")?,
            null_counts: record.long_lists("_NULL_COUNTS")?,
        };
        record.note_unread_fields();
        Ok(column)
    }

    pub(super) fn get(&self, row: usize) -> Result<SimpleStats> {
        Ok(SimpleStats {
            min_values: self.mins.get(row)?,
            max_values: self.maxs.get(row)?,
            null_counts: self.null_counts.find(row, |counts, at| Ok(counts.find(at)))?,
        })
    }
}

pub(super) fn write<'a>(
    columns: &mut Columns,
    name: &str,
    stats: impl Iterator<Item = &'a SimpleStats> + Clone,
) -> Result<()> {
    let mut members = Columns::default();
    members.blobs("_MIN_VALUES", stats.clone().map(|stats| stats.min_values.as_slice()));
    members.blobs("_MAX_VALUES", stats.clone().map(|stats| stats.max_values.as_slice()));
    members
        .optional_lists_of_optional_longs("_NULL_COUNTS", stats.map(|stats| stats.null_counts.as_deref()))?;
    columns.record(name, members)
}
