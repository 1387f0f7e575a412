//! `weir remove-orphans` on real tables, beside Java's `remove_orphan_files`.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use weir_contract::{ExitCode, Outcome};
use weir_tests::oracle::fixtures::{Engines, PythonReads, SUPPORTED, UNSUPPORTED};
use weir_tests::oracle::{Judgement, TableAt};

use crate::listing::{copy_directory, listing};
use crate::place::Place;
use crate::sweep::on_every_supported_table;
use crate::weir::weir;

const DAY: Duration = Duration::from_hours(24);

/// Files that somebody left in directories that every table has.
const LEFTOVERS: [&str; 6] = [
    "manifest/manifest-0b1c-0",
    "manifest/manifest-list-0b1c-0",
    "manifest/index-manifest-0b1c-0",
    "index/index-0b1c-0",
    "statistics/stat-0b1c-0",
    "snapshot/.snapshot-99.0b1c.tmp",
];

#[test]
fn a_removal_of_orphans_deletes_what_javas_deletes() {
    on_every_supported_table(|engines, place, fixture, table| {
        leave_a_killed_compaction(place, table);
        removes_what_java_removes(engines, place, table, fixture.python_reads);
    });
}

#[test]
fn a_removal_of_orphans_deletes_what_javas_deletes_of_tables_that_are_not_compacted() {
    let (engines, place) = (Engines::shared(), Place::new());
    let mut refused = BTreeSet::new();
    for unsupported in UNSUPPORTED {
        let table = place.table(unsupported.name);
        unsupported.make(&engines, &table).unwrap_or_else(|error| panic!("{}: {error}", unsupported.name));
        eprintln!("… on the table {}", unsupported.name);
        if !removes_what_java_removes(&engines, &place, &table, PythonReads::Nothing) {
            refused.insert(unsupported.name);
        }
    }
    assert_eq!(refused, REFUSED.into_iter().collect(), "tables that are refused by name");
}

/// Tables that a removal of orphans refuses too.
const REFUSED: [&str; 0] = [];

#[test]
fn a_dry_run_changes_nothing_and_names_what_would_go() {
    on_every_supported_table(|_, place, _, table| {
        leave(place, table);
        let before = listing(&place.path(table));
        let run = weir("remove-orphans", table, &["--dry-run", "--max-share", "100%"]).done();
        assert_eq!(run.result.outcome, Outcome::DryRun, "{}", run.result.message);
        assert!(run.result.cleanup.unwrap().files >= 7, "{}", run.result.message);
        assert_eq!(listing(&place.path(table)), before);
    });
}

#[test]
fn a_run_for_another_table_object_deletes_nothing() {
    let (engines, place) = (Engines::shared(), Place::new());
    let fixture = SUPPORTED.iter().find(|fixture| fixture.name == "integer_keys").unwrap();
    let table = place.table(fixture.name);
    fixture.make(&engines, &table).unwrap();
    leave(&place, &table);
    let flags = |owner| ["--owner", owner, "--max-share", "100%"];
    let asked =
        weir("remove-orphans", &table, &[&flags("sales/orders/0b1c")[..], &["--trash"]].concat()).done();
    let trash = asked.result.cleanup.unwrap().trash.unwrap();
    weir("restore-trash", &table, &["--from", &trash]).done();
    let before = files_but_weirs(&place.path(&table));
    for verb in ["remove-orphans", "expire-snapshots"] {
        let owner = ["--owner", "sales/orders/22aa"];
        let run = weir(verb, &table, &owner);
        assert_eq!(run.exit, ExitCode::SafetyRefused, "{verb}: {}", run.result.message);
        assert!(run.result.message.contains("sales/orders (uid 0b1c)"), "{}", run.result.message);
    }
    assert_eq!(files_but_weirs(&place.path(&table)), before);
    weir("remove-orphans", &table, &[&flags("sales/orders/22aa")[..], &["--take-over"]].concat()).done();
    assert!(files_but_weirs(&place.path(&table)).len() < before.len());
}

