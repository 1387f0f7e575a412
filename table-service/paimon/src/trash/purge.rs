//! `weir purge-trash`.

use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use jiff::Timestamp;
use serde::Serialize;
use weir_storage::Storage;

use super::{DIRECTORY, TrashedRun, created_at, list};
use crate::Result;
use crate::orphans::storage_time;

/// Files that are deleted together.
const BATCH: usize = 1000;

/// A request to delete for good what has been in the trash for long.
#[derive(Clone, Copy, Debug)]
pub struct PurgeTrash {
    /// Only what was taken at least so long ago, by the store's clock.
    pub older_than: Duration,
    /// Tell what would be deleted.
    pub dry_run: bool,
}

/// What was, or would be, deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PurgeReport {
    /// Runs whose files go.
    pub purged: Vec<TrashedRun>,
    /// Runs whose files are too young, or whose age is unknown.
    pub kept: Vec<TrashedRun>,
    /// Files that could not be deleted.
    pub failed: Vec<String>,
}

impl PurgeTrash {
    /// Deletes what is old enough. `report` tells what was done, on failure too.
    pub async fn run(&self, storage: &Storage, report: &mut PurgeReport) -> Result<()> {
        let runs = list(storage).await?;
        if runs.is_empty() {
            return Ok(());
        }
        let now = if self.dry_run { Timestamp::now() } else { storage_time(storage).await? };
        let threshold = now.checked_sub(self.older_than).unwrap_or(Timestamp::MIN);
        for run in runs {
            if created_at(&run.name).is_none_or(|at| at > threshold) {
                report.kept.push(run);
                continue;
            }
            if !self.dry_run {
                self.delete(storage, &run, report).await?;
            }
            report.purged.push(run);
        }
        Ok(())
    }

    async fn delete(&self, storage: &Storage, run: &TrashedRun, report: &mut PurgeReport) -> Result<()> {
        let mut batches = storage.list(&format!("{DIRECTORY}/{}", run.name)).try_chunks(BATCH);
        while let Some(batch) = batches.next().await {
            let batch = batch.map_err(|error| error.1)?;
            let paths: Vec<String> = batch.into_iter().map(|file| file.path).collect();
            for (answer, path) in storage.delete(&paths).await.into_iter().zip(paths) {
                if let Err(error) = answer {
                    tracing::warn!(%error, "a file in the trash could not be deleted");
                    report.failed.push(path);
                }
            }
        }
        Ok(())
    }
}
