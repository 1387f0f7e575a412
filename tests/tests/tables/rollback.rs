//! Rollback, compared with Java's on a copy.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::json;
use weir_contract::{ExitCode, Outcome};
use weir_tests::oracle::fixtures::{Engines, PythonReads};
use weir_tests::oracle::{Expiry, Judgement, Row, TableAt, TableDefinition, Version};

use crate::listing::listing;
use crate::partitions::latest;
use crate::place::Place;
use crate::weir::weir;

const STOPPED: &str = "--writers-stopped";

/// Eight snapshots, with compactions, tags and consumers.
fn with_history(engines: &Engines, table: &TableAt) {
    let definition = TableDefinition::new()
        .column("id", "INT NOT NULL")
        .column("text", "STRING")
        .primary_key(["id"])
        .option("bucket", "1")
        .write_only();
    engines.java.create(table, &definition).unwrap();
    for commit in 1..=6 {
        let row = |id: i32| Row::insert(json!([id, format!("commit {commit}")]));
        engines.java.write(table, &(commit..commit + 5).map(row).collect::<Vec<_>>()).unwrap();
        if commit % 3 == 0 {
            engines.java.compact(table, true).unwrap();
        }
    }
    for (tag, snapshot) in [("early", 2), ("middle", 5), ("late", 7), ("newest", 8)] {
        engines.java.create_tag(table, tag, snapshot).unwrap();
    }
    engines.java.set_consumer(table, "slow", 3).unwrap();
    engines.java.set_consumer(table, "quick", 9).unwrap();
}

/// Roots and hints with their contents.
fn roots(table: &Path) -> BTreeMap<String, u64> {
    let files = listing(table).into_iter();
    let is_root =
        |path: &str| ["snapshot/", "changelog/", "tag/", "consumer/"].iter().any(|d| path.starts_with(d));
    files.filter(|(path, _)| is_root(path)).collect()
}

#[test]
fn a_rollback_leaves_the_roots_that_javas_leaves() {
    let engines = Engines::shared();
    let place = Place::new();
    let original = place.table("history");
    with_history(&engines, &original);
    for (name, flags, version) in [
        ("snapshot", "--snapshot=5", Version::Snapshot(5)),
        ("first", "--snapshot=1", Version::Snapshot(1)),
        ("newest", "--snapshot=8", Version::Snapshot(8)),
        ("tag", "--tag=middle", Version::Tag("middle".to_owned())),
        ("early_tag", "--tag=early", Version::Tag("early".to_owned())),
    ] {
        let (ours, theirs) = (place.copy(&original, name), place.copy(&original, &format!("{name}_by_java")));
        let expected = engines.java.read(&ours, &version).unwrap();
        let before = listing(&place.path(&ours));
        weir("rollback-to", &ours, &[flags, "--dry-run"]).done();
        assert_eq!(listing(&place.path(&ours)), before, "{name}: a dry run");

        let run = weir("rollback-to", &ours, &[flags, STOPPED]).done();
        engines.java.roll_back(&theirs, &version).unwrap();
        assert_eq!(roots(&place.path(&ours)), roots(&place.path(&theirs)), "{name}");
        expected.assert_same(&engines.java.read(&ours, &Version::Latest).unwrap(), name);
        assert_eq!(run.result.outcome == Outcome::NothingToDo, name == "newest");

        // Both go on alike.
        for table in [&ours, &theirs] {
            engines.java.write(table, &[Row::insert(json!([100, "after"]))]).unwrap();
            engines.java.compact(table, true).unwrap();
        }
        let rows = |table| engines.java.read(table, &Version::Latest).unwrap();
        rows(&theirs).assert_same(&rows(&ours), name);
    }
}

#[test]
fn a_tag_whose_snapshot_has_expired_is_written_back_as_java_does() {
    let engines = Engines::shared();
    let place = Place::new();
    let ours = place.table("expired");
    with_history(&engines, &ours);
    engines.java.set_consumer(&ours, "slow", 9).unwrap();
    keep_changelogs(&place.path(&ours));
    let expiry = Expiry { retain_min: Some(1), retain_max: Some(2), older_than: None };
    engines.java.expire(&ours, &expiry).unwrap();
    let theirs = place.copy(&ours, "by_java");
    let early = Version::Tag("early".to_owned());
    let expected = engines.java.read(&ours, &early).unwrap();
    let by_id = place.copy(&ours, "by_id");
    weir("rollback-to", &by_id, &["--snapshot=2", STOPPED]).done();
    let run = weir("rollback-to", &ours, &["--tag=early", STOPPED]).done();
    assert_eq!(run.details["isTargetWrittenBack"], true);
    assert_eq!(run.details["removedChangelogs"], json!([6, 5, 4, 3]));
    engines.java.roll_back(&theirs, &early).unwrap();
    let ids = |table| engines.java.snapshots(table).unwrap().iter().map(|s| s.id).collect::<Vec<_>>();
    assert_eq!(ids(&ours), [2]);
    assert_eq!(ids(&ours), ids(&theirs));
    // Java writes the snapshot in another layout of JSON.
    let all_but_snapshot = |table: &TableAt| {
        let mut roots = roots(&place.path(table));
        assert!(roots.remove("snapshot/snapshot-2").is_some());
        roots
    };
    assert_eq!(all_but_snapshot(&ours), all_but_snapshot(&theirs));
    assert_eq!(latest(&place.path(&ours)), latest(&place.path(&theirs)));
    assert_eq!(roots(&place.path(&ours)), roots(&place.path(&by_id)));
    expected.assert_same(&engines.java.read(&ours, &Version::Latest).unwrap(), "rows by Java");
    let judged = Judgement::of(&engines, &ours, PythonReads::Nothing).unwrap();
    assert_eq!(judged.versions(), ["snapshot 2", "tag early"]);
}

