//! A table whose metadata lies in `fixtures`.

use std::fs;
use std::path::PathBuf;

use weir_paimon_spec::manifest::{
    self, IndexManifestEntry, ManifestContent, ManifestEntry, ManifestFileMeta, read_index_manifest,
};
use weir_paimon_spec::paths::{BranchPaths, DataPaths};
use weir_paimon_spec::{Snapshot, TableOptions, TableSchema};

/// The table in the directory `fixtures/<name>`.
pub(crate) struct Fixture(pub(crate) &'static str);

impl Fixture {
    pub(crate) fn bytes(&self, path: &str) -> Vec<u8> {
        let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(self.0).join(path);
        fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    }

    pub(crate) fn snapshot(&self, id: i64) -> Snapshot {
        Snapshot::parse(&self.bytes(&BranchPaths::main().snapshot(id))).unwrap()
    }

    pub(crate) fn schema(&self) -> TableSchema {
        TableSchema::parse(&self.bytes(&BranchPaths::main().schema(0))).unwrap()
    }

    pub(crate) fn paths(&self) -> DataPaths {
        let schema = self.schema();
        DataPaths::new(&schema, &TableOptions::new(schema.options.clone())).unwrap()
    }

    /// The manifest lists of a snapshot, each with the size that the snapshot says.
    pub(crate) fn assert_sizes(&self, snapshot: &Snapshot) {
        for list in snapshot.manifest_lists() {
            let bytes = self.bytes(&weir_paimon_spec::paths::manifest(list));
            assert!(snapshot.manifest_list_size(list).is_some());
            manifest::check_size(&bytes, snapshot.manifest_list_size(list)).unwrap();
        }
    }

    pub(crate) fn manifest_list(&self, name: &str) -> ManifestContent<ManifestFileMeta> {
        manifest::read_manifest_list(&self.bytes(&weir_paimon_spec::paths::manifest(name)), name).unwrap()
    }

    pub(crate) fn manifest(&self, meta: &ManifestFileMeta) -> ManifestContent<ManifestEntry> {
        let bytes = self.bytes(&weir_paimon_spec::paths::manifest(&meta.file_name));
        manifest::read_described_manifest(&bytes, meta).unwrap()
    }

    pub(crate) fn index_manifest(&self, name: &str) -> ManifestContent<IndexManifestEntry> {
        read_index_manifest(&self.bytes(&weir_paimon_spec::paths::manifest(name)), name).unwrap()
    }

    /// Entries of the base and delta lists of a snapshot, in order.
    pub(crate) fn entries(&self, snapshot: &Snapshot) -> Vec<ManifestEntry> {
        [&snapshot.base_manifest_list, &snapshot.delta_manifest_list]
            .into_iter()
            .flat_map(|name| self.manifest_list(name).entries)
            .flat_map(|meta| self.manifest(&meta).entries)
            .collect()
    }

    /// Paths of the live files of a snapshot and of the files beside them, sorted.
    pub(crate) fn live_files(&self, snapshot: &Snapshot) -> Vec<String> {
        let merged = manifest::merge(self.entries(snapshot)).unwrap();
        assert_eq!((merged.unmatched_deletes.len(), merged.added_again.len()), (0, 0));
        let paths = self.paths();
        let mut files: Vec<String> = merged
            .live
            .iter()
            .flat_map(|entry| paths.files(entry).unwrap())
            .map(|location| location.as_str().to_owned())
            .collect();
        files.sort();
        files
    }

    /// Checks that every manifest is described as we describe it.
    pub(crate) fn assert_manifests_are_described_as_here(&self, last_snapshot: i64) {
        let types = self.schema().partition_types().unwrap();
        for id in 1..=last_snapshot {
            self.assert_sizes(&self.snapshot(id));
            for list in self.snapshot(id).manifest_lists() {
                for meta in self.manifest_list(list).entries {
                    let entries = self.manifest(&meta).entries;
                    let ours =
                        ManifestFileMeta::from_entries(&meta.file_name, meta.file_size, &entries, &types, 0)
                            .unwrap();
                    assert_eq!(ours, ManifestFileMeta { total_buckets: None, ..meta });
                }
            }
        }
    }
}
