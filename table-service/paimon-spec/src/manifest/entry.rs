//! Entries of a manifest, and what is live after a sequence of them (format §4.3, §4.6).

use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

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
    pub fn identifier(&self) -> Identifier<'_> {
        Identifier(self)
    }

    /// The entry that takes this one's file away: the same bytes, verbatim, with kind `Delete`.
    #[must_use]
    pub fn to_delete(&self) -> Self {
        Self { kind: FileKind::Delete, ..self.clone() }
    }
}

/// What identifies an entry's file in manifests (Paimon `FileEntry.Identifier`): partition, bucket, level, names of the
/// file and of those beside it, index in the manifest and external path. A file at another level is another file.
#[derive(Debug, Clone, Copy)]
pub struct Identifier<'a>(&'a ManifestEntry);

impl<'a> Identifier<'a> {
    fn parts(self) -> impl Eq + Hash + 'a {
        let ManifestEntry { partition, bucket, file, .. } = self.0;
        let index = file.embedded_file_index.as_deref();
        let external = file.external_path.as_deref();
        (partition, *bucket, file.level, &file.file_name, &file.extra_files, index, external)
    }
}

impl PartialEq for Identifier<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for Identifier<'_> {}

impl Hash for Identifier<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parts().hash(state);
    }
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
    pub added_again: Vec<ManifestEntry>,
}

impl MergedEntries {
    /// The live files, when every reader agrees on them.
    ///
    /// Paimon's readers take a file for deleted once any delete of it is in their way, wherever it stands; a file
    /// that was deleted and added again is `Unsupported`, since rewriting it would bring its rows back.
    pub fn into_live(self) -> Result<Vec<ManifestEntry>> {
        match self.added_again.first() {
            None => Ok(self.live),
            Some(entry) => Err(Error::unsupported(format!(
                "file {} in bucket {} was deleted and added again, so that readers do not see it",
                entry.file.file_name, entry.bucket
            ))),
        }
    }
}

/// Merges entries in order, as Paimon's `FileEntry.mergeEntries` does: an add is cancelled by a later delete of
/// the same identifier; a delete without an add stays.
///
/// An add of a file that is present, or whose delete came first without an add, is `Corrupt`.
pub fn merge(entries: impl IntoIterator<Item = ManifestEntry>) -> Result<MergedEntries> {
    let entries: Vec<ManifestEntry> = entries.into_iter().collect();
    let mut stays = vec![true; entries.len()];
    let mut pending: HashMap<Identifier<'_>, usize> = HashMap::new();
    let mut cancelled: HashSet<Identifier<'_>> = HashSet::new();
    for (at, entry) in entries.iter().enumerate() {
        match (entry.kind, pending.get(&entry.identifier())) {
            (FileKind::Add, Some(_)) => {
                return Err(Error::corrupt(format!(
                    "file {} is added to bucket {} twice at level {}",
                    entry.file.file_name, entry.bucket, entry.file.level
                )));
            }
            (FileKind::Delete, Some(&earlier)) => {
                stays[at] = false;
                if entries[earlier].kind == FileKind::Add {
                    stays[earlier] = false;
                    pending.remove(&entry.identifier());
                    cancelled.insert(entry.identifier());
                }
            }
            (_, None) => {
                pending.insert(entry.identifier(), at);
            }
        }
    }
    let is_again = |(at, entry): &(usize, &ManifestEntry)| {
        stays[*at] && entry.kind == FileKind::Add && cancelled.contains(&entry.identifier())
    };
    let added_again = if cancelled.is_empty() {
        Vec::new()
    } else {
        entries.iter().enumerate().filter(is_again).map(|(_, entry)| entry.clone()).collect()
    };
    drop((pending, cancelled));
    let mut stays = stays.into_iter();
    let mut live = entries;
    live.retain(|_| stays.next().unwrap_or(true));
    let unmatched_deletes = live.extract_if(.., |entry| entry.kind == FileKind::Delete).collect();
    Ok(MergedEntries { live, unmatched_deletes, added_again })
}

#[cfg(test)]
mod tests;
