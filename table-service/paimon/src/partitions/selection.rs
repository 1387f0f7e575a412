//! Which partitions are expired.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::DateTime;
use serde::Serialize;
use weir_paimon_spec::manifest::{MergedEntries, merge};
use weir_paimon_spec::options::keys;
use weir_paimon_spec::{BinaryRow, ManifestEntry, TableOptions, TypeKind, paths};

use super::time::TimeExtractor;
use crate::table::commit::newest_files;
use crate::{Error, ErrorKind, Result, Table};

/// What tells how old a partition is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// The time in its values.
    ValuesTime,
    /// The creation of its newest file.
    UpdateTime,
}

impl Strategy {
    /// The word for it in `partition.expiration-strategy`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::ValuesTime => "values-time",
            Self::UpdateTime => "update-time",
        }
    }

    /// The strategy that a table's options ask for; [`ErrorKind::Unsupported`] when that is a class of the user's.
    pub(super) fn of(options: &TableOptions) -> Result<Self> {
        let word = options.get(&keys::PARTITION_EXPIRATION_STRATEGY)?;
        let known = [Self::ValuesTime, Self::UpdateTime].into_iter().find(|strategy| strategy.word() == word);
        known.ok_or_else(|| {
            Error::new(
                ErrorKind::Unsupported,
                format!("partition.expiration-strategy = {word} is a class of the user's"),
            )
        })
    }
}

/// A partition with files.
#[derive(Clone, Debug)]
pub(super) struct Partition {
    /// Serialized row.
    pub(super) row: Vec<u8>,
    /// Columns with their values as text, `None` for null.
    values: Vec<(String, Option<String>)>,
    /// Its name in storage: `dt=2026-11-20/region=eu`.
    name: String,
    files: usize,
    bytes: i64,
    rows: i64,
    /// Creation of its newest file, deleted ones included: milliseconds in the clock of `_CREATION_TIME`; `None` when
    /// it is not known.
    newest: Option<i64>,
}

/// An expired partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExpiredPartition {
    /// Its name in storage: `dt=2026-11-20/region=eu`.
    pub partition: String,
    /// Serialized row.
    #[serde(skip)]
    pub row: Vec<u8>,
    /// The time that made it expire, without a zone.
    pub time: String,
    /// Live files; of a finished run, those that were dropped.
    pub files: usize,
    /// Their size in bytes.
    pub bytes: i64,
    /// Their rows, tombstones included.
    pub rows: i64,
    /// The snapshot that dropped it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dropped_by: Option<i64>,
}

/// A partition of which it is not clear that it is expired, or that is expired and stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeptPartition {
    /// Its name in storage.
    pub partition: String,
    /// Why it stays.
    pub reason: String,
}

/// What expires partitions.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) strategy: Strategy,
    pub(super) extractor: TimeExtractor,
    /// A partition is expired when its time is before this, without a zone.
    pub(super) cutoff: DateTime,
    /// A partition with a file as new as this stays: milliseconds in the clock of `_CREATION_TIME`.
    pub(super) idle_since: Option<i64>,
}

/// The decision about all partitions.
#[derive(Clone, Debug, Default)]
pub(super) struct Selection {
    pub(super) expired: Vec<ExpiredPartition>,
    pub(super) kept: Vec<KeptPartition>,
    /// Expired partitions above the greatest number, for later runs.
    pub(super) left: usize,
}

/// Milliseconds between the epoch and a time without a zone, as `_CREATION_TIME` counts.
pub(super) fn local_millis(time: DateTime) -> i64 {
    // Civil times span fewer milliseconds than 64 bits hold.
    time.to_zoned(jiff::tz::TimeZone::UTC).map_or(i64::MIN, |zoned| zoned.timestamp().as_millisecond())
}

fn civil(millis: i64) -> Option<DateTime> {
    let instant = jiff::Timestamp::from_millisecond(millis).ok()?;
    Some(instant.to_zoned(jiff::tz::TimeZone::UTC).datetime())
}

