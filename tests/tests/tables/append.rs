//! `weir compact` on tables without a primary key.

use std::collections::BTreeMap;

use serde_json::json;
use weir_contract::Outcome;
use weir_tests::oracle::fixtures::{Engines, Fixture, SUPPORTED};
use weir_tests::oracle::{Generator, Java, LiveFile, Load, Row, TableAt, TableDefinition, Version};

use crate::compaction::Bucket;
use crate::listing::listing;
use crate::place::Place;
use crate::weir::weir;

/// A table of the fixture with this name.
fn made(engines: &Engines, place: &Place, name: &str) -> TableAt {
    let fixture = SUPPORTED.iter().find(|fixture| fixture.name == name).unwrap();
    let table = place.table(name);
    fixture.make(engines, &table).unwrap();
    table
}

fn append_fixtures() -> impl Iterator<Item = &'static Fixture> {
    SUPPORTED.iter().filter(|fixture| !fixture.has_key)
}

#[test]
fn rows_of_ordered_buckets_stay_in_the_order_of_writing() {
    let engines = Engines::shared();
    for name in ["append_ordered_buckets", "append_rolled_files", "append_compacted_by_java"] {
        for strategy in ["auto", "full"] {
            let place = Place::new();
            let table = made(&engines, &place, name);
            let before = engines.java.read_in_order(&table).unwrap();
            let run = weir("compact", &table, &["--strategy", strategy]).done();
            assert_eq!(run.result.outcome, Outcome::Succeeded, "{name} {strategy}: {}", run.result.message);
            assert_eq!(engines.java.read_in_order(&table).unwrap(), before, "{name} {strategy}");

            engines.write_more(&table).unwrap();
            let longer = engines.java.read_in_order(&table).unwrap();
            weir("compact", &table, &["--strategy", strategy]).done();
            assert_eq!(
                engines.java.read_in_order(&table).unwrap(),
                longer,
                "{name} {strategy} after new rows"
            );
        }
    }
}

#[test]
fn files_of_an_ordered_bucket_are_numbered_one_after_the_other() {
    let engines = Engines::shared();
    let place = Place::new();
    let table = made(&engines, &place, "append_rolled_files");
    weir("compact", &table, &["--strategy", "full"]).done();
    let mut files = engines.java.live_files(&table, &Version::Latest).unwrap();
    files.sort_by_key(|file| file.min_sequence_number);
    assert!((2..10).contains(&files.len()), "ten files became {}", files.len());
    let mut next = 0;
    for file in &files {
        assert_eq!(file.min_sequence_number, next, "{files:?}");
        next = file.max_sequence_number + 1;
        assert_eq!(i64::try_from(file.row_count).unwrap(), next - file.min_sequence_number);
    }
}

/// Where Java makes one file of the same files, it describes it as Weir does. The statistics of columns with NaN, which
/// Weir leaves out, and of binary columns, which Java leaves out, differ.
#[test]
fn a_joined_file_is_described_as_java_describes_it() {
    let engines = Engines::shared();
    let names = [
        "append_scalar_types",
        "append_nanoseconds",
        "append_changed_columns",
        "append_null_partitions",
        "append_ordered_buckets",
        "append_unordered_buckets",
        "append_codecs",
    ];
    for name in names {
        let place = Place::new();
        let table = made(&engines, &place, name);
        let copy = place.copy(&table, "compacted_by_the_other");
        weir("compact", &table, &[]).done();
        engines.java.compact(&copy, false).unwrap();
        let has_same_statistics = name != "append_scalar_types";
        let described = |table| described(engines.java, table, has_same_statistics);
        assert_eq!(described(&table), described(&copy), "{name}");
    }
}

#[test]
fn a_compaction_adds_and_removes_no_rows() {
    let engines = Engines::shared();
    let place = Place::new();
    let table = made(&engines, &place, "append_partitioned");
    weir("compact", &table, &["--strategy", "full"]).done();
    let snapshots = engines.java.snapshots(&table).unwrap();
    let [.., before, ours] = snapshots.as_slice() else { panic!("{snapshots:?}") };
    assert_eq!((ours.kind.as_str(), ours.delta_record_count), ("COMPACT", Some(0)));
    assert_eq!(ours.total_record_count, before.total_record_count);
}

#[test]
fn a_compaction_leaves_no_more_files_than_javas() {
    let engines = Engines::shared();
    for fixture in append_fixtures() {
        for strategy in ["auto", "full"] {
            let place = Place::new();
            let table = made(&engines, &place, fixture.name);
            let copy = place.copy(&table, "compacted_by_the_other");
            weir("compact", &table, &["--strategy", strategy]).done();
            engines.java.compact(&copy, strategy == "full").unwrap();
            let (ours, javas) = (file_numbers(engines.java, &table), file_numbers(engines.java, &copy));
            for (bucket, files) in &ours {
                assert!(*files <= javas[bucket], "{} {strategy}: {ours:?}, Java {javas:?}", fixture.name);
            }
        }
    }
}

