//! Settings of planning for append tables, from the table's options.

use weir_paimon_spec::options::keys;
use weir_paimon_spec::schema::BucketMode;

use crate::compaction::plan::Strategy;
use crate::compaction::settings::small_file_bytes;
use crate::{Result, Table};

/// Files that one rewrite reads at most: it holds the footers of all of them.
const MAX_INPUTS: usize = 1000;

/// Target files' worth of input that one rewrite reads at least before another takes the rest.
const MAX_INPUT_TARGETS: u64 = 16;

/// What the files of an append table have to do with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrangement {
    /// There are no buckets (`bucket = -1`): any files of a partition may be joined.
    Loose,
    /// Buckets whose rows have no order (`bucket-append-ordered = false`).
    Bucketed,
    /// Buckets whose rows are read in the order of writing: only neighbours may be joined.
    Ordered,
}

/// What planning and rewriting need to know about an append table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AppendSettings {
    pub(crate) strategy: Strategy,
    pub(crate) arrangement: Arrangement,
    /// `target-file-size`.
    pub(crate) target_bytes: u64,
    /// Files that are smaller are joined; 70 % of the target.
    pub(crate) small_file_bytes: u64,
    /// `compaction.min.file-num`, at least 2.
    pub(crate) min_files: usize,
    /// `source.split.open-file-cost`: what a file counts for beside its bytes.
    pub(crate) open_file_bytes: u64,
    /// Files that one rewrite reads at most.
    pub(crate) max_inputs: usize,
    /// Bytes of input with which a rewrite ends.
    pub(crate) max_input_bytes: u64,
}

impl AppendSettings {
    /// The settings of a table without a primary key.
    pub(crate) fn new(table: &Table, strategy: Strategy) -> Result<Self> {
        let options = table.options();
        let target_bytes = options.target_file_size(false)?.bytes();
        let ratio = options.get(&keys::COMPACTION_SMALL_FILE_RATIO)?;
        let min_files = usize::try_from(options.get(&keys::COMPACTION_MIN_FILE_NUM)?).unwrap_or(0);
        Ok(Self {
            strategy,
            arrangement: arrangement(table)?,
            target_bytes,
            small_file_bytes: small_file_bytes(target_bytes, ratio),
            min_files: min_files.max(2),
            open_file_bytes: options.get(&keys::SOURCE_SPLIT_OPEN_FILE_COST)?.bytes(),
            max_inputs: MAX_INPUTS,
            max_input_bytes: target_bytes.saturating_mul(MAX_INPUT_TARGETS),
        })
    }
}

#[cfg(test)]
impl AppendSettings {
    /// Settings of a unit test: a target of 1000 bytes, 5 files at least, 10 bytes to open one.
    pub(crate) const fn of_test(strategy: Strategy, arrangement: Arrangement) -> Self {
        Self {
            strategy,
            arrangement,
            target_bytes: 1000,
            small_file_bytes: 700,
            min_files: 5,
            open_file_bytes: 10,
            max_inputs: 1000,
            max_input_bytes: 16_000,
        }
    }
}

/// How the table arranges its files.
pub(crate) fn arrangement(table: &Table) -> Result<Arrangement> {
    let options = table.options();
    Ok(match table.schema().bucket_mode(options.get(&keys::BUCKET)?)? {
        BucketMode::BucketUnaware => Arrangement::Loose,
        _ if options.get(&keys::BUCKET_APPEND_ORDERED)? => Arrangement::Ordered,
        _ => Arrangement::Bucketed,
    })
}
