//! Random histories, written by Java, with Weir's deletions in between: after each of them everything that is left can
//! be read, changes included, and nothing is left that nobody refers to (maintenance §14.1).

mod history;
mod table;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

use weir_tests::oracle::fixtures::Engines;

use self::history::History;
use self::table::ModelTable;
use crate::differential::first_seed;
use crate::place::Place;

/// How long histories are tried, and how many at least; `WEIR_SOAK` asks for many.
fn effort() -> (Duration, u64) {
    if std::env::var_os("WEIR_SOAK").is_some() {
        (Duration::from_mins(40), 1000)
    } else {
        (Duration::from_secs(40), 4)
    }
}

#[test]
fn random_histories_lose_nothing_and_leave_nothing() {
    let engines = Engines::shared();
    let place = Place::new();
    let first = first_seed();
    println!("WEIR_SEED={first}");
    let ((time, least), start, mut tried) = (effort(), Instant::now(), 0);
    while start.elapsed() < time || tried < least {
        let history = History::of(first + tried);
        let lived = catch_unwind(AssertUnwindSafe(|| live(&engines, &place, &history)));
        if let Err(panic) = lived {
            eprintln!("{}", history.describe());
            resume_unwind(panic);
        }
        tried += 1;
    }
    println!("{tried} histories");
}

fn live(engines: &Engines, place: &Place, history: &History) {
    let mut table = ModelTable::create(engines, place, history);
    for step in &history.steps {
        table.take(step);
    }
    table.end();
}