/// The partitions that have live files, given all entries of a snapshot in order.
pub(super) fn partitions_of(table: &Table, entries: Vec<ManifestEntry>) -> Result<Vec<Partition>> {
    let newest: BTreeMap<Vec<u8>, Option<i64>> =
        newest_files(&entries).into_iter().map(|(row, newest)| (row.to_vec(), newest)).collect();
    let mut partitions = BTreeMap::<Vec<u8>, Partition>::new();
    for entry in merge(entries).and_then(MergedEntries::into_live)? {
        if !partitions.contains_key(&entry.partition) {
            let newest = newest.get(&entry.partition).copied().flatten();
            partitions.insert(entry.partition.clone(), Partition::new(table, &entry.partition, newest)?);
        }
        if let Some(partition) = partitions.get_mut(&entry.partition) {
            partition.files += 1;
            partition.bytes += entry.file.file_size;
            partition.rows += entry.file.row_count;
        }
    }
    Ok(partitions.into_values().collect())
}

impl Partition {
    fn new(table: &Table, row: &[u8], newest: Option<i64>) -> Result<Self> {
        let types = table.schema().partition_types()?;
        let mut values = Vec::new();
        let decoded = BinaryRow::decode(row, &types)?;
        for ((column, value), data_type) in table.schema().partition_keys.iter().zip(&decoded).zip(&types) {
            // The number of a day is nothing that a formatter reads.
            let legacy = data_type.kind != TypeKind::Date;
            values.push((column.clone(), paths::partition_value(value, data_type, legacy)?));
        }
        let name = table.data().partition_dir(row)?.trim_end_matches('/').to_owned();
        Ok(Self { row: row.to_vec(), values, name, files: 0, bytes: 0, rows: 0, newest })
    }

    /// By what Paimon sorts partitions before it takes the first ones.
    fn order(&self) -> Vec<&str> {
        self.values.iter().map(|(_, value)| value.as_deref().unwrap_or_default()).collect()
    }

    fn kept(&self, reason: impl Into<String>) -> KeptPartition {
        KeptPartition { partition: self.name.clone(), reason: reason.into() }
    }
}

impl Rule {
    /// Decides about partitions; at most `max` expire, in the order of their values.
    pub(super) fn select(&self, mut partitions: Vec<Partition>, max: usize) -> Selection {
        partitions.sort_by(|a, b| a.order().cmp(&b.order()));
        let mut selection = Selection::default();
        for partition in &partitions {
            match self.judge(partition) {
                Verdict::Young => {}
                Verdict::Kept(reason) => selection.kept.push(partition.kept(reason)),
                Verdict::Expired(_) if selection.expired.len() >= max => selection.left += 1,
                Verdict::Expired(time) => selection.expired.push(ExpiredPartition {
                    partition: partition.name.clone(),
                    row: partition.row.clone(),
                    time: time.to_string(),
                    files: partition.files,
                    bytes: partition.bytes,
                    rows: partition.rows,
                    dropped_by: None,
                }),
            }
        }
        selection
    }

    fn judge(&self, partition: &Partition) -> Verdict {
        let time = match self.strategy {
            Strategy::ValuesTime => match self.extractor.time_of(&partition.values) {
                Some(time) => time,
                None => {
                    return Verdict::Kept("its values are no time that the pattern and the formatter read");
                }
            },
            Strategy::UpdateTime => match partition.newest.and_then(civil) {
                Some(time) => time,
                None => return Verdict::Kept("the creation time of one of its files is not known"),
            },
        };
        if time >= self.cutoff {
            return Verdict::Young;
        }
        match (self.idle_since, partition.newest) {
            (Some(_), None) => {
                Verdict::Kept("it is expired, and the creation time of one of its files is not known")
            }
            (Some(since), Some(newest)) if newest >= since => {
                Verdict::Kept("it is expired, and was written a short time ago")
            }
            _ => Verdict::Expired(time),
        }
    }
}

/// What is decided about one partition.
enum Verdict {
    Young,
    Kept(&'static str),
    Expired(DateTime),
}

/// Replaces the figures of expired partitions by those of the files that a snapshot has dropped.
pub(super) fn note_dropped(expired: &mut [ExpiredPartition], snapshot: i64, deleted: &[ManifestEntry]) {
    let dropped: BTreeSet<&[u8]> = deleted.iter().map(|entry| entry.partition.as_slice()).collect();
    for partition in expired.iter_mut().filter(|partition| dropped.contains(partition.row.as_slice())) {
        let files: Vec<_> = deleted.iter().filter(|entry| entry.partition == partition.row).collect();
        partition.dropped_by = Some(snapshot);
        partition.files = files.len();
        partition.bytes = files.iter().map(|entry| entry.file.file_size).sum();
        partition.rows = files.iter().map(|entry| entry.file.row_count).sum();
    }
}
