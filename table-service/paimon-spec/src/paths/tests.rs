use super::*;
use crate::binary_row::BinaryRow;
use crate::datum::Datum;
use crate::manifest::{DataFileMeta, FileKind, IndexManifestEntry, ManifestEntry};
use crate::options::TableOptions;
use crate::schema::TableSchema;

fn schema() -> TableSchema {
    let json = serde_json::json!({
        "version": 3, "id": 0, "highestFieldId": 2, "partitionKeys": ["pt", "k=1"], "primaryKeys": ["pt", "k=1", "id"],
        "fields": [{"id": 0, "name": "pt", "type": "DATE"}, {"id": 1, "name": "k=1", "type": "STRING"},
                   {"id": 2, "name": "id", "type": "INT NOT NULL"}],
        "options": {}, "timeMillis": 0
    });
    TableSchema::parse(json.to_string().as_bytes()).unwrap()
}

fn paths(options: &[(&str, &str)]) -> DataPaths {
    DataPaths::new(&schema(), &TableOptions::default().with_overrides(options.iter().copied())).unwrap()
}

fn partition(day: Datum, key: Datum) -> Vec<u8> {
    BinaryRow::encode(&[day, key], &schema().partition_types().unwrap()).unwrap()
}

fn text(value: &str) -> Datum {
    Datum::String(value.to_owned())
}

fn table(path: &str) -> FileLocation {
    FileLocation::Table(path.to_owned())
}

#[test]
fn builds_bucket_directories() {
    let day = partition(Datum::Date(20_777), text("a/b"));
    assert_eq!(paths(&[]).bucket_dir(&day, 3).unwrap(), "pt=20777/k%3D1=a%2Fb/bucket-3");
    assert_eq!(paths(&[]).bucket_dir(&day, POSTPONE_BUCKET).unwrap(), "pt=20777/k%3D1=a%2Fb/bucket-postpone");
    let modern = [("partition.legacy-name", "false"), ("data-file.path-directory", "/data/x/")];
    assert_eq!(paths(&modern).bucket_dir(&day, 0).unwrap(), "data/x/pt=2026-11-20/k%3D1=a%2Fb/bucket-0");
    let nothing = partition(Datum::Null, text(" \t"));
    let named = [("partition.default-name", "none")];
    assert_eq!(paths(&named).bucket_dir(&nothing, 0).unwrap(), "pt=none/k%3D1=none/bucket-0");
    assert!(paths(&[]).bucket_dir(&[1, 2], 0).is_err());
}

#[test]
fn finds_data_files_and_the_files_beside_them() {
    let paths = paths(&[]);
    let mut entry = ManifestEntry {
        kind: FileKind::Add,
        partition: partition(Datum::Date(1), text("x")),
        bucket: 0,
        total_buckets: 1,
        file: DataFileMeta {
            extra_files: vec!["data-1.parquet.index".into()],
            ..DataFileMeta::append("data-1.parquet", 1, 1)
        }
        .into(),
    };
    assert_eq!(
        paths.files(&entry).unwrap(),
        [table("pt=1/k%3D1=x/bucket-0/data-1.parquet"), table("pt=1/k%3D1=x/bucket-0/data-1.parquet.index")]
    );
    std::sync::Arc::make_mut(&mut entry.file).external_path = Some("s3://else/where/data-1.parquet".into());
    assert_eq!(
        paths.files(&entry).unwrap(),
        [
            FileLocation::External("s3://else/where/data-1.parquet".into()),
            FileLocation::External("s3://else/where/data-1.parquet.index".into()),
        ]
    );
}

#[test]
fn finds_index_files() {
    let mut entry = IndexManifestEntry {
        kind: FileKind::Add,
        partition: partition(Datum::Date(1), text("x")),
        bucket: 2,
        index_type: "HASH".into(),
        file_name: "index-1".into(),
        file_size: 1,
        row_count: 1,
        deletion_vector_ranges: None,
        external_path: None,
        global_index: None,
    };
    assert_eq!(paths(&[]).index_file(&entry).unwrap(), table("index/index-1"));
    let beside = paths(&[("index-file-in-data-file-dir", "true")]);
    assert_eq!(beside.index_file(&entry).unwrap(), table("pt=1/k%3D1=x/bucket-2/index-1"));
    entry.external_path = Some("s3://else/index-1".into());
    assert_eq!(beside.index_file(&entry).unwrap().as_str(), "s3://else/index-1");
}

