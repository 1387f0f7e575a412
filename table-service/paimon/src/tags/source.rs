//! Which snapshot a tag is made of.

use bytes::Bytes;
use jiff::Timestamp;
use weir_paimon_spec::paths::BranchPaths;
use weir_paimon_spec::{Snapshot, Tag};

use crate::{Error, ErrorKind, Result, Table};

/// Which snapshot is tagged (Paimon's procedures `create_tag`, `create_tag_from_timestamp` and
/// `create_tag_from_watermark`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TagSource {
    /// The newest.
    #[default]
    Latest,
    /// The one with this id; when it has expired, a tag that keeps it serves as well.
    Snapshot(i64),
    /// The first that was committed at this instant or later.
    Timestamp(Timestamp),
    /// The first with this watermark or a later one, in milliseconds since the epoch.
    Watermark(i64),
}

/// The file that a tag is made of, while it exists the files of the snapshot are safe.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// A snapshot file or a tag file.
    pub(super) path: String,
    /// Its content.
    pub(super) content: Bytes,
    /// The snapshot in it.
    pub(super) snapshot: Snapshot,
}

impl TagSource {
    /// Finds the file in the table's main branch.
    pub(super) async fn find(self, table: &Table) -> Result<Source> {
        let found = match self {
            Self::Latest => match table.latest_snapshot().await? {
                Some(latest) => Source::of_snapshot(table, latest.id).await?,
                None => None,
            },
            Self::Snapshot(id) => match Source::of_snapshot(table, id).await? {
                Some(source) => Some(source),
                None => self.find_tag(table, i64::MAX).await?,
            },
            Self::Timestamp(_) | Self::Watermark(_) => self.find_by_time(table).await?,
        };
        found.ok_or_else(|| self.not_found(table))
    }

    /// The first snapshot that fits; a tag of an older one, if the first that is left is not surely the first.
    async fn find_by_time(self, table: &Table) -> Result<Option<Source>> {
        let snapshots = table.snapshots(&table.snapshot_ids().await?).await?;
        let earliest = snapshots.first().map_or(i64::MAX, |snapshot| snapshot.id);
        let found = snapshots.iter().find(|snapshot| self.fits(snapshot)).map(|snapshot| snapshot.id);
        if found.is_none_or(|found| found == earliest)
            && let Some(tag) = self.find_tag(table, earliest).await?
        {
            return Ok(Some(tag));
        }
        match found {
            Some(id) => Source::of_snapshot(table, id).await,
            None => Ok(None),
        }
    }

    /// The tag of the first fitting snapshot with an id below `end`. Tags of one snapshot with other contents, from
    /// before a rollback, are no answer.
    async fn find_tag(self, table: &Table, end: i64) -> Result<Option<Source>> {
        let tags = table.references().await?.tags;
        let fitting = tags.iter().filter(|(_, tag)| tag.snapshot.id < end && self.fits(&tag.snapshot));
        let Some((name, tag)) = fitting.min_by_key(|(_, tag)| tag.snapshot.id) else { return Ok(None) };
        let id = tag.snapshot.id;
        if tags.iter().any(|(_, other)| other.snapshot.id == id && other.snapshot != tag.snapshot) {
            return Err(Error::new(
                ErrorKind::Invalid,
                format!(
                    "snapshot {id} of {} is gone and its tags hold different states: the table was rolled back between them; rename or copy the tag that is meant",
                    table.location()
                ),
            ));
        }
        let path = table.main().tag(name);
        let Some(content) = table.storage().read_opt(&path).await? else { return Ok(None) };
        let snapshot = Tag::parse(&content).map_err(|error| error.at(&path))?.snapshot;
        Ok(Some(Source { path, content, snapshot }))
    }

    fn fits(self, snapshot: &Snapshot) -> bool {
        match self {
            Self::Latest => true,
            Self::Snapshot(id) => snapshot.id == id,
            Self::Timestamp(instant) => snapshot.time_millis >= instant.as_millisecond(),
            // The least number stands for none.
            Self::Watermark(watermark) => {
                snapshot.watermark.is_some_and(|mark| mark != i64::MIN && mark >= watermark)
            }
        }
    }

    fn not_found(self, table: &Table) -> Error {
        let location = table.location();
        let text = match self {
            Self::Latest => format!("{location} has no snapshot to tag yet"),
            Self::Snapshot(id) => format!(
                "{location} has no snapshot {id}, and no tag keeps it; `weir inspect` shows those that are there"
            ),
            Self::Timestamp(instant) => {
                format!("{location} has no snapshot that was committed at {instant} or later")
            }
            Self::Watermark(watermark) => {
                format!("{location} has no snapshot with a watermark of {watermark} or later")
            }
        };
        Error::new(ErrorKind::Invalid, text)
    }
}

impl Source {
    /// A snapshot file; `None` when it does not exist.
    pub(super) async fn of_snapshot(table: &Table, id: i64) -> Result<Option<Self>> {
        let path = table.main().snapshot(id);
        let Some(content) = table.storage().read_opt(&path).await? else { return Ok(None) };
        let snapshot = Snapshot::parse(&content).map_err(|error| error.at(&path))?;
        Ok(Some(Self { path, content, snapshot }))
    }

    /// Whether the file is still there and still says the same.
    pub(super) async fn is_there(&self, table: &Table) -> Result<bool> {
        Ok(table.storage().read_opt(&self.path).await?.is_some_and(|content| content == self.content))
    }

    /// Whether this is a snapshot file: its content is then a tag without retention.
    pub(super) fn is_snapshot(&self) -> bool {
        self.path.rsplit('/').next().and_then(BranchPaths::snapshot_id).is_some()
    }
}
