//! Entries of manifests as records (format §4.3, §4.4).

use std::sync::Arc;

use super::decode::{Blobs, Lists, Longs, Record, Texts, in_record};
use super::encode::Columns;
use super::record::AvroRecord;
use super::stats::{self, StatsColumn};
use crate::error::Result;
use crate::manifest::{DataFileMeta, FileKind, FileSource, ManifestEntry};

impl AvroRecord for ManifestEntry {
    const VERSION: i32 = 2;

    fn schema(_entries: &[Self]) -> &'static str {
        include_str!("manifest_entry.avsc")
    }

    fn read(records: &Record<'_>, entries: &mut Vec<Self>) -> Result<()> {
        let kind = records.longs("_KIND")?;
        let partition = records.blobs("_PARTITION")?;
        let bucket = records.longs("_BUCKET")?;
        let total_buckets = records.longs("_TOTAL_BUCKETS")?;
        let file = FileColumn::of(&records.record("_FILE")?)?;
        let entry = |row| {
            Ok(Self {
                kind: FileKind::from_code(kind.int(row)?)?,
                partition: partition.get(row)?,
                bucket: bucket.int(row)?,
                total_buckets: total_buckets.int(row)?,
                file: Arc::new(file.get(row)?),
            })
        };
        (0..records.len()).try_for_each(|row| {
            entries.push(in_record(entry(row), row)?);
            Ok(())
        })
    }

    fn write(entries: &[Self], _schema: &str, columns: &mut Columns) -> Result<()> {
        let all = || entries.iter();
        columns.ints("_KIND", all().map(|entry| entry.kind.code()));
        columns.blobs("_PARTITION", all().map(|entry| entry.partition.as_slice()));
        columns.ints("_BUCKET", all().map(|entry| entry.bucket));
        columns.ints("_TOTAL_BUCKETS", all().map(|entry| entry.total_buckets));
        columns.record("_FILE", file_columns(entries)?)
    }
}

/// A column of data files.
struct FileColumn<'a> {
    file_name: Texts<'a>,
    file_size: Longs<'a>,
    row_count: Longs<'a>,
    min_key: Blobs<'a>,
    max_key: Blobs<'a>,
    key_stats: StatsColumn<'a>,
    value_stats: StatsColumn<'a>,
    min_sequence_number: Longs<'a>,
    max_sequence_number: Longs<'a>,
    schema_id: Longs<'a>,
    level: Longs<'a>,
    extra_files: Lists<'a, Texts<'a>>,
    creation_time: Longs<'a>,
    delete_row_count: Longs<'a>,
    embedded_file_index: Blobs<'a>,
    file_source: Longs<'a>,
    value_stats_cols: Lists<'a, Texts<'a>>,
    external_path: Texts<'a>,
    first_row_id: Longs<'a>,
    write_cols: Lists<'a, Texts<'a>>,
    write_cols_sequences: Lists<'a, Longs<'a>>,
}

impl<'a> FileColumn<'a> {
    fn of(record: &Record<'a>) -> Result<Self> {
        let column = Self {
            file_name: record.texts("_FILE_NAME")?,
            file_size: record.longs("_FILE_SIZE")?,
            row_count: record.longs("_ROW_COUNT")?,
            min_key: record.blobs("_MIN_KEY")?,
            max_key: record.blobs("_MAX_KEY")?,
            key_stats: StatsColumn::of(&record.record("_KEY_STATS")?)?,
            value_stats: StatsColumn::of(&record.record("_VALUE_STATS")?)?,
            min_sequence_number: record.longs("_MIN_SEQUENCE_NUMBER")?,
            max_sequence_number: record.longs("_MAX_SEQUENCE_NUMBER")?,
            schema_id: record.longs("_SCHEMA_ID")?,
            level: record.longs("_LEVEL")?,
            extra_files: record.text_lists("_EXTRA_FILES")?,
            creation_time: record.optional_longs("_CREATION_TIME")?,
            delete_row_count: record.optional_longs("_DELETE_ROW_COUNT")?,
            embedded_file_index: record.optional_blobs("_EMBEDDED_FILE_INDEX")?,
            file_source: record.optional_longs("_FILE_SOURCE")?,
            value_stats_cols: record.text_lists("_VALUE_STATS_COLS")?,
            external_path: record.optional_texts("_EXTERNAL_PATH")?,
            first_row_id: record.optional_longs("_FIRST_ROW_ID")?,
            write_cols: record.text_lists("_WRITE_COLS")?,
            write_cols_sequences: record.long_lists("_WRITE_COLS_SEQUENCES")?,
        };
        record.note_unread_fields();
        Ok(column)
    }

