//! `weir compact-manifests`: the same live files in fewer manifests, for readers that plan over many
//! (maintenance §7.1).
//!
//! Small manifests and those with deletes become manifests of the target size without any delete, in a COMPACT snapshot
//! with an empty delta. Rows, files, indexes, statistics and counts stay as they are.

use std::collections::BTreeMap;

use serde::Serialize;
use weir_paimon_spec::Snapshot;
use weir_paimon_spec::manifest::ManifestFileMeta;
use weir_paimon_spec::snapshot::BATCH_COMMIT_IDENTIFIER;
use weir_paimon_spec::support::Purpose;
use weir_storage::Storage;

use crate::table::commit::{Changes, Commit, CommitOutcome};
use crate::warnings::{Warning, of_commits};
use crate::{Error, ErrorKind, Result, Table};

/// Times that the commit is made again because another writer renamed its own snapshot over it.
const MAX_ROUNDS: u32 = 5;

/// A request to compact the manifests of a table.
#[derive(Clone, Debug, Default)]
pub struct CompactManifests {
    /// Plan only.
    pub dry_run: bool,
    /// Commit user, unique to this run and equal in all its attempts; see [`crate::table::commit::commit_user`].
    pub commit_user: String,
    /// Table options for this run only.
    pub options: BTreeMap<String, String>,
}

/// How a compaction of manifests ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum CompactManifestsOutcome {
    /// The manifests are as they should be.
    NothingToDo,
    /// The plan is in the report; nothing was changed.
    Planned,
    /// The manifests were compacted.
    Committed,
}

/// The manifests of a snapshot in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ManifestFigures {
    /// Manifests.
    pub manifests: usize,
    /// Their size in bytes.
    pub bytes: i64,
    /// Entries that add a file.
    pub adds: i64,
    /// Entries that delete a file.
    pub deletes: i64,
}

impl ManifestFigures {
    fn of(manifests: &[ManifestFileMeta]) -> Self {
        Self {
            manifests: manifests.len(),
            bytes: manifests.iter().map(|manifest| manifest.file_size).sum(),
            adds: manifests.iter().map(|manifest| manifest.num_added_files).sum(),
            deletes: manifests.iter().map(|manifest| manifest.num_deleted_files).sum(),
        }
    }
}

/// Plan and result of one run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CompactManifestsReport {
    /// Newest snapshot when the run began.
    pub snapshot_before: Option<i64>,
    /// The snapshot that lists the compacted manifests.
    pub snapshot_after: Option<i64>,
    /// Manifests before.
    pub before: ManifestFigures,
    /// Manifests that are written again, by the plan.
    pub rewritten: ManifestFigures,
    /// Manifests after; absent of a plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<ManifestFigures>,
    /// Attempts to commit, the successful ones included.
    pub commit_attempts: u32,
    /// Own commits that another writer overwrote.
    pub overwritten_commits: u32,
    /// Facts about the table that whoever runs this should know.
    pub warnings: Vec<Warning>,
}

impl CompactManifests {
    /// Compacts the manifests of the table at `storage`'s location. `report` tells what was planned and done, on
    /// failure too.
    pub async fn run(
        &self,
        storage: &Storage,
        report: &mut CompactManifestsReport,
    ) -> Result<CompactManifestsOutcome> {
        let table = Table::open(storage.clone(), &self.options).await?;
        table.require_support(Purpose::CompactManifests)?;
        report.warnings = of_commits(&table)?;
        let Some(latest) = table.latest_snapshot().await? else {
            return Ok(CompactManifestsOutcome::NothingToDo);
        };
        report.snapshot_before = Some(latest.id);
        let manifests = table.listed_manifests(&latest).await?;
        report.before = ManifestFigures::of(&manifests);
        table.live_files(&latest).await?;
        let rewritten = table.mergeable_manifests(&latest).await?;
        require_rewritable(&table, &manifests)?;
        let Some(rewritten) = rewritten else { return Ok(CompactManifestsOutcome::NothingToDo) };
        report.rewritten = ManifestFigures::of(&rewritten);
        if self.dry_run {
            return Ok(CompactManifestsOutcome::Planned);
        }
        storage.require_conditional_writes().await?;
        self.commit(&table, &latest, report).await
    }

    async fn commit(
        &self,
        table: &Table,
        latest: &Snapshot,
        report: &mut CompactManifestsReport,
    ) -> Result<CompactManifestsOutcome> {
        let mut commit = Commit {
            user: self.commit_user.clone(),
            identifier: BATCH_COMMIT_IDENTIFIER,
            planned_on: latest.id,
            changes: Changes::CompactManifests,
        };
        for _ in 0..MAX_ROUNDS {
            match table.commit(&commit).await? {
                CommitOutcome::Committed { snapshot, attempts } => {
                    report.commit_attempts += attempts;
                    report.snapshot_after = Some(snapshot.id);
                    report.after = Some(ManifestFigures::of(&table.listed_manifests(&snapshot).await?));
                    return Ok(CompactManifestsOutcome::Committed);
                }
                // Another commit has merged the manifests.
                CommitOutcome::Nothing { attempts } => {
                    report.commit_attempts += attempts;
                    return Ok(CompactManifestsOutcome::NothingToDo);
                }
                CommitOutcome::Overwritten { snapshot_id, attempts } => {
                    report.commit_attempts += attempts;
                    report.overwritten_commits += 1;
                    commit.planned_on = snapshot_id;
                }
                CommitOutcome::Conflict { .. } => {
                    return Err(Error::internal("a compaction of manifests applies to every snapshot"));
                }
            }
        }
        Err(Error::new(
            ErrorKind::Conflict,
            format!("another writer of {} kept overwriting our commits; run again later", table.location()),
        ))
    }
}

/// What a newer release has put into a manifest would be lost.
fn require_rewritable(table: &Table, manifests: &[ManifestFileMeta]) -> Result<()> {
    match manifests.iter().find(|manifest| !table.is_rewritable_manifest(&manifest.file_name)) {
        None => Ok(()),
        Some(manifest) => Err(Error::new(
            ErrorKind::Unsupported,
            format!(
                "manifest {} has fields of a newer release of Paimon, which would be lost; nothing was changed",
                manifest.file_name
            ),
        )),
    }
}
