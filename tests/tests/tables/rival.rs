//! `weir` processes that work on a table again and again, beside its writers and beside each other.

use std::thread::{Scope, ScopedJoinHandle};
use std::time::Instant;

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

impl Rival {
    /// Works until the deadline, in a thread of its own.
    pub(crate) fn start<'scope>(
        self,
        scope: &'scope Scope<'scope, '_>,
        table: &'scope TableAt,
        deadline: Instant,
    ) -> ScopedJoinHandle<'scope, Tally> {
        scope.spawn(move || {
            let mut tally = Tally::default();
            while Instant::now() < deadline {
                for flags in self.compactions {
                    tally.add(compact(table, flags));
                }
                if self.expires {
                    expire(table);
                }
            }
            tally
        })
    }
}

impl Tally {
    /// Adds another one.
    pub(crate) fn add(&mut self, other: Self) {
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
