use serde_json::Value;
use weir_paimon_spec::binary_row::default_bucket;
use weir_paimon_spec::manifest::{self, Compression};
use weir_paimon_spec::stats::{self, SimpleStats, StatsModes};
use weir_paimon_spec::{
    BinaryRow, CommitKind, DataType, Datum, FileKind, ManifestEntry, Snapshot, TableOptions, Tag,
};

use crate::fixture::Fixture;

const TABLE: Fixture = Fixture("java");
const LAST_SNAPSHOT: i64 = 6;

fn all_entries() -> Vec<ManifestEntry> {
    (1..=LAST_SNAPSHOT).flat_map(|id| TABLE.entries(&TABLE.snapshot(id))).collect()
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

/// The schema in the header of an Avro container.
fn avro_schema(bytes: &[u8]) -> Value {
    let text = String::from_utf8_lossy(bytes);
    let start = text.find("{\"type\":\"record\"").unwrap();
    serde_json::Deserializer::from_str(&text[start..]).into_iter().next().unwrap().unwrap()
}

/// Takes out the members that release 1.4.2 does not know.
fn without_newer_members(schema: &mut Value) {
    if let Some(fields) = schema.get_mut("fields").and_then(Value::as_array_mut) {
        fields.retain(|field| {
            !["_WRITE_COLS_SEQUENCES", "_SOURCE_META"].contains(&field["name"].as_str().unwrap())
        });
        for field in fields {
            without_newer_members(&mut field["type"]);
        }
    }
    for branch in schema.as_array_mut().into_iter().flatten() {
        without_newer_members(branch);
    }
}

#[test]
fn finds_the_live_files_where_java_put_them() {
    let expected = String::from_utf8(TABLE.bytes("live-files")).unwrap();
    assert_eq!(TABLE.live_files(&TABLE.snapshot(LAST_SNAPSHOT)), expected.lines().collect::<Vec<_>>());
}

#[test]
fn reads_every_snapshot_and_writes_it_back() {
    for id in 1..=LAST_SNAPSHOT {
        let bytes = TABLE.bytes(&format!("snapshot/snapshot-{id}"));
        let snapshot = Snapshot::parse(&bytes).unwrap();
        let kind = if id % 2 == 1 { CommitKind::Append } else { CommitKind::Compact };
        assert_eq!((snapshot.id, snapshot.commit_kind, snapshot.next_row_id), (id, kind, Some(0)));
        assert_eq!(json(&snapshot.to_json().unwrap()), json(&bytes));
    }
}

#[test]
fn reads_the_tag_and_writes_it_back() {
    let bytes = TABLE.bytes("tag/tag-v1");
    let tag = Tag::parse(&bytes).unwrap();
    assert_eq!(tag.snapshot, TABLE.snapshot(2));
    assert_eq!(json(&tag.to_json().unwrap()), json(&bytes));
}

#[test]
fn counts_the_rows_that_java_counts() {
    for id in 1..=LAST_SNAPSHOT {
        let snapshot = TABLE.snapshot(id);
        let live = manifest::merge(TABLE.entries(&snapshot)).unwrap().live;
        let rows: i64 = live.iter().map(|entry| entry.file.row_count).sum();
        assert_eq!(snapshot.total_record_count, Some(rows));
    }
}

#[test]
fn describes_manifests_as_java_does() {
    TABLE.assert_manifests_are_described_as_here(LAST_SNAPSHOT);
}

#[test]
fn finds_keys_in_the_bucket_where_java_put_them() {
    let types = TABLE.schema().key_types().unwrap();
    for entry in all_entries() {
        for key in [&entry.file.min_key, &entry.file.max_key] {
            let values = BinaryRow::decode(key, &types).unwrap();
            assert_eq!(&BinaryRow::encode(&values, &types).unwrap(), key);
            let row = BinaryRow::encode_bare(&values, &types).unwrap();
            assert_eq!(default_bucket(&row, entry.total_buckets).unwrap(), entry.bucket);
        }
    }
}

/// Java's statistics decode to values that encode to Java's bytes, nulls of wide types included.
#[test]
fn reads_statistics_and_writes_the_same_bytes() {
    let schema = TABLE.schema();
    let mut null_amounts = 0;
    for entry in all_entries() {
        let file = &entry.file;
        let names = file.value_stats_cols.as_deref().unwrap();
        let fields: Vec<_> = names.iter().map(|name| schema.field(name).unwrap().clone()).collect();
        let types: Vec<DataType> = fields.iter().map(|field| field.data_type.clone()).collect();
        let columns = file.value_stats.decode(&types).unwrap();
        assert_eq!(SimpleStats::exact(&columns, &types).unwrap(), file.value_stats);
        null_amounts += columns[4].null_count.unwrap();

        let by_name = stats::by_name(&file.value_stats, Some(names), &schema.fields).unwrap();
        assert_eq!(by_name["day"].min, Datum::Date(20_777));
        let Datum::String(name) = &by_name["name"].max else { panic!("no name in {file:?}") };
        assert_eq!(name.chars().count(), 16);
        assert!(!by_name.contains_key("raw"), "the column is beyond the first twelve");
    }
    assert!(null_amounts > 0);
}

#[test]
fn keeps_statistics_of_the_columns_of_which_java_keeps_them() {
    let schema = TABLE.schema();
    let options = TableOptions::new(schema.options.clone());
    let modes = StatsModes::for_level(&options, 0).unwrap();
    let columns = schema.fields.iter().map(|field| field.name.as_str());
    let kept: Vec<&str> = columns
        .clone()
        .zip(modes.resolve(columns, &[]))
        .filter(|(_, mode)| *mode != stats::StatsMode::None)
        .map(|(column, _)| column)
        .collect();
    for entry in all_entries() {
        assert_eq!(entry.file.value_stats_cols.as_deref().unwrap(), kept);
    }
}

#[test]
fn reads_embedded_and_separate_file_indexes() {
    let entries = all_entries();
    assert!(entries.iter().any(|entry| entry.file.embedded_file_index.is_some()));
    assert!(entries.iter().any(|entry| entry.file.extra_files.iter().any(|name| name.contains(".index"))));
    assert!(entries.iter().any(|entry| entry.file.delete_row_count == Some(1)));
    assert!(entries.iter().any(|entry| entry.kind == FileKind::Delete));
}

#[test]
fn reads_deletion_vectors_and_empty_index_files() {
    let name = TABLE.snapshot(LAST_SNAPSHOT).index_manifest.unwrap();
    let content = TABLE.index_manifest(&name);
    assert!(!content.has_unknown_fields);
    let cardinalities: Vec<Vec<Option<i64>>> = content
        .entries
        .iter()
        .map(|entry| {
            assert_eq!(entry.index_type, manifest::DELETION_VECTORS_INDEX);
            let ranges = entry.deletion_vector_ranges.as_deref().unwrap();
            assert_eq!(i64::try_from(ranges.len()).unwrap(), entry.row_count);
            ranges.iter().map(|range| range.cardinality).collect()
        })
        .collect();
    assert_eq!(cardinalities, [vec![Some(3)], vec![], vec![]]);
    let bytes = manifest::write_index_manifest(&content.entries, Compression::Zstd).unwrap();
    assert_eq!(manifest::read_index_manifest(&bytes, "again").unwrap(), content);
}

#[test]
fn writes_the_schemas_that_java_writes() {
    let snapshot = TABLE.snapshot(LAST_SNAPSHOT);
    let list_name = &snapshot.base_manifest_list;
    let list = TABLE.manifest_list(list_name);
    let manifest_name = &list.entries[0].file_name;
    let index_name = snapshot.index_manifest.clone().unwrap();
    let index = TABLE.index_manifest(&index_name);
    let entries = TABLE.manifest(&list.entries[0]).entries;
    for (name, ours) in [
        (list_name, manifest::write_manifest_list(&list.entries, Compression::Zstd).unwrap()),
        (manifest_name, manifest::write_manifest(&entries, Compression::Zstd).unwrap()),
        (&index_name, manifest::write_index_manifest(&index.entries, Compression::Zstd).unwrap()),
    ] {
        let theirs = avro_schema(&TABLE.bytes(&format!("manifest/{name}")));
        let mut ours = avro_schema(&ours);
        without_newer_members(&mut ours);
        assert_eq!(ours, theirs, "{name}");
    }
}