#[test]
fn a_few_small_files_wait_for_more_unless_the_compaction_is_full() {
    let engines = Engines::shared();
    let place = Place::new();
    let table = made(&engines, &place, "append_partitioned");
    let numbers = || -> Vec<usize> { file_numbers(engines.java, &table).into_values().collect() };
    assert_eq!(numbers(), [7, 7, 2]);
    weir("compact", &table, &[]).done();
    assert_eq!(numbers(), [1, 1, 2]);
    weir("compact", &table, &["--strategy", "full"]).done();
    assert_eq!(numbers(), [1, 1, 1]);
}

#[test]
fn a_compaction_is_restricted_to_partitions() {
    let engines = Engines::shared();
    let place = Place::new();
    let table = made(&engines, &place, "append_partitioned");
    weir("compact", &table, &["--strategy", "full", "--partition", "place=plain"]).done();
    let numbers: Vec<usize> = file_numbers(engines.java, &table).into_values().collect();
    assert_eq!(numbers, [7, 1, 2]);
}

#[test]
fn a_table_without_work_costs_a_look_at_its_metadata() {
    let engines = Engines::shared();
    for name in ["append_partitioned", "append_ordered_buckets"] {
        let place = Place::new();
        let table = made(&engines, &place, name);
        weir("compact", &table, &["--strategy", "full"]).done();
        let run = weir("compact", &table, &["--strategy", "full"]).done();
        assert_eq!(run.result.outcome, Outcome::NothingToDo, "{name}: {}", run.result.message);
        let requests = run.result.requests;
        let metadata =
            listing(&place.path(&table)).into_keys().filter(|path| !path.contains("bucket-")).count();
        assert!(requests.list + requests.get <= metadata as u64, "{name}: {requests:?} of {metadata} files");
        assert_eq!((requests.put, requests.delete), (0, 0), "{name}");
    }
}

#[test]
fn shards_share_even_one_partition_without_buckets() {
    const FILES: u32 = 40;
    let engines = Engines::shared();
    let place = Place::new();
    let table = place.table("shared");
    let columns = TableDefinition::new().column("id", "INT NOT NULL").option("bucket", "-1").write_only();
    engines.java.create(&table, &columns).unwrap();
    for id in 0..FILES {
        engines.java.write(&table, &[Row::insert(json!([id]))]).unwrap();
    }
    let before = engines.java.read(&table, &Version::Latest).unwrap();
    let compact = |shard: &str, flags: &[&str]| -> i64 {
        let flags = [&["--strategy", "full", "--shard", shard], flags].concat();
        weir("compact", &table, &flags).done().result.compaction.unwrap().input_files
    };
    let planned = ["0/2", "1/2"].map(|shard| compact(shard, &["--dry-run"]));
    assert_eq!(planned[0] + planned[1], i64::from(FILES), "every file is exactly one shard's");
    assert!(planned.iter().all(|files| *files > 1), "{planned:?}");
    compact("0/2", &[]);
    compact("1/2", &[]);
    before.assert_same(&engines.java.read(&table, &Version::Latest).unwrap(), "rows after both shards");
    assert!(engines.java.live_files(&table, &Version::Latest).unwrap().len() <= 3);
}

/// Live files without what differs from one writer to the next.
fn described(java: &Java, table: &TableAt, with_statistics: bool) -> Vec<LiveFile> {
    let mut files: Vec<LiveFile> = java
        .live_files(table, &Version::Latest)
        .unwrap()
        .into_iter()
        .map(|file| LiveFile {
            name: String::new(),
            path: String::new(),
            size: 0,
            values: if with_statistics { file.values } else { String::new() },
            ..file
        })
        .collect();
    files.sort_by_key(|file| (file.partition.clone(), file.bucket));
    files
}

/// Number of live files of each bucket.
fn file_numbers(java: &Java, table: &TableAt) -> BTreeMap<Bucket, usize> {
    let mut numbers = BTreeMap::new();
    for LiveFile { partition, bucket, .. } in java.live_files(table, &Version::Latest).unwrap() {
        *numbers.entry((partition, bucket)).or_default() += 1;
    }
    numbers
}

/// Row groups of a quarter of the target and more are copied, and the receipt says so.
#[test]
fn large_row_groups_are_copied_and_told() {
    let engines = Engines::shared();
    let place = Place::new();
    let table = place.table("large_row_groups");
    let definition = TableDefinition::new()
        .column("id", "BIGINT")
        .column("text", "STRING")
        .option("bucket", "-1")
        .option("file.block-size", "256 kb")
        .write_only();
    engines.java.create(&table, &definition).unwrap();
    for seed in 1..=3 {
        let load = Load::seeded(seed).column("text", Generator::Characters(20));
        engines.java.generate(&table, 30_000, &load).unwrap();
    }
    let before = engines.java.digest(&table, &Version::Latest).unwrap();
    let run = weir("compact", &table, &["--strategy", "full"]).done();
    let figures = run.result.compaction.unwrap();
    assert_eq!((figures.input_files, figures.output_files, figures.output_rows), (3, 1, 90_000));
    assert!((60_000..=90_000).contains(&figures.spliced_rows), "{figures:?}");
    assert!(run.result.message.contains("copied"), "{}", run.result.message);
    assert_eq!(engines.java.digest(&table, &Version::Latest).unwrap(), before);
}
