//! Files that may go, before protection is applied.

use std::collections::{HashMap, HashSet};

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
    /// Temporary or unknown file beside snapshots and other metadata.
    Stray,
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
pub(crate) struct Candidates {
    files: HashMap<String, (FileKind, u64)>,
    /// Paths that stay, whoever names them.
    kept: HashSet<String>,
}

impl Candidates {
    /// Candidates of a plan that was made earlier.
    pub(crate) fn from_files(files: Vec<PlannedFile>) -> Self {
        let files = files.into_iter().map(|file| (file.path, (file.kind, file.bytes))).collect();
        Self { files, kept: HashSet::new() }
    }

    /// Adds a file; `bytes` is 0 where metadata does not tell its size.
    pub(crate) fn insert(&mut self, path: String, kind: FileKind, bytes: i64) {
        self.files.entry(path).or_insert((kind, u64::try_from(bytes).unwrap_or(0)));
    }

    /// Takes a file out.
    pub(crate) fn remove(&mut self, path: &str) {
        self.files.remove(path);
    }

    /// Takes a file out for good: it is no candidate even when it is added later.
    pub(crate) fn keep(&mut self, path: String) {
        self.kept.insert(path);
    }

    /// Takes over what another root has left.
    pub(crate) fn absorb(&mut self, other: Self) {
        for (path, file) in other.files {
            self.files.entry(path).or_insert(file);
        }
        self.kept.extend(other.kept);
    }

    /// All paths, ascending.
    pub(crate) fn paths(&self) -> Vec<&str> {
        let mut paths: Vec<&str> = self.files.keys().map(String::as_str).collect();
        paths.sort_unstable();
        paths
    }

    /// The files in the order of deletion.
    pub(crate) fn into_files(self) -> Vec<PlannedFile> {
        let free = self.files.into_iter().filter(|(path, _)| !self.kept.contains(path));
        let mut files: Vec<PlannedFile> =
            free.map(|(path, (kind, bytes))| PlannedFile { path, kind, bytes }).collect();
        files.sort_unstable_by(|a, b| a.kind.cmp(&b.kind).then_with(|| a.path.cmp(&b.path)));
        files
    }
}
