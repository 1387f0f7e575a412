//! What a root that goes refers to.

use tokio::sync::OnceCell;
use weir_paimon_spec::manifest::{ManifestContent, ManifestFileMeta, merge};
use weir_paimon_spec::{FileKind as EntryKind, ManifestEntry, Snapshot, paths};

use super::candidates::{Candidates, FileKind};
use super::changelog::{ChangelogNeeds, is_written};
use crate::table::within_table;
use crate::{Error, ErrorKind, Result, Table};

/// Collects candidates from the metadata of one root. Each of its lists is read once.
#[derive(Debug)]
pub(crate) struct Reach<'a> {
    table: &'a Table,
    /// Snapshot, tag or changelog.
    root: &'a Snapshot,
    /// Whether metadata that is missing only means fewer candidates.
    may_be_gone: bool,
    base: OnceCell<Vec<ManifestFileMeta>>,
    delta: OnceCell<Vec<ManifestFileMeta>>,
    changelog: OnceCell<Vec<ManifestFileMeta>>,
    delta_entries: OnceCell<Vec<ManifestEntry>>,
}

impl<'a> Reach<'a> {
    /// A root that goes. Another expiry may have removed some of its metadata: fewer candidates, no harm.
    pub(crate) fn of_leaving(table: &'a Table, root: &'a Snapshot) -> Self {
        Self::new(table, root, true)
    }

    /// A root that stays: its metadata must be whole.
    pub(crate) fn of_staying(table: &'a Table, root: &'a Snapshot) -> Self {
        Self::new(table, root, false)
    }

    fn new(table: &'a Table, root: &'a Snapshot, may_be_gone: bool) -> Self {
        let (base, delta, changelog) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        Self { table, root, may_be_gone, base, delta, changelog, delta_entries: OnceCell::new() }
    }

    /// Reads the lists of several roots. Many small ones are read faster together than when each root asks for its own.
    pub(crate) async fn read_lists(reaches: &[&Self]) -> Result<()> {
        let Some(first) = reaches.first() else { return Ok(()) };
        let lists =
            || reaches.iter().flat_map(|reach| reach.root.manifest_lists().map(move |list| (reach, list)));
        let wanted: Vec<_> = lists().map(|(reach, list)| (reach.root, list)).collect();
        for ((reach, list), read) in lists().zip(first.table.read_manifest_lists(&wanted).await) {
            let manifests = reach.listed(read)?;
            reach.list(list).get_or_init(|| async { manifests }).await;
        }
        Ok(())
    }

    /// Reads what the deltas of several roots say; see [`Reach::read_lists`].
    pub(crate) async fn read_deltas(reaches: &[&Self]) -> Result<()> {
        let Some(first) = reaches.first() else { return Ok(()) };
        let mut deltas = Vec::with_capacity(reaches.len());
        for reach in reaches {
            deltas.push((reach, reach.manifests(&reach.root.delta_manifest_list).await?));
        }
        let wanted: Vec<_> = deltas.iter().flat_map(|(_, manifests)| *manifests).collect();
        let mut read = first.table.read_manifests(&wanted).await.into_iter();
        for (reach, manifests) in deltas {
            let mut entries = Vec::new();
            for read in read.by_ref().take(manifests.len()) {
                entries.extend(reach.unless_gone(read)?.into_iter().flat_map(|content| content.entries));
            }
            reach.delta_entries.get_or_init(|| async { entries }).await;
        }
        Ok(())
    }

    /// Files whose last entry in the delta is DELETE: live before the root and not any more from it on. An upgraded
    /// file is deleted and added again under the same path.
    pub(crate) async fn deleted_files(&self, candidates: &mut Candidates) -> Result<()> {
        for entry in self.delta_entries().await? {
            match entry.kind {
                EntryKind::Add => self.paths(entry)?.iter().for_each(|path| candidates.remove(path)),
                EntryKind::Delete => self.insert(entry, candidates)?,
            }
        }
        Ok(())
    }

    /// Files that are live in the root.
    pub(crate) async fn live_files(&self, candidates: &mut Candidates) -> Result<()> {
        let mut entries = self.entries(self.manifests(&self.root.base_manifest_list).await?).await?;
        entries.extend_from_slice(self.delta_entries().await?);
        merge(entries)?.live.iter().try_for_each(|entry| self.insert(entry, candidates))
    }

