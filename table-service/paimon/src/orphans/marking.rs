//! Marking every name that a root refers to.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::Value;
use weir_paimon_spec::manifest::{self, DELETION_VECTORS_INDEX, HASH_INDEX, ManifestFileMeta};
use weir_paimon_spec::{FileKind as EntryKind, ManifestEntry, Snapshot, paths};

use super::listed::Listed;
use super::roots::{Root, RootKind};
use crate::table::CONCURRENT_REQUESTS;
use crate::{Error, ErrorKind, Result, Table};

/// Roots whose metadata is read together.
const TOGETHER: usize = 32;

/// Manifests that are fetched at the same time; each can have megabytes.
const CONCURRENT_MANIFESTS: usize = 4;

/// Marks names in a listing. Every manifest list and manifest is read once, however many roots share it.
#[derive(Debug)]
pub(crate) struct Marking<'a> {
    table: &'a Table,
    listed: Listed,
    /// Names of metadata files that were read whole.
    read: HashSet<String>,
}

/// A piece of metadata and who asks for it.
#[derive(Debug)]
struct Wanted<T> {
    what: T,
    /// Positions of roots, with whether each can do without.
    askers: Vec<(usize, bool)>,
}

/// A metadata file's name, what is wanted of it, and its content when it is there.
type Fetched<T> = (String, Wanted<T>, Option<Bytes>);

/// Metadata files by name.
type WantedFiles<T> = BTreeMap<String, Wanted<T>>;

/// What was not there.
#[derive(Debug, Default)]
pub(crate) struct Missing(BTreeMap<usize, String>);

impl<'a> Marking<'a> {
    /// Starts with nothing marked.
    pub(crate) fn new(table: &'a Table, listed: Listed) -> Self {
        Self { table, listed, read: HashSet::new() }
    }

    /// What was listed, with what is marked.
    pub(crate) const fn listed(&self) -> &Listed {
        &self.listed
    }

    /// Marks what roots refer to. Answers with those of which something was missing, and what: the root has gone
    /// meanwhile, or the table is damaged.
    pub(crate) async fn mark(&mut self, roots: &[Root]) -> Result<Vec<(Root, String)>> {
        let mut incomplete = Vec::new();
        for chunk in roots.chunks(TOGETHER) {
            let snapshots: Vec<Option<Snapshot>> = stream::iter(chunk)
                .map(|root| root.read(self.table))
                .buffered(CONCURRENT_REQUESTS)
                .try_collect()
                .await?;
            let mut missing = Missing::default();
            let mut found = Vec::new();
            for (position, (root, snapshot)) in chunk.iter().zip(snapshots).enumerate() {
                if let Some(snapshot) = snapshot {
                    found.push((position, root, snapshot));
                } else {
                    missing.0.insert(position, root.path.clone());
                }
            }
            self.mark_snapshots(&found, &mut missing).await?;
            incomplete.extend(missing.0.into_iter().map(|(position, path)| (chunk[position].clone(), path)));
        }
        Ok(incomplete)
    }

    async fn mark_snapshots(
        &mut self,
        roots: &[(usize, &Root, Snapshot)],
        missing: &mut Missing,
    ) -> Result<()> {
        let mut lists: WantedFiles<Option<i64>> = BTreeMap::new();
        let mut indexes: WantedFiles<()> = BTreeMap::new();
        for (position, root, snapshot) in roots {
            for name in snapshot.manifest_lists() {
                self.listed.mark(name);
                let dispensable = is_dangling(root.kind, snapshot, name);
                self.want(&mut lists, name, snapshot.manifest_list_size(name), (*position, dispensable));
            }
            if let Some(name) = &snapshot.index_manifest {
                self.listed.mark(name);
                self.want(&mut indexes, name, (), (*position, root.kind == RootKind::Changelog));
            }
            if let Some(name) = &snapshot.statistics {
                self.listed.mark(name);
            }
            self.mark_unknown(&snapshot.other);
        }
        let manifests = self.mark_lists(lists, missing).await?;
        self.mark_manifests(manifests, missing).await?;
        self.mark_indexes(indexes, missing).await
    }

    /// What this release does not know in a snapshot may be the name of a file.
    fn mark_unknown(&mut self, members: &serde_json::Map<String, Value>) {
        let mut values: Vec<&Value> = members.values().collect();
        while let Some(value) = values.pop() {
            match value {
                Value::String(text) => self.listed.mark(text.rsplit('/').next().unwrap_or(text)),
                Value::Array(items) => values.extend(items),
                Value::Object(members) => values.extend(members.values()),
                _ => {}
            }
        }
    }

