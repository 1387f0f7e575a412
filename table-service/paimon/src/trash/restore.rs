//! `weir restore-trash`.

use futures::TryStreamExt;
use serde::Serialize;
use weir_storage::{Relocation, Storage};

use super::{DIRECTORY, TrashedRun, list};
use crate::{Error, ErrorKind, Result};

/// A request to put files back to where they were taken from.
#[derive(Clone, Debug, Default)]
pub struct RestoreTrash {
    /// Which run's files; without it the trash is only listed.
    pub from: Option<String>,
    /// Tell what would be put back.
    pub dry_run: bool,
}

/// What was, or would be, put back. Paths are relative to the table's root.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RestoreReport {
    /// What the trash has.
    pub trash: Vec<TrashedRun>,
    /// Files that are back.
    pub restored: Vec<String>,
    /// Files that stay in the trash because there is another one in their place.
    pub occupied: Vec<String>,
    /// Files that could not be moved.
    pub failed: Vec<String>,
}

impl RestoreTrash {
    /// Puts files back; one that is there, or appears meanwhile, is never overwritten. Where it is the same, an earlier run
    /// was interrupted before it took the file out of the trash, and this one does. `report` tells what was done, on
    /// failure too.
    pub async fn run(&self, storage: &Storage, report: &mut RestoreReport) -> Result<()> {
        report.trash = list(storage).await?;
        let Some(from) = &self.from else { return Ok(()) };
        if !report.trash.iter().any(|run| run.name == *from) {
            return Err(Error::new(
                ErrorKind::Invalid,
                format!(
                    "the trash of {} has nothing called {from}; restore-trash without --from lists what it has",
                    storage.location()
                ),
            ));
        }
        let directory = format!("{DIRECTORY}/{from}");
        if !self.dry_run {
            storage.require_conditional_writes().await?;
        }
        // Listed first: moving files changes what a listing of a file system shows.
        let files: Vec<_> = storage.list(&directory).try_collect().await?;
        for file in files {
            let Some(path) = file.path.strip_prefix(&directory).and_then(|path| path.strip_prefix('/'))
            else {
                continue;
            };
            let result = if !self.dry_run {
                storage.rename_if_absent(&file.path, path, file.size).await
            } else if storage.stat(path).await?.is_some()
                && !storage.are_equal(&file.path, path, file.size).await?
            {
                Ok(Relocation::Occupied)
            } else {
                Ok(Relocation::Moved)
            };
            match result {
                Ok(Relocation::Moved) => report.restored.push(path.to_owned()),
                Ok(Relocation::Occupied) => report.occupied.push(path.to_owned()),
                Err(error) => {
                    tracing::warn!(%error, "a file could not be put back");
                    report.failed.push(path.to_owned());
                }
            }
        }
        Ok(())
    }
}
