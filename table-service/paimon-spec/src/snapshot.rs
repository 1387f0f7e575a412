//! Snapshot files, and the tags and consumers that refer to them (format §2, maintenance §2–3).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// The newest version of the snapshot file that this release knows.
pub const CURRENT_VERSION: i32 = 3;

/// The commit identifier of batch commits: Java's `Long.MAX_VALUE`.
pub const BATCH_COMMIT_IDENTIFIER: i64 = i64::MAX;

/// The snapshot property with the greatest sequence number given out so far (format §2.3).
pub const MAX_SEQUENCE_NUMBER_PROPERTY: &str = "sequence.generation.max-sequence-number";

/// What kind of commit made a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum CommitKind {
    /// New data.
    Append,
    /// Files rewritten, the same rows.
    Compact,
    /// Data replaced or partitions dropped.
    Overwrite,
    /// Statistics only.
    Analyze,
}

/// One version of a table: the content of `snapshot/snapshot-<id>` (Paimon `Snapshot`).
///
/// Members that this release does not know are kept in [`Snapshot::other`] and written back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// Version of the file's layout; files of the first releases lack it.
    #[serde(default = "first_version")]
    pub version: i32,
    /// Random identity of this snapshot object; only newer writers give one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    /// Consecutive number, from 1.
    pub id: i64,
    /// The latest schema at commit time.
    pub schema_id: i64,
    /// Manifest list of everything live before this snapshot (a file name).
    pub base_manifest_list: String,
    /// Its size in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_manifest_list_size: Option<i64>,
    /// Manifest list of this snapshot's changes (a file name).
    pub delta_manifest_list: String,
    /// Its size in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delta_manifest_list_size: Option<i64>,
    /// Manifest list of this snapshot's changelog files (a file name).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changelog_manifest_list: Option<String>,
    /// Its size in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changelog_manifest_list_size: Option<i64>,
    /// The complete index state (a file name).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index_manifest: Option<String>,
    /// Who committed: unique per job.
    pub commit_user: String,
    /// The writer's version, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writer_version: Option<String>,
    /// The committer's own number of this commit; [`BATCH_COMMIT_IDENTIFIER`] for batch commits.
    pub commit_identifier: i64,
    /// What kind of commit this was.
    pub commit_kind: CommitKind,
    /// When it was committed: milliseconds since the epoch by the committer's clock.
    pub time_millis: i64,
    /// Physical rows in all live files; the first releases did not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_record_count: Option<i64>,
    /// Physical rows added less those removed by this snapshot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delta_record_count: Option<i64>,
    /// Rows in this snapshot's changelog files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changelog_record_count: Option<i64>,
    /// Event-time watermark in milliseconds; `i64::MIN` means none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watermark: Option<i64>,
    /// File of the table statistics (a file name).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistics: Option<String>,
    /// What the committer noted; never inherited, with the exception of
    /// [`MAX_SEQUENCE_NUMBER_PROPERTY`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub properties: Option<BTreeMap<String, String>>,
    /// The next free row id; it never goes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_row_id: Option<i64>,
    /// What the engine was doing, for people: `WRITE`, `MERGE` and so on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Members that this release does not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

fn first_version() -> i32 {
    1
}

impl Snapshot {
    /// Reads a snapshot file. A version or commit kind that this release does not know is `Unsupported`.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        // A table has thousands of them, nearly all as expected; only a look at the JSON tells what is wrong with one.
        if let Ok(snapshot) = serde_json::from_slice::<Self>(bytes)
            && snapshot.version <= CURRENT_VERSION
        {
            return Ok(snapshot);
        }
        let value = parse_json(bytes, "snapshot")?;
        check_snapshot(&value)?;
        typed(value, "snapshot")
    }

    /// The snapshot as a file's content: one JSON object, absent members left out, as Java writes it.
    pub fn to_json(&self) -> Result<Vec<u8>> {
        print_json(self, "snapshot")
    }

    /// Names of the manifest lists of this snapshot: base, delta and, if there is one, changelog.
    pub fn manifest_lists(&self) -> impl Iterator<Item = &str> {
        [
            Some(&self.base_manifest_list),
            Some(&self.delta_manifest_list),
            self.changelog_manifest_list.as_ref(),
        ]
        .into_iter()
        .flatten()
        .map(String::as_str)
    }

    /// Size in bytes of one of [`Snapshot::manifest_lists`], if the snapshot says it.
    pub fn manifest_list_size(&self, name: &str) -> Option<i64> {
        if name == self.base_manifest_list {
            self.base_manifest_list_size
        } else if name == self.delta_manifest_list {
            self.delta_manifest_list_size
        } else if Some(name) == self.changelog_manifest_list.as_deref() {
            self.changelog_manifest_list_size
        } else {
            None
        }
    }
}

/// A tag file: a snapshot under a name (Paimon `Tag`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tag {
    /// When the tag was made: the local time of its maker, as the JSON array of numbers that Java writes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag_create_time: Option<Value>,
    /// How long the tag lives: Java's `Duration` as a JSON number of seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag_time_retained: Option<Value>,
    /// The snapshot that the tag keeps.
    #[serde(flatten)]
    pub snapshot: Snapshot,
}

impl Tag {
    /// Reads a tag file.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let value = parse_json(bytes, "tag")?;
        check_snapshot(&value)?;
        typed(value, "tag")
    }

    /// The tag as a file's content.
    pub fn to_json(&self) -> Result<Vec<u8>> {
        print_json(self, "tag")
    }
}

/// A consumer file: how far a streaming reader has come (Paimon `Consumer`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Consumer {
    /// Snapshots from this id on are still needed.
    pub next_snapshot: i64,
}

impl Consumer {
    /// Reads a consumer file; an empty or broken one is `Corrupt`, since it may stand for any position.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        typed(parse_json(bytes, "consumer")?, "consumer")
    }

    /// The consumer as a file's content.
    pub fn to_json(&self) -> Result<Vec<u8>> {
        print_json(self, "consumer")
    }
}

fn check_snapshot(value: &Value) -> Result<()> {
    if let Some(version) = value.get("version").and_then(Value::as_i64)
        && version > i64::from(CURRENT_VERSION)
    {
        return Err(Error::unsupported(format!(
            "snapshot version {version} is newer than {CURRENT_VERSION}, the newest known"
        )));
    }
    if let Some(kind) = value.get("commitKind")
        && CommitKind::deserialize(kind).is_err()
        && kind.is_string()
    {
        return Err(Error::unsupported(format!("unknown commitKind {kind}")));
    }
    Ok(())
}

fn parse_json(bytes: &[u8], what: &str) -> Result<Value> {
    serde_json::from_slice(bytes)
        .map_err(|error| Error::corrupt(format!("the {what} is not JSON")).caused_by(error))
}

fn typed<T: DeserializeOwned>(value: Value, what: &str) -> Result<T> {
    serde_json::from_value(value)
        .map_err(|error| Error::corrupt(format!("the JSON is not a {what}")).caused_by(error))
}

fn print_json<T: Serialize>(value: &T, what: &str) -> Result<Vec<u8>> {
    serde_json::to_vec_pretty(value)
        .map_err(|error| Error::invalid(format!("the {what} cannot be written as JSON")).caused_by(error))
}

#[cfg(test)]
mod tests;
