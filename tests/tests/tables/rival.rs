//! `weir` processes that work on a table again and again, beside its writers and beside each other.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use weir_contract::{ExitCode, Reason};
use weir_tests::oracle::TableAt;

use crate::weir::weir;

/// What one process after the other does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rival {
    /// Flags of the compactions, taken in turn.
    pub(crate) compactions: &'static [&'static [&'static str]],
    /// Whether snapshots are expired in between.
    pub(crate) expires: bool,
}

/// What they did together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Compactions that were committed.
    pub(crate) committed: u64,
    /// Compactions that lost every attempt.
    pub(crate) lost: u64,
    /// Own commits that another writer overwrote, as the results say.
    pub(crate) overwritten: u64,
}

/// Lets rivals work on a table for `time`, and on a busy machine for as long as they need to commit `at_least` so many
/// compactions, but not without end.
pub(crate) fn race(table: &TableAt, rivals: &[Rival], time: Duration, at_least: u64) -> Tally {
    // The binary may have to be built first.
    weir("inspect", table, &[]).done();
    let start = Instant::now();
    let committed = AtomicU64::new(0);
    let goes_on =
        || start.elapsed() < time || (committed.load(Relaxed) < at_least && start.elapsed() < 10 * time);
    let mut all = Tally::default();
    std::thread::scope(|scope| {
        let running: Vec<_> =
            rivals.iter().map(|rival| scope.spawn(|| rival.work(table, &committed, goes_on))).collect();
        for rival in running {
            all.add(rival.join().unwrap());
        }
    });
    assert!(all.committed >= at_least, "only {} compactions were committed beside the writer", all.committed);
    all
}

impl Rival {
    fn work(self, table: &TableAt, committed: &AtomicU64, goes_on: impl Fn() -> bool) -> Tally {
        let mut tally = Tally::default();
        while goes_on() {
            for flags in self.compactions {
                let one = compact(table, flags);
                committed.fetch_add(one.committed, Relaxed);
                tally.add(one);
            }
            if self.expires {
                expire(table);
            }
        }
        tally
    }
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.committed += other.committed;
        self.lost += other.lost;
        self.overwritten += other.overwritten;
    }
}

fn compact(table: &TableAt, flags: &[&str]) -> Tally {
    let run = weir("compact", table, flags);
    assert!(
        matches!(run.exit, ExitCode::Done | ExitCode::Conflict),
        "compact {flags:?} ended with {:?}: {}",
        run.exit,
        run.result.message
    );
    let figures = run.result.compaction.unwrap_or_default();
    Tally {
        committed: u64::from(run.result.reason == Reason::Completed),
        lost: u64::from(run.exit == ExitCode::Conflict),
        overwritten: u64::try_from(figures.overwritten_commits).unwrap(),
    }
}

fn expire(table: &TableAt) {
    weir("expire-snapshots", table, &["--retain-max", "20", "--retain-min", "5", "--older-than", "0s"])
        .done();
}
