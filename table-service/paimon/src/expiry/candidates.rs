//! Files that expired snapshots leave behind, before protection is applied.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use weir_paimon_spec::manifest::ManifestFileMeta;
use weir_paimon_spec::{FileKind as EntryKind, ManifestEntry, Snapshot, paths};

use crate::table::within_table;
use crate::{Error, ErrorKind, Result, Table};

/// What a file is, in the order in which files are deleted: members before the lists that name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FileKind {
    /// Data file or a file beside it.
    Data,
    /// Changelog file or a file beside it.
    Changelog,
    /// Index file.
    Index,
    /// Table statistics.
    Statistics,
    /// Manifest.
    Manifest,
    /// Index manifest.
    IndexManifest,
    /// Manifest list.
    ManifestList,
}

/// A file to delete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedFile {
    /// Path relative to the table's root.
    pub path: String,
    /// What it is.
    pub kind: FileKind,
    /// Size in bytes where metadata tells it, else 0.
    pub bytes: u64,
}

/// Candidates by path.
#[derive(Debug, Default)]
pub(crate) struct Candidates(BTreeMap<String, PlannedFile>);

impl Candidates {
    pub(crate) fn from_files(files: Vec<PlannedFile>) -> Self {
        Self(files.into_iter().map(|file| (file.path.clone(), file)).collect())
    }

    fn insert(&mut self, path: String, kind: FileKind, bytes: i64) {
        let bytes = u64::try_from(bytes).unwrap_or(0);
        self.0.entry(path.clone()).or_insert(PlannedFile { path, kind, bytes });
    }

    pub(crate) fn remove(&mut self, path: &str) {
        self.0.remove(path);
    }

    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The files in the order of deletion.
    pub(crate) fn into_files(self) -> Vec<PlannedFile> {
        let mut files: Vec<PlannedFile> = self.0.into_values().collect();
        files.sort_by(|a, b| a.kind.cmp(&b.kind).then_with(|| a.path.cmp(&b.path)));
        files
    }
}

/// Collects what the snapshots before `end` leave behind (maintenance §1.3). `snapshots` are all retained ones,
/// ascending.
pub(crate) async fn collect(table: &Table, snapshots: &[Snapshot], end: i64) -> Result<Candidates> {
    let mut candidates = Candidates::default();
    // The entries that `end` itself deletes are gone from its own live files.
    for snapshot in snapshots.iter().skip(1).filter(|snapshot| snapshot.id <= end) {
        let is_expired = snapshot.id < end;
        let delta = manifests(table, snapshot, &snapshot.delta_manifest_list, is_expired).await?;
        deleted_files(table, &entries(table, &delta, is_expired).await?, &mut candidates)?;
    }
    for snapshot in snapshots.iter().filter(|snapshot| snapshot.id < end) {
        changelog_files(table, snapshot, &mut candidates).await?;
        metadata_files(table, snapshot, &mut candidates).await?;
    }
    Ok(candidates)
}

/// Files whose last entry is DELETE. An upgraded file is deleted and added again under the same path.
fn deleted_files(table: &Table, entries: &[ManifestEntry], candidates: &mut Candidates) -> Result<()> {
    for entry in entries {
        for location in table.data().files(entry)? {
            let path = within_table(location)?;
            match entry.kind {
                EntryKind::Add => candidates.remove(&path),
                EntryKind::Delete => {
                    let is_data = path.ends_with(&entry.file.file_name);
                    candidates.insert(path, FileKind::Data, if is_data { entry.file.file_size } else { 0 });
                }
            }
        }
    }
    Ok(())
}

async fn changelog_files(table: &Table, snapshot: &Snapshot, candidates: &mut Candidates) -> Result<()> {
    let Some(list) = &snapshot.changelog_manifest_list else { return Ok(()) };
    let metas = manifests(table, snapshot, list, true).await?;
    for entry in entries(table, &metas, true).await? {
        for location in table.data().files(&entry)? {
            candidates.insert(within_table(location)?, FileKind::Changelog, entry.file.file_size);
        }
    }
    Ok(())
}

async fn metadata_files(table: &Table, snapshot: &Snapshot, candidates: &mut Candidates) -> Result<()> {
    for list in snapshot.manifest_lists() {
        for manifest in manifests(table, snapshot, list, true).await? {
            candidates.insert(paths::manifest(&manifest.file_name), FileKind::Manifest, manifest.file_size);
            for extra in manifest.extra_files.iter().flatten() {
                candidates.insert(paths::manifest(extra), FileKind::Manifest, 0);
            }
        }
        candidates.insert(paths::manifest(list), FileKind::ManifestList, 0);
    }
    if let Some(name) = &snapshot.index_manifest {
        for entry in unless_gone(table.index_manifest(name).await, true)?.unwrap_or_default() {
            let path = within_table(table.data().index_file(&entry)?)?;
            candidates.insert(path, FileKind::Index, entry.file_size);
        }
        candidates.insert(paths::manifest(name), FileKind::IndexManifest, 0);
    }
    if let Some(name) = &snapshot.statistics {
        candidates.insert(paths::statistics(name), FileKind::Statistics, 0);
    }
    Ok(())
}

async fn manifests(
    table: &Table,
    snapshot: &Snapshot,
    list: &str,
    is_expired: bool,
) -> Result<Vec<ManifestFileMeta>> {
    let list = unless_gone(table.manifest_list(snapshot, list).await, is_expired)?;
    Ok(list.map_or_else(Vec::new, |list| list.as_ref().clone()))
}

async fn entries(table: &Table, metas: &[ManifestFileMeta], is_expired: bool) -> Result<Vec<ManifestEntry>> {
    let mut entries = Vec::new();
    for meta in metas {
        let read = table.manifests_of(std::slice::from_ref(meta)).await;
        for manifest in unless_gone(read, is_expired)?.unwrap_or_default() {
            entries.extend(manifest.iter().cloned());
        }
    }
    Ok(entries)
}

/// Another expiry may have removed the metadata of a snapshot that expires anyway: fewer candidates, no harm. The
/// metadata of a snapshot that stays must be whole.
fn unless_gone<T>(read: Result<T>, is_expired: bool) -> Result<Option<T>> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(error) if is_expired && error.is_not_found() => {
            tracing::warn!(%error, "metadata of an expired snapshot is gone already; what it named may stay behind");
            Ok(None)
        }
        Err(error) if error.kind() == ErrorKind::Corrupt => {
            Err(Error::new(ErrorKind::Corrupt, format!("{error}; nothing was deleted")))
        }
        Err(error) => Err(error),
    }
}
