use serde_json::Value;

use super::*;
use crate::binary_row::EMPTY_ROW;
use crate::error::ErrorKind;
use crate::manifest::{DataFileMeta, DeletionVectorRange, FileKind, FileSource, GlobalIndexMeta};
use crate::stats::SimpleStats;

const CODECS: [Compression; 6] = [
    Compression::None,
    Compression::Zstd,
    Compression::Snappy,
    Compression::Deflate,
    Compression::Bzip2,
    Compression::Xz,
];

/// A file with every member present.
fn full_file(n: i64) -> DataFileMeta {
    DataFileMeta {
        min_key: vec![0, 0, 0, 1, 9],
        max_key: vec![0, 0, 0, 1, 10],
        key_stats: SimpleStats {
            min_values: vec![1],
            max_values: vec![2],
            null_counts: Some(vec![Some(0), None]),
        },
        value_stats: SimpleStats { min_values: vec![3], max_values: vec![4], null_counts: None },
        min_sequence_number: n,
        max_sequence_number: i64::MAX,
        schema_id: 7,
        level: 5,
        extra_files: vec!["a.index".into(), "b.index".into()],
        creation_time: Some(1_795_265_587_923),
        delete_row_count: Some(2),
        embedded_file_index: Some(vec![0, 255]),
        file_source: Some(FileSource::Compact),
        value_stats_cols: Some(vec!["id".into()]),
        external_path: Some("s3://elsewhere/data.parquet".into()),
        first_row_id: Some(1_000),
        write_cols: Some(vec![]),
        write_cols_sequences: Some(vec![1, -2]),
        ..DataFileMeta::append(format!("data-{n}.parquet"), 1 << 40, n)
    }
}

/// A file with every optional member absent.
fn bare_file(n: i64) -> DataFileMeta {
    DataFileMeta {
        delete_row_count: None,
        value_stats_cols: None,
        ..DataFileMeta::append(format!("data-{n}.orc"), 1, n)
    }
}

fn entries(count: i64) -> Vec<ManifestEntry> {
    (0..count)
        .map(|n| ManifestEntry {
            kind: if n % 3 == 0 { FileKind::Delete } else { FileKind::Add },
            partition: EMPTY_ROW.to_vec(),
            bucket: if n % 5 == 0 { -2 } else { 4 },
            total_buckets: -1,
            file: if n % 2 == 0 { full_file(n) } else { bare_file(n) }.into(),
        })
        .collect()
}

fn list_entry() -> ManifestFileMeta {
    ManifestFileMeta {
        file_name: "manifest-1".into(),
        file_size: 2_414,
        num_added_files: 3,
        num_deleted_files: 1,
        partition_stats: SimpleStats::empty(),
        schema_id: 2,
        min_bucket: Some(0),
        max_bucket: Some(7),
        min_level: None,
        max_level: Some(5),
        min_row_id: Some(i64::MIN),
        max_row_id: None,
        total_buckets: None,
        extra_files: None,
    }
}

fn index_entry() -> IndexManifestEntry {
    IndexManifestEntry {
        kind: FileKind::Add,
        partition: EMPTY_ROW.to_vec(),
        bucket: 3,
        index_type: "DELETION_VECTORS".into(),
        file_name: "index-1".into(),
        file_size: 44,
        row_count: 2,
        deletion_vector_ranges: Some(vec![
            DeletionVectorRange {
                data_file_name: "data-1".into(),
                offset: 1,
                length: 20,
                cardinality: Some(3),
            },
            DeletionVectorRange {
                data_file_name: "data-2".into(),
                offset: 21,
                length: 22,
                cardinality: None,
            },
        ]),
        external_path: None,
        global_index: None,
    }
}

fn header_schema(bytes: &[u8]) -> Value {
    let text = String::from_utf8_lossy(bytes);
    let start = text.find("{\"type\":\"record\"").unwrap();
    serde_json::Deserializer::from_str(&text[start..]).into_iter().next().unwrap().unwrap()
}

#[test]
fn round_trips_manifests_in_every_codec() {
    let entries = entries(7);
    for codec in CODECS {
        let bytes = write_manifest(&entries, codec).unwrap();
        let read = read_manifest(&bytes, "manifest-0").unwrap();
        assert_eq!(read.entries, entries, "{codec:?}");
        assert!(!read.has_unknown_fields);
    }
}

#[test]
fn round_trips_manifests_of_several_blocks() {
    let entries = entries(2_500);
    let bytes = write_manifest(&entries, Compression::Zstd).unwrap();
    assert_eq!(read_manifest(&bytes, "manifest-0").unwrap().entries, entries);
    assert_eq!(container::parse(&bytes).unwrap().blocks.len(), 3);
}

