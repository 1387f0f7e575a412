//! What a commit changes, and what that comes to on top of the newest snapshot.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use weir_paimon_spec::manifest::{IndexManifestEntry, MergedEntries, merge};
use weir_paimon_spec::{CommitKind, DataFileMeta, FileKind, ManifestEntry, Snapshot};

use super::conflict::{self, Conflict};
use crate::table::BucketKey;
use crate::{Error, ErrorKind, Result, Table};

/// How the live files of one bucket change.
#[derive(Clone, Debug, PartialEq)]
pub struct BucketChange {
    /// The bucket.
    pub key: BucketKey,
    /// `_TOTAL_BUCKETS` of the bucket's entries.
    pub total_buckets: i32,
    /// Files that are no longer live, exactly as their ADD entries hold them.
    pub deletes: Vec<Arc<DataFileMeta>>,
    /// Files that become live. An upgraded file is in both lists.
    pub adds: Vec<Arc<DataFileMeta>>,
}

/// Partitions that are dropped with all their files, whatever these are when the commit is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartitionDrop {
    /// Serialized partition rows.
    pub partitions: BTreeSet<Vec<u8>>,
    /// A partition stays when one of its files is as new as this: milliseconds in the clock of `_CREATION_TIME`.
    /// Files without a time count as new.
    pub idle_since: Option<i64>,
}

/// What a commit changes.
#[derive(Clone, Debug, PartialEq)]
pub enum Changes {
    /// Files are rewritten, the rows stay: kind COMPACT.
    Rewrite(Vec<BucketChange>),
    /// Partitions are dropped: kind OVERWRITE.
    DropPartitions(PartitionDrop),
    /// The same live files in fewer manifests: kind COMPACT with an empty delta (maintenance §7.1).
    CompactManifests,
}

impl Changes {
    /// The kind of the snapshot.
    pub const fn kind(&self) -> CommitKind {
        match self {
            Self::Rewrite(_) | Self::CompactManifests => CommitKind::Compact,
            Self::DropPartitions(_) => CommitKind::Overwrite,
        }
    }
}

/// What changes come to on top of one snapshot.
#[derive(Debug, Default)]
pub(super) struct Delta {
    /// Entries of the delta manifest.
    pub(super) entries: Vec<ManifestEntry>,
    /// The complete index afterwards; `None` when it stays as it is.
    pub(super) index: Option<Vec<IndexManifestEntry>>,
}

impl Delta {
    /// Whether neither files nor indexes change.
    pub(super) const fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.index.is_none()
    }
}

/// Whether changes apply to a snapshot.
pub(super) enum Resolved {
    /// They do.
    Delta(Delta),
    /// There is nothing left to change.
    Nothing,
    /// Another commit is in the way.
    Conflict(Vec<Conflict>),
}

impl Table {
    /// What `changes` come to on top of `latest`.
    pub(super) async fn resolve(&self, changes: &Changes, latest: &Snapshot) -> Result<Resolved> {
        match changes {
            Changes::Rewrite(buckets) => {
                let live = self.live_files(latest).await?;
                let conflicts = conflict::find(&live, buckets, &self.schema().key_types()?)?;
                Ok(if conflicts.is_empty() {
                    Resolved::Delta(Delta { entries: rewrite_entries(buckets), index: None })
                } else {
                    Resolved::Conflict(conflicts)
                })
            }
            Changes::DropPartitions(drop) => {
                let delta = self.drop_entries(drop, latest).await?;
                Ok(if delta.is_empty() { Resolved::Nothing } else { Resolved::Delta(delta) })
            }
            Changes::CompactManifests => {
                // Files of which readers disagree whether they are live would be decided by rewriting.
                self.live_files(latest).await?;
                Ok(Resolved::Delta(Delta::default()))
            }
        }
    }

    /// A DELETE for every live file of the partitions, and the index without theirs.
    async fn drop_entries(&self, drop: &PartitionDrop, latest: &Snapshot) -> Result<Delta> {
        let of_partitions =
            self.entries_where(latest, |entry| drop.partitions.contains(&entry.partition)).await?;
        let dropped = idle_partitions(drop, &of_partitions);
        let live = merge(of_partitions)
            .and_then(MergedEntries::into_live)
            .map_err(|error| error.at(format!("snapshot {}", latest.id)))?;
        let entries = live
            .iter()
            .filter(|entry| dropped.contains(&entry.partition))
            .map(ManifestEntry::to_delete)
            .collect();
        let index = match &latest.index_manifest {
            Some(name) => self.index_without(name, &dropped).await?,
            None => None,
        };
        Ok(Delta { entries, index })
    }

    /// The entries of an index manifest that are not of the partitions; `None` when none is.
    async fn index_without(
        &self,
        name: &str,
        partitions: &BTreeSet<Vec<u8>>,
    ) -> Result<Option<Vec<IndexManifestEntry>>> {
        let index = self.read_index_manifest(name).await?;
        let mut entries = index.entries;
        let before = entries.len();
        entries.retain(|entry| !partitions.contains(&entry.partition));
        if entries.len() == before {
            return Ok(None);
        }
        if index.has_unknown_fields {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!(
                    "index manifest {name} has fields of a newer release of Paimon, which a commit would lose"
                ),
            ));
        }
        Ok(Some(entries))
    }
}

/// The partitions whose newest file is old enough, by all their entries, deleted files included.
fn idle_partitions(drop: &PartitionDrop, entries: &[ManifestEntry]) -> BTreeSet<Vec<u8>> {
    let Some(idle_since) = drop.idle_since else { return drop.partitions.clone() };
    let newest = newest_files(entries);
    let is_idle = |partition: &Vec<u8>| {
        let newest = newest.get(partition.as_slice()).copied();
        newest.is_none_or(|newest| newest.is_some_and(|newest| newest < idle_since))
    };
    drop.partitions.iter().filter(|partition| is_idle(partition)).cloned().collect()
}

/// The newest creation time of each partition's files, deleted ones included; `None` when one of them has no time.
pub(crate) fn newest_files(entries: &[ManifestEntry]) -> BTreeMap<&[u8], Option<i64>> {
    let mut newest = BTreeMap::<&[u8], Option<i64>>::new();
    for entry in entries {
        let newest = newest.entry(&entry.partition).or_insert(Some(i64::MIN));
        *newest = newest.zip(entry.file.creation_time).map(|(a, b)| a.max(b));
    }
    newest
}

/// The entries of rewritten buckets: every DELETE before every ADD. Expiration walks them in order, and an upgraded
/// file that was added before it is deleted would be removed from storage (format §14.9).
fn rewrite_entries(changes: &[BucketChange]) -> Vec<ManifestEntry> {
    let of_kind = |kind: FileKind| {
        changes.iter().flat_map(move |change| {
            let files = if kind == FileKind::Delete { &change.deletes } else { &change.adds };
            files.iter().map(move |file| ManifestEntry {
                kind,
                partition: change.key.partition.clone(),
                bucket: change.key.bucket,
                total_buckets: change.total_buckets,
                file: Arc::clone(file),
            })
        })
    };
    of_kind(FileKind::Delete).chain(of_kind(FileKind::Add)).collect()
}
