//! Entries of a manifest, and what is live after a sequence of them (format §4.3, §4.6).

use std::sync::Arc;

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::DataFileMeta;
use crate::error::{Error, Result};

/// Whether an entry adds or deletes a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FileKind {
    /// The file becomes part of the table.
    Add,
    /// The file is no longer part of the table.
    Delete,
}

impl FileKind {
    /// The number that manifests hold.
    pub fn code(self) -> i32 {
        match self {
            Self::Add => 0,
            Self::Delete => 1,
        }
    }

    /// The kind that a manifest's number stands for; an unknown one is `Unsupported`.
    pub fn from_code(code: i32) -> Result<Self> {
        match code {
            0 => Ok(Self::Add),
            1 => Ok(Self::Delete),
            other => Err(Error::unsupported(format!("unknown entry kind {other}"))),
        }
    }
}

/// One line of a manifest: a file added or deleted (Paimon `ManifestEntry`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestEntry {
    /// Added or deleted.
    pub kind: FileKind,
    /// Serialised row of the partition values.
    #[serde(with = "crate::hex")]
    pub partition: Vec<u8>,
    /// Bucket number; −2 for the staging bucket of postpone tables.
    pub bucket: i32,
    /// Buckets that the partition had when the file was written.
    pub total_buckets: i32,
    /// The file; shared, because entries are many and are held by plans and commits too.
    pub file: Arc<DataFileMeta>,
}

impl ManifestEntry {
    /// What makes this entry's file the same as another's.
    pub fn identifier(&self) -> Identifier {
        Identifier {
            partition: self.partition.clone(),
            bucket: self.bucket,
            level: self.file.level,
            file_name: self.file.file_name.clone(),
            extra_files: self.file.extra_files.clone(),
            embedded_file_index: self.file.embedded_file_index.clone(),
            external_path: self.file.external_path.clone(),
        }
    }

    /// The entry that takes this one's file away: the same bytes, verbatim, with kind `Delete`.
    #[must_use]
    pub fn to_delete(&self) -> Self {
        Self { kind: FileKind::Delete, ..self.clone() }
    }
}

/// What identifies a file in manifests (Paimon `FileEntry.Identifier`); a file at another level is another file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Identifier {
    /// Serialised row of the partition values.
    pub partition: Vec<u8>,
    /// Bucket number.
    pub bucket: i32,
    /// Level.
    pub level: i32,
    /// File name.
    pub file_name: String,
    /// Files beside it.
    pub extra_files: Vec<String>,
    /// Index in the manifest.
    pub embedded_file_index: Option<Vec<u8>>,
    /// Complete path of a file outside the bucket directory.
    pub external_path: Option<String>,
}

/// What a sequence of entries comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MergedEntries {
    /// Added and not deleted, in the order they were added.
    pub live: Vec<ManifestEntry>,
    /// Deletes whose file was not added in the sequence, in order.
    pub unmatched_deletes: Vec<ManifestEntry>,
    /// Live files that were deleted earlier in the sequence. Readers that collect deletes first take them for
    /// deleted (format §4.6), so a table that has some must not be rewritten.
    pub added_again: Vec<Identifier>,
}

impl MergedEntries {
    /// The live files, when every reader agrees on them.
    ///
    /// Paimon's readers take a file for deleted once any delete of it is in their way, wherever it stands; a file
    /// that was deleted and added again is `Unsupported`, since rewriting it would bring its rows back.
    pub fn into_live(self) -> Result<Vec<ManifestEntry>> {
        match self.added_again.first() {
            None => Ok(self.live),
            Some(file) => Err(Error::unsupported(format!(
                "file {} in bucket {} was deleted and added again, so that readers do not see it",
                file.file_name, file.bucket
            ))),
        }
    }
}

/// Merges entries in order, as Paimon's `FileEntry.mergeEntries` does: an add is cancelled by a later delete of
/// the same identifier; a delete without an add stays.
///
/// An add of a file that is present, or whose delete came first without an add, is `Corrupt`.
pub fn merge(entries: impl IntoIterator<Item = ManifestEntry>) -> Result<MergedEntries> {
    let mut slots: Vec<Option<ManifestEntry>> = Vec::new();
    let mut pending: HashMap<Identifier, usize> = HashMap::new();
    let mut cancelled: HashSet<Identifier> = HashSet::new();
    for entry in entries {
        let identifier = entry.identifier();
        match (entry.kind, pending.get(&identifier)) {
            (FileKind::Add, Some(_)) => {
                return Err(Error::corrupt(format!(
                    "file {} is added to bucket {} twice at level {}",
                    entry.file.file_name, entry.bucket, entry.file.level
                )));
            }
            (FileKind::Delete, Some(&slot)) if is_add(slots[slot].as_ref()) => {
                slots[slot] = None;
                pending.remove(&identifier);
                cancelled.insert(identifier);
            }
            (FileKind::Delete, Some(_)) => {}
            (_, None) => {
                pending.insert(identifier, slots.len());
                slots.push(Some(entry));
            }
        }
    }
    let mut merged = MergedEntries::default();
    for entry in slots.into_iter().flatten() {
        match entry.kind {
            FileKind::Add => {
                let identifier = (!cancelled.is_empty()).then(|| entry.identifier());
                merged.added_again.extend(identifier.filter(|identifier| cancelled.contains(identifier)));
                merged.live.push(entry);
            }
            FileKind::Delete => merged.unmatched_deletes.push(entry),
        }
    }
    Ok(merged)
}

fn is_add(entry: Option<&ManifestEntry>) -> bool {
    entry.is_some_and(|entry| entry.kind == FileKind::Add)
}

#[cfg(test)]
mod tests;