    fn get(&self, row: usize) -> Result<DataFileMeta> {
        let text = |texts: &Texts<'_>, at| texts.get(at);
        Ok(DataFileMeta {
            file_name: self.file_name.get(row)?,
            file_size: self.file_size.get(row)?,
            row_count: self.row_count.get(row)?,
            min_key: self.min_key.get(row)?,
            max_key: self.max_key.get(row)?,
            key_stats: self.key_stats.get(row)?,
            value_stats: self.value_stats.get(row)?,
            min_sequence_number: self.min_sequence_number.get(row)?,
            max_sequence_number: self.max_sequence_number.get(row)?,
            schema_id: self.schema_id.get(row)?,
            level: self.level.int(row)?,
            extra_files: self.extra_files.find(row, text)?.unwrap_or_default(),
            creation_time: self.creation_time.find(row),
            delete_row_count: self.delete_row_count.find(row),
            embedded_file_index: self.embedded_file_index.find(row),
            file_source: self.file_source.find_int(row)?.map(FileSource::from_code).transpose()?,
            value_stats_cols: self.value_stats_cols.find(row, text)?,
            external_path: self.external_path.find(row),
            first_row_id: self.first_row_id.find(row),
            write_cols: self.write_cols.find(row, text)?,
            write_cols_sequences: self.write_cols_sequences.find(row, Longs::get)?,
        })
    }
}

fn file_columns(entries: &[ManifestEntry]) -> Result<Columns> {
    let all = || entries.iter().map(|entry| &entry.file);
    let mut columns = Columns::default();
    columns.texts("_FILE_NAME", all().map(|file| file.file_name.as_str()));
    columns.longs("_FILE_SIZE", all().map(|file| file.file_size));
    columns.longs("_ROW_COUNT", all().map(|file| file.row_count));
    columns.blobs("_MIN_KEY", all().map(|file| file.min_key.as_slice()));
    columns.blobs("_MAX_KEY", all().map(|file| file.max_key.as_slice()));
    stats::write(&mut columns, "_KEY_STATS", all().map(|file| &file.key_stats))?;
    stats::write(&mut columns, "_VALUE_STATS", all().map(|file| &file.value_stats))?;
    columns.longs("_MIN_SEQUENCE_NUMBER", all().map(|file| file.min_sequence_number));
    columns.longs("_MAX_SEQUENCE_NUMBER", all().map(|file| file.max_sequence_number));
    columns.longs("_SCHEMA_ID", all().map(|file| file.schema_id));
    columns.ints("_LEVEL", all().map(|file| file.level));
    columns.text_lists("_EXTRA_FILES", all().map(|file| Some(file.extra_files.as_slice())), false)?;
    columns.optional_millis("_CREATION_TIME", all().map(|file| file.creation_time));
    columns.optional_longs("_DELETE_ROW_COUNT", all().map(|file| file.delete_row_count));
    columns.optional_blobs("_EMBEDDED_FILE_INDEX", all().map(|file| file.embedded_file_index.as_deref()));
    columns.optional_ints("_FILE_SOURCE", all().map(|file| file.file_source.map(FileSource::code)));
    columns.text_lists("_VALUE_STATS_COLS", all().map(|file| file.value_stats_cols.as_deref()), true)?;
    columns.optional_texts("_EXTERNAL_PATH", all().map(|file| file.external_path.as_deref()));
    columns.optional_longs("_FIRST_ROW_ID", all().map(|file| file.first_row_id));
    columns.text_lists("_WRITE_COLS", all().map(|file| file.write_cols.as_deref()), true)?;
    columns.optional_long_lists(
        "_WRITE_COLS_SEQUENCES",
        all().map(|file| file.write_cols_sequences.as_deref()),
    )?;
    Ok(columns)
}
