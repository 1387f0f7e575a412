use std::sync::Arc;

use parquet::basic::{Compression, Encoding, GzipLevel, PageType, ZstdLevel};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::properties::{
    EnabledStatistics, WriterProperties, WriterPropertiesBuilder, WriterVersion,
};

use crate::leaf::{Leaf, Physical};
use crate::read::Run;
use crate::spec::{Codec, OutputOptions};
use crate::{Error, Result};

/// In the form that parquet-java parses; it distrusts statistics of files whose writer it cannot
/// parse.
const CREATED_BY: &str = concat!("weir version ", env!("CARGO_PKG_VERSION"));

/// Longest minimum or maximum that is written in full.
const STATISTICS_BYTES: usize = 1024;

/// The layout of output files: version 1.0, dictionary or PLAIN, page index, no INT96 statistics.
pub(crate) fn writer_properties(
    options: &OutputOptions,
    leaves: &[Leaf],
    runs: &[Run],
) -> Result<Arc<WriterProperties>> {
    let mut builder = WriterProperties::builder()
        .set_created_by(CREATED_BY.to_owned())
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_compression(compression(options.codec)?)
        .set_data_page_size_limit(options.page_bytes)
        .set_data_page_row_count_limit(options.page_rows)
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_statistics_truncate_length(Some(STATISTICS_BYTES))
        .set_max_row_group_row_count(None);
    for (column, leaf) in leaves.iter().enumerate() {
        let dictionary = options.dictionary && is_dictionary_encoded(runs, column);
        builder = set_column(builder, leaf, dictionary);
    }
    Ok(Arc::new(builder.build()))
}

fn set_column(builder: WriterPropertiesBuilder, leaf: &Leaf, dictionary: bool) -> WriterPropertiesBuilder {
    let path = leaf.descriptor.path();
    let builder = builder.set_column_dictionary_enabled(path.clone(), dictionary);
    if leaf.physical == Physical::Int96 {
        // INT96 has no defined order, so readers must not find a minimum or maximum.
        return builder.set_column_statistics_enabled(path.clone(), EnabledStatistics::None);
    }
    builder
}

/// Whether most rows of the inputs lie in chunks that a dictionary covers, which says that one pays.
fn is_dictionary_encoded(runs: &[Run], column: usize) -> bool {
    let (mut covered, mut rows) = (0, 0);
    for file in runs.iter().flat_map(Run::files) {
        let Some(input) = file.column(column) else { continue };
        for group in file.metadata().row_groups() {
            rows += group.num_rows();
            if is_covered(group.column(input.index)) {
                covered += group.num_rows();
            }
        }
    }
    covered * 2 > rows
}

fn is_covered(chunk: &ColumnChunkMetaData) -> bool {
    if chunk.dictionary_page_offset().is_none() && !chunk.encodings().any(is_dictionary) {
        return false;
    }
    match chunk.page_encoding_stats() {
        Some(pages) => pages
            .iter()
            .filter(|pages| matches!(pages.page_type, PageType::DATA_PAGE | PageType::DATA_PAGE_V2))
            .all(|pages| is_dictionary(pages.encoding)),
        None => chunk.encodings().any(is_dictionary),
    }
}

fn is_dictionary(encoding: Encoding) -> bool {
    matches!(encoding, Encoding::PLAIN_DICTIONARY | Encoding::RLE_DICTIONARY)
}

/// Whether pages are compressed with a codec, at whatever level.
pub(crate) fn is_same_codec(compression: Compression, codec: Codec) -> bool {
    match codec {
        Codec::None => compression == Compression::UNCOMPRESSED,
        Codec::Snappy => compression == Compression::SNAPPY,
        Codec::Gzip(_) => matches!(compression, Compression::GZIP(_)),
        Codec::Zstd(_) => matches!(compression, Compression::ZSTD(_)),
        Codec::Lz4Raw => compression == Compression::LZ4_RAW,
    }
}

fn compression(codec: Codec) -> Result<Compression> {
    let level = |error| Error::internal("the compression level is out of range").with_source(error);
    Ok(match codec {
        Codec::None => Compression::UNCOMPRESSED,
        Codec::Snappy => Compression::SNAPPY,
        Codec::Gzip(gzip) => Compression::GZIP(GzipLevel::try_new(gzip).map_err(level)?),
        Codec::Zstd(zstd) => Compression::ZSTD(ZstdLevel::try_new(zstd).map_err(level)?),
        Codec::Lz4Raw => Compression::LZ4_RAW,
    })
}
