//! Random histories, written by Java, with Weir's deletions in between: after each of them everything that is left can
//! be read, changes included, and nothing is left that nobody refers to (maintenance §14.1).

mod history;
mod table;

use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use weir_tests::oracle::fixtures::Engines;
use weir_tests::oracle::{Java, JavaHeap};

use self::history::History;
use self::table::ModelTable;
use crate::differential::first_seed;
use crate::place::Place;

/// How much is tried.
struct Effort {
    /// How long new histories are begun, and how many at least.
    time: Duration,
    least: u64,
    /// Histories at the same time.
    threads: usize,
}

impl Effort {
    /// `WEIR_SOAK` asks for many.
    fn asked_for() -> Self {
        if std::env::var_os("WEIR_SOAK").is_some() {
            let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
            Self { time: Duration::from_mins(20), least: 1000, threads }
        } else {
            Self { time: Duration::from_secs(40), least: 4, threads: 1 }
        }
    }
}

#[test]
fn random_histories_lose_nothing_and_leave_nothing() {
    let (effort, first, start) = (Effort::asked_for(), first_seed(), Instant::now());
    println!("WEIR_SEED={first}");
    let (next, is_over) = (AtomicU64::new(0), AtomicBool::new(false));
    let live_one_after_the_other = &|engines: Engines| {
        let place = Place::new();
        while !is_over.load(Relaxed) {
            let number = next.fetch_add(1, Relaxed);
            if start.elapsed() >= effort.time && number >= effort.least {
                next.fetch_sub(1, Relaxed);
                break;
            }
            let history = History::of(first + number);
            let lived = catch_unwind(AssertUnwindSafe(|| live(&engines, &place, &history)));
            if let Err(panic) = lived {
                is_over.store(true, Relaxed);
                eprintln!("{}", history.describe());
                resume_unwind(panic);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..effort.threads {
            // One JVM answers one request at a time.
            let java = Box::leak(Box::new(Java::start(JavaHeap::Small).unwrap()));
            let engines = Engines { java, ..Engines::shared() };
            scope.spawn(move || live_one_after_the_other(engines));
        }
        live_one_after_the_other(Engines::shared());
    });
    println!("{} histories", next.load(Relaxed));
}

fn live(engines: &Engines, place: &Place, history: &History) {
    let mut table = ModelTable::create(engines, place, history);
    for step in &history.steps {
        table.take(step);
    }
    table.end();
}
