//! What a root that goes refers to.

use weir_paimon_spec::manifest::ManifestFileMeta;
use weir_paimon_spec::{FileKind as EntryKind, ManifestEntry, Snapshot, paths};

use super::candidates::{Candidates, FileKind};
use crate::table::within_table;
use crate::{Error, ErrorKind, Result, Table};

/// Collects candidates from the metadata of one root.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reach<'a> {
    table: &'a Table,
    /// Snapshot, tag or changelog.
    root: &'a Snapshot,
    /// Whether metadata that is missing only means fewer candidates.
    may_be_gone: bool,
}

impl<'a> Reach<'a> {
    /// A root that goes. Another expiry may have removed some of its metadata: fewer candidates, no harm.
    pub(crate) const fn of_leaving(table: &'a Table, root: &'a Snapshot) -> Self {
        Self { table, root, may_be_gone: true }
    }

    /// A root that stays: its metadata must be whole.
    pub(crate) const fn of_staying(table: &'a Table, root: &'a Snapshot) -> Self {
        Self { table, root, may_be_gone: false }
    }

    /// Files whose last entry in the delta is DELETE: live before the root and not any more from it on. An upgraded
    /// file is deleted and added again under the same path.
    pub(crate) async fn deleted_files(&self, candidates: &mut Candidates) -> Result<()> {
        for entry in self.entries(&self.root.delta_manifest_list).await? {
            for location in self.table.data().files(&entry)? {
                let path = within_table(location)?;
                match entry.kind {
                    EntryKind::Add => candidates.remove(&path),
                    EntryKind::Delete => {
                        let is_data = path.ends_with(&entry.file.file_name);
                        candidates.insert(
                            path,
                            FileKind::Data,
                            if is_data { entry.file.file_size } else { 0 },
                        );
                    }
                }
            }
        }
        Ok(())
    }

    /// Changelog files that the root's own changelog adds.
    pub(crate) async fn changelog_files(&self, candidates: &mut Candidates) -> Result<()> {
        let Some(list) = &self.root.changelog_manifest_list else { return Ok(()) };
        for entry in self.entries(list).await? {
            for location in self.table.data().files(&entry)? {
                candidates.insert(within_table(location)?, FileKind::Changelog, entry.file.file_size);
            }
        }
        Ok(())
    }

    /// Manifest lists, their manifests, index manifest, index files and statistics.
    pub(crate) async fn metadata_files(&self, candidates: &mut Candidates) -> Result<()> {
        for list in self.root.manifest_lists() {
            for manifest in self.manifests(list).await? {
                candidates.insert(
                    paths::manifest(&manifest.file_name),
                    FileKind::Manifest,
                    manifest.file_size,
                );
                for extra in manifest.extra_files.iter().flatten() {
                    candidates.insert(paths::manifest(extra), FileKind::Manifest, 0);
                }
            }
            candidates.insert(paths::manifest(list), FileKind::ManifestList, 0);
        }
        if let Some(name) = &self.root.index_manifest {
            let entries = self.unless_gone(self.table.index_manifest(name).await)?;
            for entry in entries.unwrap_or_default() {
                let path = within_table(self.table.data().index_file(&entry)?)?;
                candidates.insert(path, FileKind::Index, entry.file_size);
            }
            candidates.insert(paths::manifest(name), FileKind::IndexManifest, 0);
        }
        if let Some(name) = &self.root.statistics {
            candidates.insert(paths::statistics(name), FileKind::Statistics, 0);
        }
        Ok(())
    }

    async fn manifests(&self, list: &str) -> Result<Vec<ManifestFileMeta>> {
        let list = self.unless_gone(self.table.manifest_list(self.root, list).await)?;
        Ok(list.map_or_else(Vec::new, |list| list.as_ref().clone()))
    }

    async fn entries(&self, list: &str) -> Result<Vec<ManifestEntry>> {
        let mut entries = Vec::new();
        for meta in self.manifests(list).await? {
            let read = self.table.manifests_of(std::slice::from_ref(&meta)).await;
            for manifest in self.unless_gone(read)?.unwrap_or_default() {
                entries.extend(manifest.iter().cloned());
            }
        }
        Ok(entries)
    }

    fn unless_gone<T>(&self, read: Result<T>) -> Result<Option<T>> {
        match read {
            Ok(value) => Ok(Some(value)),
            Err(error) if self.may_be_gone && error.is_not_found() => {
                tracing::warn!(%error, "metadata of a root that goes is gone already; what it named may stay behind");
                Ok(None)
            }
            Err(error) if error.kind() == ErrorKind::Corrupt => {
                Err(Error::new(ErrorKind::Corrupt, format!("{error}; nothing was deleted")))
            }
            Err(error) => Err(error),
        }
    }
}
