use super::*;
use crate::manifest::DataFileMeta;

fn types() -> Vec<DataType> {
    vec!["INT".parse().unwrap(), "STRING".parse().unwrap()]
}

fn entry(kind: FileKind, partition: &[Datum], bucket: i32, file: DataFileMeta) -> ManifestEntry {
    ManifestEntry {
        kind,
        partition: BinaryRow::encode(partition, &types()).unwrap(),
        bucket,
        total_buckets: 8,
        file: file.into(),
    }
}

fn file(level: i32, schema_id: i64, first_row_id: Option<i64>) -> DataFileMeta {
    DataFileMeta { schema_id, level, first_row_id, ..DataFileMeta::append("data-1.parquet", 100, 10) }
}

fn text(value: &str) -> Datum {
    Datum::String(value.to_owned())
}

#[test]
fn describes_all_entries() {
    let long = "a text that is longer than any truncation of statistics";
    let entries = [
        entry(FileKind::Add, &[Datum::Int(3), text(long)], 0, file(0, 1, Some(100))),
        entry(FileKind::Delete, &[Datum::Int(-7), Datum::Null], 5, file(4, 3, Some(0))),
        entry(FileKind::Add, &[Datum::Int(3), text(long)], 2, file(5, 2, Some(50))),
    ];
    let meta = ManifestFileMeta::from_entries("manifest-1", 99, &entries, &types(), 0).unwrap();
    assert_eq!((meta.file_name.as_str(), meta.file_size), ("manifest-1", 99));
    assert_eq!((meta.num_added_files, meta.num_deleted_files, meta.schema_id), (2, 1, 3));
    assert_eq!((meta.min_bucket, meta.max_bucket), (Some(0), Some(5)));
    assert_eq!((meta.min_level, meta.max_level), (Some(0), Some(5)));
    assert_eq!((meta.min_row_id, meta.max_row_id), (Some(0), Some(109)));
    let stats = meta.partition_stats.decode(&types()).unwrap();
    assert_eq!(stats[0], ColumnStats { min: Datum::Int(-7), max: Datum::Int(3), null_count: Some(0) });
    assert_eq!(stats[1], ColumnStats { min: text(long), max: text(long), null_count: Some(1) });
}

#[test]
fn leaves_out_the_row_ids_when_one_entry_has_none() {
    let entries = [
        entry(FileKind::Add, &[Datum::Int(3), Datum::Null], 0, file(0, 1, Some(100))),
        entry(FileKind::Add, &[Datum::Int(3), Datum::Null], 0, file(0, 1, None)),
    ];
    let meta = ManifestFileMeta::from_entries("manifest-1", 99, &entries, &types(), 0).unwrap();
    assert_eq!((meta.min_row_id, meta.max_row_id), (None, None));
}

#[test]
fn describes_tables_without_partitions() {
    let mut one = entry(FileKind::Add, &[Datum::Null, Datum::Null], 0, file(0, 1, None));
    one.partition = crate::binary_row::EMPTY_ROW.to_vec();
    let meta = ManifestFileMeta::from_entries("manifest-1", 99, &[one], &[], 0).unwrap();
    assert_eq!(meta.partition_stats, SimpleStats::empty());
}

#[test]
fn takes_the_writers_schema_when_there_is_no_entry() {
    let meta = ManifestFileMeta::from_entries("manifest-1", 99, &[], &types(), 4).unwrap();
    assert_eq!((meta.schema_id, meta.num_added_files, meta.min_bucket), (4, 0, None));
}

#[test]
fn names_the_manifest_of_a_partition_that_does_not_fit() {
    let mut one = entry(FileKind::Add, &[Datum::Null, Datum::Null], 0, file(0, 1, None));
    one.partition = vec![0, 0];
    let error = ManifestFileMeta::from_entries("manifest-1", 99, &[one], &types(), 0).unwrap_err();
    assert!(error.to_string().starts_with("manifest-1: _PARTITION: "), "{error}");
}