    fn want<T>(&self, wanted: &mut WantedFiles<T>, name: &str, what: T, asker: (usize, bool)) {
        if !self.read.contains(name) {
            let entry = wanted.entry(name.to_owned());
            entry.or_insert_with(|| Wanted { what, askers: Vec::new() }).askers.push(asker);
        }
    }

    async fn mark_lists(
        &mut self,
        lists: WantedFiles<Option<i64>>,
        missing: &mut Missing,
    ) -> Result<WantedFiles<ManifestFileMeta>> {
        let mut manifests = BTreeMap::new();
        let mut contents = fetch(self.table, lists, CONCURRENT_REQUESTS);
        while let Some((name, wanted, content)) = contents.try_next().await? {
            let Some(content) = missing.unless_gone(&name, &wanted.askers, content) else { continue };
            manifest::check_size(&content, wanted.what).map_err(|error| error.at(name.clone()))?;
            for meta in known(&name, manifest::read_manifest_list(&content, &name)?)? {
                for file in std::iter::once(&meta.file_name).chain(meta.extra_files.iter().flatten()) {
                    self.listed.mark(file);
                }
                for asker in &wanted.askers {
                    self.want(&mut manifests, &meta.file_name.clone(), meta.clone(), *asker);
                }
            }
            self.read.insert(name);
        }
        Ok(manifests)
    }

    async fn mark_manifests(
        &mut self,
        manifests: WantedFiles<ManifestFileMeta>,
        missing: &mut Missing,
    ) -> Result<()> {
        let mut contents = fetch(self.table, manifests, CONCURRENT_MANIFESTS);
        while let Some((name, wanted, content)) = contents.try_next().await? {
            let Some(content) = missing.unless_gone(&name, &wanted.askers, content) else { continue };
            self.mark_entries(&content, &wanted.what, |_, _| Ok(()))?;
            self.read.insert(name);
        }
        Ok(())
    }

    async fn mark_indexes(&mut self, indexes: WantedFiles<()>, missing: &mut Missing) -> Result<()> {
        let mut contents = fetch(self.table, indexes, CONCURRENT_MANIFESTS);
        while let Some((name, wanted, content)) = contents.try_next().await? {
            let Some(content) = missing.unless_gone(&name, &wanted.askers, content) else { continue };
            for entry in known(&name, manifest::read_index_manifest(&content, &name)?)? {
                if ![HASH_INDEX, DELETION_VECTORS_INDEX].contains(&entry.index_type.as_str()) {
                    return Err(Error::new(
                        ErrorKind::Unsupported,
                        format!(
                            "index manifest {name} names an index of type {}, whose files are not known; nothing was deleted; remove orphans with Paimon",
                            entry.index_type
                        ),
                    ));
                }
                if let Some(path) = &entry.external_path {
                    return Err(external(self.table, path));
                }
                self.listed.mark(&entry.file_name);
            }
            self.read.insert(name);
        }
        Ok(())
    }

    /// Marks the files of a manifest's entries, of either kind, and hands the entries on.
    fn mark_entries(
        &mut self,
        content: &[u8],
        meta: &ManifestFileMeta,
        mut visit: impl FnMut(&Listed, ManifestEntry) -> weir_paimon_spec::Result<()>,
    ) -> Result<()> {
        let mut outside = None;
        let newer = manifest::visit_described_manifest(content, meta, |entry| {
            for file in std::iter::once(&entry.file.file_name).chain(&entry.file.extra_files) {
                self.listed.mark(file);
                if let Some(real) = paths::compacted_changelog(file) {
                    self.listed.mark(&real.file_name);
                }
            }
            outside = outside.take().or_else(|| entry.file.external_path.clone());
            visit(&self.listed, entry)
        })?;
        refuse_newer(&meta.file_name, newer)?;
        match outside {
            Some(path) => Err(external(self.table, &path)),
            None => Ok(()),
        }
    }

