//! Consumers that Java wrote, and changelogs that they read.

use std::collections::BTreeMap;

use serde_json::json;
use weir_contract::{ExitCode, Outcome};
use weir_tests::oracle::fixtures::Engines;
use weir_tests::oracle::{Row, TableDefinition};

use crate::listing::listing;
use crate::place::Place;
use crate::weir::weir;

#[test]
fn javas_consumers_are_listed_moved_and_removed() {
    let java = Engines::shared().java;
    let place = Place::new();
    let table = place.table("consumed");
    let definition = TableDefinition::new()
        .column("id", "INT NOT NULL")
        .primary_key(["id"])
        .option("bucket", "1")
        .option("snapshot.num-retained.min", "2")
        .option("snapshot.time-retained", "1 ms")
        .write_only();
    java.create(&table, &definition).unwrap();
    for id in 0..6 {
        java.write(&table, &[Row::insert(json!([id]))]).unwrap();
    }
    java.set_consumer(&table, "slow", 2).unwrap();
    java.set_consumer(&table, "done", 7).unwrap();
    let consumers = || java.references(&table).unwrap().consumers;

    let before = listing(&place.path(&table));
    let run = weir("list-consumers", &table, &[]).done();
    assert_eq!(run.result.outcome, Outcome::Succeeded);
    assert_eq!(run.result.message, "2 consumers, of which 1 hold snapshots back");
    for (verb, flags) in [
        ("reset-consumer", ["--consumer-id", "slow", "--next-snapshot", "4"].as_slice()),
        ("reset-consumer", &["--consumer-id", "slow"]),
        ("expire-consumers", &["--older-than", "0s"]),
        ("expire-snapshots", &[]),
    ] {
        let run = weir(verb, &table, &[flags, &["--dry-run"]].concat()).done();
        assert_eq!(run.result.outcome, Outcome::DryRun, "{verb}: {}", run.result.message);
    }
    assert_eq!(listing(&place.path(&table)), before, "dry runs change nothing");

    let run = weir("reset-consumer", &table, &["--consumer-id", "slow", "--next-snapshot", "9"]);
    assert_eq!(run.exit, ExitCode::Configuration, "{}", run.result.message);
    weir("reset-consumer", &table, &["--consumer-id", "slow", "--next-snapshot", "4"]).done();
    assert_eq!(consumers(), BTreeMap::from([("slow".to_owned(), 4), ("done".to_owned(), 7)]));
    let run = weir("expire-snapshots", &table, &[]).done();
    assert!(run.result.message.starts_with("removed 3 snapshots"), "{}", run.result.message);
    assert_eq!(run.result.expiry.unwrap().held_by.unwrap(), "consumer slow has yet to read snapshot 4");

    let run = weir("expire-consumers", &table, &["--older-than", "0s"]).done();
    assert_eq!(run.result.message, "removed the consumers slow");
    assert_eq!(consumers(), BTreeMap::from([("done".to_owned(), 7)]));
    let run = weir("expire-consumers", &table, &[]).done();
    assert_eq!(run.result.outcome, Outcome::NothingToDo);
    assert!(run.result.message.contains("consumer.expiration-time"), "{}", run.result.message);
    weir("reset-consumer", &table, &["--consumer-id", "done"]).done();
    assert_eq!(consumers(), BTreeMap::new());
}
