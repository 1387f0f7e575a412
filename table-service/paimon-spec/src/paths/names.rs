//! Names of new files: a random part for the run and a number for the file.

use std::sync::atomic::{AtomicU64, Ordering};

/// Gives new files names that no other run gives (format §1.3). Shared by all threads of a run.
#[derive(Debug)]
pub struct FileNames {
    unique: String,
    data: AtomicU64,
    manifest: AtomicU64,
    manifest_list: AtomicU64,
    index_manifest: AtomicU64,
    index: AtomicU64,
}

impl FileNames {
    /// Names around `unique`, which must be a new random UUID for each run.
    pub fn new(unique: impl Into<String>) -> Self {
        Self {
            unique: unique.into(),
            data: AtomicU64::new(0),
            manifest: AtomicU64::new(0),
            manifest_list: AtomicU64::new(0),
            index_manifest: AtomicU64::new(0),
            index: AtomicU64::new(0),
        }
    }

    /// A data or changelog file: `<prefix><uuid>-<n>.<extension>`.
    pub fn data(&self, prefix: &str, extension: &str) -> String {
        format!("{}.{extension}", self.next(prefix, &self.data))
    }

    /// A manifest.
    pub fn manifest(&self) -> String {
        self.next("manifest-", &self.manifest)
    }

    /// A manifest list.
    pub fn manifest_list(&self) -> String {
        self.next("manifest-list-", &self.manifest_list)
    }

    /// An index manifest.
    pub fn index_manifest(&self) -> String {
        self.next("index-manifest-", &self.index_manifest)
    }

    /// An index file.
    pub fn index(&self) -> String {
        self.next("index-", &self.index)
    }

    fn next(&self, prefix: &str, counter: &AtomicU64) -> String {
        format!("{prefix}{}-{}", self.unique, counter.fetch_add(1, Ordering::Relaxed))
    }
}
