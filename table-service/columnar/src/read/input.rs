use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use parquet::basic::Compression;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};

use super::bytes::{SparseBytes, slice};
use super::footer::{Footer, read_all, read_footer};
use super::ranges::{chunk_ranges, join, page_ranges, row_group_starts, row_groups};
use crate::leaf::{Conversion, Leaf};
use crate::{ColumnSource, Error, InputFile, Result, Source};

/// An open input file: its footer, how its columns map to the output, and the bytes of it that
/// are in memory.
pub(crate) struct OpenInput {
    source: Arc<dyn Source>,
    metadata: ParquetMetaData,
    /// First row of every row group, then the number of rows.
    starts: Vec<u64>,
    /// Per output column.
    columns: Vec<Option<InputColumn>>,
    /// Fetched bytes by leaf of the file.
    bytes: BTreeMap<usize, Mutex<SparseBytes>>,
    read_bytes: AtomicU64,
}

/// The leaf of a file that feeds an output column.
pub(crate) struct InputColumn {
    /// Index of the leaf in the file.
    pub(crate) index: usize,
    /// The leaf in the file.
    pub(crate) leaf: Leaf,
    /// How its values become the output's.
    pub(crate) conversion: Conversion,
    /// Whether no later output column reads the same leaf.
    last_use: bool,
}

impl OpenInput {
    /// Reads the footer and resolves the columns against the output's leaves.
    pub(crate) async fn open(file: &InputFile, output: &[Leaf]) -> Result<Self> {
        let Footer { metadata, tail, read_bytes } = read_footer(file.source.as_ref()).await?;
        let columns =
            resolve(&metadata, &file.columns, output).map_err(|error| error.with_file(file.source.name()))?;
        let bytes = columns
            .iter()
            .flatten()
            .map(|column| (column.index, Mutex::new(pages_inside(&metadata, column.index, &tail))))
            .collect();
        Ok(Self {
            source: Arc::clone(&file.source),
            starts: row_group_starts(&metadata),
            metadata,
            columns,
            bytes,
            read_bytes: AtomicU64::new(read_bytes),
        })
    }

    pub(crate) fn name(&self) -> &str {
        self.source.name()
    }

    pub(crate) fn size(&self) -> u64 {
        self.source.size()
    }

    pub(crate) fn rows(&self) -> u64 {
        self.starts.last().copied().unwrap_or(0)
    }

    pub(crate) fn metadata(&self) -> &ParquetMetaData {
        &self.metadata
    }

    pub(crate) fn column(&self, column: usize) -> Option<&InputColumn> {
        self.columns.get(column).and_then(Option::as_ref)
    }

    /// Bytes read from the source so far.
    pub(crate) fn read_bytes(&self) -> u64 {
        self.read_bytes.load(Ordering::Relaxed)
    }

    /// The row groups that hold `rows`.
    pub(crate) fn row_groups(&self, rows: &Range<u64>) -> Vec<(usize, Range<u64>)> {
        row_groups(&self.starts, rows)
    }

    /// Compressed bytes of an output column's chunks per row, over the whole file.
    pub(crate) fn compressed_bytes(&self, column: usize) -> u64 {
        self.chunk_sum(column, ColumnChunkMetaData::compressed_size)
    }

    /// Uncompressed bytes of an output column's chunks, over the whole file.
    pub(crate) fn uncompressed_bytes(&self, column: usize) -> u64 {
        self.chunk_sum(column, ColumnChunkMetaData::uncompressed_size)
    }

    /// Makes the bytes that decoding `rows` of the output columns needs present, with one read.
    pub(crate) async fn fetch(&self, columns: &[usize], rows: &Range<u64>) -> Result<()> {
        let missing = self.missing(columns, rows);
        let ranges = join(missing.iter().map(|(_, range)| range.clone()).collect());
        if ranges.is_empty() {
            return Ok(());
        }
        let buffers = read_all(self.source.as_ref(), &ranges).await?;
        self.read_bytes
            .fetch_add(ranges.iter().map(|range| range.end - range.start).sum(), Ordering::Relaxed);
        for (leaf, range) in missing {
            let after = ranges.partition_point(|read| read.start <= range.start);
            let Some((read, buffer)) = after.checked_sub(1).map(|at| (&ranges[at], &buffers[at])) else {
                continue;
            };
            let bytes = slice(buffer, range.start - read.start, range.end - read.start);
            self.with_bytes(leaf, |sparse| sparse.insert(range.start, bytes));
        }
        Ok(())
    }

