//! Partitions that expire while others write to them and compact them.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use weir_contract::{ExitCode, Reason};
use weir_tests::oracle::fixtures::Engines;
use weir_tests::oracle::{Generator, Load, Stream, TableAt, TableDefinition, Version};

use crate::place::Place;
use crate::rival::{Rival, race};
use crate::weir::weir;

/// Drops partition 0, which is of the year 2020, whenever it has files; the others are of later centuries.
const DROP: [&str; 3] =
    ["--expiration-time=1d", "--partition-idle-time=0s", "--timestamp-pattern=2$part20-01-01"];

#[test]
fn hazard_24_partitions_that_expire_beside_a_writer_and_compactions_fail_neither() {
    let engines = Engines::shared();
    let place = Place::new();
    let table = place.table("dropped");
    let definition = TableDefinition::new()
        .column("part", "INT NOT NULL")
        .column("id", "BIGINT NOT NULL")
        .column("text", "STRING")
        .primary_key(["part", "id"])
        .partitioned_by(["part"])
        .option("bucket", "2")
        .write_only();
    engines.java.create(&table, &definition).unwrap();
    let load = Load::seeded(24).column("part", Generator::Distinct(3)).column("id", Generator::Distinct(300));
    let stream = Stream::new(Duration::from_millis(50), 50, load).deletes_percent(10);
    let writer = engines.java.start_writer(&table, &stream).unwrap();
    let (finished, drops) = (AtomicBool::new(false), AtomicU64::new(0));
    let compactor = Rival { compactions: &[&["--strategy", "full"]], expires: false };
    let time = Duration::from_secs(if std::env::var_os("WEIR_SOAK").is_some() { 300 } else { 15 });
    let tally = std::thread::scope(|scope| {
        let dropping = scope.spawn(|| {
            while !finished.load(Relaxed) {
                let run = weir("expire-partitions", &table, &DROP);
                assert!(
                    matches!(run.exit, ExitCode::Done | ExitCode::Conflict),
                    "{:?}: {}",
                    run.exit,
                    run.result.message
                );
                let manifests = weir("compact-manifests", &table, &[]);
                assert!(
                    matches!(manifests.exit, ExitCode::Done | ExitCode::Conflict),
                    "{}",
                    manifests.result.message
                );
                drops.fetch_add(u64::from(run.result.reason == Reason::Completed), Relaxed);
                std::thread::sleep(Duration::from_millis(200));
            }
        });
        let tally = race(&table, &[compactor, compactor], time, 5);
        finished.store(true, Relaxed);
        dropping.join().unwrap();
        tally
    });
    let report = writer.stop().unwrap();
    let drops = drops.into_inner();
    eprintln!("{tally:?}, {} commits of the writer, {drops} drops", report.commits);
    assert_eq!(report.failures, Vec::<String>::new(), "the writer failed after {} commits", report.commits);
    assert!(drops >= 3, "only {drops} drops were committed");

    let rows = |table: &TableAt, first: bool| -> Vec<String> {
        let rows = engines.java.read(table, &Version::Latest).unwrap().rows;
        rows.into_iter().filter(|row| is_of_first(row) == first).collect()
    };
    let of_writer = |first: bool| -> Vec<String> {
        report.rows.iter().filter(|row| is_of_first(row) == first).cloned().collect()
    };
    assert!(!of_writer(true).is_empty() && !of_writer(false).is_empty());
    assert_eq!(rows(&table, false), of_writer(false), "partitions that never expired");
    let written = of_writer(true);
    let strays: Vec<String> = rows(&table, true).into_iter().filter(|row| !written.contains(row)).collect();
    assert_eq!(strays, Vec::<String>::new(), "rows that were dropped or deleted are back");
    assert_counts(&engines, &table);

    weir("expire-partitions", &table, &DROP).done();
    weir("compact", &table, &["--strategy", "full"]).done();
    assert_eq!(rows(&table, true), Vec::<String>::new(), "rows of the dropped partition");
    assert_eq!(rows(&table, false), of_writer(false));
    assert_counts(&engines, &table);
}

fn is_of_first(row: &str) -> bool {
    row.starts_with("(0,")
}

/// The newest snapshot counts the rows of its files.
fn assert_counts(engines: &Engines, table: &TableAt) {
    let files = engines.java.live_files(table, &Version::Latest).unwrap();
    let rows: u64 = files.iter().map(|file| file.row_count).sum();
    let latest = engines.java.snapshots(table).unwrap().pop().unwrap();
    assert_eq!(latest.total_record_count, i64::try_from(rows).ok(), "rows of snapshot {}", latest.id);
}