    /// Files of writers that the delta adds or deletes: what a changelog without changelog files kept.
    pub(crate) async fn written_files(&self, candidates: &mut Candidates) -> Result<()> {
        let entries = self.delta_entries().await?;
        entries.iter().filter(|entry| is_written(entry)).try_for_each(|entry| self.insert(entry, candidates))
    }

    /// Changelog files that the root's own changelog adds.
    pub(crate) async fn changelog_files(&self, candidates: &mut Candidates) -> Result<()> {
        let Some(list) = &self.root.changelog_manifest_list else { return Ok(()) };
        for entry in self.entries(self.manifests(list).await?).await? {
            for path in self.paths(&entry)? {
                candidates.insert(path, FileKind::Changelog, entry.file.file_size);
            }
        }
        Ok(())
    }

    /// Manifest lists, their manifests, index manifest, index files and statistics.
    pub(crate) async fn metadata_files(&self, candidates: &mut Candidates) -> Result<()> {
        for list in self.root.manifest_lists() {
            self.manifest_files(list, candidates).await?;
        }
        self.index_files(candidates).await
    }

    /// A manifest list and its manifests.
    pub(crate) async fn manifest_files(&self, list: &str, candidates: &mut Candidates) -> Result<()> {
        for manifest in self.manifests(list).await? {
            candidates.insert(paths::manifest(&manifest.file_name), FileKind::Manifest, manifest.file_size);
            for extra in manifest.extra_files.iter().flatten() {
                candidates.insert(paths::manifest(extra), FileKind::Manifest, 0);
            }
        }
        candidates.insert(paths::manifest(list), FileKind::ManifestList, 0);
        Ok(())
    }

    async fn index_files(&self, candidates: &mut Candidates) -> Result<()> {
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

    /// Keeps what the root needs when it lives on as a changelog.
    pub(crate) async fn keep_as_changelog(
        &self,
        needs: ChangelogNeeds,
        candidates: &mut Candidates,
    ) -> Result<()> {
        let mut lists: Vec<&String> = self.root.changelog_manifest_list.iter().collect();
        if needs.delta {
            lists.extend([&self.root.base_manifest_list, &self.root.delta_manifest_list]);
            for entry in self.delta_entries().await?.iter().filter(|entry| is_written(entry)) {
                self.paths(entry)?.into_iter().for_each(|path| candidates.keep(path));
            }
        }
        for list in lists {
            candidates.keep(paths::manifest(list));
            for manifest in self.manifests(list).await? {
                for name in std::iter::once(&manifest.file_name).chain(manifest.extra_files.iter().flatten())
                {
                    candidates.keep(paths::manifest(name));
                }
            }
        }
        Ok(())
    }

    fn paths(&self, entry: &ManifestEntry) -> Result<Vec<String>> {
        self.table.data().files(entry)?.into_iter().map(within_table).collect()
    }

    fn insert(&self, entry: &ManifestEntry, candidates: &mut Candidates) -> Result<()> {
        for path in self.paths(entry)? {
            let is_data = path.ends_with(&entry.file.file_name);
            candidates.insert(path, FileKind::Data, if is_data { entry.file.file_size } else { 0 });
        }
        Ok(())
    }

    fn list(&self, list: &str) -> &OnceCell<Vec<ManifestFileMeta>> {
        if list == self.root.base_manifest_list {
            &self.base
        } else if list == self.root.delta_manifest_list {
            &self.delta
        } else {
            &self.changelog
        }
    }

    async fn manifests(&self, list: &str) -> Result<&[ManifestFileMeta]> {
        let read = || async { self.listed(self.table.read_manifest_list(self.root, list).await) };
        Ok(self.list(list).get_or_try_init(read).await?)
    }

    fn listed(&self, read: Result<ManifestContent<ManifestFileMeta>>) -> Result<Vec<ManifestFileMeta>> {
        Ok(self.unless_gone(read)?.map_or_else(Vec::new, |content| content.entries))
    }

    async fn delta_entries(&self) -> Result<&[ManifestEntry]> {
        let read = || async { self.entries(self.manifests(&self.root.delta_manifest_list).await?).await };
        Ok(self.delta_entries.get_or_try_init(read).await?)
    }

    async fn entries(&self, manifests: &[ManifestFileMeta]) -> Result<Vec<ManifestEntry>> {
        let mut entries = Vec::new();
        for meta in manifests {
            let read = self.unless_gone(self.table.read_manifest(meta).await)?;
            entries.extend(read.into_iter().flat_map(|content| content.entries));
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
