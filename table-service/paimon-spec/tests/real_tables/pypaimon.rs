use weir_paimon_spec::manifest::{self, Compression};
use weir_paimon_spec::options::keys;
use weir_paimon_spec::{
    BinaryRow, BucketMode, CommitKind, Datum, FileKind, FileSource, Snapshot, TableOptions,
};

use crate::fixture::Fixture;

const TABLE: Fixture = Fixture("pypaimon");

#[test]
fn reads_the_schema() {
    let schema = TABLE.schema();
    assert_eq!((schema.version, schema.id, schema.highest_field_id), (3, 0, 10));
    assert_eq!(schema.primary_keys, ["dt", "region", "id"]);
    let key: Vec<&str> =
        schema.trimmed_primary_keys().unwrap().iter().map(|field| field.name.as_str()).collect();
    assert_eq!(key, ["id"]);
    assert_eq!(schema.field("amount").unwrap().data_type.to_string(), "DECIMAL(20, 2)");
    let options = TableOptions::new(schema.options.clone());
    assert_eq!(schema.bucket_mode(options.get(&keys::BUCKET).unwrap()).unwrap(), BucketMode::HashFixed);
}

#[test]
fn reads_every_snapshot_and_writes_it_back() {
    for (id, kind, total) in
        [(1, CommitKind::Append, 3), (2, CommitKind::Append, 5), (3, CommitKind::Overwrite, 6)]
    {
        let snapshot = TABLE.snapshot(id);
        assert_eq!((snapshot.id, snapshot.commit_kind, snapshot.total_record_count), (id, kind, Some(total)));
        assert!(snapshot.other.is_empty());
        assert_eq!(Snapshot::parse(&snapshot.to_json().unwrap()).unwrap(), snapshot);
    }
}

#[test]
fn finds_the_live_files_where_pypaimon_put_them() {
    assert_eq!(
        TABLE.live_files(&TABLE.snapshot(3)),
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
    let schema = TABLE.schema();
    let entries = TABLE.entries(&TABLE.snapshot(1));
    assert!(entries.iter().all(|entry| entry.kind == FileKind::Add && entry.total_buckets == 2));
    let file = &entries[0].file;
    assert_eq!(file.file_source, Some(FileSource::Append));
    assert_eq!(file.creation_time, Some(1_795_265_587_923));
    let key_types = schema.key_types().unwrap();
    assert_eq!(BinaryRow::decode(&file.min_key, &key_types).unwrap(), [Datum::BigInt(1)]);
    assert_eq!(BinaryRow::decode(&file.max_key, &key_types).unwrap(), [Datum::BigInt(2)]);
    let partition_types = schema.partition_types().unwrap();
    let partition = BinaryRow::decode(&entries[0].partition, &partition_types).unwrap();
    assert_eq!(partition, [Datum::Date(20_777), Datum::String("eu/west".into())]);
    let null_partition = BinaryRow::decode(&entries[1].partition, &partition_types).unwrap();
    assert_eq!(null_partition, [Datum::Date(20_777), Datum::Null]);
}

#[test]
fn describes_manifests_as_pypaimon_does() {
    TABLE.assert_manifests_are_described_as_here(3);
}

#[test]
fn writes_back_what_it_read() {
    let snapshot = TABLE.snapshot(3);
    let lists = TABLE.manifest_list(&snapshot.base_manifest_list);
    assert!(!lists.has_unknown_fields);
    assert!(lists.entries.iter().all(|entry| entry.total_buckets == Some(2)));
    let bytes = manifest::write_manifest_list(&lists.entries, Compression::Zstd).unwrap();
    assert_eq!(manifest::read_manifest_list(&bytes, "again").unwrap(), lists);
    let entries = TABLE.entries(&snapshot);
    let bytes = manifest::write_manifest(&entries, Compression::Zstd).unwrap();
    assert_eq!(manifest::read_manifest(&bytes, "again").unwrap().entries, entries);
}
