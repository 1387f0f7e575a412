//! Compaction and expiry beside writers that never stop.

use std::time::{Duration, Instant};

use weir_contract::{ExitCode, Reason};
use weir_tests::oracle::fixtures::Engines;
use weir_tests::oracle::{Generator, Load, TableAt, TableDefinition, Version, Warehouse, WriterReport};
use weir_tests::s3::S3Server;

use crate::place::Place;
use crate::weir::weir;

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
        .write_only()
}

/// What lost attempts leave is no matter here: Java keeps manifests of its own, and a snapshot of ours that it renames
/// over keeps everything that it named.
#[test]
fn a_java_writer_loses_nothing_and_never_fails() {
    let engines = Engines::shared();
    let place = Place::new();
    let table = place.table("written_by_java");
    engines.java.create(&table, &definition()).unwrap();
    let load = Load::seeded(5).column("id", Generator::Distinct(2000)).deletes_percent(10);
    let writer = engines.java.start_writer(&table, Duration::from_millis(50), 50, &load).unwrap();
    let compactions = compact_and_expire(&table);
    let report = writer.stop().unwrap();
    assert_nothing_lost(&engines, &table, &report);
    assert!(compactions > 0, "a compaction was committed beside the writer");
}

#[test]
fn a_pypaimon_writer_in_s3_loses_nothing_and_never_fails() {
    let server = S3Server::on_loopback("writers").unwrap();
    server.create_bucket("lake").unwrap();
    let engines = Engines::shared();
    let table = Warehouse::new("s3://lake/warehouse", server.storage()).table("written_by_pypaimon");
    engines.python.create(&table, &definition()).unwrap();
    let writer = engines.python.start_writer(&table, Duration::from_millis(50), 50, 2000, 5).unwrap();
    let compactions = compact_and_expire(&table);
    let report = engines.python.stop_writer(writer).unwrap();
    assert_nothing_lost(&engines, &table, &report);
    assert!(compactions > 0, "a compaction was committed beside the writer");
}

/// Compacts and expires again and again; how many compactions were committed.
fn compact_and_expire(table: &TableAt) -> u32 {
    let deadline = Instant::now() + race_time();
    let mut committed = 0;
    while Instant::now() < deadline {
        for strategy in ["auto", "full"] {
            let run = weir("compact", table, &["--strategy", strategy]);
            assert!(
                matches!(run.exit, ExitCode::Done | ExitCode::Conflict),
                "{strategy} ended with {:?}: {}",
                run.exit,
                run.result.message
            );
            committed += u32::from(run.result.reason == Reason::Completed);
        }
        weir("expire-snapshots", table, &["--retain-max", "20", "--retain-min", "5", "--older-than", "0s"])
            .done();
    }
    committed
}

/// The writer never failed, and the table's rows are the last ones that it wrote.
#[track_caller]
fn assert_nothing_lost(engines: &Engines, table: &TableAt, report: &WriterReport) {
    assert_eq!(report.failures, Vec::<String>::new(), "the writer failed after {} commits", report.commits);
    assert!(report.commits >= 10, "the writer committed only {} times", report.commits);
    let found = engines.java.read(table, &Version::Latest).unwrap();
    let expected = weir_tests::oracle::Rows { columns: found.columns.clone(), rows: report.rows.clone() };
    expected.assert_same(&found, "rows that the writer wrote");
}
