//! One scenario on many tables.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use weir_tests::oracle::TableAt;
use weir_tests::oracle::fixtures::{Engines, Fixture, SUPPORTED};

use crate::place::Place;

/// Runs a scenario on a table of every supported kind of its own; fails with the names of those on which it failed.
#[track_caller]
pub(crate) fn on_every_supported_table(scenario: impl Fn(&Engines, &Place, &Fixture, &TableAt)) {
    let engines = Engines::shared();
    let place = Place::new();
    let failed: Vec<&str> = SUPPORTED
        .iter()
        .filter(|fixture| {
            let table = place.copy_from(made(), fixture.name);
            catch_unwind(AssertUnwindSafe(|| scenario(&engines, &place, fixture, &table)))
                .inspect_err(|_| eprintln!("… on the table {}", fixture.name))
                .is_err()
        })
        .map(|fixture| fixture.name)
        .collect();
    assert!(
        failed.is_empty(),
        "failed on {} of {} tables: {}",
        failed.len(),
        SUPPORTED.len(),
        failed.join(", ")
    );
}

/// All supported tables, made once and copied for each scenario.
fn made() -> &'static Place {
    static MADE: OnceLock<Place> = OnceLock::new();
    MADE.get_or_init(|| {
        let engines = Engines::shared();
        let place = Place::new();
        for fixture in SUPPORTED {
            let made = fixture.make(&engines, &place.table(fixture.name));
            made.unwrap_or_else(|error| panic!("{}: {error}", fixture.name));
        }
        place
    })
}
