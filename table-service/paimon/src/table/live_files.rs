use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures::future::try_join;
use futures::{StreamExt, TryStreamExt, stream};
use weir_paimon_spec::manifest::{
    self, IndexManifestEntry, ManifestContent, ManifestFileMeta, MergedEntries, merge,
};
use weir_paimon_spec::paths::{self, FileLocation};
use weir_paimon_spec::{DataFileMeta, ManifestEntry, Snapshot};

use crate::table::{CONCURRENT_REQUESTS, READ_TOGETHER};
use crate::{Error, ErrorKind, Result, Table};

/// A bucket of a partition; the partition is its serialized row, as manifests hold it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BucketKey {
    /// Serialized partition row.
    pub partition: Vec<u8>,
    /// Number of the bucket.
    pub bucket: i32,
}

impl BucketKey {
    /// The bucket of an entry.
    pub fn of(entry: &ManifestEntry) -> Self {
        Self { partition: entry.partition.clone(), bucket: entry.bucket }
    }
}

/// The live data files of one snapshot.
#[derive(Clone, Debug, Default)]
pub struct LiveFiles {
    /// Entries of kind ADD that no later entry deletes.
    pub entries: Vec<ManifestEntry>,
}

impl LiveFiles {
    /// The buckets that hold files.
    pub fn buckets(&self) -> BTreeSet<BucketKey> {
        self.entries.iter().map(BucketKey::of).collect()
    }

    /// The files of each bucket, with the bucket count that its entries carry.
    pub fn by_bucket(&self) -> BTreeMap<BucketKey, (i32, Vec<Arc<DataFileMeta>>)> {
        let mut buckets = BTreeMap::<BucketKey, (i32, Vec<Arc<DataFileMeta>>)>::new();
        for entry in &self.entries {
            let (_, files) = buckets.entry(BucketKey::of(entry)).or_insert((entry.total_buckets, Vec::new()));
            files.push(Arc::clone(&entry.file));
        }
        buckets
    }
}

/// Manifests and manifest lists that were read, by name. Their files never change.
#[derive(Debug, Default)]
pub(crate) struct ManifestCache {
    manifests: Cache<ManifestEntry>,
    lists: Cache<ManifestFileMeta>,
    /// Names of those with fields that this release does not know.
    newer: Mutex<HashSet<String>>,
}

impl ManifestCache {
    fn note_newer(&self, name: &str) {
        self.newer.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
    }

    fn is_newer(&self, name: &str) -> bool {
        self.newer.lock().unwrap_or_else(PoisonError::into_inner).contains(name)
    }
}

#[derive(Debug)]
struct Cache<T>(Mutex<HashMap<String, Arc<Vec<T>>>>);

impl<T> Default for Cache<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Cache<T> {
    fn get(&self, name: &str) -> Option<Arc<Vec<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).map(Arc::clone)
    }

    fn insert(&self, name: &str, content: Vec<T>) -> Arc<Vec<T>> {
        let content = Arc::new(content);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), Arc::clone(&content));
        content
    }
}

impl Table {
    /// The live data files of a snapshot: its base and delta manifests, merged.
    pub async fn live_files(&self, snapshot: &Snapshot) -> Result<LiveFiles> {
        let entries = self.entries_where(snapshot, |_| true).await?;
        let live = merge(entries).and_then(MergedEntries::into_live);
        Ok(LiveFiles { entries: live.map_err(|error| error.at(format!("snapshot {}", snapshot.id)))? })
    }

    /// Base and delta entries of a snapshot that `keep` accepts, in order, unmerged.
    pub(crate) async fn entries_where(
        &self,
        snapshot: &Snapshot,
        keep: impl Fn(&ManifestEntry) -> bool,
    ) -> Result<Vec<ManifestEntry>> {
        let (base, delta) = try_join(
            self.manifest_list(snapshot, &snapshot.base_manifest_list),
            self.manifest_list(snapshot, &snapshot.delta_manifest_list),
        )
        .await?;
        let metas: Vec<ManifestFileMeta> = base.iter().chain(delta.iter()).cloned().collect();
        let mut entries = Vec::new();
        for manifest in self.manifests_of(&metas).await? {
            entries.extend(manifest.iter().filter(|entry| keep(entry)).cloned());
        }
        Ok(entries)
    }

    /// The manifests that a manifest list of a snapshot names. A list that is shorter than the snapshot says is an
    /// error: whatever it no longer names would look like nobody's.
    pub(crate) async fn manifest_list(
        &self,
        snapshot: &Snapshot,
        name: &str,
    ) -> Result<Arc<Vec<ManifestFileMeta>>> {
        if let Some(list) = self.manifests.lists.get(name) {
            return Ok(list);
        }
        let list = self.read_manifest_list(snapshot, name).await?;
        if list.has_unknown_fields {
            self.manifests.note_newer(name);
        }
        Ok(self.manifests.lists.insert(name, list.entries))
    }

    /// The same without keeping it, for services that go through many snapshots.
    pub(crate) async fn read_manifest_list(
        &self,
        snapshot: &Snapshot,
        name: &str,
    ) -> Result<ManifestContent<ManifestFileMeta>> {
        let content = self.storage().read(&paths::manifest(name)).await?;
        manifest::check_size(&content, snapshot.manifest_list_size(name)).map_err(|error| error.at(name))?;
        Ok(manifest::read_manifest_list(&content, name)?)
    }

