//! Copying the column chunks of a row group as they are: when that is allowed, and what the output
//! then knows of them.

use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::{Encoding, PageType};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::Result as ParquetResult;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::statistics::Statistics;

use crate::leaf::{Conversion, Leaf, Physical, compare_values};
use crate::plan::{PlanColumns, SpliceRules, SplicedGroup, Unit};
use crate::read::{ColumnDecoder, Fetched, OpenInput, Run};
use crate::spec::{Codec, OutputOptions};
use crate::write::{EncodedColumn, bounds, chunk_metadata, is_same_codec};
use crate::{Error, Result, Value};

/// A row group of at least this part of the wanted size may be copied.
const LEAST_PART: u64 = 4;

/// The writer whose statistics of chunks leave nothing out, though it does not say so: bounds are never
/// cut, and there are none when a float is NaN.
const WITH_WHOLE_STATISTICS: &str = "parquet-mr";

/// What the output asks of a row group that is copied.
pub(crate) struct Splicing<'a> {
    pub(crate) leaves: &'a [Leaf],
    pub(crate) options: &'a OutputOptions,
    /// Rows that a row group of the output has, judged by the average row.
    pub(crate) unit_rows: usize,
    /// The columns that decide a merge; none for a copy.
    pub(crate) plan: Option<&'a PlanColumns>,
}

impl SpliceRules for Splicing<'_> {
    fn may_touch(&self) -> bool {
        self.plan.is_some_and(|plan| plan.key.len() > 1)
    }

    fn least_rows(&self) -> u64 {
        (self.unit_rows as u64 / LEAST_PART).max(1)
    }

    /// It is large enough, holds no retracts, every column is stored as the output wants it, and the
    /// output can tell its statistics.
    fn is_fit(&self, file: &OpenInput, row_group: usize) -> bool {
        let group = file.metadata().row_group(row_group);
        let rows = u64::try_from(group.num_rows()).unwrap_or(0);
        let bytes: i64 = group.columns().iter().map(ColumnChunkMetaData::compressed_size).sum();
        rows >= self.least_rows()
            && u64::try_from(bytes).is_ok_and(|bytes| bytes <= self.options.target_file_bytes)
            && (0..self.leaves.len()).all(|column| self.is_column_fit(file, row_group, column))
            && self.plan.is_none_or(|plan| has_only_adds(file, row_group, plan))
    }

    fn keys(&self, file: &OpenInput, row_group: usize) -> Option<(Value, Value)> {
        key_bounds(file, row_group, self.plan?)
    }
}

impl Splicing<'_> {
    fn is_column_fit(&self, file: &OpenInput, row_group: usize, column: usize) -> bool {
        let leaf = &self.leaves[column];
        let Some(input) = file.column(column) else { return false };
        let chunk = file.metadata().row_group(row_group).column(input.index);
        let is_same_type = input.conversion == Conversion::None
            && input.leaf.required == leaf.required
            && input.leaf.descriptor.type_length() == leaf.descriptor.type_length();
        let knows_nulls =
            leaf.required || chunk.statistics().is_some_and(|known| known.null_count_opt().is_some());
        let has_index = file.metadata().page_index().is_some_and(|index| {
            index.page_locations(row_group, input.index).is_some_and(|pages| !pages.is_empty())
        });
        is_same_type
            && knows_nulls
            && has_index
            && chunk.file_path().is_none()
            && is_codec(chunk, self.options.codec)
            && chunk.encodings().all(is_readable_everywhere)
            && has_pages_of_version_1(chunk)
    }
}

/// Least and greatest value of the first key column of a row group, by its statistics; `None` when they
/// do not tell.
fn key_bounds(file: &OpenInput, row_group: usize, plan: &PlanColumns) -> Option<(Value, Value)> {
    let column = *plan.key.first()?;
    let leaf = &plan.leaves[column];
    let is_ordered = matches!(leaf.physical, Physical::Int32 | Physical::Int64 | Physical::Bytes);
    let input = file.column(column).filter(|input| is_ordered && input.conversion == Conversion::None)?;
    let statistics = file.metadata().row_group(row_group).column(input.index).statistics()?;
    let has_nulls = !leaf.required && statistics.null_count_opt() != Some(0);
    if has_nulls || is_of_old_order(leaf, statistics) {
        return None;
    }
    bounds(leaf, statistics).map(|(min, max, _)| (min, max))
}