#[test]
fn names_the_metadata_of_every_branch() {
    let main = BranchPaths::of("main").unwrap();
    assert_eq!(main, BranchPaths::main());
    assert_eq!(main.snapshot(7), "snapshot/snapshot-7");
    assert_eq!(main.latest_hint(), "snapshot/LATEST");
    assert_eq!(main.schema(0), "schema/schema-0");
    let branch = BranchPaths::of("dev").unwrap();
    assert_eq!(branch.branch(), "dev");
    assert_eq!(branch.snapshot(7), "branch/branch-dev/snapshot/snapshot-7");
    assert_eq!(branch.earliest_hint(), "branch/branch-dev/snapshot/EARLIEST");
    assert_eq!(branch.tag("2026-11-20 13"), "branch/branch-dev/tag/tag-2026-11-20 13");
    assert_eq!(branch.consumer("c"), "branch/branch-dev/consumer/consumer-c");
    assert_eq!(branch.changelog(3), "branch/branch-dev/changelog/changelog-3");
    for name in ["", " ", "a/b", "a\\b"] {
        assert!(BranchPaths::of(name).is_err(), "{name:?}");
    }
    assert_eq!(manifest("manifest-1"), "manifest/manifest-1");
    assert_eq!(statistics("stat-1"), "statistics/stat-1");
    assert_eq!(branch_of_dir("branch-dev"), Some("dev"));
    assert_eq!(branch_of_dir("dev"), None);
}

#[test]
fn reads_numbers_and_names_of_listed_files() {
    assert_eq!(BranchPaths::snapshot_id("snapshot-12"), Some(12));
    assert_eq!(BranchPaths::changelog_id("changelog-12"), Some(12));
    assert_eq!(BranchPaths::schema_id("schema-0"), Some(0));
    for stray in [
        "snapshot-",
        "snapshot-x",
        "snapshot-1abc.tmp",
        ".snapshot-1.u.tmp",
        "LATEST",
        "snapshot-+1",
        "snapshot-99999999999999999999",
    ] {
        assert_eq!(BranchPaths::snapshot_id(stray), None, "{stray}");
    }
    assert_eq!(BranchPaths::tag_name("tag-v1"), Some("v1"));
    assert_eq!(BranchPaths::tag_name("tag-success-file"), None);
    assert_eq!(BranchPaths::tag_name("tag-"), None);
    assert_eq!(BranchPaths::consumer_id("consumer-c"), Some("c"));
}

#[test]
fn names_new_files_once() {
    let names = FileNames::new("u");
    assert_eq!(names.data("data-", "parquet"), "data-u-0.parquet");
    assert_eq!(names.data("changelog-", "zstd.parquet"), "changelog-u-1.zstd.parquet");
    assert_eq!((names.manifest(), names.manifest()), ("manifest-u-0".to_owned(), "manifest-u-1".to_owned()));
    assert_eq!(names.manifest_list(), "manifest-list-u-0");
    assert_eq!(names.index_manifest(), "index-manifest-u-0");
    assert_eq!(names.index(), "index-u-0");
}

#[test]
fn finds_the_format_in_the_name() {
    for (name, format) in [
        ("data-1.parquet", "parquet"),
        ("data-1.zstd.parquet", "parquet"),
        ("data-1.orc", "orc"),
        ("data-1.csv.gz", "csv"),
        ("data-1.json", "json"),
        ("data-1.vector.lance", "lance"),
    ] {
        assert_eq!(format_of(name).unwrap(), format, "{name}");
    }
    for name in ["data-1", "data-1.", ""] {
        assert!(format_of(name).is_err(), "{name:?}");
    }
}
