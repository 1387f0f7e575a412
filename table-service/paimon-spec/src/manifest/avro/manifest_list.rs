//! Entries of manifest lists as records (format §4.2).

use super::decode::{Record, Texts, in_record};
use super::encode::Columns;
use super::record::AvroRecord;
use super::stats::{self, StatsColumn};
use crate::error::Result;
use crate::manifest::ManifestFileMeta;

const AS_JAVA_WRITES: &str = include_str!("manifest_list.avsc");
/// With the two members that only pypaimon writes.
const WITH_EXTRA_FILES: &str = include_str!("manifest_list_with_extra_files.avsc");

impl AvroRecord for ManifestFileMeta {
    const VERSION: i32 = 2;

    fn schema(entries: &[Self]) -> &'static str {
        let extra = entries.iter().any(|entry| entry.total_buckets.is_some() || entry.extra_files.is_some());
        if extra { WITH_EXTRA_FILES } else { AS_JAVA_WRITES }
    }

    fn read(records: &Record<'_>, entries: &mut Vec<Self>) -> Result<()> {
        let file_name = records.texts("_FILE_NAME")?;
        let file_size = records.longs("_FILE_SIZE")?;
        let num_added_files = records.longs("_NUM_ADDED_FILES")?;
        let num_deleted_files = records.longs("_NUM_DELETED_FILES")?;
        let partition_stats = StatsColumn::of(&records.record("_PARTITION_STATS")?)?;
        let schema_id = records.longs("_SCHEMA_ID")?;
        let min_bucket = records.optional_longs("_MIN_BUCKET")?;
        let max_bucket = records.optional_longs("_MAX_BUCKET")?;
        let min_level = records.optional_longs("_MIN_LEVEL")?;
        let max_level = records.optional_longs("_MAX_LEVEL")?;
        let min_row_id = records.optional_longs("_MIN_ROW_ID")?;
        let max_row_id = records.optional_longs("_MAX_ROW_ID")?;
        let total_buckets = records.optional_longs("_TOTAL_BUCKETS")?;
        let extra_files = records.text_lists("_EXTRA_FILES")?;
        let entry = |row| {
            Ok(Self {
                file_name: file_name.get(row)?,
                file_size: file_size.get(row)?,
                num_added_files: num_added_files.get(row)?,
                num_deleted_files: num_deleted_files.get(row)?,
                partition_stats: partition_stats.get(row)?,
                schema_id: schema_id.get(row)?,
                min_bucket: min_bucket.find_int(row)?,
                max_bucket: max_bucket.find_int(row)?,
                min_level: min_level.find_int(row)?,
                max_level: max_level.find_int(row)?,
                min_row_id: min_row_id.find(row),
                max_row_id: max_row_id.find(row),
                total_buckets: total_buckets.find_int(row)?,
                extra_files: extra_files.find(row, Texts::get)?,
            })
        };
        (0..records.len()).try_for_each(|row| {
            entries.push(in_record(entry(row), row)?);
            Ok(())
        })
    }

    fn write(entries: &[Self], schema: &str, columns: &mut Columns) -> Result<()> {
        let all = || entries.iter();
        columns.texts("_FILE_NAME", all().map(|entry| entry.file_name.as_str()));
        columns.longs("_FILE_SIZE", all().map(|entry| entry.file_size));
        columns.longs("_NUM_ADDED_FILES", all().map(|entry| entry.num_added_files));
        columns.longs("_NUM_DELETED_FILES", all().map(|entry| entry.num_deleted_files));
        stats::write(columns, "_PARTITION_STATS", all().map(|entry| &entry.partition_stats))?;
        columns.longs("_SCHEMA_ID", all().map(|entry| entry.schema_id));
        columns.optional_ints("_MIN_BUCKET", all().map(|entry| entry.min_bucket));
        columns.optional_ints("_MAX_BUCKET", all().map(|entry| entry.max_bucket));
        columns.optional_ints("_MIN_LEVEL", all().map(|entry| entry.min_level));
        columns.optional_ints("_MAX_LEVEL", all().map(|entry| entry.max_level));
        columns.optional_longs("_MIN_ROW_ID", all().map(|entry| entry.min_row_id));
        columns.optional_longs("_MAX_ROW_ID", all().map(|entry| entry.max_row_id));
        if schema == WITH_EXTRA_FILES {
            columns.optional_ints("_TOTAL_BUCKETS", all().map(|entry| entry.total_buckets));
            columns.text_lists("_EXTRA_FILES", all().map(|entry| entry.extra_files.as_deref()), true)?;
        }
        Ok(())
    }
}