    /// Marks the data files of a snapshot. Answers with those of its live and metadata files that the listing has not
    /// shown.
    ///
    /// An entry is live unless a manifest of the snapshot deletes it, so only those that are not listed are kept in
    /// memory until all manifests are read.
    pub(crate) async fn not_listed(&mut self, snapshot: &Snapshot) -> Result<BTreeSet<String>> {
        let table = self.table;
        let mut metadata: Vec<String> = snapshot.manifest_lists().map(paths::manifest).collect();
        metadata.extend(snapshot.statistics.as_deref().map(paths::statistics));
        if let Some(name) = &snapshot.index_manifest {
            metadata.push(paths::manifest(name));
            for entry in table.index_manifest(name).await? {
                metadata.push(table.data().index_file(&entry)?.as_str().to_owned());
            }
        }
        let mut missing: HashMap<u64, Vec<String>> = HashMap::new();
        let mut deleted: HashSet<u64> = HashSet::new();
        for list in [&snapshot.base_manifest_list, &snapshot.delta_manifest_list] {
            let content = table.storage().read(&paths::manifest(list)).await?;
            manifest::check_size(&content, snapshot.manifest_list_size(list)).map_err(|e| e.at(list))?;
            let metas = manifest::read_manifest_list(&content, list)?.entries;
            metadata.extend(metas.iter().map(|meta| paths::manifest(&meta.file_name)));
            let mut contents = stream::iter(metas)
                .map(|meta| async move {
                    let content = table.storage().read(&paths::manifest(&meta.file_name)).await?;
                    Ok::<_, Error>((meta, content))
                })
                .buffered(CONCURRENT_MANIFESTS);
            while let Some((meta, content)) = contents.try_next().await? {
                self.mark_entries(&content, &meta, |listed, entry| {
                    if entry.kind == EntryKind::Delete {
                        deleted.insert(hash(&entry.identifier()));
                        return Ok(());
                    }
                    let files = table.data().files(&entry)?.into_iter().map(|file| file.as_str().to_owned());
                    let unseen: Vec<String> = files.filter(|file| !listed.contains(file)).collect();
                    if !unseen.is_empty() {
                        missing.insert(hash(&entry.identifier()), unseen);
                    }
                    Ok(())
                })?;
                self.read.insert(meta.file_name);
            }
        }
        let live = missing.into_iter().filter(|(identifier, _)| !deleted.contains(identifier));
        let unseen = metadata.into_iter().filter(|path| !self.listed.contains(path));
        Ok(unseen.chain(live.flat_map(|(_, files)| files)).collect())
    }
}

/// Fetches files of the manifest directory, in order; `None` for one that is not there.
fn fetch<T: Send + 'static>(
    table: &Table,
    files: WantedFiles<T>,
    concurrency: usize,
) -> BoxStream<'_, Result<Fetched<T>>> {
    stream::iter(files)
        .map(move |(name, wanted)| async move {
            let content = table.storage().read_opt(&paths::manifest(&name)).await?;
            Ok((name, wanted, content))
        })
        .buffered(concurrency)
        .boxed()
}

impl Missing {
    /// The content, unless the file is not there and somebody needs it: that is noted.
    fn unless_gone(&mut self, name: &str, askers: &[(usize, bool)], content: Option<Bytes>) -> Option<Bytes> {
        if content.is_none() {
            for (position, _) in askers.iter().filter(|(_, dispensable)| !dispensable) {
                self.0.entry(*position).or_insert_with(|| paths::manifest(name));
            }
        }
        content
    }
}

/// Whether a changelog may outlive one of its lists: when it has a changelog list, expiry of its snapshot has taken
/// the others (maintenance §4).
fn is_dangling(kind: RootKind, snapshot: &Snapshot, list: &str) -> bool {
    kind == RootKind::Changelog
        && snapshot.changelog_manifest_list.as_deref().is_some_and(|changelog| changelog != list)
}

/// Entries of a metadata file; one that a newer release has put more into may name files that this one cannot see.
fn known<T>(name: &str, content: manifest::ManifestContent<T>) -> Result<Vec<T>> {
    refuse_newer(name, content.has_unknown_fields)?;
    Ok(content.entries)
}

fn refuse_newer(name: &str, has_unknown_fields: bool) -> Result<()> {
    if !has_unknown_fields {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Unsupported,
        format!(
            "{name} has fields of a newer release of Paimon, which may name files; nothing was deleted; remove orphans with that release"
        ),
    ))
}

pub(crate) fn external(table: &Table, path: &str) -> Error {
    Error::new(
        ErrorKind::Unsafe,
        format!(
            "{} has files outside of its directory ({path}), where other tables may have theirs; orphans are not removed from such a table; nothing was deleted",
            table.location()
        ),
    )
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
