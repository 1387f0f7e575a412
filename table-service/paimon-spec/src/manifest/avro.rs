//! Manifests as Avro object containers (format §4.1, §18).

use super::{IndexManifestEntry, ManifestEntry, ManifestFileMeta};
use crate::error::{Error, Result};

mod compression;

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
/// Bytes that are no Avro container are `Corrupt`; a manifest in another format (option `manifest.format`) or
/// of an unknown version is `Unsupported`.
pub fn read_manifest(_bytes: &[u8], file: &str) -> Result<ManifestContent<ManifestEntry>> {
    Err(Error::unsupported("manifests cannot be read yet").at(file))
}

/// Reads a manifest list; see [`read_manifest`].
pub fn read_manifest_list(_bytes: &[u8], file: &str) -> Result<ManifestContent<ManifestFileMeta>> {
    Err(Error::unsupported("manifests cannot be read yet").at(file))
}

/// Reads an index manifest; see [`read_manifest`].
pub fn read_index_manifest(_bytes: &[u8], file: &str) -> Result<ManifestContent<IndexManifestEntry>> {
    Err(Error::unsupported("manifests cannot be read yet").at(file))
}

/// Writes a manifest with these entries, in this order.
pub fn write_manifest(_entries: &[ManifestEntry], _compression: Compression) -> Result<Vec<u8>> {
    Err(Error::unsupported("manifests cannot be written yet"))
}

/// Writes a manifest list with these entries, in this order; an empty one is a valid file.
pub fn write_manifest_list(_entries: &[ManifestFileMeta], _compression: Compression) -> Result<Vec<u8>> {
    Err(Error::unsupported("manifests cannot be written yet"))
}

/// Writes an index manifest with these entries, in this order.
pub fn write_index_manifest(_entries: &[IndexManifestEntry], _compression: Compression) -> Result<Vec<u8>> {
    Err(Error::unsupported("manifests cannot be written yet"))
}
