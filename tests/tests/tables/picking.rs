//! Which buckets of a real table a compaction takes.

use std::collections::BTreeSet;
use std::thread::sleep;
use std::time::Duration;

use serde_json::json;
use weir_contract::{ExitCode, Outcome};
use weir_tests::oracle::fixtures::Engines;
use weir_tests::oracle::{Row, TableAt, TableDefinition, Version};

use crate::compaction::levels;
use crate::place::Place;
use crate::weir::weir;

/// Two files in each of the two buckets of six partitions.
fn make(engines: &Engines, table: &TableAt) {
    let definition = TableDefinition::new()
        .column("day", "DATE")
        .column("region", "STRING")
        .column("id", "INT NOT NULL")
        .column("text", "STRING")
        .primary_key(["id", "day", "region"])
        .partitioned_by(["day", "region"])
        .option("bucket", "2")
        .write_only();
    engines.java.create(table, &definition).unwrap();
    for commit in 0..2 {
        write(engines, table, &[("2026-11-18", "eu"), ("2026-11-19", "eu"), ("2026-11-19", "us")], commit);
        write(engines, table, &[("2026-11-20", "eu"), ("2026-11-20", "it's"), ("2026-11-21", "eu")], commit);
    }
}

fn write(engines: &Engines, table: &TableAt, partitions: &[(&str, &str)], commit: i32) {
    let row =
        |(day, region): &(&str, &str), id: i32| Row::insert(json!([day, region, id, commit.to_string()]));
    let rows: Vec<Row> =
        partitions.iter().flat_map(|partition| (0..20).map(move |id| row(partition, id))).collect();
    engines.java.write(table, &rows).unwrap();
}

/// Partitions and buckets without files at level 0.
fn compacted(engines: &Engines, table: &TableAt) -> BTreeSet<String> {
    let levels = levels(engines.java, table).into_iter();
    levels
        .filter(|(_, levels)| !levels.contains_key(&0))
        .map(|((partition, bucket), _)| format!("{partition} {bucket}"))
        .collect()
}

fn both_buckets(partitions: &[&str]) -> BTreeSet<String> {
    partitions
        .iter()
        .flat_map(|partition| (0..2).map(move |bucket| format!("{partition} {bucket}")))
        .collect()
}

#[test]
fn a_compaction_takes_the_partitions_of_which_its_condition_is_true() {
    let engines = Engines::shared();
    let place = Place::new();
    let original = place.table("picked");
    make(&engines, &original);
    let all = engines.java.read(&original, &Version::Latest).unwrap();
    let everything: Vec<String> =
        levels(engines.java, &original).into_keys().map(|(partition, _)| partition).collect();
    let partition = |day: &str, region: &str| {
        let found = everything.iter().find(|shown| shown.contains(day) && shown.contains(region));
        found.unwrap_or_else(|| panic!("{day} {region} in {everything:?}")).as_str()
    };
    let cases: [(&str, &[(&str, &str)]); 6] = [
        ("day = '2026-11-20'", &[("2026-11-20", "eu"), ("2026-11-20", "it's")]),
        ("day < '2026-11-20' AND region <> 'us'", &[("2026-11-18", "eu"), ("2026-11-19", "eu")]),
        ("region IN ('us', 'it''s')", &[("2026-11-19", "us"), ("2026-11-20", "it's")]),
        ("NOT (region = 'eu' OR day >= '2026-11-20')", &[("2026-11-19", "us")]),
        ("'2026-11-21' <= `day`", &[("2026-11-21", "eu")]),
        ("day IS NULL", &[]),
    ];
    for (i, (condition, partitions)) in cases.into_iter().enumerate() {
        let table = place.copy(&original, &format!("case_{i}"));
        let run = weir("compact", &table, &["--strategy", "full", "--where", condition]).done();
        let expected: Vec<&str> = partitions.iter().map(|(day, region)| partition(day, region)).collect();
        assert_eq!(compacted(&engines, &table), both_buckets(&expected), "{condition}");
        assert_eq!(run.result.outcome == Outcome::NothingToDo, expected.is_empty(), "{}", run.result.message);
        all.assert_same(&engines.java.read(&table, &Version::Latest).unwrap(), condition);
    }
    let wrong = weir("compact", &original, &["--where", "id = 1"]);
    assert_eq!(wrong.exit, ExitCode::Configuration);
    assert!(wrong.result.message.contains("`id` is no partition column"), "{}", wrong.result.message);
}

#[test]
fn a_compaction_takes_partitions_that_nobody_writes_any_more() {
    let engines = Engines::shared();
    let place = Place::new();
    let table = place.table("idle");
    make(&engines, &table);
    let none = weir("compact", &table, &["--strategy", "full", "--partition-idle-time", "1d"]).done();
    assert_eq!(none.result.outcome, Outcome::NothingToDo);
    assert_eq!(none.result.message, "none of the 12 buckets with files is selected");
    sleep(Duration::from_secs(4));
    write(&engines, &table, &[("2026-11-18", "eu")], 2);
    weir("compact", &table, &["--strategy", "full", "--partition-idle-time", "3s"]).done();
    let busy = levels(engines.java, &table).into_iter().filter(|(_, levels)| levels.contains_key(&0));
    let busy: BTreeSet<String> = busy.map(|((partition, _), _)| partition).collect();
    assert_eq!(busy.len(), 1, "{busy:?}");
    assert!(busy.iter().all(|partition| partition.contains("2026-11-18")), "{busy:?}");
}

#[test]
fn buckets_shards_and_a_budget_share_a_table() {
    let engines = Engines::shared();
    let place = Place::new();
    let original = place.table("shared");
    make(&engines, &original);
    let all = engines.java.read(&original, &Version::Latest).unwrap();

    let table = place.copy(&original, "buckets");
    weir("compact", &table, &["--strategy", "full", "--buckets", "1,5-9"]).done();
    let done = compacted(&engines, &table);
    assert_eq!(done.len(), 6);
    assert!(done.iter().all(|bucket| bucket.ends_with(" 1")), "{done:?}");

    let table = place.copy(&original, "shards");
    let mut buckets = 0;
    for shard in ["0/3", "1/3", "2/3"] {
        let run = weir("compact", &table, &["--strategy", "full", "--shard", shard]).done();
        buckets += run.result.compaction.map_or(0, |compaction| compaction.buckets);
    }
    assert_eq!(buckets, 12, "no bucket is done twice");
    assert_eq!(compacted(&engines, &table).len(), 12);
    all.assert_same(&engines.java.read(&table, &Version::Latest).unwrap(), "rows after three shards");

    let table = place.copy(&original, "budget");
    let run = weir("compact", &table, &["--strategy", "full", "--max-input-bytes", "10Ki"]).done();
    let figures = run.result.compaction.unwrap();
    assert!(figures.input_bytes <= 10 << 10, "{figures:?}");
    assert!(figures.buckets >= 1 && figures.buckets + figures.left_out_buckets == 12, "{figures:?}");
    assert!(run.result.message.contains("are left for later runs"), "{}", run.result.message);
    assert_eq!(compacted(&engines, &table).len(), usize::try_from(figures.buckets).unwrap());
    assert_eq!(figures.commits, 1);
}
