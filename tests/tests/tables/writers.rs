//! Compaction and expiry beside writers that never stop.

use std::collections::BTreeSet;
use std::time::Duration;

use weir_tests::oracle::fixtures::Engines;
use weir_tests::oracle::{
    Generator, Load, Rows, Stream, TableAt, TableDefinition, Version, Warehouse, WriterReport,
};
use weir_tests::s3::S3Server;

use crate::overwritten::SnapshotWatch;
use crate::place::Place;
use crate::rival::{Rival, race};
use crate::weir::weir;

const AUTO: &[&str] = &["--strategy", "auto"];
const FULL: &[&str] = &["--strategy", "full"];
/// Compacts in both ways, and expires.
const KEEPER: Rival = Rival { compactions: &[AUTO, FULL], expires: true };
/// Compacts the same table at the same time.
const SECOND: Rival = Rival { compactions: &[FULL], expires: false };

/// How long a race lasts; `WEIR_SOAK` asks for long ones.
fn race_time() -> Duration {
    Duration::from_secs(if std::env::var_os("WEIR_SOAK").is_some() { 300 } else { 20 })
}

fn definition() -> TableDefinition {
    TableDefinition::new()
        .column("id", "BIGINT NOT NULL")
        .column("text", "STRING")
        .column("number", "INT")
        .primary_key(["id"])
        .option("bucket", "2")
}

/// What lost attempts leave is no matter here: Java keeps manifests of its own, and a snapshot of ours that it renames
/// over keeps everything that it named.
#[test]
fn a_java_writer_that_deletes_overwrites_and_alters_loses_nothing_and_never_fails() {
    let engines = Engines::shared();
    let place = Place::new();
    let table = place.table("written_by_java");
    let stream = restless(prepare_partitions(&engines, &table)).overwrite_every(5).add_column_every(7);
    let watch = SnapshotWatch::start(&place.path(&table));
    let writer = engines.java.start_writer(&table, &stream).unwrap();
    let tally = race(&table, &[KEEPER, SECOND], race_time(), 10);
    let report = writer.stop().unwrap();
    let seen = watch.stop();
    eprintln!(
        "{tally:?}, {} commits of the writer, {} snapshots of ours replaced",
        report.commits,
        seen.replaced.len()
    );

    assert_nothing_lost(&engines, &table, &report);
    assert_restless(&report);
    assert_eq!(tally.overwritten, seen.replaced.len() as u64, "counted and replaced commits: {seen:?}");
}

/// Java renames an object by copying it, long after it has looked.
#[test]
fn a_java_writer_in_s3_that_deletes_overwrites_and_alters_loses_nothing_and_never_fails() {
    let server = S3Server::on_loopback("java-writer").unwrap();
    server.create_bucket("lake").unwrap();
    let engines = Engines::shared();
    let table = Warehouse::new("s3://lake/warehouse", server.storage()).table("written_by_java");
    // Its commits take long.
    let stream = restless(prepare_partitions(&engines, &table)).overwrite_every(3).add_column_every(4);
    let writer = engines.java.start_writer(&table, &stream).unwrap();
    let tally = race(&table, &[KEEPER, SECOND], race_time(), 5);
    let report = writer.stop().unwrap();
    eprintln!("{tally:?}, {} commits of the writer in S3", report.commits);
    assert_nothing_lost(&engines, &table, &report);
    assert_restless(&report);
}

/// Of a table without a key every row counts: a lost one would show, and a repeated one.
#[test]
fn java_writers_of_append_tables_lose_and_repeat_nothing() {
    let engines = Engines::shared();
    let place = Place::new();
    let (partitioned, ordered) = (place.table("appended"), place.table("appended_in_order"));
    let columns = TableDefinition::new().column("part", "INT NOT NULL").column("text", "STRING").write_only();
    let of_parts = columns.clone().partitioned_by(["part"]).option("bucket", "-1");
    engines.java.create(&partitioned, &of_parts).unwrap();
    let of_buckets = columns.option("bucket", "2").option("bucket-key", "part");
    engines.java.create(&ordered, &of_buckets).unwrap();
    let load =
        || Load::seeded(8).column("part", Generator::Distinct(3)).column("text", Generator::Characters(20));
    let stream = || Stream::new(Duration::from_millis(50), 50, load()).add_column_every(25);
    let writers = [
        engines.java.start_writer(&partitioned, &stream().overwrite_every(9)).unwrap(),
        engines.java.start_writer(&ordered, &stream()).unwrap(),
    ];
    let tallies = std::thread::scope(|scope| {
        [&partitioned, &ordered]
            .map(|table| scope.spawn(|| race(table, &[KEEPER, SECOND], race_time(), 5)))
            .map(|race| race.join().unwrap())
    });
    for ((writer, table), tally) in writers.into_iter().zip([&partitioned, &ordered]).zip(tallies) {
        let report = writer.stop().unwrap();
        eprintln!("{tally:?}, {} commits of the writer", report.commits);
        assert_nothing_lost(&engines, table, &report);
        assert!(
            tally.committed >= 5,
            "only {} compactions were committed beside the writer",
            tally.committed
        );
    }
}

