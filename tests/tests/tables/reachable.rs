//! What the roots of a table reach, told by a second reader that shares no code with the services.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use weir_paimon_spec::manifest::{self, ManifestFileMeta};
use weir_paimon_spec::options::{ChangelogProducer, keys};
use weir_paimon_spec::paths::{self, BranchPaths, DataPaths};
use weir_paimon_spec::{FileSource, ManifestEntry, Snapshot, TableOptions, TableSchema, Tag};

use crate::listing::listing;

/// The files of a table that something refers to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reachable {
    root: PathBuf,
    /// Paths below the table's root.
    pub(crate) files: BTreeSet<String>,
    /// Data files that manifests name, deleted ones too.
    named: BTreeSet<String>,
}

impl Reachable {
    /// Reads every snapshot, tag and changelog of every branch.
    ///
    /// # Panics
    /// When one names a manifest that is not there.
    #[track_caller]
    pub(crate) fn of(root: &Path) -> Self {
        let mut this = Self { root: root.to_owned(), files: BTreeSet::new(), named: BTreeSet::new() };
        this.branch(&BranchPaths::main());
        if let Ok(branches) = std::fs::read_dir(root.join(paths::branches_dir())) {
            for branch in branches {
                let name = branch.unwrap().file_name().into_string().unwrap();
                this.branch(&BranchPaths::of(paths::branch_of_dir(&name).unwrap()).unwrap());
            }
        }
        this
    }

    /// Fails unless every file that is referred to is there.
    #[track_caller]
    pub(crate) fn assert_readable(&self) {
        let missing: Vec<&String> = self.files.iter().filter(|path| !self.root.join(path).exists()).collect();
        assert!(missing.is_empty(), "referred to and gone: {missing:#?}");
    }

    /// Files that nothing refers to.
    pub(crate) fn orphans(&self) -> BTreeSet<String> {
        let all = listing(&self.root).into_keys();
        all.filter(|path| !path.starts_with(".weir/") && !self.files.contains(path)).collect()
    }

    /// Fails unless the table is exactly what is referred to.
    #[track_caller]
    pub(crate) fn assert_exact(&self) {
        self.assert_readable();
        assert_eq!(self.orphans(), BTreeSet::new(), "nothing refers to these");
    }

    /// Fails unless nothing is left but what manifests name, if only as deleted: orphan cleaning does not judge that.
    #[track_caller]
    pub(crate) fn assert_clean(&self) {
        self.assert_readable();
        let left: Vec<String> = self.orphans().difference(&self.named).cloned().collect();
        assert_eq!(left, Vec::<String>::new(), "no manifest names these");
    }

