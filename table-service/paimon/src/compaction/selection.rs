//! Which buckets a run is about.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::partitions::{self, PartitionPredicate};
use crate::predicate::{BoundPredicate, Predicate};
use crate::table::{BucketKey, LiveFiles};
use crate::{Error, ErrorKind, Result, Table};

mod buckets;

pub use buckets::BucketRanges;

/// What restricts a run to some buckets; by default nothing does.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Only partitions that one of these accepts; all when empty.
    pub partitions: Vec<PartitionPredicate>,
    /// Only partitions of which this is true; not together with `partitions`, as in Paimon's procedure.
    pub condition: Option<Predicate>,
    /// Only buckets with these numbers.
    pub buckets: Option<BucketRanges>,
    /// Only partitions whose newest file is at least this old.
    pub partition_idle_time: Option<Duration>,
}

impl Selection {
    /// Whether nothing is restricted.
    pub(super) fn is_everything(&self) -> bool {
        self.partitions.is_empty()
            && self.condition.is_none()
            && self.buckets.is_none()
            && self.partition_idle_time.is_none()
    }

    /// Ties the selection to a table. [`ErrorKind::Invalid`] when it names columns that the table is not partitioned
    /// by.
    pub(super) fn bind<'a>(&'a self, table: &'a Table) -> Result<BoundSelection<'a>> {
        if !self.partitions.is_empty() && self.condition.is_some() {
            return Err(Error::new(
                ErrorKind::Invalid,
                "partitions and a condition (--partition and --where) cannot be given together",
            ));
        }
        let keys = &table.schema().partition_keys;
        let unknown = partitions::unknown_columns(&self.partitions, keys);
        if !unknown.is_empty() {
            return Err(Error::new(
                ErrorKind::Invalid,
                format!("{} is not partitioned by {}", table.location(), unknown.join(", ")),
            ));
        }
        let types = table.schema().partition_types()?;
        let condition = self.condition.as_ref().map(|condition| condition.bind(keys, &types)).transpose()?;
        Ok(BoundSelection { table, selection: self, condition })
    }
}

/// A selection of buckets of one table.
pub(super) struct BoundSelection<'a> {
    table: &'a Table,
    selection: &'a Selection,
    condition: Option<BoundPredicate>,
}

impl BoundSelection<'_> {
    /// The selected ones among the buckets that hold files. `local_now` is now in the clock of `_CREATION_TIME`.
    pub(super) fn of(&self, live: &LiveFiles, local_now: i64) -> Result<BTreeSet<BucketKey>> {
        let mut buckets = live.buckets();
        let mut newest = BTreeMap::<&[u8], Option<i64>>::new();
        for entry in &live.entries {
            let newest = newest.entry(&entry.partition).or_insert(Some(i64::MIN));
            // Of a file without a time it is not known that it is old.
            *newest = newest.zip(entry.file.creation_time).map(|(a, b)| a.max(b));
        }
        let idle_since =
            self.selection.partition_idle_time.map(|idle| local_now.saturating_sub(millis(idle)));
        let mut selected_partitions = BTreeSet::new();
        for (partition, newest) in newest {
            let is_idle = idle_since.is_none_or(|since| newest.is_some_and(|newest| newest <= since));
            if is_idle && self.accepts(partition)? {
                selected_partitions.insert(partition);
            }
        }
        buckets.retain(|key| {
            // Files that wait for their bucket are the writers' business.
            key.bucket >= 0
                && self.selection.buckets.as_ref().is_none_or(|ranges| ranges.contains(key.bucket))
                && selected_partitions.contains(key.partition.as_slice())
        });
        Ok(buckets)
    }

    fn accepts(&self, partition: &[u8]) -> Result<bool> {
        match &self.condition {
            Some(condition) => condition.accepts(partition),
            None => partitions::accepts(self.table, &self.selection.partitions, partition),
        }
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