#[test]
fn a_pypaimon_writer_in_s3_loses_nothing_and_never_fails() {
    let server = S3Server::on_loopback("writers").unwrap();
    server.create_bucket("lake").unwrap();
    let engines = Engines::shared();
    let table = Warehouse::new("s3://lake/warehouse", server.storage()).table("written_by_pypaimon");
    engines.python.create(&table, &definition().write_only()).unwrap();
    let writer = engines.python.start_writer(&table, Duration::from_millis(50), 50, 2000, 5).unwrap();
    race(&table, &[KEEPER, SECOND], race_time(), 10);
    let report = engines.python.stop_writer(writer).unwrap();
    assert_nothing_lost(&engines, &table, &report);
}

/// A writer that compacts for itself loses commits to us, and we to it; both go on, and the rows stay.
#[test]
fn a_java_writer_that_compacts_too_loses_no_row() {
    let engines = Engines::shared();
    let place = Place::new();
    let table = place.table("compacted_by_its_writer");
    let compacted = definition().option("num-sorted-run.compaction-trigger", "6");
    engines.java.create(&table, &compacted).unwrap();
    let load = Load::seeded(6).column("id", Generator::Distinct(1000));
    let stream = Stream::new(Duration::from_millis(200), 50, load).deletes_percent(10).may_lose_commits();
    let writer = engines.java.start_writer(&table, &stream).unwrap();
    let beside = Rival {
        compactions: &[
            &["--strategy", "auto", "--beside-foreign-compactor"],
            &["--strategy", "full", "--beside-foreign-compactor"],
        ],
        expires: false,
    };
    let tally = race(&table, &[beside], race_time(), 3);
    let report = writer.stop().unwrap();
    eprintln!("{tally:?}, {} commits of the writer, {} lost", report.commits, report.lost_commits);

    assert_nothing_lost(&engines, &table, &report);
    let snapshots = engines.java.snapshots(&table).unwrap();
    let compacted_by_writer =
        snapshots.iter().any(|snapshot| snapshot.kind == "COMPACT" && !snapshot.user.starts_with("weir-"));
    assert!(compacted_by_writer || report.lost_commits > 0, "the writer never compacted");
}

/// Java renames a snapshot over one of ours that has appeared since it looked. We see it, count it and compact again.
#[test]
fn hazard_27_commits_that_a_java_writer_overwrites_are_noticed() {
    let engines = Engines::shared();
    let place = Place::new();
    let table = place.table("renamed_over");
    engines.java.create(&table, &definition().write_only()).unwrap();
    let load = Load::seeded(7).column("id", Generator::Distinct(500));
    let watch = SnapshotWatch::start(&place.path(&table));
    let stream = Stream::new(Duration::from_millis(20), 20, load).renames_late();
    let writer = engines.java.start_writer(&table, &stream).unwrap();
    let tally = race(&table, &[SECOND], race_time(), 10);
    let report = writer.stop().unwrap();
    let seen = watch.stop();
    eprintln!("{tally:?}, {} commits of the writer, {} of ours", report.commits, seen.linked.len());

    assert_eq!(seen.malformed, BTreeSet::new(), "files whose names fail Java when it lists snapshots");
    assert_nothing_lost(&engines, &table, &report);
    assert!(!seen.replaced.is_empty(), "the writer overwrote none of {} commits", seen.linked.len());
    assert_eq!(tally.overwritten, seen.replaced.len() as u64, "counted and replaced commits: {seen:?}");
}

/// Makes a table of three partitions with rows; what its writer writes.
fn prepare_partitions(engines: &Engines, table: &TableAt) -> Load {
    let definition = TableDefinition::new()
        .column("part", "INT NOT NULL")
        .column("id", "BIGINT NOT NULL")
        .column("text", "STRING")
        .column("number", "INT")
        .primary_key(["part", "id"])
        .partitioned_by(["part"])
        .option("bucket", "2")
        .write_only();
    engines.java.create(table, &definition).unwrap();
    Load::seeded(5).column("part", Generator::Distinct(3)).column("id", Generator::Distinct(1000))
}

/// A writer of many small commits with deletes.
fn restless(load: Load) -> Stream {
    Stream::new(Duration::from_millis(50), 50, load).deletes_percent(10)
}

#[track_caller]
fn assert_restless(report: &WriterReport) {
    assert!(report.overwrites >= 1, "the writer never replaced a partition");
    assert!(report.added_columns >= 1, "the writer never changed the schema");
}

/// The writer never failed, the table's rows are the last ones that it wrote, also after another compaction, and its
/// snapshots count the rows of its files.
#[track_caller]
fn assert_nothing_lost(engines: &Engines, table: &TableAt, report: &WriterReport) {
    assert_eq!(report.failures, Vec::<String>::new(), "the writer failed after {} commits", report.commits);
    assert!(report.commits >= 5, "the writer committed only {} times", report.commits);
    for compacted in [false, true] {
        if compacted {
            weir("compact", table, &["--strategy", "full", "--beside-foreign-compactor"]).done();
        }
        let found = engines.java.read(table, &Version::Latest).unwrap();
        let expected = Rows { columns: found.columns.clone(), rows: report.rows.clone() };
        expected.assert_same(
            &found,
            if compacted { "rows after a compaction" } else { "rows that were written" },
        );
        let rows: u64 =
            engines.java.live_files(table, &Version::Latest).unwrap().iter().map(|file| file.row_count).sum();
        let latest = engines.java.snapshots(table).unwrap().pop().unwrap();
        assert_eq!(latest.total_record_count, i64::try_from(rows).ok(), "rows of snapshot {}", latest.id);
    }
}
