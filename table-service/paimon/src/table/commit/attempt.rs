use std::collections::BTreeMap;

use bytes::Bytes;
use futures::future::join;
use futures::{StreamExt, stream};
use jiff::Timestamp;
use uuid::Uuid;
use weir_paimon_spec::manifest::{self, IndexManifestEntry, ManifestFileMeta};
use weir_paimon_spec::options::keys;
use weir_paimon_spec::paths::{self, FileNames};
use weir_paimon_spec::snapshot::CURRENT_VERSION;
use weir_paimon_spec::{FileKind, ManifestEntry, Snapshot};

use super::Commit;
use super::base::Merge;
use super::changes::{Changes, Delta};
use crate::table::CONCURRENT_REQUESTS;
use crate::{Error, Result, Table};

/// Bytes of manifests that wait to be written together, at most, but for one manifest more.
const WRITTEN_TOGETHER: usize = 16 << 20;

/// One prepared attempt: everything but the snapshot file is written.
pub(super) struct Attempt {
    /// The snapshot to create.
    pub(super) snapshot: Snapshot,
    /// Its file's content.
    pub(super) content: Bytes,
    /// Paths of the manifests and lists that were written for it.
    pub(super) files: Vec<String>,
}

impl Table {
    /// Writes the manifests of an attempt on top of `latest`; `None` when it would change nothing.
    pub(super) async fn prepare(
        &self,
        commit: &Commit,
        latest: &Snapshot,
        delta: &Delta,
        merge: &mut Merge,
    ) -> Result<Option<Attempt>> {
        let base = self.base_manifests(latest, commit.changes == Changes::CompactManifests, merge).await?;
        if delta.is_empty() && !merge.is_used() {
            return Ok(None);
        }
        let mut writer = ManifestWriter::new(self);
        let prepared = writer.write(commit, latest, &base, delta).await;
        match prepared {
            Ok(snapshot) => {
                let content = Bytes::from(snapshot.to_json()?);
                Ok(Some(Attempt { snapshot, content, files: writer.files }))
            }
            Err(error) => {
                self.discard(&writer.files).await;
                Err(error)
            }
        }
    }

    /// What a snapshot keeps of its predecessor, beside the live files.
    async fn inherited(&self, commit: &Commit, latest: &Snapshot) -> Result<Inherited> {
        // The same state, listed in another way.
        if commit.changes == Changes::CompactManifests {
            return Ok(Inherited {
                schema_id: latest.schema_id,
                statistics: latest.statistics.clone(),
                properties: latest.properties.clone(),
            });
        }
        let schema_id = self.latest_schema_id().await?;
        let statistics = self.inherited_statistics(latest, schema_id).await?;
        // Properties tell about the commit that they came with, like the offsets that a job has read up to.
        Ok(Inherited { schema_id, statistics, properties: None })
    }

    /// Writers keep the statistics of `latest` unless the schema has changed since ANALYZE.
    async fn inherited_statistics(&self, latest: &Snapshot, schema_id: i64) -> Result<Option<String>> {
        let Some(name) = &latest.statistics else { return Ok(None) };
        let Some(content) = self.storage().read_opt(&paths::statistics(name)).await? else { return Ok(None) };
        let analyzed = serde_json::from_slice::<serde_json::Value>(&content)
            .map_err(|error| Error::corrupt(format!("statistics file {name} is not JSON: {error}")))?;
        let same_schema = analyzed.get("schemaId").and_then(serde_json::Value::as_i64) == Some(schema_id);
        Ok(same_schema.then(|| name.clone()))
    }
}

/// What a snapshot keeps of its predecessor.
struct Inherited {
    schema_id: i64,
    statistics: Option<String>,
    properties: Option<BTreeMap<String, String>>,
}

/// Writes manifests and manifest lists and remembers their paths.
pub(super) struct ManifestWriter<'a> {
    table: &'a Table,
    names: FileNames,
    /// Paths of what was written, or may have been.
    pub(super) files: Vec<String>,
    /// What is still to be written.
    unwritten: Vec<(String, Bytes)>,
}

impl<'a> ManifestWriter<'a> {
    pub(super) fn new(table: &'a Table) -> Self {
        let names = FileNames::new(Uuid::new_v4().to_string());
        Self { table, names, files: Vec::new(), unwritten: Vec::new() }
    }

