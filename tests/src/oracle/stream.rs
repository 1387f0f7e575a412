use std::time::Duration;

use serde_json::{Value, json};

use super::Load;

/// What a background writer does until it is stopped: commits of random rows, again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    every: Duration,
    rows_per_commit: u32,
    load: Load,
    deletes_percent: u8,
    overwrite_every: u32,
    add_column_every: u32,
    may_lose_commits: bool,
    renames_late: bool,
}

impl Stream {
    /// Commits so many rows of `load`, then waits for `every`.
    pub const fn new(every: Duration, rows_per_commit: u32, load: Load) -> Self {
        Self {
            every,
            rows_per_commit,
            load,
            deletes_percent: 0,
            overwrite_every: 0,
            add_column_every: 0,
            may_lose_commits: false,
            renames_late: false,
        }
    }

    /// This share of the rows, in percent, deletes its key.
    #[must_use]
    pub const fn deletes_percent(mut self, percent: u8) -> Self {
        self.deletes_percent = percent;
        self
    }

    /// Every so many steps replaces partitions: those of the new rows, then one that is named, and so on.
    #[must_use]
    pub const fn overwrite_every(mut self, steps: u32) -> Self {
        self.overwrite_every = steps;
        self
    }

    /// Every so many steps adds a column.
    #[must_use]
    pub const fn add_column_every(mut self, steps: u32) -> Self {
        self.add_column_every = steps;
        self
    }

    /// The writer compacts too: it starts again when one of its commits failed.
    #[must_use]
    pub const fn may_lose_commits(mut self) -> Self {
        self.may_lose_commits = true;
        self
    }

    /// The writer of a local table renames its snapshots over those that appear after it has looked.
    #[must_use]
    pub const fn renames_late(mut self) -> Self {
        self.renames_late = true;
        self
    }

    /// Adds this to a request.
    pub(super) fn apply(&self, request: &mut Value) {
        request["everyMillis"] = json!(u64::try_from(self.every.as_millis()).unwrap_or(u64::MAX));
        request["rowsPerCommit"] = json!(self.rows_per_commit);
        request["deletes"] = json!(f64::from(self.deletes_percent) / 100.0);
        request["overwriteEvery"] = json!(self.overwrite_every);
        request["addColumnEvery"] = json!(self.add_column_every);
        request["mayLoseCommits"] = json!(self.may_lose_commits);
        request["lateRenames"] = json!(self.renames_late);
        self.load.apply(request);
    }
}
