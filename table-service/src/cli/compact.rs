use std::num::NonZeroUsize;

use clap::{Args, ValueEnum};
use weir_contract::PartitionFilter;
use weir_paimon::compaction::{BucketRanges, Shard};
use weir_paimon::predicate::Predicate;

use super::CommonArgs;
use crate::byte_size::ByteSize;

/// Arguments of `compact`.
#[derive(Debug, Args)]
pub(crate) struct CompactArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,
    /// How files are picked.
    #[arg(long, value_enum, default_value_t = StrategyArg::Auto)]
    pub(crate) strategy: StrategyArg,
    /// Only partitions with these values: column=value[,column=value…]. May be repeated.
    #[arg(long = "partition", value_name = "COLUMN=VALUE,…", conflicts_with = "condition")]
    pub(crate) partitions: Vec<PartitionFilter>,
    /// Only partitions of which this is true, for example "dt >= '2026-11-01' AND region IN ('eu', 'us')": partition
    /// columns with =, <>, <, <=, >, >=, IN, IS NULL, AND, OR, NOT and parentheses.
    #[arg(long = "where", value_name = "CONDITION")]
    pub(crate) condition: Option<Predicate>,
    /// Only buckets with these numbers, for example 0-99,120.
    #[arg(long, value_name = "RANGES")]
    pub(crate) buckets: Option<BucketRanges>,
    /// Only partitions whose newest file is at least this old, for example 1d.
    #[arg(long, value_name = "DURATION", value_parser = crate::instant::duration)]
    pub(crate) partition_idle_time: Option<std::time::Duration>,
    /// Rewrite at most this many bytes, for example 10Gi: buckets with most sorted runs come first, at least one
    /// bucket is compacted, and the rest is left for later runs.
    #[arg(long, value_name = "BYTES")]
    pub(crate) max_input_bytes: Option<ByteSize>,
    /// Do only part I, counted from 0, of the work that N runs share. Runs must be given different I and the same N.
    #[arg(long, value_name = "I/N", value_parser = shard)]
    pub(crate) shard: Option<ShardArg>,
    /// Read the outputs back and compare them, row for row, with an independent merge of the inputs before they are
    /// committed; takes several times as long.
    #[arg(long)]
    pub(crate) verify: bool,
    /// Compact although a writer of the table compacts it too: either side may lose commits, never rows.
    #[arg(long)]
    pub(crate) beside_foreign_compactor: bool,
    /// Threads that decode, merge and encode [default: the cores that the process may use].
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,
    /// Memory that the process may use, such as 256Mi: it takes on as much at once as fits, and ends with exit code 10
    /// before it writes anything when even the least does not [default: three quarters of the container's limit, else
    /// no limit].
    #[arg(long, value_name = "SIZE")]
    pub(crate) memory: Option<ByteSize>,
    /// Room in the directory for temporary files (TMPDIR) for copies of objects, so that nothing is downloaded twice
    /// and every request is large; files that do not fit are read in smaller parts. Nine tenths of it are used.
    #[arg(long, value_name = "SIZE", env = "WEIR_SPILL", default_value = "16Gi")]
    pub(crate) spill: ByteSize,
}

/// How files are picked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StrategyArg {
    /// What the table needs: universal compaction with its options, as Paimon's writers decide.
    Auto,
    /// Universal compaction, as Paimon's dedicated compaction job does when it is not to compact fully.
    Minor,
    /// Everything into the highest level.
    Full,
}

/// One of several runs that share the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ShardArg {
    /// Its number, from 0.
    pub(crate) index: u32,
    /// Which part of the work is its own.
    pub(crate) shard: Shard,
}

fn shard(text: &str) -> Result<ShardArg, String> {
    let numbers = text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
    let (index, count) = numbers.ok_or_else(|| "write it as I/N, for example 0/4".to_owned())?;
    let shard = Shard::new(index, count).map_err(|error| error.to_string())?;
    Ok(ShardArg { index, shard })
}
