//! Tables that `weir` refuses.

use serde_json::json;
use weir_contract::{ExitCode, Outcome, Reason};
use weir_tests::oracle::fixtures::{Engines, UNSUPPORTED};
use weir_tests::oracle::{Row, TableDefinition, Version};

use crate::listing::listing;
use crate::place::Place;
use crate::weir::weir;

#[test]
fn a_compaction_refuses_every_unsupported_feature_by_name_and_writes_nothing() {
    let engines = Engines::shared();
    let mut wrong = Vec::new();
    for fixture in UNSUPPORTED {
        let place = Place::new();
        let table = place.table(fixture.name);
        fixture.make(&engines, &table).unwrap();
        let before = listing(&place.path(&table));
        for flags in [["--strategy", "full"].as_slice(), &[], &["--dry-run"]] {
            let run = weir("compact", &table, flags);
            let name = fixture.name;
            if run.exit != ExitCode::Unsupported {
                wrong.push(format!("{name} {flags:?} ended with {:?}: {}", run.exit, run.result.message));
            } else if !run.result.message.contains(fixture.reason) {
                wrong.push(format!(
                    "{name} {flags:?} does not name {}: {}",
                    fixture.reason, run.result.message
                ));
            } else if run.result.outcome != Outcome::Failed {
                wrong.push(format!("{name} {flags:?} says {:?}", run.result.outcome));
            }
            if listing(&place.path(&table)) != before {
                wrong.push(format!("{name} {flags:?} changed the table"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_directory_that_is_no_table_is_not_found() {
    let place = Place::new();
    for verb in
        ["inspect", "compact", "expire-snapshots", "expire-changelogs", "list-consumers", "expire-consumers"]
    {
        let run = weir(verb, &place.table("nothing"), &[]);
        assert_eq!(run.exit, ExitCode::Unsupported, "{verb}: {}", run.result.message);
        assert!(run.result.message.contains("nothing"), "{verb} names the table: {}", run.result.message);
    }
}

#[test]
fn a_compaction_refuses_to_race_a_writer_that_compacts_for_itself() {
    let engines = Engines::shared();
    let place = Place::new();
    let table = place.table("compacted_by_its_writer");
    let definition = TableDefinition::new()
        .column("id", "INT NOT NULL")
        .column("text", "STRING")
        .primary_key(["id"])
        .option("bucket", "1");
    engines.java.create(&table, &definition).unwrap();
    let write = |text: &str| engines.java.write(&table, &[Row::insert(json!([1, text]))]).unwrap();
    write("first");
    engines.java.compact(&table, true).unwrap();
    write("second");
    let before = listing(&place.path(&table));

    let run = weir("compact", &table, &["--strategy", "full"]);
    assert_eq!((run.exit, run.result.reason), (ExitCode::Unsupported, Reason::ForeignCompactor));
    for named in ["oracle-maintenance", "write-only"] {
        assert!(run.result.message.contains(named), "{named} is named: {}", run.result.message);
    }
    assert_eq!(listing(&place.path(&table)), before);

    weir("compact", &table, &["--strategy", "full", "--beside-foreign-compactor"]).done();
    let rows = engines.java.read(&table, &Version::Latest).unwrap().rows;
    assert_eq!(rows, ["(1, \"second\")"]);
}