    fn names(&mut self, directory: &str) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.root.join(directory)) else { return Vec::new() };
        let files = entries.map(Result::unwrap).filter(|entry| entry.file_type().unwrap().is_file());
        let mut names: Vec<String> = files.map(|entry| entry.file_name().into_string().unwrap()).collect();
        names.sort();
        self.files.extend(names.iter().map(|name| format!("{directory}/{name}")));
        names
    }

    fn read(&self, path: &str) -> Vec<u8> {
        std::fs::read(self.root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn schema(&self, branch: &BranchPaths, id: i64) -> TableSchema {
        TableSchema::parse(&self.read(&branch.schema(id))).unwrap()
    }

    #[track_caller]
    fn branch(&mut self, branch: &BranchPaths) {
        let schemas = self.names(&branch.schema_dir());
        self.names(&branch.consumer_dir());
        let newest = schemas.iter().filter_map(|name| BranchPaths::schema_id(name)).max().unwrap();
        let schema = self.schema(branch, newest);
        for name in self.names(&branch.snapshot_dir()) {
            if BranchPaths::snapshot_id(&name).is_some() {
                let content = self.read(&format!("{}/{name}", branch.snapshot_dir()));
                let snapshot = Snapshot::parse(&content).unwrap();
                self.snapshot(&schema, &snapshot);
                self.changelog_of(branch, &schema, &snapshot);
                let options = TableOptions::new(schema.options.clone());
                if *branch == BranchPaths::main() && options.is_changelog_decoupled().unwrap() {
                    // It will live on as a changelog, and what that needs must still be there then.
                    self.changelog(&schema, &snapshot);
                }
            }
        }
        for name in self.names(&branch.tag_dir()) {
            let content = self.read(&format!("{}/{name}", branch.tag_dir()));
            self.snapshot(&schema, &Tag::parse(&content).unwrap().snapshot);
        }
        for name in self.names(&branch.changelog_dir()) {
            if BranchPaths::changelog_id(&name).is_some() {
                let content = self.read(&format!("{}/{name}", branch.changelog_dir()));
                self.changelog(&schema, &Snapshot::parse(&content).unwrap());
            }
        }
    }

    fn snapshot(&mut self, schema: &TableSchema, snapshot: &Snapshot) {
        let mut entries = self.entries(&snapshot.base_manifest_list);
        entries.extend(self.entries(&snapshot.delta_manifest_list));
        let places = places(schema);
        let named = entries.iter().flat_map(|entry| places.files(entry).unwrap());
        self.named.extend(named.map(|place| place.as_str().to_owned()));
        let live = manifest::merge(entries).unwrap().live;
        self.data(schema, &live);
        if let Some(name) = &snapshot.index_manifest {
            let path = paths::manifest(name);
            let content = manifest::read_index_manifest(&self.read(&path), name).unwrap();
            self.files.insert(path);
            let files = content.entries.iter().map(|entry| places.index_file(entry).unwrap());
            self.files.extend(files.map(|place| place.as_str().to_owned()));
        }
        self.files.extend(snapshot.statistics.as_deref().map(paths::statistics));
    }

    /// The changelog of a snapshot. That of one which a branch has from `main` goes with `main`'s own snapshot.
    fn changelog_of(&mut self, branch: &BranchPaths, schema: &TableSchema, snapshot: &Snapshot) {
        let Some(list) = &snapshot.changelog_manifest_list else { return };
        if *branch == BranchPaths::main() || self.root.join(paths::manifest(list)).exists() {
            let entries = self.entries(list);
            self.data(schema, &entries);
        }
    }

    /// What readers of a changelog need, for tables whose producer never changed.
    fn changelog(&mut self, schema: &TableSchema, changelog: &Snapshot) {
        let options = TableOptions::new(schema.options.clone());
        if let Some(list) = &changelog.changelog_manifest_list {
            let entries = self.entries(list);
            self.data(schema, &entries);
        } else if options.get(&keys::CHANGELOG_PRODUCER).unwrap() == ChangelogProducer::None {
            self.manifests(&changelog.base_manifest_list);
            let mut entries = self.entries(&changelog.delta_manifest_list);
            entries.retain(|entry| matches!(entry.file.file_source, None | Some(FileSource::Append)));
            self.data(schema, &entries);
        }
    }

    fn manifests(&mut self, list: &str) -> Vec<ManifestFileMeta> {
        let path = paths::manifest(list);
        let metas = manifest::read_manifest_list(&self.read(&path), list).unwrap().entries;
        self.files.insert(path);
        self.files.extend(metas.iter().map(|meta| paths::manifest(&meta.file_name)));
        metas
    }

    fn entries(&mut self, list: &str) -> Vec<ManifestEntry> {
        let mut entries = Vec::new();
        for meta in self.manifests(list) {
            let content = self.read(&paths::manifest(&meta.file_name));
            entries.extend(manifest::read_manifest(&content, &meta.file_name).unwrap().entries);
        }
        entries
    }

    fn data(&mut self, schema: &TableSchema, entries: &[ManifestEntry]) {
        let places = places(schema);
        for entry in entries {
            let files = places.files(entry).unwrap();
            self.files.extend(files.into_iter().map(|place| place.as_str().to_owned()));
        }
    }
}

fn places(schema: &TableSchema) -> DataPaths {
    DataPaths::new(schema, &TableOptions::new(schema.options.clone())).unwrap()
}
