//! Values that follow from more than one option.

use std::time::Duration;

use super::{MemorySize, TableOptions, keys};
use crate::error::{At, Error, Result};
use crate::manifest::Compression;

const DEFAULT_TARGET_FILE_SIZE_PRIMARY_KEY: MemorySize = MemorySize(128 << 20);
const DEFAULT_TARGET_FILE_SIZE_APPEND: MemorySize = MemorySize(256 << 20);

/// Which snapshots stay (maintenance §1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SnapshotRetention {
    /// Snapshots that always stay; at least 1.
    pub min: i32,
    /// Snapshots above which the oldest go at any age.
    pub max: i32,
    /// How long snapshots stay.
    pub time: Duration,
    /// Snapshots that one expiry removes at most.
    pub max_deletes: i32,
}

/// Which changelogs stay after their snapshots are gone (maintenance §1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChangelogRetention {
    /// Changelogs that always stay.
    pub min: i32,
    /// Changelogs above which the oldest go at any age.
    pub max: i32,
    /// How long changelogs stay.
    pub time: Duration,
}

impl TableOptions {
    /// Size at which a new data file is started.
    pub fn target_file_size(&self, has_primary_key: bool) -> Result<MemorySize> {
        let default = if has_primary_key {
            DEFAULT_TARGET_FILE_SIZE_PRIMARY_KEY
        } else {
            DEFAULT_TARGET_FILE_SIZE_APPEND
        };
        Ok(self.find(&keys::TARGET_FILE_SIZE)?.unwrap_or(default))
    }

    /// Number of levels that the options ask for: `num-levels`, else one more than the compaction trigger.
    ///
    /// A bucket may hold files above it (format §8.1).
    pub fn num_levels(&self) -> Result<i32> {
        let trigger = self.get(&keys::NUM_SORTED_RUN_COMPACTION_TRIGGER)?;
        Ok(self.find(&keys::NUM_LEVELS)?.unwrap_or(trigger.saturating_add(1)))
    }

    /// Sorted runs at which writers wait: at least the compaction trigger.
    pub fn num_sorted_run_stop_trigger(&self) -> Result<i32> {
        let trigger = self.get(&keys::NUM_SORTED_RUN_COMPACTION_TRIGGER)?;
        let stop = self.find(&keys::NUM_SORTED_RUN_STOP_TRIGGER)?.unwrap_or(trigger.saturating_add(3));
        Ok(stop.max(trigger))
    }

    /// Columns that say which row is later; empty when only the order of writing does.
    pub fn sequence_fields(&self) -> Result<Vec<String>> {
        Ok(self.find(&keys::SEQUENCE_FIELD)?.unwrap_or_default())
    }

    /// Codec of manifests: `avro.codec`, else `manifest.compression`.
    pub fn manifest_compression(&self) -> Result<Compression> {
        match self.text("avro.codec") {
            Some(codec) => Compression::from_name(codec).at(|| "option avro.codec"),
            None => self.get(&keys::MANIFEST_COMPRESSION),
        }
    }

    /// Format of new data files at `level`.
    pub fn file_format(&self, level: i32) -> Result<String> {
        let per_level = self.get(&keys::FILE_FORMAT_PER_LEVEL)?.remove(&level.to_string());
        Ok(per_level.map_or_else(|| self.get(&keys::FILE_FORMAT), Ok)?.to_ascii_lowercase())
    }

    /// Codec of new data files at `level`.
    pub fn file_compression(&self, level: i32) -> Result<String> {
        let per_level = self.get(&keys::FILE_COMPRESSION_PER_LEVEL)?.remove(&level.to_string());
        Ok(per_level.map_or_else(|| self.get(&keys::FILE_COMPRESSION), Ok)?.to_ascii_lowercase())
    }

    /// Which snapshots stay. Numbers that would let the latest snapshot go are `Invalid`.
    pub fn snapshot_retention(&self) -> Result<SnapshotRetention> {
        let retention = SnapshotRetention {
            min: self.get(&keys::SNAPSHOT_NUM_RETAINED_MIN)?,
            max: self.get(&keys::SNAPSHOT_NUM_RETAINED_MAX)?,
            time: self.get(&keys::SNAPSHOT_TIME_RETAINED)?,
            max_deletes: self.get(&keys::SNAPSHOT_EXPIRE_LIMIT)?,
        };
        if retention.min < 1 || retention.max < retention.min {
            return Err(Error::invalid(format!(
                "snapshot.num-retained.min = {} must be at least 1 and at most snapshot.num-retained.max = {}",
                retention.min, retention.max
            ))
            .at("option snapshot.num-retained"));
        }
        Ok(retention)
    }

    /// Which changelogs stay; what is not set is as for snapshots.
    pub fn changelog_retention(&self) -> Result<ChangelogRetention> {
        let snapshots = self.snapshot_retention()?;
        Ok(ChangelogRetention {
            min: self.find(&keys::CHANGELOG_NUM_RETAINED_MIN)?.unwrap_or(snapshots.min),
            max: self.find(&keys::CHANGELOG_NUM_RETAINED_MAX)?.unwrap_or(snapshots.max),
            time: self.find(&keys::CHANGELOG_TIME_RETAINED)?.unwrap_or(snapshots.time),
        })
    }

    /// Whether changelogs outlive their snapshots, so that expiry has to write them (maintenance §1.1).
    pub fn is_changelog_decoupled(&self) -> Result<bool> {
        let (snapshots, changelogs) = (self.snapshot_retention()?, self.changelog_retention()?);
        Ok(changelogs.max > snapshots.max
            || changelogs.time > snapshots.time
            || changelogs.min > snapshots.min)
    }
}
