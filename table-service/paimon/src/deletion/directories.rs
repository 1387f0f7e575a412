//! Directories of partitions and buckets that deletions have emptied.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use weir_paimon_spec::options::keys;

use super::candidates::{FileKind, PlannedFile};
use crate::{Result, Table};

/// Removes the directories of buckets, then of partitions, that are empty now and were made at least `min_age` ago, if
/// the table's options ask for it (`snapshot.clean-empty-directories`); answers with their paths. One that cannot be
/// removed is left.
///
/// A writer makes a directory before its first file, so one that was made a moment ago is not empty for long.
pub(crate) async fn remove_empty_directories(
    table: &Table,
    deleted: &[PlannedFile],
    min_age: Duration,
) -> Result<Vec<String>> {
    let mut removed = Vec::new();
    if !table.options().get(&keys::SNAPSHOT_CLEAN_EMPTY_DIRECTORIES)? {
        return Ok(removed);
    }
    let made_before = Timestamp::now().checked_sub(min_age).unwrap_or(Timestamp::MIN);
    for directory in directories(deleted, table.schema().partition_keys.len()) {
        match table.storage().remove_empty_directory(&directory, made_before).await {
            Ok(true) => removed.push(directory),
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "an empty directory stays"),
        }
    }
    Ok(removed)
}

/// Directories of the buckets of data files, and of so many levels of partitions above each, the deepest first.
fn directories(files: &[PlannedFile], partition_levels: usize) -> Vec<String> {
    let mut directories = BTreeSet::new();
    for file in files.iter().filter(|file| matches!(file.kind, FileKind::Data | FileKind::Changelog)) {
        let Some((bucket, _)) = file.path.rsplit_once('/') else { continue };
        if !bucket.rsplit('/').next().is_some_and(|name| name.starts_with("bucket-")) {
            continue;
        }
        let parents =
            std::iter::successors(Some(bucket), |path| path.rsplit_once('/').map(|(parent, _)| parent));
        for directory in parents.take(1 + partition_levels) {
            directories.insert((Reverse(directory.matches('/').count()), directory));
        }
    }
    directories.into_iter().map(|(_, directory)| directory.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(paths: &[&str], partition_levels: usize) -> Vec<String> {
        let file = |path: &&str| PlannedFile { path: (*path).to_owned(), kind: FileKind::Data, bytes: 0 };
        directories(&paths.iter().map(file).collect::<Vec<_>>(), partition_levels)
    }

    #[test]
    fn buckets_come_before_their_partitions() {
        let files = ["dt=a/hour=1/bucket-0/x", "dt=a/hour=1/bucket-1/y", "dt=b/hour=2/bucket-0/z"];
        assert_eq!(
            of(&files, 2),
            [
                "dt=a/hour=1/bucket-0",
                "dt=a/hour=1/bucket-1",
                "dt=b/hour=2/bucket-0",
                "dt=a/hour=1",
                "dt=b/hour=2",
                "dt=a",
                "dt=b"
            ]
        );
    }

    #[test]
    fn neither_the_table_nor_the_directory_of_its_data_is_one_of_them() {
        assert_eq!(of(&["bucket-0/x"], 0), ["bucket-0"]);
        assert_eq!(of(&["data/dt=a/bucket-0/x"], 1), ["data/dt=a/bucket-0", "data/dt=a"]);
        assert_eq!(of(&["index/x"], 1), [] as [String; 0]);
    }
}