    /// Forgets the bytes of an output column that rows from `next_row` on do not need, unless a
    /// later output column reads the same leaf.
    pub(crate) fn release(&self, column: usize, next_row: u64) {
        let Some(column) = self.column(column).filter(|column| column.last_use) else { return };
        let mut keep = Vec::new();
        if next_row < self.rows() {
            for (row_group, rows) in self.row_groups(&(next_row..self.rows())) {
                keep.extend(chunk_ranges(&self.metadata, row_group, column.index, &rows));
            }
        }
        self.with_bytes(column.index, |sparse| sparse.retain(&keep));
    }

    /// The fetched bytes of a leaf of the file from an offset on.
    pub(crate) fn bytes_from(&self, leaf: usize, start: u64) -> Option<Bytes> {
        self.with_bytes(leaf, |sparse| sparse.from(start)).flatten()
    }

    fn missing(&self, columns: &[usize], rows: &Range<u64>) -> Vec<(usize, Range<u64>)> {
        let mut leaves: Vec<usize> =
            columns.iter().filter_map(|column| self.column(*column)).map(|column| column.index).collect();
        leaves.sort_unstable();
        leaves.dedup();
        let mut missing = Vec::new();
        for (row_group, rows) in self.row_groups(rows) {
            for leaf in &leaves {
                for range in chunk_ranges(&self.metadata, row_group, *leaf, &rows) {
                    let parts = self.with_bytes(*leaf, |sparse| sparse.missing(&range));
                    missing.extend(parts.unwrap_or_default().into_iter().map(|part| (*leaf, part)));
                }
            }
        }
        missing
    }

    fn with_bytes<T>(&self, leaf: usize, action: impl FnOnce(&mut SparseBytes) -> T) -> Option<T> {
        let sparse = self.bytes.get(&leaf)?;
        Some(action(&mut sparse.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    fn chunk_sum(&self, column: usize, size: impl Fn(&ColumnChunkMetaData) -> i64) -> u64 {
        let Some(column) = self.column(column) else { return 0 };
        self.metadata
            .row_groups()
            .iter()
            .map(|group| u64::try_from(size(group.column(column.index))).unwrap_or(0))
            .sum()
    }
}

/// The pages of a leaf that lie inside bytes that are in memory already.
fn pages_inside(metadata: &ParquetMetaData, leaf: usize, (start, bytes): &(u64, Bytes)) -> SparseBytes {
    let end = start + bytes.len() as u64;
    let mut sparse = SparseBytes::default();
    for row_group in 0..metadata.num_row_groups() {
        for page in page_ranges(metadata, row_group, leaf, &(0..u64::MAX)) {
            if page.start >= *start && page.end <= end {
                sparse.insert(page.start, slice(bytes, page.start - start, page.end - start));
            }
        }
    }
    sparse
}

fn resolve(
    metadata: &ParquetMetaData,
    sources: &[ColumnSource],
    output: &[Leaf],
) -> Result<Vec<Option<InputColumn>>> {
    if sources.len() != output.len() {
        return Err(Error::internal(format!(
            "the file maps {} columns, the output has {}",
            sources.len(),
            output.len()
        )));
    }
    let mut columns = sources
        .iter()
        .zip(output)
        .map(|(source, leaf)| match source {
            ColumnSource::Null => Ok(None),
            ColumnSource::Named(path) => resolve_column(metadata, path, leaf).map(Some),
        })
        .collect::<Result<Vec<_>>>()?;
    let mut seen = std::collections::BTreeSet::new();
    for column in columns.iter_mut().rev().flatten() {
        column.last_use = seen.insert(column.index);
    }
    Ok(columns)
}

fn resolve_column(metadata: &ParquetMetaData, path: &str, output: &Leaf) -> Result<InputColumn> {
    let schema = metadata.file_metadata().schema_descr();
    let index = schema
        .columns()
        .iter()
        .position(|descriptor| descriptor.path().string() == path)
        .ok_or_else(|| Error::corrupt("the file has no such column").with_column(path))?;
    let leaf = Leaf::new(&schema.column(index)).map_err(|why| {
        Error::unsupported(format!("the column cannot be rewritten: {why}")).with_column(path)
    })?;
    let conversion = Conversion::between(&leaf, output).ok_or_else(|| {
        Error::unsupported(format!(
            "it is stored as {}, which cannot become {} without loss",
            leaf.describe(),
            output.describe()
        ))
        .with_column(path)
    })?;
    for group in metadata.row_groups() {
        let chunk = group.column(index);
        if matches!(chunk.compression(), Compression::BROTLI(_) | Compression::LZO) {
            return Err(Error::unsupported(format!("its codec {} cannot be read", chunk.compression()))
                .with_column(path));
        }
        if chunk.num_values() != group.num_rows() {
            return Err(Error::corrupt(
                "a column chunk has another number of values than its row group rows",
            )
            .with_column(path));
        }
    }
    Ok(InputColumn { index, leaf, conversion, last_use: false })
}
