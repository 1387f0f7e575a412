//! Reads the metadata of a table that pypaimon 2.1.0 wrote.
//!
//! `fixtures/pypaimon/make.py` says how the table was made.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail the test")]

use std::fs;
use std::path::PathBuf;

use weir_paimon_spec::manifest::{self, Compression, ManifestContent};
use weir_paimon_spec::paths::{DataPaths, FileLocation};
use weir_paimon_spec::{
    BinaryRow, BucketMode, CommitKind, DataType, Datum, FileKind, FileSource, ManifestEntry,
    ManifestFileMeta, Snapshot, TableOptions, TableSchema,
};

fn fixture(path: &str) -> Vec<u8> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pypaimon").join(path);
    fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn snapshot(id: i64) -> Snapshot {
    Snapshot::parse(&fixture(&format!("snapshot/snapshot-{id}"))).unwrap()
}

fn schema() -> TableSchema {
    TableSchema::parse(&fixture("schema/schema-0")).unwrap()
}

fn list(name: &str) -> ManifestContent<ManifestFileMeta> {
    manifest::read_manifest_list(&fixture(&format!("manifest/{name}")), name).unwrap()
}

fn entries(snapshot: &Snapshot) -> Vec<ManifestEntry> {
    [&snapshot.base_manifest_list, &snapshot.delta_manifest_list]
        .into_iter()
        .flat_map(|name| list(name).entries)
        .flat_map(|meta| {
            let bytes = fixture(&format!("manifest/{}", meta.file_name));
            assert_eq!(meta.file_size, i64::try_from(bytes.len()).unwrap());
            let content = manifest::read_manifest(&bytes, &meta.file_name).unwrap();
            assert!(!content.has_unknown_fields);
            content.entries
        })
        .collect()
}

#[test]
fn reads_the_schema() {
    let schema = schema();
    assert_eq!((schema.version, schema.id, schema.highest_field_id), (3, 0, 10));
    assert_eq!(schema.primary_keys, ["dt", "region", "id"]);
    let key: Vec<&str> =
        schema.trimmed_primary_keys().unwrap().iter().map(|field| field.name.as_str()).collect();
    assert_eq!(key, ["id"]);
    assert_eq!(schema.field("amount").unwrap().data_type.to_string(), "DECIMAL(20, 2)");
    let options = TableOptions::new(schema.options.clone());
    assert_eq!(
        schema.bucket_mode(options.get(&weir_paimon_spec::options::keys::BUCKET).unwrap()).unwrap(),
        BucketMode::HashFixed
    );
}

#[test]
fn reads_every_snapshot_and_writes_it_back() {
    for (id, kind, total) in
        [(1, CommitKind::Append, 3), (2, CommitKind::Append, 5), (3, CommitKind::Overwrite, 6)]
    {
        let snapshot = snapshot(id);
        assert_eq!((snapshot.id, snapshot.commit_kind, snapshot.total_record_count), (id, kind, Some(total)));
        assert!(snapshot.other.is_empty());
        assert_eq!(Snapshot::parse(&snapshot.to_json().unwrap()).unwrap(), snapshot);
    }
}

#[test]
fn finds_the_live_files_where_pypaimon_put_them() {
    let schema = schema();
    let paths = DataPaths::new(&schema, &TableOptions::new(schema.options.clone())).unwrap();
    let merged = manifest::merge(entries(&snapshot(3))).unwrap();
    assert_eq!((merged.unmatched_deletes.len(), merged.added_again.len()), (0, 0));
    let mut found: Vec<String> = merged
        .live
        .iter()
        .map(|entry| match paths.data_file(&entry.partition, entry.bucket, &entry.file).unwrap() {
            FileLocation::Table(path) => path,
            FileLocation::External(path) => panic!("external {path}"),
        })
        .collect();
    found.sort();
    assert_eq!(
        found,
        [
            "dt=-1/region=us/bucket-1/data-23b48f9b-d639-42fa-8f65-ea613d9e528c-0.parquet",
            "dt=20777/region=__DEFAULT_PARTITION__/bucket-1/data-3e107ff3-be85-48dc-a18d-493daadc183c-0.parquet",
            "dt=20777/region=eu%2Fwest/bucket-0/data-2e328a1b-0b57-4b27-9005-67a9c730add3-0.parquet",
            "dt=20777/region=eu%2Fwest/bucket-0/data-6cea7176-a067-43bf-ae43-f346b30e1f89-0.parquet",
            "dt=20777/region=us/bucket-1/data-08e9d639-ca42-4872-99cc-6caabeb7d7c5-0.parquet",
        ]
    );
}

#[test]
fn decodes_keys_partitions_and_sources() {
    let schema = schema();
    let entries = entries(&snapshot(1));
    assert!(entries.iter().all(|entry| entry.kind == FileKind::Add && entry.total_buckets == 2));
    let file = &entries[0].file;
    assert_eq!(file.file_source, Some(FileSource::Append));
    assert_eq!(file.creation_time, Some(1_795_265_587_923));
    let key_types: Vec<DataType> = schema.key_types().unwrap();
    assert_eq!(BinaryRow::decode(&file.min_key, &key_types).unwrap(), [Datum::BigInt(1)]);
    assert_eq!(BinaryRow::decode(&file.max_key, &key_types).unwrap(), [Datum::BigInt(2)]);
    let partition = BinaryRow::decode(&entries[0].partition, &schema.partition_types().unwrap()).unwrap();
    assert_eq!(partition, [Datum::Date(20_777), Datum::String("eu/west".into())]);
    let null_partition =
        BinaryRow::decode(&entries[1].partition, &schema.partition_types().unwrap()).unwrap();
    assert_eq!(null_partition, [Datum::Date(20_777), Datum::Null]);
}

#[test]
fn describes_manifests_as_pypaimon_does() {
    let types = schema().partition_types().unwrap();
    for id in 1..=3 {
        for meta in list(&snapshot(id).delta_manifest_list).entries {
            let bytes = fixture(&format!("manifest/{}", meta.file_name));
            let entries = manifest::read_manifest(&bytes, &meta.file_name).unwrap().entries;
            let ours =
                ManifestFileMeta::from_entries(&meta.file_name, meta.file_size, &entries, &types, 0).unwrap();
            let theirs = ManifestFileMeta { total_buckets: None, ..meta };
            assert_eq!(ours, theirs);
        }
    }
}

#[test]
fn writes_back_what_it_read() {
    let lists = list(&snapshot(3).base_manifest_list);
    assert!(!lists.has_unknown_fields);
    let bytes = manifest::write_manifest_list(&lists.entries, Compression::Zstd).unwrap();
    assert_eq!(manifest::read_manifest_list(&bytes, "again").unwrap(), lists);
    let entries = entries(&snapshot(3));
    let bytes = manifest::write_manifest(&entries, Compression::Zstd).unwrap();
    assert_eq!(manifest::read_manifest(&bytes, "again").unwrap().entries, entries);
}
