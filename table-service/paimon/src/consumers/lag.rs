use serde::Serialize;
use weir_paimon_spec::Snapshot;

use crate::{Result, Table};

/// Where a consumer is, and how far it is behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsumerLag {
    /// The snapshot that it will read next.
    pub next_snapshot: i64,
    /// Snapshots that it has yet to read, retained ones and numbers that are gone already; 0 when it has caught up.
    pub lag_snapshots: i64,
    /// Time between the commit of the first snapshot that it has yet to read, or of the first that is retained, and the
    /// newest, in milliseconds; 0 when it has caught up.
    pub lag_millis: i64,
}

impl ConsumerLag {
    /// How far a consumer that will read `next` is behind, where these snapshots are retained, ascending.
    pub(crate) async fn of(table: &Table, snapshots: &[i64], next: i64) -> Result<Self> {
        let unread = snapshots.get(snapshots.partition_point(|&id| id < next)..).unwrap_or_default();
        let ends = match (unread.first(), unread.last()) {
            (Some(&first), Some(&last)) => table.snapshots(&[first, last]).await?,
            _ => Vec::new(),
        };
        let lag = Self::among(&ends, next);
        let latest = snapshots.last().copied().unwrap_or(0);
        Ok(Self { lag_snapshots: unread_from(next, latest), ..lag })
    }

    /// The same, of retained snapshots that are at hand.
    pub(crate) fn among(snapshots: &[Snapshot], next: i64) -> Self {
        let unread = snapshots.get(snapshots.partition_point(|snapshot| snapshot.id < next)..);
        let lag_millis = match unread.unwrap_or_default() {
            [first, .., last] => (last.time_millis - first.time_millis).max(0),
            _ => 0,
        };
        let latest = snapshots.last().map_or(0, |snapshot| snapshot.id);
        Self { next_snapshot: next, lag_snapshots: unread_from(next, latest), lag_millis }
    }
}

fn unread_from(next: i64, latest: i64) -> i64 {
    latest.saturating_sub(next).saturating_add(1).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_number_a_consumer_file_holds_is_told() {
        assert_eq!(ConsumerLag::among(&[], i64::MIN).lag_snapshots, i64::MAX);
        assert_eq!(ConsumerLag::among(&[], i64::MAX).lag_snapshots, 0);
    }
}
