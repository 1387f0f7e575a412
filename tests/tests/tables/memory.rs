//! What `--memory` promises: a compaction stays within 1.1 times of it, or refuses before it writes.

use weir_contract::ExitCode;
use weir_tests::oracle::fixtures::Engines;
use weir_tests::oracle::{Generator, Java, JavaHeap, Load, TableAt, TableDefinition, Version};

use crate::listing::{Listing, listing};
use crate::place::Place;
use crate::weir::measured;

fn definition() -> TableDefinition {
    TableDefinition::new()
        .column("id", "BIGINT NOT NULL")
        .column("number", "INT")
        .column("price", "DOUBLE")
        .column("token", "STRING")
        .column("text", "STRING")
        .primary_key(["id"])
        .option("bucket", "1")
        .write_only()
}

/// What a test takes by default, and what it takes when `WEIR_SOAK` asks for the whole.
fn size(default: u32, whole: u32) -> u32 {
    if std::env::var_os("WEIR_SOAK").is_some() { whole } else { default }
}

/// Compacts copies of a table: with too little the run is refused, tells what is enough, and writes nothing. With the
/// least that is, and with twice as much, it keeps to what it may use.
fn keeps_to_what_it_may_use(place: &Place, java: &Java, table: &TableAt, flags: &[&str]) {
    let rows = java.digest(table, &Version::Latest).unwrap();
    let before = files(place, table);
    let compact = |mebibytes: u64| {
        let copy = place.copy(table, &format!("with_{mebibytes}"));
        let limit = format!("--memory={mebibytes}Mi");
        let (run, peak) = measured("compact", &copy, &[&["--strategy=full", &limit], flags].concat());
        let peak = peak >> 20;
        eprintln!("{flags:?} {mebibytes} MiB: {:?}, peak {peak} MiB: {}", run.exit, run.result.message);
        let is_refused = run.exit == ExitCode::Configuration;
        if is_refused {
            assert_eq!(files(place, &copy), before, "a refused run wrote something");
        } else {
            assert!(peak * 10 <= mebibytes * 11, "{peak} MiB were used of {mebibytes}");
            assert_eq!(java.digest(&copy, &Version::Latest).unwrap(), rows);
        }
        std::fs::remove_dir_all(place.path(&copy)).unwrap();
        if is_refused {
            return Some(least_of(&run.result.message));
        }
        run.done();
        None
    };
    // What merges and what compares refuse one after the other.
    let mut least = 32;
    while let Some(asked) = compact(least) {
        assert!(asked > least, "{asked} MiB are asked for, {least} MiB were given");
        least = asked;
    }
    assert!(compact(least - 1).unwrap() >= least);
    assert_eq!(compact(2 * least), None);
}

/// What is in the table's directory but for Weir's own files.
fn files(place: &Place, table: &TableAt) -> Listing {
    let mut files = listing(&place.path(table));
    files.retain(|path, _| !path.starts_with(".weir/"));
    files
}

/// The mebibytes that a refusal asks for.
fn least_of(message: &str) -> u64 {
    let (_, rest) = message.split_once("at least ").unwrap();
    rest.split(' ').next().unwrap().parse().unwrap()
}

#[test]
fn few_very_long_values_are_kept_in_bounds() {
    let (place, java) = (Place::new(), Java::start(JavaHeap::Large).unwrap());
    let table = place.table("wide_values");
    java.create(&table, &definition().option("write-buffer-size", "512 mb")).unwrap();
    let mut seed = 0;
    let mut write = |rows: u64, load: fn(Load) -> Load| {
        seed += 1;
        java.generate(&table, rows, &load(Load::seeded(seed))).unwrap();
    };
    let small = |load: Load| load.column("id", Generator::Distinct(5000));
    let wide = |load: Load| load.column("text", Generator::Characters(size(10_000_000, 100_000_000)));
    write(2000, small);
    write(1, wide);
    write(1, wide);
    java.compact(&table, true).unwrap();
    write(2000, small);
    write(1, wide);
    keeps_to_what_it_may_use(&place, &java, &table, &[]);
    keeps_to_what_it_may_use(&place, &java, &table, &["--verify"]);
}

#[test]
fn many_runs_are_kept_in_bounds() {
    let (engines, place) = (Engines::shared(), Place::new());
    let table = place.table("many_runs");
    engines.java.create(&table, &definition()).unwrap();
    for run in 0..u64::from(size(40, 200)) {
        let load = Load::seeded(run).column("id", Generator::Distinct(100_000));
        engines.java.generate(&table, 3000, &load).unwrap();
    }
    keeps_to_what_it_may_use(&place, engines.java, &table, &[]);
    keeps_to_what_it_may_use(&place, engines.java, &table, &["--verify"]);
}

#[test]
fn many_columns_are_kept_in_bounds() {
    let (engines, place) = (Engines::shared(), Place::new());
    let table = place.table("many_columns");
    let names: Vec<&'static str> = (0..size(95, 495)).map(|n| &*String::leak(format!("c{n}"))).collect();
    let types = ["INT", "BIGINT", "DOUBLE", "STRING", "DECIMAL(12, 2)", "TIMESTAMP(3)"];
    let columns = names.iter().zip(types.iter().cycle());
    let wide = columns.fold(definition(), |table, (name, kind)| table.column(name, *kind));
    engines.java.create(&table, &wide).unwrap();
    for run in 0..2 {
        engines
            .java
            .generate(&table, 10_000, &Load::seeded(run).column("id", Generator::Distinct(15_000)))
            .unwrap();
    }
    keeps_to_what_it_may_use(&place, engines.java, &table, &[]);
    keeps_to_what_it_may_use(&place, engines.java, &table, &["--verify"]);
}