/// Snapshots 1 to 6 as long-lived changelogs, as expiry of a table leaves them that keeps changelogs longer.
fn keep_changelogs(table: &Path) {
    let directory = table.join("changelog");
    std::fs::create_dir(&directory).unwrap();
    for id in 1..=6 {
        let snapshot = table.join(format!("snapshot/snapshot-{id}"));
        std::fs::copy(snapshot, directory.join(format!("changelog-{id}"))).unwrap();
    }
    std::fs::write(directory.join("EARLIEST"), "1").unwrap();
    std::fs::write(directory.join("LATEST"), "6").unwrap();
}

#[test]
fn a_time_finds_the_last_snapshot_before_it() {
    let engines = Engines::shared();
    let place = Place::new();
    let table = place.table("timed");
    with_history(&engines, &table);
    let snapshots = engines.java.snapshots(&table).unwrap();
    let rows = engines.java.read(&table, &Version::Snapshot(6)).unwrap();
    let millis = snapshots.iter().find(|snapshot| snapshot.id == 6).unwrap().time_millis;
    let at = |millis: i64| format!("--timestamp={}", instant(millis));
    let run = weir("rollback-to", &table, &[&at(millis), "--dry-run"]).done();
    assert_eq!(run.details["target"], 6);
    assert_eq!(run.details["removedSnapshots"], json!([8, 7]));
    assert_eq!(run.details["leftBehind"][0]["reference"], "consumer quick");
    let none = weir("rollback-to", &table, &[&at(snapshots[0].time_millis - 1), STOPPED]);
    assert_eq!(none.exit, ExitCode::Configuration, "{}", none.result.message);
    weir("rollback-to", &table, &[&at(millis), STOPPED]).done();
    rows.assert_same(&engines.java.read(&table, &Version::Latest).unwrap(), "rows of snapshot 6");
}

/// RFC 3339 of milliseconds since the epoch.
fn instant(millis: i64) -> String {
    let format = std::process::Command::new("date")
        .args([
            "--utc",
            "--date",
            &format!("@{}.{:03}", millis / 1000, millis % 1000),
            "+%Y-%m-%dT%H:%M:%S.%NZ",
        ])
        .output()
        .unwrap();
    String::from_utf8(format.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_rollback_wants_to_be_told_that_writers_are_stopped() {
    let engines = Engines::shared();
    let place = Place::new();
    let table = place.table("in_use");
    with_history(&engines, &table);
    let before = listing(&place.path(&table));
    let run = weir("rollback-to", &table, &["--snapshot=5"]);
    assert_eq!(run.exit, ExitCode::SafetyRefused, "{}", run.result.message);
    assert!(run.result.message.contains(STOPPED), "{}", run.result.message);
    let missing = weir("rollback-to", &table, &["--snapshot=77", STOPPED]);
    assert_eq!(missing.exit, ExitCode::Configuration, "{}", missing.result.message);
    let refused =
        weir("rollback-to", &table, &["--snapshot=5", STOPPED, "--option=metastore.tag-to-partition=dt"]);
    assert_eq!(refused.exit, ExitCode::Unsupported, "{}", refused.result.message);
    assert_eq!(listing(&place.path(&table)), before);
}

#[test]
fn a_snapshot_that_lacks_a_file_is_not_rolled_back_to() {
    let engines = Engines::shared();
    let place = Place::new();
    let table = place.table("damaged");
    with_history(&engines, &table);
    let file = engines.java.live_files(&table, &Version::Snapshot(3)).unwrap().pop().unwrap();
    let path = file.path.strip_prefix("file:").unwrap_or(&file.path).to_owned();
    std::fs::remove_file(&path).unwrap();
    let before = listing(&place.path(&table));
    let run = weir("rollback-to", &table, &["--snapshot=3", STOPPED]);
    assert_eq!(run.exit, ExitCode::Damaged, "{}", run.result.message);
    assert!(run.result.message.contains(&file.name), "{}", run.result.message);
    assert_eq!(listing(&place.path(&table)), before);
}