#[test]
fn round_trips_manifest_lists_with_and_without_extra_files() {
    let plain = list_entry();
    let extra = ManifestFileMeta {
        extra_files: Some(vec!["manifest-1.avro.sidecar".into()]),
        total_buckets: Some(8),
        ..list_entry()
    };
    for entries in [vec![], vec![plain.clone()], vec![plain.clone(), extra], vec![plain; 3_000]] {
        let bytes = write_manifest_list(&entries, Compression::Zstd).unwrap();
        let read = read_manifest_list(&bytes, "manifest-list-0").unwrap();
        assert_eq!(read.entries, entries);
        assert!(!read.has_unknown_fields);
        let fields = header_schema(&bytes)["fields"].as_array().unwrap().len();
        assert_eq!(fields, if entries.iter().any(|entry| entry.total_buckets.is_some()) { 15 } else { 13 });
    }
}

#[test]
fn round_trips_index_manifests() {
    let global = IndexManifestEntry {
        index_type: "btree".into(),
        deletion_vector_ranges: None,
        external_path: Some("s3://elsewhere/index-2".into()),
        global_index: Some(GlobalIndexMeta {
            row_range_start: 0,
            row_range_end: 9,
            index_field_id: 4,
            extra_field_ids: Some(vec![5, 6]),
            index_meta: Some(vec![1]),
            source_meta: None,
        }),
        ..index_entry()
    };
    let empty = IndexManifestEntry { deletion_vector_ranges: Some(vec![]), ..index_entry() };
    let entries = vec![index_entry(), global, empty];
    let bytes = write_index_manifest(&entries, Compression::Zstd).unwrap();
    let read = read_index_manifest(&bytes, "index-manifest-0").unwrap();
    assert_eq!(read.entries, entries);
    assert!(!read.has_unknown_fields);
}

#[test]
fn writes_the_schemas_of_java() {
    let bytes = write_manifest(&entries(1), Compression::Zstd).unwrap();
    let schema = header_schema(&bytes);
    assert_eq!(schema["namespace"], "org.apache.paimon.avro.generated");
    assert_eq!(schema["name"], "record");
    let outer: Vec<(&str, &Value)> = schema["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| (field["name"].as_str().unwrap(), &field["type"]))
        .collect();
    assert_eq!(
        outer[..5],
        [
            ("_VERSION", &Value::from("int")),
            ("_KIND", &Value::from("int")),
            ("_PARTITION", &Value::from("bytes")),
            ("_BUCKET", &Value::from("int")),
            ("_TOTAL_BUCKETS", &Value::from("int")),
        ]
    );
    assert_eq!((outer.len(), outer[5].0), (6, "_FILE"));
    assert_eq!(outer[5].1["name"], "record__FILE");
    let file = outer[5].1["fields"].as_array().unwrap();
    assert_eq!(file.len(), 21);
    assert_eq!(file[5]["type"]["name"], "record__FILE__KEY_STATS");
    assert_eq!(file[6]["type"]["name"], "record__FILE__VALUE_STATS");
    assert!(file[12..].iter().all(|field| field["type"][0] == "null" && field["default"].is_null()));
    assert!(bytes.windows(9).any(|window| window == b"zstandard"));
}

#[test]
fn refuses_other_formats_by_name() {
    for (bytes, format) in [(&b"ORC\x01\x02"[..], "orc"), (b"PAR1....", "parquet")] {
        let error = read_manifest(bytes, "manifest-0").unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unsupported);
        assert!(error.to_string().contains(&format!("manifest.format = {format}")), "{error}");
        assert!(error.to_string().starts_with("manifest-0: "), "{error}");
    }
    assert_eq!(read_manifest(b"", "manifest-0").unwrap_err().kind, ErrorKind::Corrupt);
    assert_eq!(read_manifest(b"hello", "manifest-0").unwrap_err().kind, ErrorKind::Corrupt);
}

#[test]
fn refuses_other_versions() {
    // The index manifest's version is 1 where a manifest list's would be 2.
    let bytes = write_index_manifest(&[index_entry()], Compression::None).unwrap();
    let error = read_manifest(&bytes, "manifest-0").unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unsupported);
    assert_eq!(error.to_string(), "manifest-0: _VERSION 1 of a record, expected 2");
}

#[test]
fn finds_every_cut() {
    let whole = write_manifest(&entries(1_100), Compression::Zstd).unwrap();
    let second_block = container::parse(&whole).unwrap();
    let boundaries: Vec<usize> =
        [second_block.header.len(), second_block.header.len() + second_block.blocks[0].framed.len()].into();
    for end in 0..whole.len() {
        let read = read_manifest(&whole[..end], "manifest-0");
        // A cut between two blocks leaves a whole container; only the size in the manifest list shows it.
        assert_eq!(read.is_ok(), boundaries.contains(&end), "cut at {end}: {read:?}");
    }
}