/// Layouts that every released reader reads correctly.
fn is_readable_everywhere(encoding: Encoding) -> bool {
    #[expect(deprecated, reason = "old writers name the encoding of levels so")]
    let bit_packed = Encoding::BIT_PACKED;
    [Encoding::PLAIN, Encoding::RLE, Encoding::PLAIN_DICTIONARY, Encoding::RLE_DICTIONARY, bit_packed]
        .contains(&encoding)
}

/// Whether the footer says that all data pages are of version 1, which is what the engine writes.
fn has_pages_of_version_1(chunk: &ColumnChunkMetaData) -> bool {
    chunk.page_encoding_stats().is_some_and(|pages| {
        pages.iter().all(|pages| matches!(pages.page_type, PageType::DATA_PAGE | PageType::DICTIONARY_PAGE))
    })
}

fn is_codec(chunk: &ColumnChunkMetaData, codec: Codec) -> bool {
    is_same_codec(chunk.compression(), codec)
}

/// Whether statistics of bytes were made when bytes were ordered as signed.
fn is_of_old_order(leaf: &Leaf, statistics: &Statistics) -> bool {
    leaf.physical == Physical::Bytes && statistics.is_min_max_deprecated()
}

/// Whether the statistics say that every row is +I, or every row +U, and tell the sequence numbers.
fn has_only_adds(file: &OpenInput, row_group: usize, plan: &PlanColumns) -> bool {
    let kinds = integers(file, row_group, plan.kind);
    matches!(kinds, Some((0, 0) | (2, 2))) && integers(file, row_group, plan.sequence).is_some()
}

fn integers(file: &OpenInput, row_group: usize, column: usize) -> Option<(i64, i64)> {
    let input = file.column(column)?;
    match file.metadata().row_group(row_group).column(input.index).statistics()? {
        Statistics::Int32(known) => Some((i64::from(*known.min_opt()?), i64::from(*known.max_opt()?))),
        Statistics::Int64(known) => Some((*known.min_opt()?, *known.max_opt()?)),
        _ => None,
    }
}

/// The unit that copies a row group. For a merge, its first and last key are read.
pub(crate) async fn unit(group: &SplicedGroup, runs: &[Run], plan: Option<&PlanColumns>) -> Result<Unit> {
    let mut unit = Unit::spliced(group, runs.len());
    let Some(plan) = plan else { return Ok(unit) };
    unit.sequences = integers(&group.file, group.row_group, plan.sequence);
    let first = group.file.first_row(group.row_group);
    let last = first + (group.rows.end - group.rows.start) - 1;
    unit.first_key = key_at(&group.file, first, plan).await?;
    unit.last_key = key_at(&group.file, last, plan).await?;
    check_keys(&unit, key_bounds(&group.file, group.row_group, plan))
        .map_err(|error| error.with_file(group.file.name()))?;
    Ok(unit)
}

/// What is copied goes where its statistics say; its first and last key must agree.
fn check_keys(unit: &Unit, bounds: Option<(Value, Value)>) -> Result<()> {
    let first = |key: &[Option<Value>]| key.first().cloned().flatten();
    let (keys, bounds) = (first(&unit.first_key).zip(first(&unit.last_key)), bounds);
    let agree = keys.zip(bounds).is_some_and(|((first, last), (min, max))| {
        compare_values(&first, &min).is_ge()
            && compare_values(&first, &last).is_le()
            && compare_values(&last, &max).is_le()
    });
    if agree { Ok(()) } else { Err(Error::corrupt("its statistics contradict the keys of a row group")) }
}

async fn key_at(file: &Arc<OpenInput>, row: u64, plan: &PlanColumns) -> Result<Vec<Option<Value>>> {
    let bytes = Fetched::new(file, &plan.key);
    let rows = row..row + 1;
    bytes.fetch(&rows).await?;
    let value = |column: &usize| {
        let leaf = &plan.leaves[*column];
        let array = ColumnDecoder::open(&bytes, *column, leaf, &rows, 1)?.next_batch()?;
        let array = array.ok_or_else(|| Error::internal("a key is missing"))?;
        Ok(crate::leaf::value_at(leaf, &array, 0))
    };
    plan.key.iter().map(value).collect()
}

