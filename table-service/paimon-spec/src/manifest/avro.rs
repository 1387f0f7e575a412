//! Manifests as Avro object containers (format §4.1, §18).
//!
//! Writers name and order their records differently, so records are read by the names of their members.
//! What is written has exactly the schemas that Java writes: it reads some members by position.

use super::{FileKind, IndexManifestEntry, ManifestEntry, ManifestFileMeta};
use crate::error::{At, Error, Result};

mod blocks;
mod compression;
mod container;
mod decode;
mod encode;
mod index_manifest;
mod manifest_entry;
mod manifest_list;
mod record;
mod stats;

pub use compression::Compression;

/// What a manifest, manifest list or index manifest holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestContent<T> {
    /// Its entries, in order.
    pub entries: Vec<T>,
    /// Whether the writer put in members that this release does not know; such a file is kept by reference and
    /// never rewritten.
    pub has_unknown_fields: bool,
}

/// Reads the manifest that `file` names in messages.
///
/// Bytes that are no whole Avro container are `Corrupt`; a manifest in another format (option
/// `manifest.format`) or of an unknown version is `Unsupported`.
pub fn read_manifest(bytes: &[u8], file: &str) -> Result<ManifestContent<ManifestEntry>> {
    decode::records(bytes).at(|| file)
}

/// Reads a manifest and checks it against its description in a manifest list: size and numbers of entries.
///
/// A manifest that was cut between two blocks is a whole container and only differs from its description.
pub fn read_described_manifest(
    bytes: &[u8],
    meta: &ManifestFileMeta,
) -> Result<ManifestContent<ManifestEntry>> {
    let mut entries = Vec::new();
    let has_unknown_fields = visit_described_manifest(bytes, meta, |entry| {
        entries.push(entry);
        Ok(())
    })?;
    Ok(ManifestContent { entries, has_unknown_fields })
}

/// Reads several manifests; the answers are in their order, each as [`read_described_manifest`] gives it. Many small ones
/// are read faster together than one by one.
pub fn read_described_manifests(
    manifests: &[(&[u8], &ManifestFileMeta)],
) -> Vec<Result<ManifestContent<ManifestEntry>>> {
    let files: Vec<_> = manifests.iter().map(|(bytes, _)| *bytes).collect();
    let checked = |((bytes, meta), content): (&(&[u8], &ManifestFileMeta), Result<ManifestContent<_>>)| {
        let checked = check_size(bytes, Some(meta.file_size)).and(content).and_then(|content| {
            let mut counts = EntryCounts::default();
            content.entries.iter().for_each(|entry: &ManifestEntry| counts.add(entry.kind));
            counts.check(meta).map(|()| content)
        });
        checked.at(|| meta.file_name.clone())
    };
    manifests.iter().zip(decode::records_of(&files)).map(checked).collect()
}

/// The same for a reader that keeps little: hands over one entry after the other, with the entries of one block in
/// memory at a time. Answers whether the writer put in members that this release does not know.
///
/// Entries are handed over before the whole manifest is checked, so what was made of them is void on an error.
pub fn visit_described_manifest(
    bytes: &[u8],
    meta: &ManifestFileMeta,
    mut visit: impl FnMut(ManifestEntry) -> Result<()>,
) -> Result<bool> {
    let at = || meta.file_name.clone();
    check_size(bytes, Some(meta.file_size)).at(at)?;
    let mut counts = EntryCounts::default();
    let has_unknown_fields = decode::for_each_block(bytes, |block: Vec<ManifestEntry>| {
        for entry in block {
            counts.add(entry.kind);
            visit(entry)?;
        }
        Ok(())
    })
    .at(at)?;
    counts.check(meta).at(at)?;
    Ok(has_unknown_fields)
}

/// How many entries a manifest has of each kind.
#[derive(Default)]
struct EntryCounts {
    added: i64,
    deleted: i64,
}

impl EntryCounts {
    fn add(&mut self, kind: FileKind) {
        match kind {
            FileKind::Add => self.added += 1,
            FileKind::Delete => self.deleted += 1,
        }
    }

    fn check(&self, meta: &ManifestFileMeta) -> Result<()> {
        let counts = [
            (FileKind::Add, self.added, meta.num_added_files),
            (FileKind::Delete, self.deleted, meta.num_deleted_files),
        ];
        counts.into_iter().try_for_each(|(kind, found, described)| {
            if found == described {
                return Ok(());
            }
            Err(Error::corrupt(format!(
                "{found} entries of kind {kind:?}, the manifest list says {described}"
            )))
        })
    }
}

/// Checks the size of a file against what names it; `None` when nothing is said.
///
/// To be used with [`Snapshot::manifest_list_size`](crate::Snapshot::manifest_list_size) before
/// [`read_manifest_list`].
pub fn check_size(bytes: &[u8], described: Option<i64>) -> Result<()> {
    match described {
        Some(described) if i64::try_from(bytes.len()) != Ok(described) => Err(Error::corrupt(format!(
            "the file has {} bytes, its description says {described}: it is cut short or was replaced",
            bytes.len()
        ))),
        _ => Ok(()),
    }
}

/// Reads a manifest list; see [`read_manifest`].
pub fn read_manifest_list(bytes: &[u8], file: &str) -> Result<ManifestContent<ManifestFileMeta>> {
    decode::records(bytes).at(|| file)
}

/// Reads several manifest lists, given with their names; the answers are in their order. Many small ones are read faster
/// together than one by one.
pub fn read_manifest_lists(lists: &[(&[u8], &str)]) -> Vec<Result<ManifestContent<ManifestFileMeta>>> {
    let files: Vec<_> = lists.iter().map(|(bytes, _)| *bytes).collect();
    let contents = decode::records_of(&files).into_iter();
    lists.iter().zip(contents).map(|((_, file), content)| content.at(|| *file)).collect()
}

/// Reads an index manifest; see [`read_manifest`].
pub fn read_index_manifest(bytes: &[u8], file: &str) -> Result<ManifestContent<IndexManifestEntry>> {
    decode::records(bytes).at(|| file)
}

/// Writes a manifest with these entries, in this order.
pub fn write_manifest(entries: &[ManifestEntry], compression: Compression) -> Result<Vec<u8>> {
    encode::records(entries, compression)
}

/// Writes a manifest list with these entries, in this order; an empty one is a valid file.
pub fn write_manifest_list(entries: &[ManifestFileMeta], compression: Compression) -> Result<Vec<u8>> {
    encode::records(entries, compression)
}

/// Writes an index manifest with these entries, in this order.
pub fn write_index_manifest(entries: &[IndexManifestEntry], compression: Compression) -> Result<Vec<u8>> {
    encode::records(entries, compression)
}

#[cfg(test)]
mod tests;
