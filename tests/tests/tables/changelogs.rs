//! Changelogs that outlive their snapshots, kept and expired by Weir and, on a copy, by Java.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde_json::json;
use weir_contract::ExitCode;
use weir_tests::oracle::fixtures::{Engines, PythonReads};
use weir_tests::oracle::{Expiry, Java, Judgement, Row, SchemaChange, TableAt, TableDefinition};

use crate::listing::listing;
use crate::place::Place;
use crate::reachable::Reachable;
use crate::weir::weir;

/// What changes of a table are read from.
const PRODUCERS: [&str; 4] = ["none", "input", "lookup", "full-compaction"];

/// Makes a table whose changelogs live a day, with upserts, deletes, compactions, a tag and a consumer; deletion vectors
/// where compaction looks up rows.
fn make(java: &Java, table: &TableAt, producer: &str) -> u64 {
    let mut definition = TableDefinition::new()
        .column("id", "BIGINT NOT NULL")
        .column("text", "STRING")
        .primary_key(["id"])
        .option("bucket", "1")
        .option("changelog-producer", producer)
        .option("changelog.time-retained", "1 d")
        .write_only();
    if producer == "lookup" {
        definition = definition.option("deletion-vectors.enabled", "true");
    }
    java.create(table, &definition).unwrap();
    for commit in 0..8_u32 {
        let mut rows: Vec<Row> = (commit * 3..commit * 3 + 10)
            .map(|id| Row::insert(json!([id, format!("commit {commit}")])))
            .collect();
        rows.push(Row::delete(json!([commit, null])));
        let snapshot = java.write(table, &rows).unwrap();
        match commit {
            2 => java.create_tag(table, "kept", snapshot).unwrap(),
            3 | 6 => java.compact(table, true).unwrap(),
            5 => java.compact(table, false).unwrap(),
            _ => {}
        }
    }
    java.snapshots(table).unwrap().last().unwrap().id
}

/// Keeps the newest snapshot alone.
const KEEP_ONE: [&str; 6] = ["--retain-max", "1", "--retain-min", "1", "--older-than", "0s"];

const JAVAS_KEEP_ONE: Expiry =
    Expiry { retain_min: Some(1), retain_max: Some(1), older_than: Some(Duration::ZERO) };

fn on_every_producer(scenario: impl Fn(&Engines, &Place, &TableAt, &str, u64)) {
    let engines = Engines::shared();
    let place = Place::new();
    for producer in PRODUCERS {
        println!("changelog-producer = {producer}");
        let table = place.table(&format!("changelog_of_{}", producer.replace('-', "_")));
        let latest = make(engines.java, &table, producer);
        scenario(&engines, &place, &table, producer, latest);
    }
}

#[test]
fn hazard_16_an_expiry_keeps_the_changes_that_javas_keeps() {
    on_every_producer(|engines, place, table, producer, latest| {
        let java = engines.java;
        let copy = place.copy(table, "by_java");
        let before = Judgement::of(engines, table, PythonReads::Nothing).unwrap();
        let changes = java.changes(table, 1..latest + 1).unwrap();
        assert!(!changes.rows.is_empty());

        weir("expire-snapshots", table, &KEEP_ONE).done();
        java.expire_keeping_changelogs(&copy, &JAVAS_KEEP_ONE).unwrap();
        same_files(place, table, &copy, producer);
        before.assert_unchanged(&Judgement::of(engines, table, PythonReads::Nothing).unwrap());
        changes.assert_same(&java.changes(&copy, 1..latest + 1).unwrap(), "changes after Java's expiry");
        changes.assert_same(&java.changes(table, 1..latest + 1).unwrap(), "changes after Weir's expiry");
        Reachable::of(&place.path(table)).assert_exact();
    });
}

#[test]
fn an_expiry_of_changelogs_leaves_what_javas_leaves() {
    on_every_producer(|engines, place, table, producer, latest| {
        let java = engines.java;
        weir("expire-snapshots", table, &KEEP_ONE).done();
        // A consumer holds the second half.
        let held = latest / 2;
        java.set_consumer(table, "reader", held).unwrap();
        let copy = place.copy(table, "by_java");
        let changes = java.changes(table, held..latest + 1).unwrap();
        for round in 0..2 {
            weir("expire-changelogs", table, &KEEP_ONE).done();
            java.expire_changelogs(&copy, &JAVAS_KEEP_ONE).unwrap();
            same_files(place, table, &copy, producer);
            Reachable::of(&place.path(table)).assert_exact();
            if round == 0 {
                let left = java.changes(table, held..latest + 1).unwrap();
                changes.assert_same(&left, "changes that the consumer has yet to read");
            }
            for table in [table, &copy] {
                std::fs::remove_file(place.path(table).join("consumer/consumer-reader")).ok();
            }
        }
        weir("expire-changelogs", table, &["--delete-all"]).done();
        Reachable::of(&place.path(table)).assert_exact();
        assert!(!place.path(table).join("changelog/LATEST").exists());
    });
}

