//! Deleting what a journal names.

use weir_columnar::Control;
use weir_storage::Storage;

use super::candidates::{FileKind, PlannedFile};
use super::journal::Journal;
use crate::{Error, ErrorKind, Result};

/// Paths that are handed to the store at once: what one bulk request carries.
pub(crate) const BATCH: usize = 1000;

/// What a sweep did.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Swept {
    /// Files that are gone.
    pub(crate) deleted: Vec<PlannedFile>,
    /// Files that could not be deleted, and lists that were kept because of them.
    pub(crate) left: Vec<PlannedFile>,
}

/// Deletes the files of roots in the given order; the ids that are gone. Stops at the first batch with a failure: a root that
/// stays needs its files.
pub(crate) async fn sweep_roots(storage: &Storage, paths: &[(i64, String)]) -> (Vec<i64>, Result<()>) {
    let mut gone = Vec::new();
    for batch in paths.chunks(BATCH) {
        let names: Vec<String> = batch.iter().map(|(_, path)| path.clone()).collect();
        let mut failure = None;
        for (answer, (id, _)) in storage.delete(&names).await.into_iter().zip(batch) {
            match answer {
                Ok(()) => gone.push(*id),
                Err(error) => failure = Some(error),
            }
        }
        if let Some(error) = failure {
            return (gone, Err(error.into()));
        }
    }
    (gone, Ok(()))
}

/// Deletes files in the journal's order. When a member cannot be deleted the lists that name members stay, and the
/// journal is rewritten to what is left; otherwise the journal goes last.
pub(crate) async fn sweep_files(storage: &Storage, path: &str, journal: &Journal) -> Result<Swept> {
    let mut swept = Swept::default();
    let mut rest = journal.files.as_slice();
    while let Some(kind) = rest.first().map(|file| file.kind) {
        let (group, others) = rest.split_at(rest.iter().take_while(|file| file.kind == kind).count());
        if !swept.left.is_empty() && names_members(kind) {
            swept.left.extend_from_slice(rest);
            break;
        }
        delete(storage, group, &mut swept).await;
        rest = others;
    }
    if swept.left.is_empty() {
        for error in storage.delete(&[path.to_owned()]).await.into_iter().filter_map(std::result::Result::err)
        {
            tracing::warn!(%error, "a finished journal stays; the next run will find nothing left in it");
        }
    } else {
        Journal {
            snapshots: Vec::new(),
            changelogs: Vec::new(),
            files: swept.left.clone(),
            ..journal.clone()
        }
        .rewrite(storage, path)
        .await?;
    }
    Ok(swept)
}

/// Ends a run that was asked to stop, at a point where its journal tells the rest.
pub(crate) fn stop_if(control: &Control) -> Result<()> {
    if control.is_cancelled() {
        return Err(Error::new(
            ErrorKind::Cancelled,
            "the run was asked to stop; the next one finishes what its journal names",
        ));
    }
    Ok(())
}

const fn names_members(kind: FileKind) -> bool {
    matches!(kind, FileKind::Manifest | FileKind::IndexManifest | FileKind::ManifestList)
}

async fn delete(storage: &Storage, group: &[PlannedFile], swept: &mut Swept) {
    for batch in group.chunks(BATCH) {
        let paths: Vec<String> = batch.iter().map(|file| file.path.clone()).collect();
        for (answer, file) in storage.delete(&paths).await.into_iter().zip(batch) {
            match answer {
                Ok(()) => swept.deleted.push(file.clone()),
                Err(error) => {
                    tracing::warn!(%error, "a file could not be deleted; the next run tries again");
                    swept.left.push(file.clone());
                }
            }
        }
    }
}
