//! Damaged tables: the run ends with exit 15, names the file, and leaves the table as it is.

use std::fs;
use std::path::Path;

use serde_json::json;
use weir_contract::{ExitCode, Reason};
use weir_tests::oracle::fixtures::Engines;
use weir_tests::oracle::{Row, TableAt, TableDefinition, Version};

use crate::listing::listing;
use crate::place::Place;
use crate::weir::weir;

/// What a compaction and an expiry would do something about.
const WORK: [(&str, &[&str]); 2] = [
    ("compact", &["--strategy", "full"]),
    ("expire-snapshots", &["--retain-max", "1", "--retain-min", "1", "--older-than", "0s"]),
];

/// A table with a primary key and four level-0 files.
fn make(engines: &Engines, place: &Place) -> TableAt {
    let table = place.table("damaged");
    let definition = TableDefinition::new()
        .column("id", "BIGINT NOT NULL")
        .column("text", "STRING")
        .primary_key(["id"])
        .option("bucket", "1")
        .write_only();
    engines.java.create(&table, &definition).unwrap();
    for commit in 0..4 {
        let rows: Vec<Row> =
            (0..50).map(|id| Row::insert(json!([id * 3, format!("row {id} of commit {commit}")]))).collect();
        engines.java.write(&table, &rows).unwrap();
    }
    table
}

/// Expects that a verb finds the damage, names the file and changes nothing.
#[track_caller]
fn finds(place: &Place, table: &TableAt, verb: &str, flags: &[&str], file: &str) {
    let files = || {
        let mut files = listing(&place.path(table));
        files.retain(|path, _| !path.starts_with(".weir/"));
        files
    };
    let before = files();
    let run = weir(verb, table, flags);
    assert_eq!(run.exit, ExitCode::Damaged, "{verb}: {}", run.result.message);
    assert_eq!(run.result.reason, Reason::TableDamaged, "{verb}");
    assert!(run.result.message.contains(file), "{verb} does not name {file}: {}", run.result.message);
    assert_eq!(files(), before, "{verb} changed files");
}

/// What is left of a file.
type Damage = fn(&[u8]) -> Vec<u8>;

/// Name of a file without its directories.
fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

#[test]
fn a_truncated_data_file_ends_a_compaction() {
    let (engines, place) = (Engines::shared(), Place::new());
    let table = make(&engines, &place);
    let file = &engines.java.live_files(&table, &Version::Latest).unwrap()[1];
    let path = place.path(&table).join("bucket-0").join(&file.name);
    let whole = fs::read(&path).unwrap();
    for length in [0, 3, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..length]).unwrap();
        finds(&place, &table, "compact", &["--strategy", "full"], &file.name);
    }
    fs::write(&path, &whole).unwrap();
    weir("compact", &table, &["--strategy", "full", "--verify"]).done();
}

#[test]
fn a_damaged_manifest_ends_a_compaction_and_an_expiry() {
    let (engines, place) = (Engines::shared(), Place::new());
    let table = make(&engines, &place);
    let manifests = fs::read_dir(place.path(&table).join("manifest")).unwrap();
    let paths: Vec<_> = manifests.map(|entry| entry.unwrap().path()).collect();
    let newest = |kind: &str| {
        let of_kind = paths.iter().filter(|path| name(path).starts_with(kind));
        of_kind.max_by_key(|path| fs::metadata(path).unwrap().modified().unwrap()).unwrap()
    };
    let damage: [Damage; 3] = [
        |whole| whole[..whole.len() / 2].to_vec(),
        |whole| whole.iter().enumerate().map(|(at, byte)| if at % 7 == 5 { !byte } else { *byte }).collect(),
        |_| Vec::new(),
    ];
    for path in [newest("manifest-list-"), newest("manifest-")] {
        let whole = fs::read(path).unwrap();
        for damaged in damage {
            fs::write(path, damaged(&whole)).unwrap();
            for (verb, flags) in WORK {
                finds(&place, &table, verb, flags, &name(path));
            }
        }
        fs::write(path, &whole).unwrap();
    }
    for (verb, flags) in WORK {
        weir(verb, &table, flags).done();
    }
}

/// A data file that was replaced by another of the same size: what comes out is not what the manifests say went in.
#[test]
fn rows_that_no_manifest_tells_of_fail_the_self_check() {
    let (engines, place) = (Engines::shared(), Place::new());
    let table = place.table("replaced");
    let definition = TableDefinition::new().column("value", "INT").option("bucket", "-1").write_only();
    engines.java.create(&table, &definition).unwrap();
    for rows in [40, 41, 40, 40, 40] {
        engines.java.write(&table, &vec![Row::insert(json!([7])); rows]).unwrap();
    }
    let files = engines.java.live_files(&table, &Version::Latest).unwrap();
    let of_rows = |rows| files.iter().find(|file| file.row_count == rows).unwrap();
    let (more, less) = (of_rows(41), of_rows(40));
    assert_eq!(more.size, less.size, "the test needs two files of one size");
    let directory = place.path(&table).join("bucket-0");
    fs::copy(directory.join(&more.name), directory.join(&less.name)).unwrap();
    finds(&place, &table, "compact", &["--strategy", "full"], "self-check failed");
}
