//! Deleting tags, and the files that nothing else keeps.

use std::collections::BTreeSet;

use weir_columnar::Control;
use weir_paimon_spec::Snapshot;

use super::success;
use crate::deletion::{
    Candidates, Journal, Observed, PlannedFile, Reach, remove_protected, stop_if, sweep_files,
};
use crate::table::References;
use crate::{Error, ErrorKind, Result, Table};

/// Tags to delete and the files that only they keep; and what that was decided on.
#[derive(Debug)]
pub(super) struct Removal {
    /// Names of the tags.
    pub(super) tags: Vec<String>,
    /// Files that no other root reaches, in the order of deletion.
    pub(super) files: Vec<PlannedFile>,
    observed: Observed,
}

/// What a removal did.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Removed {
    /// Tags that were deleted.
    pub(super) tags: Vec<String>,
    /// Files that were deleted.
    pub(super) files: Vec<PlannedFile>,
    /// Files that could not be deleted and stay in the journal for the next run.
    pub(super) left: Vec<PlannedFile>,
}

impl Removal {
    /// Decides which files go with the tags. Names without a tag are left out: somebody else has deleted it.
    pub(super) async fn plan(table: &Table, names: &[String]) -> Result<Self> {
        let observed = Observed::of(table).await?;
        let is_named = |name: &String| names.contains(name);
        let going: Vec<&Snapshot> = observed
            .references
            .tags
            .iter()
            .filter(|(name, _)| is_named(name))
            .map(|(_, tag)| &tag.snapshot)
            // What a retained snapshot reaches is deleted when that expires.
            .filter(|tagged| !observed.snapshots.iter().any(|snapshot| is_same_state(snapshot, tagged)))
            .collect();
        let mut candidates = Candidates::default();
        for tagged in &going {
            let reach = Reach::of_leaving(table, tagged);
            reach.live_files(&mut candidates).await?;
            reach.changelog_files(&mut candidates).await?;
            reach.metadata_files(&mut candidates).await?;
        }
        if !going.is_empty() {
            if observed.snapshots.is_empty() {
                return Err(Error::new(
                    ErrorKind::Unsafe,
                    format!(
                        "no snapshot of {} was found, so that nothing tells which files of its tags are needed; nothing was deleted",
                        table.location()
                    ),
                ));
            }
            let remaining = without(&observed.references, names);
            remove_protected(table, &observed.snapshots, &remaining, &mut candidates).await?;
        }
        let tags = observed.references.tags.iter().map(|(name, _)| name);
        let tags = tags.filter(|name| is_named(name)).cloned().collect();
        Ok(Self { tags, files: candidates.into_files(), observed })
    }

    /// Deletes the tags and then the files. `operation` is the verb, for the journal; `removed` tells what was done, on
    /// failure too. What is not finished then is left to the next run.
    pub(super) async fn execute(
        &mut self,
        table: &Table,
        operation: &str,
        control: &Control,
        removed: &mut Removed,
    ) -> Result<()> {
        if self.tags.is_empty() {
            return Ok(());
        }
        if self.files.is_empty() {
            return self.delete_tags(table, removed).await;
        }
        let mut journal = Journal::new(operation, Vec::new(), self.files.clone());
        let path = journal.write(table.storage()).await?;
        if self.observed.refresh(table, &mut journal.files).await? {
            journal.rewrite(table.storage(), &path).await?;
        }
        stop_if(control)?;
        self.delete_tags(table, removed).await?;
        // A branch or tag that was made of the tag right before it was deleted shows up now, and a commit since then
        // may have brought files back.
        if self.observed.refresh(table, &mut journal.files).await? {
            journal.rewrite(table.storage(), &path).await?;
        }
        let swept = sweep_files(table.storage(), &path, &journal).await?;
        (removed.files, removed.left) = (swept.deleted, swept.left);
        Ok(())
    }

    /// Deletes the tag files with their success files.
    async fn delete_tags(&self, table: &Table, removed: &mut Removed) -> Result<()> {
        let successes = self.tags.iter().map(|name| success::path(table, name));
        let paths: Vec<String> =
            self.tags.iter().map(|name| table.main().tag(name)).chain(successes).collect();
        let deleted: Result<Vec<()>, _> = table.storage().delete(&paths).await.into_iter().collect();
        removed.tags.clone_from(&self.tags);
        deleted
            .map(drop)
            .map_err(|error| Error::from(error).while_doing("deleting tags; files were kept; run again"))
    }
}

/// Whether a snapshot and a tag name the same lists; after a rollback an id alone says nothing.
fn is_same_state(snapshot: &Snapshot, tagged: &Snapshot) -> bool {
    snapshot.id == tagged.id
        && snapshot.base_manifest_list == tagged.base_manifest_list
        && snapshot.delta_manifest_list == tagged.delta_manifest_list
        && snapshot.index_manifest == tagged.index_manifest
        && snapshot.statistics == tagged.statistics
}

fn without(references: &References, tags: &[String]) -> References {
    let tags: BTreeSet<&String> = tags.iter().collect();
    let mut remaining = references.clone();
    remaining.tags.retain(|(name, _)| !tags.contains(name));
    remaining
}
