//! Removing what is no longer doubtful, portion by portion.

use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use weir_columnar::Control;

use super::candidates::{Candidate, CandidateFile};
use super::report::OrphanReport;
use super::service::Search;
use crate::deletion::{Candidates, Journal, PlannedFile, sweep_files};
use crate::table::CONCURRENT_REQUESTS;
use crate::trash::Trash;
use crate::{Error, ErrorKind, Result};

/// Files that are looked at again, journalled and removed together.
const PORTION: usize = 20_000;

/// The verb, in journals.
const OPERATION: &str = "remove-orphans";

/// What is to be removed, and how.
pub(crate) struct Work {
    /// Candidates, those that are in use included.
    pub(crate) candidates: CandidateFile,
    /// The time by the store's clock, when files are to be moved to the trash.
    pub(crate) trash: Option<Timestamp>,
}

/// Removes the candidates that nothing refers to.
pub(crate) async fn remove(
    search: &mut Search<'_>,
    mut work: Work,
    control: &Control,
    report: &mut OrphanReport,
) -> Result<()> {
    let trash = work.trash.map(|now| Trash::new(search.table.storage().clone(), now));
    report.trash = trash.as_ref().map(|trash| trash.name().to_owned());
    let storage = search.table.storage();
    let is_too_large = |bytes| work.trash.is_some() && !storage.can_move(bytes);
    let mut candidates = work.candidates.read()?;
    loop {
        let mut portion = Vec::new();
        for candidate in candidates.by_ref() {
            let candidate = candidate?;
            if !search.marking.listed().is_used(&candidate.path) && !is_too_large(candidate.bytes) {
                portion.push(candidate);
            }
            if portion.len() == PORTION {
                break;
            }
        }
        if portion.is_empty() {
            return Ok(());
        }
        if control.is_cancelled() {
            return Err(Error::new(
                ErrorKind::Cancelled,
                "the removal of orphans was asked to stop; the next run finds the rest",
            ));
        }
        remove_portion(search, portion, trash.as_ref(), report).await?;
        if !report.left.is_empty() {
            // What the store refuses once it refuses again.
            return Ok(());
        }
    }
}

async fn remove_portion(
    search: &mut Search<'_>,
    portion: Vec<Candidate>,
    trash: Option<&Trash>,
    report: &mut OrphanReport,
) -> Result<()> {
    let storage = search.table.storage();
    let planned = portion.len();
    let unchanged: Vec<Option<PlannedFile>> = stream::iter(portion)
        .map(|candidate| unless_changed(search, candidate))
        .buffered(CONCURRENT_REQUESTS)
        .try_collect()
        .await?;
    let files = Candidates::from_files(unchanged.into_iter().flatten().collect()).into_files();
    let Some(trash) = trash else {
        let mut journal = Journal::new(OPERATION, Vec::new(), files);
        let path = journal.write(storage).await?;
        if let Err(error) = search.mark_roots().await {
            // Nothing was deleted yet, so the journal is void.
            let _ = storage.delete(&[path]).await;
            return Err(error);
        }
        let written = journal.files.len();
        journal.files.retain(|file| !search.marking.listed().is_used(&file.path));
        if journal.files.len() < written {
            journal.rewrite(storage, &path).await?;
        }
        report.spared += (planned - journal.files.len()) as u64;
        let swept = sweep_files(storage, &path, &journal).await?;
        report.remove(swept.deleted);
        report.left.extend(swept.left);
        return Ok(());
    };
    // A move needs no journal: a file is in its place or in the trash, and what was not moved is found again.
    search.mark_roots().await?;
    let files: Vec<PlannedFile> =
        files.into_iter().filter(|file| !search.marking.listed().is_used(&file.path)).collect();
    report.spared += (planned - files.len()) as u64;
    let (moved, left) = trash.take(files).await;
    report.remove(moved);
    report.left.extend(left);
    Ok(())
}

/// The file, when it is still what the listing has shown.
async fn unless_changed(search: &Search<'_>, candidate: Candidate) -> Result<Option<PlannedFile>> {
    let found = search.table.storage().stat(&candidate.path).await?;
    let is_same = found.is_some_and(|file| {
        file.size == candidate.bytes && file.modified.as_millisecond() == candidate.modified
    });
    Ok(is_same.then_some(PlannedFile { path: candidate.path, kind: candidate.kind, bytes: candidate.bytes }))
}
