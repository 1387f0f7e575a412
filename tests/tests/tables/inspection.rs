//! `weir inspect` on real tables.

use std::collections::BTreeSet;

use serde_json::json;
use weir_contract::ExitCode;
use weir_tests::oracle::fixtures::{Engines, SUPPORTED};
use weir_tests::oracle::{SchemaChange, Version};

use crate::listing::listing;
use crate::place::Place;
use crate::sweep::on_every_supported_table;
use crate::weir::{Run, weir};

#[test]
fn an_inspection_sees_what_java_sees() {
    on_every_supported_table(|engines, place, _, table| {
        let before = listing(&place.path(table));
        let run = weir("inspect", table, &[]).done();
        let summary = run.result.table.expect("a summary of the table");
        let count = |n: usize| i64::try_from(n).unwrap();
        let sum = |values: Vec<u64>| i64::try_from(values.iter().sum::<u64>()).unwrap();

        let files = engines.java.live_files(table, &Version::Latest).unwrap();
        assert_eq!(summary.data_files, count(files.len()), "live files");
        assert_eq!(summary.data_bytes, sum(files.iter().map(|file| file.size).collect()), "bytes");
        assert_eq!(summary.rows, sum(files.iter().map(|file| file.row_count).collect()), "rows");
        let buckets: BTreeSet<_> = files.iter().map(|file| (&file.partition, file.bucket)).collect();
        assert_eq!(summary.buckets, count(buckets.len()), "buckets");
        let runs = |bucket: &(&String, i32)| {
            let files = files.iter().filter(|file| (&file.partition, file.bucket) == *bucket);
            let levels: Vec<i32> = files.map(|file| file.level).collect();
            let deeper: BTreeSet<i32> = levels.iter().copied().filter(|level| *level > 0).collect();
            levels.iter().filter(|level| **level == 0).count() + deeper.len()
        };
        assert_eq!(
            summary.max_sorted_runs,
            count(buckets.iter().map(runs).max().unwrap_or(0)),
            "sorted runs"
        );

        let snapshots = engines.java.snapshots(table).unwrap();
        assert_eq!(summary.snapshots, count(snapshots.len()), "snapshots");
        assert_eq!(summary.snapshot_id, snapshots.last().map(|snapshot| snapshot.id.to_string()));
        let references = engines.java.references(table).unwrap();
        assert_eq!(summary.tags, count(references.tags.len()), "tags");
        assert_eq!(summary.branches, count(references.branches.len()), "branches");
        assert_eq!(summary.consumers, count(references.consumers.len()), "consumers");
        assert_eq!(listing(&place.path(table)), before, "an inspection writes nothing");
    });
}

#[test]
fn an_inspection_tells_what_a_compaction_would_rewrite() {
    on_every_supported_table(|_, _, _, table| {
        let gain = weir("inspect", table, &[]).done().details["compactionGain"].clone();
        let plan = weir("compact", table, &["--strategy", "auto", "--dry-run", "--beside-foreign-compactor"]);
        let plan = plan.done().result.compaction.unwrap();
        // Null and blank partitions share a directory, which is what the plan counts.
        assert!(gain["buckets"].as_i64().unwrap() >= plan.buckets, "{gain} beside {plan:?}");
        assert_eq!(gain["files"], plan.input_files);
        assert_eq!(gain["bytes"], plan.input_bytes);
    });
}

#[test]
fn an_inspection_tells_of_a_catalog_that_does_not_hear_of_changes() {
    let (engines, place) = (Engines::shared(), Place::new());
    let fixture = SUPPORTED.iter().find(|fixture| fixture.name == "partitioned_by_string").unwrap();
    let table = place.table(fixture.name);
    fixture.make(&engines, &table).unwrap();
    let names = |run: Run| run.result.table.unwrap().warnings;
    let plain = weir("inspect", &table, &[]).done();
    assert_eq!(plain.details["catalog"], json!([]));
    assert!(!names(plain).contains(&"CatalogEntries".to_owned()));

    let option = [("metastore.partitioned-table", "true")];
    engines
        .java
        .alter(&table, &option.map(|(key, value)| SchemaChange::SetOption(key, value.to_owned())))
        .unwrap();
    let run = weir("inspect", &table, &["--option", "commit.callbacks=a.Class"]).done();
    assert_eq!(run.details["catalog"], json!(["metastore.partitioned-table = true"]));
    let names = names(run);
    assert!(names.contains(&"CatalogEntries".to_owned()) && names.contains(&"CallbacksNotCalled".to_owned()));

    let before = listing(&place.path(&table));
    let rolled_back = weir("rollback-to", &table, &["--snapshot=1", "--writers-stopped"]);
    let expired = weir("expire-partitions", &table, &["--expiration-time=0s"]);
    let compacted = weir("compact", &table, &["--option", "metastore=rest"]);
    for run in [rolled_back, expired, compacted] {
        assert_eq!(run.exit, ExitCode::Unsupported, "{}", run.result.message);
        assert!(run.result.message.contains("metastore"), "{}", run.result.message);
    }
    assert_eq!(listing(&place.path(&table)), before);
    weir("compact", &table, &["--strategy", "full"]).done();
}