    /// Several lists, each of its snapshot: read beside each other and decoded together. The answers are in their order.
    pub(crate) async fn read_manifest_lists(
        &self,
        lists: &[(&Snapshot, &str)],
    ) -> Vec<Result<ManifestContent<ManifestFileMeta>>> {
        let contents = self.read_all(lists.iter().map(|(_, name)| paths::manifest(name))).await;
        let checked = contents.into_iter().zip(lists).map(|(content, (snapshot, name))| {
            let content = content?;
            manifest::check_size(&content, snapshot.manifest_list_size(name))
                .map_err(|error| error.at(*name))?;
            Ok((content, *name))
        });
        decode_together(checked.collect(), manifest::read_manifest_lists)
    }

    /// The same, to be written again: refused when a newer release has put more into the list than would be kept.
    pub(crate) async fn rewritable_list(
        &self,
        snapshot: &Snapshot,
        name: &str,
    ) -> Result<Arc<Vec<ManifestFileMeta>>> {
        let list = self.manifest_list(snapshot, name).await?;
        if self.manifests.is_newer(name) {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!(
                    "manifest list {name} has fields of a newer release of Paimon, which a commit would lose"
                ),
            ));
        }
        Ok(list)
    }

    /// The entries of manifests, in the order given. Each manifest is read once.
    pub(crate) async fn manifests_of(
        &self,
        metas: &[ManifestFileMeta],
    ) -> Result<Vec<Arc<Vec<ManifestEntry>>>> {
        stream::iter(metas).map(|meta| self.manifest(meta)).buffered(CONCURRENT_REQUESTS).try_collect().await
    }

    async fn manifest(&self, meta: &ManifestFileMeta) -> Result<Arc<Vec<ManifestEntry>>> {
        let name = &meta.file_name;
        if let Some(manifest) = self.manifests.manifests.get(name) {
            return Ok(manifest);
        }
        let content = self.read_manifest(meta).await?;
        if content.has_unknown_fields {
            self.manifests.note_newer(name);
        }
        Ok(self.manifests.manifests.insert(name, content.entries))
    }

    /// The entries of a manifest, which is not kept.
    pub(crate) async fn read_manifest(
        &self,
        meta: &ManifestFileMeta,
    ) -> Result<ManifestContent<ManifestEntry>> {
        let content = self.storage().read(&paths::manifest(&meta.file_name)).await?;
        Ok(manifest::read_described_manifest(&content, meta)?)
    }

    /// The entries of several manifests: read beside each other and decoded together. The answers are in their order.
    pub(crate) async fn read_manifests(
        &self,
        metas: &[&ManifestFileMeta],
    ) -> Vec<Result<ManifestContent<ManifestEntry>>> {
        let mut answers = Vec::with_capacity(metas.len());
        // A manifest may be large, a list is small.
        for metas in metas.chunks(CONCURRENT_REQUESTS) {
            let contents = self.read_all(metas.iter().map(|meta| paths::manifest(&meta.file_name))).await;
            let described = contents.into_iter().zip(metas).map(|(content, meta)| Ok((content?, *meta)));
            answers.extend(decode_together(described.collect(), manifest::read_described_manifests));
        }
        answers
    }

    async fn read_all(&self, paths: impl Iterator<Item = String>) -> Vec<Result<Bytes>> {
        stream::iter(paths)
            .map(|path| async move { Ok(self.storage().read(&path).await?) })
            .buffered(READ_TOGETHER)
            .collect()
            .await
    }

    /// Whether a manifest that was read may be written again: a newer release has put no more into it than would be
    /// kept.
    pub(crate) fn is_rewritable_manifest(&self, name: &str) -> bool {
        !self.manifests.is_newer(name)
    }

    /// The entries of an index manifest.
    pub(crate) async fn index_manifest(&self, name: &str) -> Result<Vec<IndexManifestEntry>> {
        Ok(self.read_index_manifest(name).await?.entries)
    }

    /// An index manifest: its entries, and whether a newer release has put more into them.
    pub(crate) async fn read_index_manifest(
        &self,
        name: &str,
    ) -> Result<ManifestContent<IndexManifestEntry>> {
        let content = self.storage().read(&paths::manifest(name)).await?;
        Ok(manifest::read_index_manifest(&content, name)?)
    }

    /// Path of a data file relative to the root. Files outside of the table's directory are refused: they are on a
    /// store that this run did not open.
    pub fn data_file_path(&self, partition: &[u8], bucket: i32, file: &DataFileMeta) -> Result<String> {
        within_table(self.data().data_file(partition, bucket, file)?)
    }

    /// Path of a bucket's directory relative to the root.
    pub fn bucket_path(&self, partition: &[u8], bucket: i32) -> Result<String> {
        Ok(self.data().bucket_dir(partition, bucket)?)
    }
}

/// Decodes what could be read; the answers are in the order of `files`.
fn decode_together<D: Copy, T>(
    files: Vec<Result<(Bytes, D)>>,
    decode: impl FnOnce(&[(&[u8], D)]) -> Vec<weir_paimon_spec::Result<T>>,
) -> Vec<Result<T>> {
    let read: Vec<(&[u8], D)> = files.iter().flatten().map(|(bytes, by)| (bytes.as_ref(), *by)).collect();
    let mut decoded = decode(&read).into_iter();
    let answer = |file: Result<(Bytes, D)>| match file {
        Ok(_) => Ok(decoded.next().ok_or_else(|| Error::internal("a file was read and not decoded"))??),
        Err(error) => Err(error),
    };
    files.into_iter().map(answer).collect()
}

/// The path of a file below the table's root.
pub(crate) fn within_table(location: FileLocation) -> Result<String> {
    match location {
        FileLocation::Table(path) => Ok(path),
        FileLocation::External(path) => Err(Error::new(
            ErrorKind::Unsupported,
            format!(
                "{path} lies outside of the table's directory (data-file.external-paths), which is not supported"
            ),
        )),
    }
}