/// Compares what both leave of a table with leftovers; whether Weir did not refuse the table.
fn removes_what_java_removes(
    engines: &Engines,
    place: &Place,
    table: &TableAt,
    python_reads: PythonReads,
) -> bool {
    leave(place, table);
    let path = place.path(table);
    let threshold = SystemTime::now() - 5 * DAY;
    let threshold = threshold.duration_since(UNIX_EPOCH).unwrap().as_millis();
    let threshold = u64::try_from(threshold).unwrap();
    for (name, after) in [("manifest/before", -1), ("manifest/at", 0), ("manifest/after", 1)] {
        std::fs::write(path.join(name), "x").unwrap();
        let at = Duration::from_millis(threshold.checked_add_signed(after).unwrap());
        set_modified(&path.join(name), UNIX_EPOCH + at);
    }
    let copy = place.table(&format!("{}_cleaned_by_the_other", path.file_name().unwrap().to_string_lossy()));
    copy_directory(&path, &place.path(&copy));
    copy_times(&path, &place.path(&copy));
    let before = Judgement::of(engines, table, python_reads).unwrap();
    let files = files_but_weirs(&path);

    let instant = Timestamp::from_millisecond(i64::try_from(threshold).unwrap()).unwrap().to_string();
    let run = weir("remove-orphans", table, &["--older-than", &instant, "--max-share", "100%"]);
    if run.exit == ExitCode::Unsupported {
        assert_eq!(files_but_weirs(&path), files, "{}", run.result.message);
        return false;
    }
    let run = run.done();
    engines.java.remove_orphans(&copy, threshold).unwrap();
    let (ours, javas) = (files_but_weirs(&path), files_but_weirs(&place.path(&copy)));
    assert_eq!(ours.difference(&javas).collect::<Vec<_>>(), Vec::<&String>::new(), "kept by Weir alone");
    assert_eq!(javas.difference(&ours).collect::<Vec<_>>(), Vec::<&String>::new(), "kept by Java alone");
    let gone = files.len() - ours.len();
    assert!(gone > LEFTOVERS.len(), "{gone} files are gone");
    assert_eq!(run.result.cleanup.unwrap().files, i64::try_from(gone).unwrap());
    assert!(path.join("manifest/at").exists() && !path.join("manifest/before").exists());

    let after = Judgement::of(engines, table, python_reads).unwrap();
    before.assert_unchanged(&after);
    assert_eq!(before.versions(), after.versions());
    let again = weir("remove-orphans", table, &["--older-than", &instant]).done();
    assert_eq!(again.result.outcome, Outcome::NothingToDo, "{}", again.result.message);
    true
}

/// Leaves files in the directories that every table has and in every bucket, and makes all files ten days old.
fn leave(place: &Place, table: &TableAt) {
    let path = place.path(table);
    for name in LEFTOVERS {
        std::fs::create_dir_all(path.join(name).parent().unwrap()).unwrap();
        std::fs::write(path.join(name), "left").unwrap();
    }
    let buckets: BTreeSet<String> = files_but_weirs(&path)
        .into_iter()
        .filter_map(|file| Some(file.rsplit_once('/')?.0.to_owned()))
        .filter(|directory| directory.rsplit('/').next().unwrap().starts_with("bucket-"))
        .collect();
    assert!(!buckets.is_empty());
    // Each with a name of its own: of several of one name Java deletes one.
    for (number, bucket) in buckets.iter().enumerate() {
        std::fs::write(path.join(bucket).join(format!("data-0b1c-{number}.parquet")), "left").unwrap();
    }
    age(&path, SystemTime::now() - 10 * DAY);
}

/// Leaves all files of a compaction that died right before its commit.
fn leave_a_killed_compaction(place: &Place, table: &TableAt) {
    let compacted = place.copy(table, "compacted");
    weir("compact", &compacted, &["--strategy", "full"]).done();
    let (from, to) = (place.path(&compacted), place.path(table));
    for file in files_but_weirs(&from) {
        if !file.starts_with("snapshot/") && !to.join(&file).exists() {
            std::fs::create_dir_all(to.join(&file).parent().unwrap()).unwrap();
            std::fs::copy(from.join(&file), to.join(&file)).unwrap();
        }
    }
}

fn age(directory: &Path, at: SystemTime) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { age(&path, at) } else { set_modified(&path, at) }
    }
}

fn copy_times(from: &Path, to: &Path) {
    for file in listing(from).into_keys() {
        set_modified(&to.join(&file), from.join(&file).metadata().unwrap().modified().unwrap());
    }
}

fn set_modified(path: &Path, at: SystemTime) {
    File::options().write(true).open(path).unwrap().set_modified(at).unwrap();
}

fn files_but_weirs(table: &Path) -> BTreeSet<String> {
    listing(table).into_keys().filter(|path| !path.starts_with(".weir/")).collect()
}