    async fn write(
        &mut self,
        commit: &Commit,
        latest: &Snapshot,
        base: &[ManifestFileMeta],
        delta: &Delta,
    ) -> Result<Snapshot> {
        let (base_list, base_size) = self.list(base)?;
        let manifests = self.manifests(&delta.entries).await?;
        let (delta_list, delta_size) = self.list(&manifests)?;
        let index_manifest = match &delta.index {
            Some(entries) => Some(self.index_manifest(entries)?),
            None => latest.index_manifest.clone(),
        };
        let table = self.table;
        let (written, inherited) = join(self.flush(), table.inherited(commit, latest)).await;
        written?;
        let inherited = inherited?;
        let delta_record_count = record_count(&delta.entries);
        Ok(Snapshot {
            version: CURRENT_VERSION,
            uuid: Some(Uuid::new_v4().to_string()),
            id: latest.id + 1,
            schema_id: inherited.schema_id,
            base_manifest_list: base_list,
            base_manifest_list_size: Some(base_size),
            delta_manifest_list: delta_list,
            delta_manifest_list_size: Some(delta_size),
            changelog_manifest_list: None,
            changelog_manifest_list_size: None,
            index_manifest,
            commit_user: commit.user.clone(),
            writer_version: None,
            commit_identifier: commit.identifier,
            commit_kind: commit.changes.kind(),
            time_millis: Timestamp::now().as_millisecond().max(latest.time_millis),
            total_record_count: latest.total_record_count.map(|total| total + delta_record_count),
            delta_record_count: Some(delta_record_count),
            changelog_record_count: None,
            watermark: latest.watermark,
            statistics: inherited.statistics,
            properties: inherited.properties,
            next_row_id: Some(latest.next_row_id.unwrap_or(0)),
            operation: None,
            other: serde_json::Map::new(),
        })
    }

    fn index_manifest(&mut self, entries: &[IndexManifestEntry]) -> Result<String> {
        let content = manifest::write_index_manifest(entries, self.table.options().manifest_compression()?)?;
        let name = self.names.index_manifest();
        self.put(&name, content)?;
        Ok(name)
    }

    /// Makes manifests of entries, of at least `manifest.target-file-size` if they are that many, in order. Smaller
    /// ones would soon be merged again. All are there after [`flush`](Self::flush).
    pub(super) async fn manifests(&mut self, entries: &[ManifestEntry]) -> Result<Vec<ManifestFileMeta>> {
        let (options, schema) = (self.table.options(), self.table.schema());
        let (compression, target) =
            (options.manifest_compression()?, options.get(&keys::MANIFEST_TARGET_FILE_SIZE)?.bytes());
        let whole = manifest::write_manifest(entries, compression)?;
        let parts = (whole.len() as u64 / target.max(1)).max(1);
        let part_length = entries.len().div_ceil(usize::try_from(parts).unwrap_or(usize::MAX)).max(1);
        let mut metas = Vec::new();
        for part in entries.chunks(part_length) {
            let content = if part.len() == entries.len() {
                whole.clone()
            } else {
                manifest::write_manifest(part, compression)?
            };
            let name = self.names.manifest();
            let size = self.put(&name, content)?;
            if self.unwritten.iter().map(|(_, content)| content.len()).sum::<usize>() > WRITTEN_TOGETHER {
                self.flush().await?;
            }
            metas.push(ManifestFileMeta::from_entries(
                name,
                size,
                part,
                &schema.partition_types()?,
                schema.id,
            )?);
        }
        Ok(metas)
    }

    fn list(&mut self, metas: &[ManifestFileMeta]) -> Result<(String, i64)> {
        let content = manifest::write_manifest_list(metas, self.table.options().manifest_compression()?)?;
        let name = self.names.manifest_list();
        let size = self.put(&name, content)?;
        Ok((name, size))
    }

    /// Takes a file that is to be written; its size.
    fn put(&mut self, name: &str, content: Vec<u8>) -> Result<i64> {
        let size = i64::try_from(content.len()).map_err(|_| Error::internal("a manifest exceeds 8 EiB"))?;
        self.unwritten.push((paths::manifest(name), content.into()));
        Ok(size)
    }

    /// Writes all files that were taken, together. After an error none is on its way any more.
    pub(super) async fn flush(&mut self) -> Result<()> {
        let unwritten = std::mem::take(&mut self.unwritten);
        self.files.extend(unwritten.iter().map(|(path, _)| path.clone()));
        let storage = self.table.storage();
        let written: Vec<weir_storage::Result<()>> = stream::iter(unwritten)
            .map(|(path, content)| async move { storage.overwrite(&path, content).await })
            .buffer_unordered(CONCURRENT_REQUESTS)
            .collect()
            .await;
        written.into_iter().collect::<weir_storage::Result<()>>()?;
        Ok(())
    }
}

/// Rows that the entries add, less those that they remove (format §14.3).
fn record_count(entries: &[ManifestEntry]) -> i64 {
    entries
        .iter()
        .map(|entry| if entry.kind == FileKind::Add { entry.file.row_count } else { -entry.file.row_count })
        .sum()
}
