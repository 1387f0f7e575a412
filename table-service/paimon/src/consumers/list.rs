//! `weir list-consumers`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use weir_paimon_spec::support::Purpose;
use weir_storage::Storage;

use super::lag::ConsumerLag;
use super::state::consumer_files;
use crate::expiry::Retention;
use crate::expiry::retention::{self, Age};
use crate::{Result, Table};

/// A request to list consumers. Nothing is written.
#[derive(Clone, Debug, Default)]
pub struct ListConsumers {
    /// Table options for this run only.
    pub options: BTreeMap<String, String>,
}

/// A consumer, and what it holds back.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsumerView {
    /// Its id.
    pub id: String,
    /// Where it is; absent when its file is broken.
    #[serde(flatten)]
    pub lag: Option<ConsumerLag>,
    /// When its reader last told where it is, RFC 3339, by the store's clock.
    pub modified: String,
    /// How long ago that was, in seconds.
    pub idle_seconds: i64,
    /// Snapshots that the table's own retention would expire now if it were not for this consumer, ascending.
    pub blocks: Vec<i64>,
    /// What is wrong with its file: no snapshot and no changelog expires until it is mended.
    pub broken: Option<String>,
}

/// The consumers of a table.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListConsumersReport {
    /// Newest snapshot.
    pub latest_snapshot: Option<i64>,
    /// Consumers by id.
    pub consumers: Vec<ConsumerView>,
}

impl ListConsumers {
    /// Lists the consumers of the table at `storage`'s location.
    pub async fn run(&self, storage: &Storage, report: &mut ListConsumersReport) -> Result<()> {
        let table = Table::open(storage.clone(), &self.options).await?;
        table.require_support(Purpose::Inspect)?;
        let snapshots = table.snapshots(&table.snapshot_ids().await?).await?;
        let ages: Vec<Age> = snapshots.iter().map(Age::of).collect();
        let latest = ages.last().map(|age| age.id);
        let now = Timestamp::now();
        let retention = Retention::of_table(&table, now)?;
        report.latest_snapshot = latest;
        for file in consumer_files(&table).await? {
            let next = file.next_snapshot.as_ref().ok().copied();
            let lag = next.map(|next| ConsumerLag::among(&snapshots, next));
            report.consumers.push(ConsumerView {
                id: file.id,
                lag,
                modified: file.modified.to_string(),
                idle_seconds: now.duration_since(file.modified).as_secs().max(0),
                blocks: blocked(&ages, &retention, next),
                broken: file.next_snapshot.err(),
            });
        }
        Ok(())
    }
}

/// Snapshots that would expire but for a consumer at `next`; one whose position is unknown holds all of them.
fn blocked(ages: &[Age], retention: &Retention, next: Option<i64>) -> Vec<i64> {
    let Some(bound) = retention::first_kept(ages, retention, &[]) else { return Vec::new() };
    let held = ages.iter().map(|age| age.id).filter(|&id| id < bound.end);
    held.filter(|&id| next.is_none_or(|next| id >= next)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_consumer_blocks_what_retention_alone_would_let_go() {
        let ages: Vec<Age> = (1..=10).map(|id| Age { id, time_millis: id * 1000 }).collect();
        let retention = Retention { min: 4, max: 100, older_than: i64::MAX, max_deletes: 100 };
        assert_eq!(blocked(&ages, &retention, Some(5)), [5, 6]);
        assert_eq!(blocked(&ages, &retention, Some(7)), [] as [i64; 0]);
        assert_eq!(blocked(&ages, &retention, None), [1, 2, 3, 4, 5, 6]);
    }
}
