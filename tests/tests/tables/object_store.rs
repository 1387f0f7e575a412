//! The services on tables in an S3 server.

use weir_tests::oracle::fixtures::{Engines, SUPPORTED};
use weir_tests::oracle::{Judgement, Version, Warehouse};
use weir_tests::s3::S3Server;

use crate::weir::weir;

/// Kinds of tables whose paths, values or references differ most.
const TABLES: [&str; 8] = [
    "scalar_types",
    "composite_keys",
    "partitioned_by_string",
    "changed_columns",
    "references",
    "written_by_pypaimon",
    "append_partitioned",
    "append_ordered_buckets",
];

#[test]
fn tables_in_s3_are_inspected_compacted_and_expired() {
    let server = S3Server::on_loopback("tables").unwrap();
    server.create_bucket("lake").unwrap();
    let engines = Engines::shared();
    let warehouse = Warehouse::new("s3://lake/warehouse", server.storage());
    for fixture in SUPPORTED.iter().filter(|fixture| TABLES.contains(&fixture.name)) {
        let table = warehouse.table(fixture.name);
        fixture.make(&engines, &table).unwrap();
        let before = Judgement::of(&engines, &table, fixture.python_reads).unwrap();
        let files = engines.java.live_files(&table, &Version::Latest).unwrap();

        let summary = weir("inspect", &table, &[]).done().result.table.unwrap();
        assert_eq!(summary.data_files, i64::try_from(files.len()).unwrap(), "{}", fixture.name);
        weir("compact", &table, &["--strategy", "full"]).done();
        let compacted = Judgement::of(&engines, &table, fixture.python_reads).unwrap();
        before.assert_unchanged(&compacted);
        before.assert_all_kept(&compacted);

        let keep_little = ["--retain-max", "1", "--retain-min", "1", "--older-than", "0s"];
        weir("expire-snapshots", &table, &keep_little).done();
        before.assert_unchanged(&Judgement::of(&engines, &table, fixture.python_reads).unwrap());
        assert_eq!(engines.java.orphans(&table).unwrap(), Vec::<String>::new(), "{}", fixture.name);
    }
}

#[test]
fn a_table_in_s3_is_marked_its_partitions_expire_its_manifests_are_compacted_and_it_is_rolled_back() {
    let server = S3Server::on_loopback("commits").unwrap();
    server.create_bucket("lake").unwrap();
    let engines = Engines::shared();
    let table = Warehouse::new("s3://lake/warehouse", server.storage()).table("partitioned");
    let fixture = SUPPORTED.iter().find(|fixture| fixture.name == "partitioned_by_string").unwrap();
    fixture.make(&engines, &table).unwrap();
    let before = Judgement::of(&engines, &table, fixture.python_reads).unwrap();
    let newest = engines.java.snapshots(&table).unwrap().pop().unwrap().id;

    weir("mark-partition-done", &table, &["--partition=part=k=v:100%"]).done();
    weir("compact-manifests", &table, &[]).done();
    let compacted = Judgement::of(&engines, &table, fixture.python_reads).unwrap();
    before.assert_unchanged(&compacted);
    before.assert_all_kept(&compacted);

    let at_once = ["--expiration-time=0s", "--partition-idle-time=0s", "--max-expires=1"];
    let run = weir("expire-partitions", &table, &at_once).done();
    assert_eq!(run.details["expired"][0]["partition"], "part=2026-11-19");
    let expired = Judgement::of(&engines, &table, fixture.python_reads).unwrap();
    before.assert_all_kept(&expired);
    assert!(expired.latest().rows.len() < before.latest().rows.len() && !expired.latest().rows.is_empty());

    weir("rollback-to", &table, &[&format!("--snapshot={newest}"), "--writers-stopped"]).done();
    let back = Judgement::of(&engines, &table, fixture.python_reads).unwrap();
    before.assert_unchanged(&back);
    assert_eq!(back.versions(), before.versions());
    engines.write_more(&table).unwrap();
}