#[test]
fn finds_manifests_that_differ_from_their_description() {
    let entries = entries(1_100);
    let bytes = write_manifest(&entries, Compression::Zstd).unwrap();
    let meta = ManifestFileMeta {
        file_size: i64::try_from(bytes.len()).unwrap(),
        ..ManifestFileMeta::from_entries("manifest-0", 0, &entries, &[], 0).unwrap()
    };
    assert_eq!(read_described_manifest(&bytes, &meta).unwrap().entries, entries);
    let container = container::parse(&bytes).unwrap();
    let cut = container.header.len() + container.blocks[0].framed.len();
    let sized = ManifestFileMeta { file_size: i64::try_from(cut).unwrap(), ..meta.clone() };
    for (bytes, meta, what) in [
        (&bytes[..cut], &meta, "cut short"),
        (&bytes[..cut], &sized, "of kind Add"),
        (&bytes[..], &ManifestFileMeta { num_deleted_files: 1, ..meta.clone() }, "of kind Delete"),
    ] {
        let error = read_described_manifest(bytes, meta).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Corrupt);
        assert!(error.to_string().contains(what) && error.to_string().starts_with("manifest-0: "), "{error}");
    }
    assert!(check_size(&bytes, None).is_ok());
}

/// A manifest with the entries `from..to`, and its description.
fn described(name: &str, from: usize, to: usize, codec: Compression) -> (Vec<u8>, ManifestFileMeta) {
    let entries = &entries(2_000)[from..to];
    let bytes = write_manifest(entries, codec).unwrap();
    let file_size = i64::try_from(bytes.len()).unwrap();
    (
        bytes,
        ManifestFileMeta { file_size, ..ManifestFileMeta::from_entries(name, 0, entries, &[], 0).unwrap() },
    )
}

#[test]
fn many_manifests_read_together_are_what_each_is_alone() {
    let mut files: Vec<_> = CODECS
        .iter()
        .flat_map(|codec| [described("a", 0, 7, *codec), described("b", 7, 8, *codec)])
        .collect();
    files.push(described("empty", 0, 0, Compression::Zstd));
    files.push(described("of two blocks", 9, 1_200, Compression::Zstd));
    files.push(described("large", 0, 2_000, Compression::None));
    assert!(files[files.len() - 1].0.len() > 128 * 1024);
    let read = read_described_manifests(&borrowed(&files));
    assert_eq!(read.len(), files.len());
    for ((bytes, meta), read) in files.iter().zip(read) {
        assert_eq!(read.unwrap(), read_described_manifest(bytes, meta).unwrap(), "{}", meta.file_name);
    }
    assert!(read_described_manifests(&[]).is_empty());
}

#[test]
fn a_broken_manifest_among_many_is_told_by_name_and_harms_no_other() {
    let whole: Vec<_> =
        (0..4).map(|n| described(&format!("manifest-{n}"), n, n + 3, Compression::Zstd)).collect();
    let mut cut = whole.clone();
    cut[1].0.pop();
    let mut of_other_size = whole.clone();
    of_other_size[1].1.file_size += 1;
    let mut of_other_counts = whole.clone();
    of_other_counts[1].1.num_added_files += 1;
    let mut damaged = whole.clone();
    let container = container::parse(&damaged[1].0).unwrap();
    let in_block = container.header.len() + container.blocks[0].framed.len() / 2;
    damaged[1].0[in_block] ^= 0xff;
    for files in [cut, of_other_size, of_other_counts, damaged] {
        let read = read_described_manifests(&borrowed(&files));
        for (n, ((bytes, meta), read)) in files.iter().zip(read).enumerate() {
            let alone = read_described_manifest(bytes, meta);
            assert_eq!(read.is_err(), n == 1);
            assert_eq!(read.map_err(|error| error.to_string()), alone.map_err(|error| error.to_string()));
        }
    }
}

#[test]
fn lists_with_and_without_extra_files_are_read_together() {
    let extra = ManifestFileMeta { total_buckets: Some(8), ..list_entry() };
    let contents =
        [vec![list_entry()], vec![extra.clone(), list_entry()], vec![], vec![list_entry(); 3], vec![extra]];
    let lists: Vec<_> =
        contents.iter().map(|entries| write_manifest_list(entries, Compression::Zstd).unwrap()).collect();
    let named: Vec<_> = lists.iter().map(|bytes| (bytes.as_slice(), "list")).collect();
    let read = read_manifest_lists(&named).into_iter().map(|read| read.unwrap().entries);
    assert_eq!(read.collect::<Vec<_>>(), contents);
}

fn borrowed(files: &[(Vec<u8>, ManifestFileMeta)]) -> Vec<(&[u8], &ManifestFileMeta)> {
    files.iter().map(|(bytes, meta)| (bytes.as_slice(), meta)).collect()
}

#[test]
fn never_panics_or_hangs_on_damaged_bytes() {
    for codec in CODECS {
        let whole = write_manifest(&entries(6), codec).unwrap();
        for at in 0..whole.len() {
            for flip in [0x01, 0x80, 0xff] {
                let mut damaged = whole.clone();
                damaged[at] ^= flip;
                // Damage in texts and numbers can go unnoticed; what counts is to come back.
                let _ = read_manifest(&damaged, "manifest-0");
            }
        }
    }
}
