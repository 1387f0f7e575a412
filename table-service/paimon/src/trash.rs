//! Files that were taken out of a table and can still be put back.
//!
//! `<table>/.weir/trash/<time>-<id>/<original path>` has what one run took. No engine looks there. A file is in its place
//! or in the trash at every moment; an interrupted move on an object store can leave it at both.

mod purge;
mod restore;

use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use jiff::civil::DateTime;
use serde::Serialize;
use uuid::Uuid;
use weir_storage::Storage;

use crate::Result;
use crate::deletion::PlannedFile;
use crate::table::CONCURRENT_REQUESTS;

pub use purge::{PurgeReport, PurgeTrash};
pub use restore::{RestoreReport, RestoreTrash};

/// Directory of the trash below the table's root.
const DIRECTORY: &str = ".weir/trash";

/// How the names of its directories begin.
const TIME_FORMAT: &str = "%Y%m%dT%H%M%SZ";

/// Where one run puts what it takes.
#[derive(Debug)]
pub(crate) struct Trash {
    storage: Storage,
    name: String,
}

/// What one run took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TrashedRun {
    /// Name of its directory in the trash.
    pub name: String,
    /// When the run began, by the store's clock, RFC 3339; absent when the name does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// Number of files.
    pub files: u64,
    /// Their size in bytes.
    pub bytes: u64,
}

impl Trash {
    /// A directory of its own for a run at `now`, by the store's clock.
    pub(crate) fn new(storage: Storage, now: Timestamp) -> Self {
        let id = Uuid::new_v4().simple().to_string();
        Self { storage, name: format!("{}-{}", now.strftime(TIME_FORMAT), &id[..8]) }
    }

    /// The directory's name in the trash.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Moves files into the trash; those that moved, and those that could not be moved.
    pub(crate) async fn take(&self, files: Vec<PlannedFile>) -> (Vec<PlannedFile>, Vec<PlannedFile>) {
        let answers = stream::iter(files).map(|file| async move {
            let target = format!("{DIRECTORY}/{}/{}", self.name, file.path);
            (self.storage.rename(&file.path, &target).await, file)
        });
        let (mut taken, mut left) = (Vec::new(), Vec::new());
        let mut answers = answers.buffered(CONCURRENT_REQUESTS);
        while let Some((answer, file)) = answers.next().await {
            match answer {
                Ok(()) => taken.push(file),
                Err(error) => {
                    tracing::warn!(%error, "a file could not be moved to the trash; the next run tries again");
                    left.push(file);
                }
            }
        }
        (taken, left)
    }
}

/// What the trash of a table has, oldest first.
pub async fn list(storage: &Storage) -> Result<Vec<TrashedRun>> {
    let mut names = storage.list_directory(DIRECTORY).await?.directories;
    names.sort_unstable();
    let mut runs = Vec::new();
    for name in names {
        let mut run =
            TrashedRun { created_at: created_at(&name).map(|at| at.to_string()), name, files: 0, bytes: 0 };
        let mut files = storage.list(&format!("{DIRECTORY}/{}", run.name));
        while let Some(file) = files.try_next().await? {
            run.files += 1;
            run.bytes += file.size;
        }
        // A file system keeps the directories of what is gone.
        if run.files > 0 {
            runs.push(run);
        }
    }
    Ok(runs)
}

/// When a run began that put files into this directory; `None` for a directory that no run has made.
fn created_at(name: &str) -> Option<Timestamp> {
    let (time, _) = name.split_once('-')?;
    DateTime::strptime(TIME_FORMAT, time)
        .ok()?
        .to_zoned(jiff::tz::TimeZone::UTC)
        .ok()
        .map(|at| at.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_tells_when_its_run_began() {
        let at = created_at("20261121T190502Z-0b1c22aa").unwrap();
        assert_eq!(at.to_string(), "2026-11-21T19:05:02Z");
        for name in ["x", "20261121-0b1c", "20261341T190502Z-0b1c", ""] {
            assert_eq!(created_at(name), None, "{name}");
        }
    }
}
