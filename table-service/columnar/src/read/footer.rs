use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use parquet::DecodeResult;
use parquet::file::metadata::{
    ColumnChunkMetaData, PageIndexPolicy, ParquetMetaData, ParquetMetaDataOptions, ParquetMetaDataPushDecoder,
};
use parquet::file::page_index::offset_index::PageLocation;

use super::guard::guarded;
use crate::{Error, Result, Source};

/// Bytes from the end of a file that are read at once: footer and page indexes of most files.
const TAIL_BYTES: u64 = 64 << 10;

/// What opening a file reads.
pub(crate) struct Footer {
    /// The footer, with the page indexes if the file has them.
    pub(crate) metadata: ParquetMetaData,
    /// The last bytes of the file and where they begin; small files lie in them entirely.
    pub(crate) tail: (u64, Bytes),
    /// Bytes read.
    pub(crate) read_bytes: u64,
}

/// Reads the footer and the page indexes.
pub(crate) async fn read_footer(source: &dyn Source) -> Result<Footer> {
    let size = source.size();
    let options = ParquetMetaDataOptions::new().with_encoding_stats_as_mask(false);
    let corrupt = |error| {
        Error::corrupt("its Parquet footer cannot be read").with_file(source.name()).with_source(error)
    };
    let mut decoder = ParquetMetaDataPushDecoder::try_new(size)
        .map_err(corrupt)?
        .with_metadata_options(Some(Arc::new(options)))
        .with_column_index_policy(PageIndexPolicy::Optional)
        .with_offset_index_policy(PageIndexPolicy::Optional);
    let tail_start = size.saturating_sub(TAIL_BYTES);
    let tail = read_all(source, std::slice::from_ref(&(tail_start..size))).await?.swap_remove(0);
    let mut read_bytes = tail.len() as u64;
    decoder.push_range(tail_start..size, tail.clone()).map_err(corrupt)?;
    loop {
        match guarded(|| decoder.try_decode()).map_err(corrupt)? {
            DecodeResult::NeedsData(ranges) => {
                let buffers = read_all(source, &ranges).await?;
                read_bytes += ranges.iter().map(|range| range.end - range.start).sum::<u64>();
                decoder.push_ranges(ranges, buffers).map_err(corrupt)?;
            }
            DecodeResult::Data(metadata) => {
                check(&metadata, size).map_err(|error| error.with_file(source.name()))?;
                return Ok(Footer { metadata, tail: (tail_start, tail), read_bytes });
            }
            DecodeResult::Finished => {
                return Err(
                    Error::internal("the footer decoder ended without a footer").with_file(source.name())
                );
            }
        }
    }
}

/// Reads ranges and checks that the source returned what was asked.
pub(crate) async fn read_all(source: &dyn Source, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
    let failed = |error| Error::io("reading an input file", error).with_file(source.name());
    if ranges.iter().any(|range| range.start > range.end || range.end > source.size()) {
        return Err(Error::corrupt("its footer points outside the file").with_file(source.name()));
    }
    let buffers = source.read(ranges).await.map_err(failed)?;
    let matches = ranges.len() == buffers.len()
        && ranges.iter().zip(&buffers).all(|(range, buffer)| range.end - range.start == buffer.len() as u64);
    if matches { Ok(buffers) } else { Err(failed("the source returned other lengths than asked".into())) }
}

/// What decoding relies on: chunks that lie inside the file, pages that lie inside their chunk, and
/// numbers of rows that agree.
fn check(metadata: &ParquetMetaData, size: u64) -> Result<()> {
    let mut rows = 0;
    for (index, row_group) in metadata.row_groups().iter().enumerate() {
        if row_group.num_rows() < 0 {
            return Err(Error::corrupt("a row group has a negative number of rows"));
        }
        rows += row_group.num_rows();
        for (leaf, chunk) in row_group.columns().iter().enumerate() {
            let pages = metadata.page_index().and_then(|pages| pages.page_locations(index, leaf));
            check_chunk(chunk, size, row_group.num_rows(), pages)
                .map_err(|error| error.with_column(&chunk.column_path().string()))?;
        }
    }
    if rows != metadata.file_metadata().num_rows() {
        return Err(Error::corrupt("the row groups do not add up to the number of rows"));
    }
    Ok(())
}

fn check_chunk(
    chunk: &ColumnChunkMetaData,
    size: u64,
    rows: i64,
    pages: Option<&Vec<PageLocation>>,
) -> Result<()> {
    let start = chunk.dictionary_page_offset().unwrap_or_else(|| chunk.data_page_offset());
    let end = start
        .checked_add(chunk.compressed_size())
        .filter(|end| start >= 0 && *end >= start && u64::try_from(*end).is_ok_and(|end| end <= size))
        .ok_or_else(|| Error::corrupt("a column chunk lies outside the file"))?;
    let mut next_offset = start;
    let mut next_row = 0;
    for (at, page) in pages.into_iter().flatten().enumerate() {
        let page_end = page.offset.checked_add(i64::from(page.compressed_page_size));
        let rows_ascend = if at == 0 { page.first_row_index == 0 } else { page.first_row_index >= next_row };
        let inside = page.offset >= next_offset
            && page_end.is_some_and(|page_end| page_end > page.offset && page_end <= end);
        if !inside || !rows_ascend || page.first_row_index >= rows {
            return Err(Error::corrupt("the offset index contradicts its column chunk"));
        }
        next_offset = page_end.unwrap_or(end);
        next_row = page.first_row_index + 1;
    }
    Ok(())
}