#[test]
fn javas_expiry_goes_on_where_weirs_has_stopped() {
    on_every_producer(|engines, place, table, producer, latest| {
        let java = engines.java;
        let copy = place.copy(table, "by_java");
        weir("expire-snapshots", table, &["--retain-max", "5", "--retain-min", "5", "--older-than", "0s"])
            .done();
        for table in [table, &copy] {
            java.expire_keeping_changelogs(table, &JAVAS_KEEP_ONE).unwrap();
        }
        same_files(place, table, &copy, producer);
        let changes = java.changes(&copy, 1..latest + 1).unwrap();
        changes.assert_same(&java.changes(table, 1..latest + 1).unwrap(), "changes");
    });
}

#[test]
fn hazard_17_changelogs_of_both_kinds_outlive_a_change_of_the_producer() {
    let engines = Engines::shared();
    let (java, place) = (engines.java, Place::new());
    for (first, second) in
        [("none", "input"), ("input", "none"), ("lookup", "none"), ("none", "full-compaction")]
    {
        let table = place.table(&format!("from_{first}_to_{}", second.replace('-', "_")));
        make(java, &table, first);
        let row = |text: &str| Row::insert(json!([1, text]));
        weir("expire-snapshots", &table, &["--retain-max", "6", "--retain-min", "6", "--older-than", "0s"])
            .done();
        java.alter(&table, &[SchemaChange::SetOption("changelog-producer", second.to_owned())]).unwrap();
        java.write(&table, &[row("late")]).unwrap();
        java.compact(&table, true).unwrap();
        java.write(&table, &[row("later")]).unwrap();
        let before = Judgement::of(&engines, &table, PythonReads::Nothing).unwrap();
        for verb in ["expire-snapshots", "expire-changelogs"] {
            weir(verb, &table, &KEEP_ONE).done();
            before.assert_unchanged(&Judgement::of(&engines, &table, PythonReads::Nothing).unwrap());
        }
        assert_eq!(java.snapshots(&table).unwrap().len(), 1, "{first} to {second}");
        assert_eq!(
            changelogs(&place.path(&table)).len(),
            1,
            "the newest changelog stays, {first} to {second}"
        );
    }
}

fn changelogs(table: &Path) -> Vec<String> {
    let names = listing(table).into_keys().filter(|path| path.starts_with("changelog/changelog-"));
    names.collect()
}

#[test]
fn hazard_2_javas_expiry_at_the_same_time_is_no_harm() {
    on_every_producer(|engines, place, table, producer, _| {
        let java = engines.java;
        let before = Judgement::of(engines, table, PythonReads::Nothing).unwrap();
        for (round, (javas, weirs)) in [(2, "5"), (5, "2"), (3, "3"), (1, "4")].into_iter().enumerate() {
            let table = place.copy(table, &format!("round_{round}"));
            let expiry = Expiry { retain_min: Some(javas), retain_max: Some(javas), ..JAVAS_KEEP_ONE };
            let flags = ["--retain-max", weirs, "--retain-min", weirs, "--older-than", "0s"];
            std::thread::scope(|scope| {
                // It fails when Weir was faster: what it reads is gone.
                scope.spawn(|| java.expire_keeping_changelogs(&table, &expiry).ok());
                let run = weir("expire-snapshots", &table, &flags);
                assert_eq!(run.exit, ExitCode::Done, "{producer}: {}", run.result.message);
            });
            Reachable::of(&place.path(&table)).assert_readable();
            before.assert_unchanged(&Judgement::of(engines, &table, PythonReads::Nothing).unwrap());
            weir("expire-snapshots", &table, &flags).done();
        }
    });
}

/// Weir deletes what Java deletes. Hints differ: either engine may leave one out.
#[track_caller]
fn same_files(place: &Place, table: &TableAt, copy: &TableAt, producer: &str) {
    let files = |table: &TableAt| files_but_weirs(&place.path(table));
    let (weirs, javas) = (files(table), files(copy));
    let only = |some: &BTreeMap<String, u64>, others: &BTreeMap<String, u64>| {
        some.keys().filter(|path| !others.contains_key(*path)).cloned().collect::<Vec<String>>()
    };
    assert_eq!(only(&javas, &weirs), Vec::<String>::new(), "deleted by Weir alone, producer {producer}");
    assert_eq!(only(&weirs, &javas), Vec::<String>::new(), "deleted by Java alone, producer {producer}");
    for (path, content) in &weirs {
        let is_changelog = path.starts_with("changelog/");
        assert!(is_changelog || javas.get(path) == Some(content), "{path} differs");
    }
}

fn files_but_weirs(table: &Path) -> BTreeMap<String, u64> {
    let mut files = listing(table);
    files.retain(|path, _| {
        !path.starts_with(".weir/") && !path.ends_with("EARLIEST") && !path.ends_with("LATEST")
    });
    files
}
