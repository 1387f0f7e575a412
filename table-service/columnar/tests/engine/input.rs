//! Writing input files with Parquet's low-level writer.

use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::{Compression, Encoding};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::file::writer::SerializedFileWriter;
use weir_columnar::{ColumnSource, InputFile, Section, SortedRun};

use crate::column::{ColumnType, write_column};
use crate::memory::MemorySource;
use crate::table::{Column, Row, Table, schema};

/// How an input file is laid out.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) row_group_rows: usize,
    pub(crate) page_rows: usize,
    pub(crate) dictionary: bool,
    /// Data pages V2 and the delta encodings that come with them.
    pub(crate) version_2: bool,
    pub(crate) codec: Compression,
    pub(crate) page_index: bool,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            row_group_rows: 1000,
            page_rows: 100,
            dictionary: true,
            version_2: false,
            codec: Compression::UNCOMPRESSED,
            page_index: true,
        }
    }
}

/// Writes rows of some columns to a file.
pub(crate) fn write_file(columns: &[Column], rows: &[Row], layout: &Layout) -> Bytes {
    let properties = properties(columns, layout);
    let mut writer = SerializedFileWriter::new(Vec::new(), schema(columns), Arc::new(properties)).unwrap();
    for rows in rows.chunks(layout.row_group_rows) {
        let mut group = writer.next_row_group().unwrap();
        for (at, column) in columns.iter().enumerate() {
            let values: Vec<_> = rows.iter().map(|row| row[at].clone()).collect();
            let mut chunk = group.next_column().unwrap().unwrap();
            write_column(chunk.untyped(), column.stored, &values, column.optional);
            chunk.close().unwrap();
        }
        group.close().unwrap();
    }
    writer.into_inner().unwrap().into()
}

fn properties(columns: &[Column], layout: &Layout) -> WriterProperties {
    let version = if layout.version_2 { WriterVersion::PARQUET_2_0 } else { WriterVersion::PARQUET_1_0 };
    let statistics = if layout.page_index { EnabledStatistics::Page } else { EnabledStatistics::None };
    let mut builder = WriterProperties::builder()
        .set_writer_version(version)
        .set_compression(layout.codec)
        .set_dictionary_enabled(layout.dictionary)
        .set_statistics_enabled(statistics)
        .set_offset_index_disabled(!layout.page_index)
        .set_data_page_row_count_limit(layout.page_rows)
        .set_write_batch_size(layout.page_rows);
    for (at, column) in columns.iter().enumerate() {
        if layout.version_2 && !layout.dictionary {
            let encoding = match column.stored {
                ColumnType::Utf8 | ColumnType::Binary if at % 2 == 0 => Encoding::DELTA_LENGTH_BYTE_ARRAY,
                ColumnType::Utf8 | ColumnType::Binary => Encoding::DELTA_BYTE_ARRAY,
                ColumnType::Float | ColumnType::Double => Encoding::BYTE_STREAM_SPLIT,
                _ => continue,
            };
            builder = builder.set_column_encoding(column.name.as_str().into(), encoding);
        }
    }
    builder.build()
}

/// An input file of a table's own columns.
pub(crate) fn input_file(table: &Table, name: &str, bytes: Bytes) -> InputFile {
    input_from(table, Arc::new(MemorySource::new(name, bytes)))
}

/// An input file of a table's own columns over a source.
pub(crate) fn input_from(table: &Table, source: Arc<MemorySource>) -> InputFile {
    let mut columns: Vec<ColumnSource> =
        table.columns.iter().map(|column| ColumnSource::Named(column.name.clone())).collect();
    if table.repeats_keys {
        let keys = columns[..table.keys].to_vec();
        columns[table.first_value()..][..table.keys].clone_from_slice(&keys);
    }
    InputFile { source, columns }
}

/// A run of one file.
pub(crate) fn run(table: &Table, name: &str, rows: &[Row], layout: &Layout) -> SortedRun {
    let bytes = write_file(&table.columns, rows, layout);
    SortedRun { files: vec![input_file(table, name, bytes)] }
}

/// One section with a run of one file per list of rows.
pub(crate) fn section(table: &Table, runs: &[Vec<Row>], layout: &Layout) -> Section {
    let runs = runs
        .iter()
        .enumerate()
        .map(|(at, rows)| run(table, &format!("run-{at}.parquet"), rows, layout))
        .collect();
    Section { runs }
}
