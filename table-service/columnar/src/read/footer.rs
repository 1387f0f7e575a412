use parquet::DecodeResult;
use parquet::file::metadata::{
    PageIndexPolicy, ParquetMetaData, ParquetMetaDataOptions, ParquetMetaDataPushDecoder,
};

use crate::{Error, Result, Source};

/// Bytes from the end of a file that are read at once: footer and page indexes of most files.
const TAIL_BYTES: u64 = 64 << 10;

/// Reads the footer and the offset index, if there is one. Returns how many bytes that took.
pub(crate) async fn read_footer(source: &dyn Source) -> Result<(ParquetMetaData, u64)> {
    let size = source.size();
    let corrupt = |error| {
        Error::corrupt("its Parquet footer cannot be read").with_file(source.name()).with_source(error)
    };
    let options = ParquetMetaDataOptions::new().with_encoding_stats_as_mask(true);
    let mut decoder = ParquetMetaDataPushDecoder::try_new(size)
        .map_err(corrupt)?
        .with_metadata_options(Some(std::sync::Arc::new(options)))
        .with_column_index_policy(PageIndexPolicy::Skip)
        .with_offset_index_policy(PageIndexPolicy::Optional);
    let mut wanted = std::iter::once(size.saturating_sub(TAIL_BYTES)..size).collect::<Vec<_>>();
    let mut read_bytes = 0;
    loop {
        let buffers = source
            .read(&wanted)
            .await
            .map_err(|error| Error::io("reading a Parquet footer", error).with_file(source.name()))?;
        read_bytes += wanted.iter().map(|range| range.end - range.start).sum::<u64>();
        decoder.push_ranges(wanted, buffers).map_err(corrupt)?;
        match decoder.try_decode().map_err(corrupt)? {
            DecodeResult::NeedsData(ranges) => wanted = ranges,
            DecodeResult::Data(metadata) => {
                check(&metadata, size).map_err(|error| error.with_file(source.name()))?;
                return Ok((metadata, read_bytes));
            }
            DecodeResult::Finished => {
                return Err(
                    Error::internal("the footer decoder ended without a footer").with_file(source.name())
                );
            }
        }
    }
}

/// What decoding relies on: chunks that lie inside the file and agree on the number of rows.
fn check(metadata: &ParquetMetaData, size: u64) -> Result<()> {
    let mut rows = 0;
    for row_group in metadata.row_groups() {
        if row_group.num_rows() < 0 {
            return Err(Error::corrupt("a row group has a negative number of rows"));
        }
        rows += row_group.num_rows();
        for chunk in row_group.columns() {
            let start = chunk.dictionary_page_offset().unwrap_or_else(|| chunk.data_page_offset());
            let end = start.checked_add(chunk.compressed_size());
            let inside = start >= 0
                && chunk.compressed_size() >= 0
                && end.and_then(|end| u64::try_from(end).ok()).is_some_and(|end| end <= size);
            if !inside {
                return Err(Error::corrupt("a column chunk lies outside the file")
                    .with_column(&chunk.column_path().string()));
            }
        }
    }
    if rows != metadata.file_metadata().num_rows() {
        return Err(Error::corrupt("the row groups do not add up to the number of rows"));
    }
    Ok(())
}