/// The bytes of some column chunks of a row group, in the order of `columns`.
pub(crate) async fn fetch(file: &OpenInput, row_group: usize, columns: &[usize]) -> Result<Vec<Bytes>> {
    let ranges: Vec<_> = columns
        .iter()
        .filter_map(|column| file.column(*column))
        .map(|input| {
            let (start, length) = file.metadata().row_group(row_group).column(input.index).byte_range();
            start..start + length
        })
        .collect();
    file.bytes_of(&ranges).await
}

/// One column of a copied row group.
pub(crate) fn column(
    file: &OpenInput,
    row_group: usize,
    column: usize,
    leaf: &Leaf,
    bytes: Bytes,
) -> Result<EncodedColumn> {
    let input = file.column(column).ok_or_else(|| Error::internal("a copied column is missing"))?;
    let metadata = file.metadata();
    let chunk = metadata.row_group(row_group).column(input.index);
    let rows = u64::try_from(metadata.row_group(row_group).num_rows()).unwrap_or(0);
    let nulls = chunk.statistics().and_then(Statistics::null_count_opt).unwrap_or(0);
    let is_float = matches!(leaf.physical, Physical::Float | Physical::Double);
    let may_have_nan = is_float && !has_whole_statistics(file);
    let close = close(file, row_group, input.index, leaf)
        .map_err(|error| Error::internal("a row group cannot be copied").with_source(error))?;
    Ok(EncodedColumn::copied(rows, nulls, may_have_nan, bytes, close))
}

fn has_whole_statistics(file: &OpenInput) -> bool {
    let writer = file.metadata().file_metadata().created_by().unwrap_or_default();
    writer.starts_with(WITH_WHOLE_STATISTICS)
}

/// Statistics that say of themselves that their bounds are values of the chunk.
fn whole(statistics: &Statistics) -> Statistics {
    match statistics.clone() {
        Statistics::Boolean(known) => {
            Statistics::Boolean(known.with_min_is_exact(true).with_max_is_exact(true))
        }
        Statistics::Int32(known) => Statistics::Int32(known.with_min_is_exact(true).with_max_is_exact(true)),
        Statistics::Int64(known) => Statistics::Int64(known.with_min_is_exact(true).with_max_is_exact(true)),
        Statistics::Int96(known) => Statistics::Int96(known),
        Statistics::Float(known) => Statistics::Float(known.with_min_is_exact(true).with_max_is_exact(true)),
        Statistics::Double(known) => {
            Statistics::Double(known.with_min_is_exact(true).with_max_is_exact(true))
        }
        Statistics::ByteArray(known) => {
            Statistics::ByteArray(known.with_min_is_exact(true).with_max_is_exact(true))
        }
        Statistics::FixedLenByteArray(known) => {
            Statistics::FixedLenByteArray(known.with_min_is_exact(true).with_max_is_exact(true))
        }
    }
}

/// What a writer would say of the chunk, with its offsets counted from its first byte.
fn close(file: &OpenInput, row_group: usize, index: usize, leaf: &Leaf) -> ParquetResult<ColumnCloseResult> {
    let metadata = file.metadata();
    let chunk = metadata.row_group(row_group).column(index);
    let (start, length) = chunk.byte_range();
    let start = start.cast_signed();
    let mut builder = chunk_metadata(chunk, leaf, start);
    // INT96 has no defined order, so readers must not find a minimum or maximum.
    let is_ordered = leaf.physical != Physical::Int96;
    if !is_ordered {
        builder = builder.clear_statistics();
    } else if let Some(statistics) = chunk.statistics().filter(|_| has_whole_statistics(file)) {
        builder = builder.set_statistics(whole(statistics));
    }
    let pages = metadata.page_index();
    let mut offset_index = pages.and_then(|pages| pages.offset_index(row_group, index)).cloned();
    for page in offset_index.iter_mut().flat_map(|index| &mut index.page_locations) {
        page.offset -= start;
    }
    let column_index = pages.filter(|_| is_ordered).and_then(|pages| pages.column_index(row_group, index));
    Ok(ColumnCloseResult {
        bytes_written: length,
        rows_written: u64::try_from(metadata.row_group(row_group).num_rows()).unwrap_or(0),
        metadata: builder.build()?,
        bloom_filter: None,
        column_index: column_index.cloned(),
        offset_index,
    })
}
