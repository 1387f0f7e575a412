//! One scenario on many tables.

use std::panic::{AssertUnwindSafe, catch_unwind};

use weir_tests::oracle::TableAt;
use weir_tests::oracle::fixtures::{Engines, Fixture, SUPPORTED};

use crate::place::Place;

/// Runs a scenario on a fresh table of every supported kind; fails with the names of those on which it failed.
#[track_caller]
pub(crate) fn on_every_supported_table(scenario: impl Fn(&Engines, &Place, &Fixture, &TableAt)) {
    let engines = Engines::shared();
    let failed: Vec<&str> = SUPPORTED
        .iter()
        .filter(|fixture| {
            let place = Place::new();
            let table = place.table(fixture.name);
            fixture.make(&engines, &table).unwrap();
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
