//! Column statistics of data files and manifests (format §4.5, §4.7).

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::binary_row::{BinaryRow, EMPTY_ROW};
use crate::datum::Datum;
use crate::error::{Error, Result};
use crate::types::{DataField, DataType};

mod mode;
mod truncate;

pub use mode::{StatsMode, StatsModes};
pub use truncate::{truncate_max, truncate_min};

/// Least and greatest values and null counts of some columns (Paimon `SimpleStats`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SimpleStats {
    /// Serialised row of the least values; a null field means unknown.
    #[serde(with = "crate::hex")]
    pub min_values: Vec<u8>,
    /// Serialised row of the greatest values; a null field means unknown.
    #[serde(with = "crate::hex")]
    pub max_values: Vec<u8>,
    /// Null counts by column; `None` means unknown.
    pub null_counts: Option<Vec<Option<i64>>>,
}

/// What is known of one column of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnStats {
    /// Least value; `Null` when unknown or when every value is null.
    pub min: Datum,
    /// Greatest value; `Null` when unknown or when every value is null.
    pub max: Datum,
    /// How many values are null; `None` when unknown.
    pub null_count: Option<i64>,
}

/// Statistics of a file's value columns, with the columns they are of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueStats {
    /// The statistics: `_VALUE_STATS`.
    pub stats: SimpleStats,
    /// Their columns: `_VALUE_STATS_COLS`; `None` means all.
    pub columns: Option<Vec<String>>,
}

impl ColumnStats {
    /// Nothing known.
    pub fn unknown() -> Self {
        Self { min: Datum::Null, max: Datum::Null, null_count: None }
    }

    /// Widens the statistics by `count` rows that hold `value`.
    pub fn include(&mut self, value: Datum, count: i64) {
        if value.is_null() {
            self.null_count = self.null_count.map(|nulls| nulls.saturating_add(count));
            return;
        }
        if self.min.is_null() || value < self.min {
            self.min = value.clone();
        }
        if self.max.is_null() || value > self.max {
            self.max = value;
        }
    }

    fn is_unknown(&self) -> bool {
        self.min.is_null() && self.max.is_null() && self.null_count.is_none()
    }

    /// The column's statistics as `mode` allows them (format §4.7).
    #[must_use]
    pub fn in_mode(&self, mode: StatsMode) -> Self {
        match mode {
            StatsMode::None => Self::unknown(),
            StatsMode::Counts => Self { null_count: self.null_count, ..Self::unknown() },
            StatsMode::Full => self.clone(),
            StatsMode::Truncate(length) => match truncate_max(&self.max, length) {
                Some(max) => Self { min: truncate_min(&self.min, length), max, null_count: self.null_count },
                // Paimon marks such a column as failed: neither bound is kept.
                None => Self { null_count: self.null_count, ..Self::unknown() },
            },
        }
    }
}

impl SimpleStats {
    /// Statistics of no columns (Paimon `SimpleStats.EMPTY_STATS`).
    pub fn empty() -> Self {
        Self { min_values: EMPTY_ROW.to_vec(), max_values: EMPTY_ROW.to_vec(), null_counts: Some(Vec::new()) }
    }

    /// Statistics of `columns`, whose types are `types`, as they are.
    pub fn exact(columns: &[ColumnStats], types: &[DataType]) -> Result<Self> {
        let row = |value: fn(&ColumnStats) -> &Datum| {
            let values: Vec<Datum> = columns.iter().map(|column| value(column).clone()).collect();
            BinaryRow::encode(&values, types)
        };
        Ok(Self {
            min_values: row(|column| &column.min)?,
            max_values: row(|column| &column.max)?,
            null_counts: Some(columns.iter().map(|column| column.null_count).collect()),
        })
    }

    /// The statistics by column, for columns of these types.
    pub fn decode(&self, types: &[DataType]) -> Result<Vec<ColumnStats>> {
        let mins = BinaryRow::decode(&self.min_values, types)?;
        let maxs = BinaryRow::decode(&self.max_values, types)?;
        if let Some(counts) = &self.null_counts
            && !counts.is_empty()
            && counts.len() != types.len()
        {
            return Err(Error::corrupt(format!("{} null counts for {} columns", counts.len(), types.len())));
        }
        let null_count =
            |i: usize| self.null_counts.as_ref().and_then(|counts| counts.get(i).copied().flatten());
        Ok(mins
            .into_iter()
            .zip(maxs)
            .enumerate()
            .map(|(i, (min, max))| ColumnStats { min, max, null_count: null_count(i) })
            .collect())
    }
}

/// Statistics of key columns as compaction outputs carry them: system columns keep 128 code points or bytes.
pub fn key_stats(columns: &[ColumnStats], types: &[DataType]) -> Result<SimpleStats> {
    let kept: Vec<ColumnStats> =
        columns.iter().map(|column| column.in_mode(StatsMode::SYSTEM_COLUMNS)).collect();
    SimpleStats::exact(&kept, types)
}

/// Statistics of a file's value columns (Paimon `SimpleStatsConverter`).
///
/// `columns` and `modes` go with `fields`. When `dense`, columns of which nothing is known are left out and
/// [`ValueStats::columns`] names those that stay (format §4.7, option `metadata.stats-dense-store`).
pub fn value_stats(
    fields: &[DataField],
    columns: &[ColumnStats],
    modes: &[StatsMode],
    dense: bool,
) -> Result<ValueStats> {
    if fields.len() != columns.len() || fields.len() != modes.len() {
        return Err(Error::invalid(format!(
            "statistics of {} columns with {} modes for {} fields",
            columns.len(),
            modes.len(),
            fields.len()
        )));
    }
    let kept: Vec<(&DataField, ColumnStats)> = fields
        .iter()
        .zip(columns.iter().zip(modes))
        .map(|(field, (column, mode))| (field, supported(field, column).in_mode(*mode)))
        .filter(|(_, column)| !dense || !column.is_unknown())
        .collect();
    let names =
        (kept.len() < fields.len()).then(|| kept.iter().map(|(field, _)| field.name.clone()).collect());
    let types: Vec<DataType> = kept.iter().map(|(field, _)| field.data_type.clone()).collect();
    let columns: Vec<ColumnStats> = kept.into_iter().map(|(_, column)| column).collect();
    Ok(ValueStats { stats: SimpleStats::exact(&columns, &types)?, columns: names })
}

/// Nested and semi-structured columns have counts only.
fn supported(field: &DataField, column: &ColumnStats) -> ColumnStats {
    if field.data_type.is_scalar() { column.clone() } else { column.in_mode(StatsMode::Counts) }
}

/// The statistics of a file's value columns by column name.
///
/// `fields` are the columns of the file's own schema; `names` is `_VALUE_STATS_COLS`.
pub fn by_name(
    stats: &SimpleStats,
    names: Option<&[String]>,
    fields: &[DataField],
) -> Result<HashMap<String, ColumnStats>> {
    let present: Vec<&DataField> = match names {
        None => fields.iter().collect(),
        Some(names) => names
            .iter()
            .map(|name| {
                fields
                    .iter()
                    .find(|field| field.name == *name)
                    .ok_or_else(|| Error::corrupt(format!("statistics of unknown column '{name}'")))
            })
            .collect::<Result<_>>()?,
    };
    let types: Vec<DataType> = present.iter().map(|field| field.data_type.clone()).collect();
    let columns = stats.decode(&types)?;
    Ok(present.iter().map(|field| field.name.clone()).zip(columns).collect())
}

#[cfg(test)]
mod tests;
