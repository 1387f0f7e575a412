use std::sync::Arc;

use parquet::schema::types::{SchemaDescriptor, TypePtr};

use crate::leaf::{Leaf, Meaning, Physical};
use crate::{Error, Result};

/// What a merge does with records of the same key, and how its output looks.
///
/// Per key, the records of all runs are ordered by [`order_by`](Self::order_by), then sequence
/// ascending, then retract (kind 1 = -U, 3 = -D) before add (0 = +I, 2 = +U); the last one wins,
/// and its kind and sequence are kept as they are (Paimon `DeduplicateMergeFunction`). A key with
/// exactly one record passes through as it is.
///
/// Keys order like Paimon's: nulls first, booleans false before true, numbers and decimals by
/// value, strings and binary as unsigned bytes, floats like Java's `compare` (-0.0 before 0.0, NaN
/// greatest), INT96 timestamps by (Julian day, nanoseconds).
#[derive(Clone, Debug)]
pub struct MergeSpec {
    /// Message type of the output, with field ids. Flat: scalar leaves only, INT96 allowed.
    pub schema: TypePtr,
    /// Leaf indexes of the key, most significant first. At least one.
    pub key: Vec<usize>,
    /// Leaf index of the sequence number (INT64, never null).
    pub sequence: usize,
    /// Leaf index of the row kind (INT32, never null, 0 to 3).
    pub kind: usize,
    /// Columns compared before the sequence number.
    pub order_by: Vec<OrderColumn>,
    /// Skip retract records of keys that have several records; a key of retracts only is dropped.
    pub ignore_deletes: bool,
    /// Do not write a key whose result is a retract record.
    pub drop_deletes: bool,
    /// Sizes, codec and layout of the output.
    pub output: OutputOptions,
}

/// How the output of a concatenation looks.
#[derive(Clone, Debug)]
pub struct ConcatSpec {
    /// Message type of the output, with field ids. Flat: scalar leaves only, INT96 allowed.
    pub schema: TypePtr,
    /// Sizes, codec and layout of the output.
    pub output: OutputOptions,
}

/// A column that orders the records of one key. Nulls come first in both directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderColumn {
    /// Leaf index in the output schema.
    pub column: usize,
    /// Whether greater values come first.
    pub descending: bool,
}

/// Sizes, codec and layout of the output files.
///
/// There is no choice of encodings: the engine writes version 1.0 pages with dictionary and PLAIN
/// only, because other layouts are read wrongly by released readers.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputOptions {
    /// A file is closed when it is about this many bytes long; files of one rewrite end between
    /// roughly three quarters and five quarters of it.
    pub target_file_bytes: u64,
    /// Greatest number of rows of a row group.
    pub row_group_rows: usize,
    /// Size of a row group in bytes before compression, estimated from the input footers.
    pub row_group_bytes: u64,
    /// Size of a data page in bytes before compression.
    pub page_bytes: usize,
    /// Greatest number of rows of a data page.
    pub page_rows: usize,
    /// Whether columns start out dictionary encoded.
    pub dictionary: bool,
    /// Codec of all pages.
    pub codec: Codec,
}

impl Default for OutputOptions {
    fn default() -> Self {
        Self {
            target_file_bytes: 128 << 20,
            row_group_rows: 1 << 20,
            row_group_bytes: 128 << 20,
            page_bytes: 1 << 20,
            page_rows: 20_000,
            dictionary: true,
            codec: Codec::Zstd(1),
        }
    }
}

/// Codecs that every reader understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// No compression.
    None,
    /// Snappy.
    Snappy,
    /// Gzip with a level from 0 to 9.
    Gzip(u32),
    /// Zstandard with a level from 1 to 22.
    Zstd(i32),
    /// LZ4 blocks without Hadoop's framing (`LZ4_RAW`).
    Lz4Raw,
}

impl MergeSpec {
    /// The leaves of the output, after checking that the specification is sound.
    pub(crate) fn leaves(&self) -> Result<Vec<Leaf>> {
        let leaves = leaves_of(&self.schema)?;
        if self.key.is_empty() {
            return Err(Error::internal("the merge has no key"));
        }
        let order_by = self.order_by.iter().map(|order| order.column);
        for column in self.key.iter().copied().chain(order_by).chain([self.sequence, self.kind]) {
            if column >= leaves.len() {
                return Err(Error::internal(format!(
                    "column {column} is named, the output has {} columns",
                    leaves.len()
                )));
            }
        }
        check_system_column(&leaves[self.sequence], Physical::Int64, "sequence number")?;
        check_system_column(&leaves[self.kind], Physical::Int32, "row kind")?;
        Ok(leaves)
    }
}

impl ConcatSpec {
    /// The leaves of the output.
    pub(crate) fn leaves(&self) -> Result<Vec<Leaf>> {
        leaves_of(&self.schema)
    }
}

fn leaves_of(schema: &TypePtr) -> Result<Vec<Leaf>> {
    if !schema.is_group() {
        return Err(Error::internal("the output schema is not a message type"));
    }
    SchemaDescriptor::new(Arc::clone(schema))
        .columns()
        .iter()
        .map(|column| {
            Leaf::new(column).map_err(|why| {
                Error::unsupported(format!("the column cannot be written: {why}"))
                    .with_column(&column.path().string())
            })
        })
        .collect()
}

fn check_system_column(leaf: &Leaf, physical: Physical, role: &str) -> Result<()> {
    if leaf.physical == physical && matches!(leaf.meaning, Meaning::Integer(_)) {
        return Ok(());
    }
    Err(Error::internal(format!("{} cannot be the {role}", leaf.describe())).with_column(&leaf.path))
}
