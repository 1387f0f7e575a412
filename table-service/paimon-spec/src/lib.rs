//! The Apache Paimon table format as pure data: no I/O.
//!
//! Everything here turns bytes and strings into typed values and back: snapshots, schemas, options,
//! manifests (Avro), binary rows, statistics, and the names and places of files. Nothing here reads or writes
//! a file, knows an object store, or starts a thread, so every decision that rests on it is a pure function
//! of a table's metadata.

pub mod binary_row;
pub mod datum;
pub mod error;
pub mod manifest;
pub mod options;
pub mod paths;
pub mod schema;
pub mod snapshot;
pub mod stats;
pub mod support;
pub mod tags;
pub mod types;

mod hex;

pub use binary_row::BinaryRow;
pub use datum::Datum;
pub use error::{Error, ErrorKind, Result};
pub use manifest::{DataFileMeta, FileKind, FileSource, ManifestEntry, ManifestFileMeta};
pub use options::TableOptions;
pub use schema::{BucketMode, TableSchema};
pub use snapshot::{CommitKind, Consumer, Snapshot, Tag};
pub use stats::SimpleStats;
pub use types::{DataField, DataType, TypeKind};
