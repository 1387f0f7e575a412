//! Manifests: which files a snapshot consists of (format §4).

pub mod avro;
mod data_file;
mod entry;
mod index;
mod list;

pub use avro::{
    Compression, ManifestContent, check_size, read_described_manifest, read_described_manifests,
    read_index_manifest, read_manifest, read_manifest_list, read_manifest_lists, visit_described_manifest,
    write_index_manifest, write_manifest, write_manifest_list,
};
pub use data_file::{DataFileMeta, FileSource};
pub use entry::{FileKind, Identifier, ManifestEntry, MergedEntries, merge};
pub use index::{
    DELETION_VECTORS_INDEX, DeletionVectorRange, GlobalIndexMeta, HASH_INDEX, IndexManifestEntry,
};
pub use list::ManifestFileMeta;
