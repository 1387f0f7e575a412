//! `weir inspect` and `weir what-if`: who pins what, beside what really goes.

use std::collections::BTreeMap;
use std::path::Path;

use weir_tests::oracle::fixtures::Engines;
use weir_tests::oracle::{Generator, Load, TableAt, TableDefinition};

use crate::listing::listing;
use crate::place::Place;
use crate::weir::weir;

/// Expires all that is old enough by this.
const OLD: [&str; 6] = ["--retain-min", "2", "--older-than", "0s", "--max-deletes", "1000"];
/// The same as options of a table.
const OLD_OPTIONS: [&str; 4] =
    ["--option", "snapshot.num-retained.min=2", "--option", "snapshot.time-retained=0 s"];

#[test]
fn every_pin_holds_byte_for_byte_what_goes_without_it() {
    let bytes = assert_exact(&[("changelog-producer", "input")]);
    assert!(["early", "side", "slow"].iter().all(|name| bytes[*name] > 0), "{bytes:?}");
}

/// Snapshots that expire leave changelogs behind, which need their changelog files or, without a producer, their deltas.
#[test]
fn pins_of_a_table_whose_changelogs_outlive_its_snapshots_are_exact_too() {
    for producer in ["input", "none"] {
        assert_exact(&[("changelog-producer", producer), ("changelog.time-retained", "30 d")]);
    }
}

/// Every pin of a table with these options tells what goes without it on a copy.
#[track_caller]
fn assert_exact(options: &[(&str, &str)]) -> BTreeMap<String, u64> {
    let place = Place::new();
    let table = make(&Engines::shared(), &place, options);
    let inspection = weir("inspect", &table, &OLD_OPTIONS).done().details;
    let pins = inspection["pins"]["pins"].as_array().unwrap();
    let expired = expire(&place, &table, "expired", |_| ());
    assert_eq!(inspection["pins"]["expirable"]["bytes"], size(&table, &place) - size(&expired, &place));

    let kinds: Vec<&str> = pins.iter().map(|pin| pin["kind"].as_str().unwrap()).collect();
    for kind in ["Tag", "Branch", "Consumer"] {
        assert!(kinds.contains(&kind), "a {kind} among {kinds:?}");
    }
    let mut bytes = BTreeMap::new();
    for pin in pins {
        let (kind, name) = (pin["kind"].as_str().unwrap(), pin["name"].as_str().unwrap());
        let remove: &dyn Fn(&Path) = match kind {
            "Tag" => &|table| std::fs::remove_file(table.join(format!("tag/tag-{name}"))).unwrap(),
            "Branch" => {
                &|table| std::fs::remove_dir_all(table.join(format!("branch/branch-{name}"))).unwrap()
            }
            "Consumer" => {
                &|table| std::fs::remove_file(table.join(format!("consumer/consumer-{name}"))).unwrap()
            }
            _ => continue,
        };
        let without = expire(&place, &table, &format!("without_{name}"), remove);
        // A consumer's own file is not what it pins.
        let own = if kind == "Consumer" { consumer_file(&place, &table, name) } else { 0 };
        let freed = size(&expired, &place) - size(&without, &place) - own;
        assert_eq!(pin["bytes"], freed, "{kind} {name}");
        bytes.insert(name.to_owned(), freed);
    }
    bytes
}

#[test]
fn what_if_tells_what_an_expiry_with_other_settings_frees() {
    let place = Place::new();
    let table = make(&Engines::shared(), &place, &[("changelog-producer", "input")]);
    let before = listing(&place.path(&table));
    let asked = [&OLD_OPTIONS[..], &["--retain-min", "1", "--without-consumer", "slow"]].concat();
    let gain = weir("what-if", &table, &asked).done().details;
    assert_eq!(listing(&place.path(&table)), before, "a question changes nothing");

    let usual = expire(&place, &table, "usual", |_| ());
    let other = place.copy(&table, "other");
    std::fs::remove_file(place.path(&other).join("consumer/consumer-slow")).unwrap();
    weir("expire-snapshots", &other, &["--retain-min", "1", "--older-than", "0s", "--max-deletes", "1000"])
        .done();
    let freed = size(&usual, &place) - size(&other, &place) - consumer_file(&place, &table, "slow");
    assert_eq!(gain["bytes"], freed);
    assert!(freed > 0);

    let unknown = weir("what-if", &table, &["--without-tag", "nobody"]);
    assert_eq!(unknown.exit, weir_contract::ExitCode::Configuration, "{}", unknown.result.message);
}

/// A primary-key table with a history of upgrades, compactions and deletions, and references of all kinds.
fn make(engines: &Engines, place: &Place, options: &[(&str, &str)]) -> TableAt {
    let table = place.table("pinned");
    let definition = TableDefinition::new()
        .column("id", "BIGINT NOT NULL")
        .column("text", "STRING")
        .primary_key(["id"])
        .option("bucket", "2");
    let definition =
        options.iter().fold(definition, |definition, (key, value)| definition.option(key, value));
    engines.java.create(&table, &definition).unwrap();
    for round in 1..=8 {
        let load = Load::seeded(round)
            .column("id", Generator::Distinct(300))
            .column("text", Generator::Characters(20));
        engines.java.generate(&table, 200, &load).unwrap();
        let latest = engines.java.snapshots(&table).unwrap().pop().unwrap().id;
        match round {
            2 => engines.java.create_tag(&table, "early", latest).unwrap(),
            3 => {
                engines.java.create_tag(&table, "base", latest).unwrap();
                engines.java.create_branch(&table, "side", "base").unwrap();
                engines.java.compact(&table, true).unwrap();
            }
            5 => engines.java.set_consumer(&table, "slow", latest).unwrap(),
            6 => {
                engines.java.compact(&table, true).unwrap();
                engines.java.set_consumer(&table, "faster", latest).unwrap();
            }
            8 => engines.java.create_tag(&table, "young", latest).unwrap(),
            _ => {}
        }
    }
    table
}

/// A copy that was changed and expired.
fn expire(place: &Place, table: &TableAt, name: &str, change: impl Fn(&Path)) -> TableAt {
    let copy = place.copy(table, name);
    change(&place.path(&copy));
    weir("expire-snapshots", &copy, &OLD).done();
    copy
}

/// Size of everything but hints and what Weir keeps for itself.
fn size(table: &TableAt, place: &Place) -> u64 {
    let path = place.path(table);
    let is_hint = |name: &str| {
        ["snapshot/", "changelog/"].iter().any(|directory| {
            name.strip_prefix(directory).is_some_and(|name| ["EARLIEST", "LATEST"].contains(&name))
        })
    };
    let counts = |name: &str| !name.starts_with(".weir/") && !is_hint(name);
    listing(&path)
        .keys()
        .filter(|name| counts(name))
        .map(|name| std::fs::metadata(path.join(name)).unwrap().len())
        .sum()
}

fn consumer_file(place: &Place, table: &TableAt, name: &str) -> u64 {
    std::fs::metadata(place.path(table).join(format!("consumer/consumer-{name}"))).unwrap().len()
}
