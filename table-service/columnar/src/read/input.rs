use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use parquet::basic::Compression;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};

use super::bytes::slice;
use super::footer::{Footer, read_all, read_footer};
use super::places::PagePlaces;
use super::ranges::{row_group_starts, row_groups};
use crate::leaf::{Conversion, Leaf};
use crate::{ColumnSource, Error, InputFile, Result, Source};

/// A data page of most writers, in bytes before compression.
pub(crate) const USUAL_PAGE: u64 = 1 << 20;

/// Values after which writers look at the size of a page.
const VALUES_OF_A_PAGE: u64 = 1024;

/// An open input file: its footer, where its pages lie, and how its columns map to the output.
pub(crate) struct OpenInput {
    source: Arc<dyn Source>,
    metadata: ParquetMetaData,
    /// First row of every row group, then the number of rows.
    starts: Vec<u64>,
    /// Per output column.
    columns: Vec<Option<InputColumn>>,
    /// The last bytes of the file and where they begin.
    tail: (u64, Bytes),
    places: PagePlaces,
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
}

impl OpenInput {
    /// Reads the footer and resolves the columns against the output's leaves.
    pub(crate) async fn open(file: &InputFile, output: &[Leaf]) -> Result<Self> {
        let Footer { metadata, tail, read_bytes } = read_footer(file.source.as_ref()).await?;
        let columns =
            resolve(&metadata, &file.columns, output).map_err(|error| error.with_file(file.source.name()))?;
        Ok(Self {
            source: Arc::clone(&file.source),
            starts: row_group_starts(&metadata),
            metadata,
            columns,
            tail,
            places: PagePlaces::default(),
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

    /// First row of a row group, counted in the file.
    pub(crate) fn first_row(&self, row_group: usize) -> u64 {
        self.starts.get(row_group).copied().unwrap_or(0)
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

    /// Byte ranges, in the order given; those at the end of the file are in memory already.
    pub(crate) async fn bytes_of(&self, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let unread: Vec<Range<u64>> =
            ranges.iter().filter(|range| self.tail_at(range).is_none()).cloned().collect();
        let mut read = if unread.is_empty() { Vec::new() } else { self.read(&unread).await? }.into_iter();
        let missing = || Error::internal("a range of an input file was not read");
        ranges.iter().map(|range| self.tail_at(range).or_else(|| read.next()).ok_or_else(missing)).collect()
    }

    /// A range that lies in the last bytes of the file.
    pub(super) fn tail_at(&self, range: &Range<u64>) -> Option<Bytes> {
        let (start, bytes) = &self.tail;
        let is_inside = range.start >= *start && range.end <= start + bytes.len() as u64;
        is_inside.then(|| slice(bytes, range.start - start, range.end - start))
    }

    /// Reads byte ranges, and counts them.
    pub(super) async fn read(&self, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let buffers = read_all(self.source.as_ref(), ranges).await?;
        let bytes = buffers.iter().map(|buffer| buffer.len() as u64).sum();
        self.read_bytes.fetch_add(bytes, Ordering::Relaxed);
        Ok(buffers)
    }

    /// Where the pages of its chunks lie.
    pub(super) const fn places(&self) -> &PagePlaces {
        &self.places
    }

    /// First row, counted in the file, and bytes before compression of the data pages of an output column, in order. Bytes
    /// go by the average of the chunk. Where the file does not tell, a chunk is one page: of the usual size, or of the
    /// values that a writer puts into one at least.
    pub(crate) fn pages(&self, column: usize) -> Vec<(u64, u64)> {
        let Some(column) = self.column(column) else { return Vec::new() };
        let size = |number: i64| u64::try_from(number).unwrap_or(0);
        let mut found = Vec::new();
        for (row_group, group) in self.metadata.row_groups().iter().enumerate() {
            let (chunk, first_row) = (group.column(column.index), self.first_row(row_group));
            let (decoded, encoded) = (size(chunk.uncompressed_size()), size(chunk.compressed_size()));
            let Some(pages) = self.places.of(&self.metadata, row_group, column.index) else {
                let values = decoded / size(group.num_rows()).max(1) * VALUES_OF_A_PAGE;
                found.push((first_row, decoded.min(values.max(USUAL_PAGE))));
                continue;
            };
            found.extend(pages.iter().map(|page| {
                let bytes = size(page.compressed_page_size.into());
                let scaled = u128::from(bytes) * u128::from(decoded) / u128::from(encoded.max(1));
                let bytes = bytes.max(u64::try_from(scaled).unwrap_or(u64::MAX));
                (first_row + size(page.first_row_index), bytes)
            }));
        }
        found
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
    sources
        .iter()
        .zip(output)
        .map(|(source, leaf)| match source {
            ColumnSource::Null => Ok(None),
            ColumnSource::Named(path) => resolve_column(metadata, path, leaf).map(Some),
        })
        .collect()
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
    Ok(InputColumn { index, leaf, conversion })
}
