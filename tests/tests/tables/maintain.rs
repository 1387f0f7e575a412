//! `weir maintain`: what a table's options ask for, in one run.

use serde_json::json;
use weir_contract::{ExitCode, Outcome};
use weir_tests::oracle::fixtures::Engines;
use weir_tests::oracle::{Row, TableAt, TableDefinition, Version};

use crate::listing::listing;
use crate::place::Place;
use crate::weir::weir;

/// A table of two old days and one that is not over, whose options ask for every step.
fn make(engines: &Engines, place: &Place, partitions: &[&str]) -> TableAt {
    let table = place.table("kept");
    let definition = TableDefinition::new()
        .column("dt", "STRING NOT NULL")
        .column("id", "BIGINT NOT NULL")
        .column("text", "STRING")
        .primary_key(["dt", "id"])
        .partitioned_by(["dt"])
        .option("bucket", "1")
        .option("partition.expiration-time", "7 d")
        .option("partition.timestamp-formatter", "yyyy-MM-dd")
        .option("consumer.expiration-time", "1 s")
        .option("tag.automatic-creation", "process-time")
        .option("tag.creation-period", "hourly")
        .option("snapshot.time-retained", "0 s")
        .option("snapshot.num-retained.min", "1")
        .write_only();
    engines.java.create(&table, &definition).unwrap();
    for day in partitions {
        for round in 0..2 {
            let rows: Vec<Row> =
                (0..20).map(|id| Row::insert(json!([day, id, format!("round {round}")]))).collect();
            engines.java.write(&table, &rows).unwrap();
        }
    }
    table
}

#[test]
fn one_run_takes_every_step_that_the_options_ask_for_and_the_next_finds_nothing() {
    let (engines, place) = (Engines::shared(), Place::new());
    let table = make(&engines, &place, &["2020-01-01", "2020-01-02", "2999-01-01"]);
    engines.java.set_consumer(&table, "silent", 2).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1500));
    let flags = ["--option", "tag.num-retained-max=5"];

    let before = listing(&place.path(&table));
    let plan = weir("maintain", &table, &[&flags[..], &["--dry-run"]].concat()).done();
    assert_eq!(listing(&place.path(&table)), before);
    assert_eq!(plan.result.outcome, Outcome::DryRun, "{}", plan.result.message);

    let run = weir("maintain", &table, &flags).done();
    assert_eq!(run.result.outcome, Outcome::Succeeded, "{}", run.result.message);
    let figures = run.result.expiry.unwrap();
    assert_eq!(figures.created_tags, 1, "{}", run.result.message);
    assert_eq!(figures.removed_consumers, 1);
    assert!(figures.expired_snapshots >= 5, "{figures:?}");
    let steps: Vec<&str> =
        run.details["steps"].as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap()).collect();
    assert_eq!(steps, ["Tags", "Partitions", "Consumers", "Snapshots", "Changelogs"]);
    // Files that were written a moment ago keep their partitions, however old the day.
    assert_eq!(figures.dropped_partitions, 0);

    let references = engines.java.references(&table).unwrap();
    assert_eq!((references.tags.len(), references.consumers.len()), (1, 0));
    assert_eq!(engines.java.snapshots(&table).unwrap().len(), 1);
    engines.java.read(&table, &Version::Tag(references.tags.keys().next().unwrap().clone())).unwrap();
    assert_eq!(weir("maintain", &table, &flags).done().result.outcome, Outcome::NothingToDo);
}

#[test]
fn only_the_steps_that_are_named_are_taken() {
    let (engines, place) = (Engines::shared(), Place::new());
    let table = make(&engines, &place, &["2999-01-01"]);
    engines.java.set_consumer(&table, "silent", 1).unwrap();
    let run = weir("maintain", &table, &["--include", "tags,changelogs"]).done();
    assert_eq!(run.details["snapshots"], serde_json::Value::Null);
    assert_eq!(engines.java.snapshots(&table).unwrap().len(), 2);
    assert_eq!(engines.java.references(&table).unwrap().consumers.len(), 1);
}

/// A tag that calls back cannot be made here: what the options ask for is told and left out, what is asked for by name
/// fails.
#[test]
fn a_step_that_is_refused_does_not_keep_the_others_from_being_taken() {
    let (engines, place) = (Engines::shared(), Place::new());
    let table = make(&engines, &place, &["2999-01-01"]);
    let callback = ["--option", "tag.callbacks=example.Callback", "--option", "tag.automatic-creation=none"];
    let run = weir("maintain", &table, &callback).done();
    assert_eq!(run.result.outcome, Outcome::Succeeded, "{}", run.result.message);
    assert!(run.result.message.contains("tags were left out"), "{}", run.result.message);
    assert_eq!(engines.java.snapshots(&table).unwrap().len(), 1);

    let named = weir("maintain", &table, &[&callback[..], &["--include", "tags"]].concat());
    assert_eq!(named.exit, ExitCode::Unsupported, "{}", named.result.message);
}
