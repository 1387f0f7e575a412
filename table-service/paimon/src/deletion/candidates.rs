//! Files that may go, before protection is applied.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

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
    /// Candidates of a plan that was made earlier.
    pub(crate) fn from_files(files: Vec<PlannedFile>) -> Self {
        Self(files.into_iter().map(|file| (file.path.clone(), file)).collect())
    }

    /// Adds a file; `bytes` is 0 where metadata does not tell its size.
    pub(crate) fn insert(&mut self, path: String, kind: FileKind, bytes: i64) {
        let bytes = u64::try_from(bytes).unwrap_or(0);
        self.0.entry(path.clone()).or_insert(PlannedFile { path, kind, bytes });
    }

    /// Takes a file out.
    pub(crate) fn remove(&mut self, path: &str) {
        self.0.remove(path);
    }

    /// All paths, ascending.
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
