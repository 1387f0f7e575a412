//! Which snapshots to keep.

use std::time::Duration;

use jiff::Timestamp;
use weir_paimon_spec::Snapshot;

use super::holds::Hold;
use crate::{Error, ErrorKind, Result, Table};

/// How many snapshots to keep, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Keep at least this many; at least 1.
    pub min: i64,
    /// Keep at most this many, however young.
    pub max: i64,
    /// Snapshots that stopped being current before this instant are old; milliseconds since the epoch.
    pub older_than: i64,
    /// Greatest range of ids to expire at once.
    pub max_deletes: i64,
}

impl Retention {
    /// What the table's own options say at some time.
    pub(crate) fn of_table(table: &Table, now: Timestamp) -> Result<Self> {
        let options = table.options().snapshot_retention()?;
        Ok(Self {
            min: i64::from(options.min),
            max: i64::from(options.max),
            older_than: before(now, options.time),
            max_deletes: i64::from(options.max_deletes),
        })
    }

    /// The same, or [`ErrorKind::Invalid`] when it would let the latest of `what` go (maintenance §11 #19).
    pub(crate) fn checked(self, what: &str) -> Result<Self> {
        if self.min >= 1 && self.max >= self.min {
            return Ok(self);
        }
        Err(Error::new(
            ErrorKind::Invalid,
            format!(
                "at least {} and at most {} {what} cannot be kept: --retain-min must be 1 or more and not above --retain-max",
                self.min, self.max
            ),
        ))
    }
}

/// Milliseconds since the epoch of an instant so long before another.
pub(crate) fn before(now: Timestamp, time: Duration) -> i64 {
    now.as_millisecond().saturating_sub(i64::try_from(time.as_millis()).unwrap_or(i64::MAX))
}

/// The first snapshot that stays, and why no later one is the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bound {
    /// Id of an existing snapshot.
    pub(crate) end: i64,
    /// What holds the rest back, for people.
    pub(crate) held_by: String,
}

/// A snapshot as retention sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Age {
    pub(crate) id: i64,
    /// When it was committed: milliseconds since the epoch.
    pub(crate) time_millis: i64,
}

impl Age {
    /// The age of a snapshot or changelog.
    pub(crate) const fn of(snapshot: &Snapshot) -> Self {
        Self { id: snapshot.id, time_millis: snapshot.time_millis }
    }
}

/// Decides which snapshots stay (maintenance §1.2). `snapshots` ascend by id. `None` when there are no snapshots.
///
/// A snapshot is old when its *successor* is: until then it was the table's state. Released Java compares the
/// snapshot's own time, which expires one snapshot more; keeping it is the careful choice.
pub(crate) fn first_kept(snapshots: &[Age], retention: &Retention, holds: &[Hold]) -> Option<Bound> {
    let (earliest, latest) = (snapshots.first()?.id, snapshots.last()?.id);
    let mut limit = (latest - retention.min + 1, format!("at least {} snapshots are kept", retention.min));
    if let Some(hold) = holds.iter().min_by_key(|hold| hold.snapshot)
        && hold.snapshot < limit.0
    {
        limit = (hold.snapshot, hold.why.clone());
    }
    if earliest.saturating_add(retention.max_deletes) < limit.0 {
        let text = format!("at most {} snapshots are expired at once", retention.max_deletes);
        limit = (earliest.saturating_add(retention.max_deletes), text);
    }
    let forced = (latest - retention.max + 1).max(earliest);
    let young = snapshots.windows(2).find_map(|pair| match pair {
        [snapshot, next] if snapshot.id >= forced && next.time_millis >= retention.older_than => {
            Some(snapshot.id)
        }
        _ => None,
    });
    let (bound, held_by) = match young {
        Some(young) if young < limit.0 => (young, format!("snapshot {young} is not old enough")),
        _ => limit,
    };
    let end = snapshots.iter().map(|snapshot| snapshot.id).find(|&id| id >= bound).unwrap_or(latest);
    Some(Bound { end, held_by })
}

#[cfg(test)]
mod tests;
