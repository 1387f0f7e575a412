//! What a rollback removes.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use weir_paimon_spec::Snapshot;

use crate::table::References;
use crate::{Error, ErrorKind, Result, Table};

/// Where to go back to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RollbackTarget {
    /// The snapshot with this id.
    Snapshot(i64),
    /// The snapshot of this tag.
    Tag(String),
    /// The last snapshot that was committed at this instant or before.
    Timestamp(Timestamp),
}

/// A snapshot, changelog or tag that is removed, with its file as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RemovedRoot {
    /// Path relative to the table's root.
    pub path: String,
    /// Id of its snapshot.
    pub snapshot: i64,
    /// The file's content.
    pub content: String,
}

/// Something that refers to what is removed and stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LeftBehind {
    /// `consumer <name>`.
    pub reference: String,
    /// What that means, and what to do.
    pub message: String,
}

/// A decision and what it was made on.
pub(super) struct Plan {
    pub(super) target: Snapshot,
    /// Whether the target's file is gone and has to be written back, from its tag.
    pub(super) is_expired: bool,
    /// Id of the newest snapshot.
    pub(super) latest: i64,
    /// Snapshots, newest first.
    pub(super) snapshots: Vec<RemovedRoot>,
    /// Long-lived changelogs, newest first.
    pub(super) changelogs: Vec<RemovedRoot>,
    /// Id of the newest long-lived changelog that stays.
    pub(super) last_changelog: Option<i64>,
    /// Tags, newest snapshot first.
    pub(super) tags: Vec<RemovedRoot>,
    pub(super) left_behind: Vec<LeftBehind>,
}

impl Plan {
    /// Every root that goes.
    pub(super) fn removed(&self) -> impl Iterator<Item = &RemovedRoot> {
        self.snapshots.iter().chain(&self.changelogs).chain(&self.tags)
    }

    /// Whether the table is at the target already.
    pub(super) fn is_done(&self) -> bool {
        !self.is_expired && self.removed().next().is_none()
    }

    /// Decides what goes. Every root is read, so that nothing is removed that is not understood.
    pub(super) async fn make(table: &Table, target: &RollbackTarget) -> Result<Self> {
        let ids = table.snapshot_ids().await?;
        let references = table.references().await?;
        let Some(&latest) = ids.last() else {
            return Err(Error::new(
                ErrorKind::Invalid,
                format!("{} has no snapshot to roll back to", table.location()),
            ));
        };
        let target = find(table, &ids, &references, target).await?;
        let mut snapshots = Vec::new();
        for &id in ids.iter().rev().filter(|&&id| id > target.id) {
            snapshots.extend(removed(table, table.main().snapshot(id), id).await?);
        }
        let mut changelogs = Vec::new();
        let mut changelog_ids: Vec<i64> = references.changelogs.iter().map(|root| root.id).collect();
        changelog_ids.sort_unstable();
        for &id in changelog_ids.iter().rev().filter(|&&id| id > target.id) {
            changelogs.extend(removed(table, table.main().changelog(id), id).await?);
        }
        let mut later: Vec<(i64, &str)> = references
            .tags
            .iter()
            .filter(|(_, tag)| tag.snapshot.id > target.id)
            .map(|(name, tag)| (tag.snapshot.id, name.as_str()))
            .collect();
        later.sort_unstable_by(|a, b| b.cmp(a));
        let mut tags = Vec::new();
        for (id, name) in later {
            tags.extend(removed(table, table.main().tag(name), id).await?);
        }
        Ok(Self {
            is_expired: !ids.contains(&target.id),
            latest,
            snapshots,
            last_changelog: changelog_ids.into_iter().rfind(|&id| id <= target.id),
            changelogs,
            tags,
            left_behind: left_behind(&references, target.id),
            target,
        })
    }
}

/// A root with its file; `None` when it has gone meanwhile.
async fn removed(table: &Table, path: String, snapshot: i64) -> Result<Option<RemovedRoot>> {
    let Some(content) = table.storage().read_opt(&path).await? else { return Ok(None) };
    Snapshot::parse(&content).map_err(|error| error.at(path.clone()))?;
    let content = String::from_utf8(content.to_vec())
        .map_err(|_| Error::corrupt(format!("{path} is not text; nothing was changed")))?;
    Ok(Some(RemovedRoot { path, snapshot, content }))
}

async fn find(
    table: &Table,
    ids: &[i64],
    references: &References,
    target: &RollbackTarget,
) -> Result<Snapshot> {
    let none = |what: String| {
        Error::new(ErrorKind::Invalid, format!("{} has no {what}; nothing was changed", table.location()))
    };
    match target {
        RollbackTarget::Snapshot(id) => {
            let range = ids.first().zip(ids.last()).map(|(first, last)| format!("{first} to {last}"));
            let mut found = table.snapshot_opt(*id).await?;
            if found.is_none() {
                // As Paimon does, a tag stands for its expired snapshot.
                let tag = references.tags.iter().find(|(_, tag)| tag.snapshot.id == *id);
                found = tag.map(|(_, tag)| tag.snapshot.clone());
            }
            found.ok_or_else(|| none(format!("snapshot {id} (there are {})", range.unwrap_or_default())))
        }
        RollbackTarget::Tag(name) => {
            let tag = references.tags.iter().find(|(known, _)| known == name);
            tag.map(|(_, tag)| tag.snapshot.clone()).ok_or_else(|| none(format!("tag {name}")))
        }
        RollbackTarget::Timestamp(at) => {
            let snapshots = table.snapshots(ids).await?;
            let last = snapshots.into_iter().rfind(|snapshot| snapshot.time_millis <= at.as_millisecond());
            last.ok_or_else(|| none(format!("snapshot of {at} or before")))
        }
    }
}

/// Consumers that have read what is removed: they wait for, or skip, the snapshots that get these numbers next.
fn left_behind(references: &References, target: i64) -> Vec<LeftBehind> {
    let beyond = references.consumers.iter().filter(|(_, consumer)| consumer.next_snapshot > target + 1);
    beyond
        .map(|(name, consumer)| LeftBehind {
            reference: format!("consumer {name}"),
            message: format!(
                "reads snapshot {} next, so it will not see new snapshots {} to {}; set it back to {} with weir reset-consumer",
                consumer.next_snapshot,
                target + 1,
                consumer.next_snapshot - 1,
                target + 1
            ),
        })
        .collect()
}
