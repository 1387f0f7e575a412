//! Entries of the index manifest (format §4.8, Paimon `IndexManifestEntry`).

use serde::{Deserialize, Serialize};

use super::FileKind;

/// Index type of hash indexes: which key is in which dynamic bucket.
pub const HASH_INDEX: &str = "HASH";
/// Index type of deletion vectors: which rows of which files are deleted.
pub const DELETION_VECTORS_INDEX: &str = "DELETION_VECTORS";

/// One index file of a snapshot; the index manifest holds all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexManifestEntry {
    /// Always `Add` in stored manifests.
    pub kind: FileKind,
    /// Serialised row of the partition values.
    #[serde(with = "crate::hex")]
    pub partition: Vec<u8>,
    /// Bucket number.
    pub bucket: i32,
    /// [`HASH_INDEX`], [`DELETION_VECTORS_INDEX`] or the name of another index.
    pub index_type: String,
    /// File name without directory.
    pub file_name: String,
    /// Bytes on storage.
    pub file_size: i64,
    /// Hashes of a hash index, vectors of a deletion-vector index.
    pub row_count: i64,
    /// Where in the file the vectors of which data files are.
    pub deletion_vector_ranges: Option<Vec<DeletionVectorRange>>,
    /// Complete path of a file outside the index directory.
    pub external_path: Option<String>,
    /// What a global index covers.
    pub global_index: Option<GlobalIndexMeta>,
}

/// Where the deletion vector of one data file is (Paimon `DeletionVectorMeta`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletionVectorRange {
    /// The data file whose rows are deleted.
    pub data_file_name: String,
    /// Start in the index file, in bytes.
    pub offset: i32,
    /// Length in bytes.
    pub length: i32,
    /// Deleted rows; old releases did not count.
    pub cardinality: Option<i64>,
}

/// What a global index covers (Paimon `GlobalIndexMeta`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GlobalIndexMeta {
    /// First row id.
    pub row_range_start: i64,
    /// Last row id.
    pub row_range_end: i64,
    /// The indexed column's id.
    pub index_field_id: i32,
    /// Further columns in the index.
    pub extra_field_ids: Option<Vec<i32>>,
    /// The index's own description.
    #[serde(with = "crate::hex::optional")]
    pub index_meta: Option<Vec<u8>>,
    /// Where the index came from; only newer writers say.
    #[serde(with = "crate::hex::optional")]
    pub source_meta: Option<Vec<u8>>,
}
