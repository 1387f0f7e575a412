//! The command line. Verbs and flags carry the names of Paimon's procedures in kebab case.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand, ValueEnum};
use weir_contract::{ExitCode as ContractExitCode, OperationKind, PartitionFilter, Reason};
use weir_paimon::compaction::{BucketRanges, Shard};
use weir_paimon::predicate::Predicate;

use crate::byte_size::ByteSize;
use crate::instant::Instant;

/// Table services for Apache Paimon tables on local disks and object stores.
///
/// Credentials and endpoints come from the environment: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
/// `AWS_REGION`, `AWS_ENDPOINT_URL` and the other names that clients of object stores know.
#[derive(Debug, Parser)]
#[command(name = "weir", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Show what a table is and holds, and what weir can do for it; nothing is written.
    Inspect(InspectArgs),
    /// Merge sorted runs, so that readers have less to merge.
    Compact(CompactArgs),
    /// Remove old snapshots and the files that nothing else needs.
    ExpireSnapshots(ExpireSnapshotsArgs),
}

impl Verb {
    /// Arguments that all verbs share.
    pub(crate) const fn common(&self) -> &CommonArgs {
        match self {
            Self::Inspect(args) => &args.common,
            Self::Compact(args) => &args.common,
            Self::ExpireSnapshots(args) => &args.common,
        }
    }

    /// Which verb it is, in results.
    pub(crate) const fn kind(&self) -> OperationKind {
        match self {
            Self::Inspect(_) => OperationKind::Inspect,
            Self::Compact(_) => OperationKind::Compact,
            Self::ExpireSnapshots(_) => OperationKind::ExpireSnapshots,
        }
    }
}

/// Arguments of every verb.
#[derive(Debug, Args)]
pub(crate) struct CommonArgs {
    /// The table's root: a URI (`s3://bucket/path`, `file:///path`) or a path.
    pub(crate) location: String,
    /// Print exactly one JSON object to stdout, on failure too.
    #[arg(long)]
    pub(crate) json: bool,
    /// Print the plan and change nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Override a table option for this run.
    #[arg(long = "option", value_name = "KEY=VALUE", value_parser = key_value)]
    pub(crate) options: Vec<(String, String)>,
    /// Write the full receipt to this URI or path; by default it goes to .weir/receipts/ of the table when the run
    /// changed something.
    #[arg(long, value_name = "URI")]
    pub(crate) report: Option<String>,
    #[command(flatten)]
    pub(crate) pod: PodArgs,
}

/// What the operator tells a pod.
#[derive(Debug, Args)]
pub(crate) struct PodArgs {
    /// Run object on whose behalf this process works, namespace/name.
    #[arg(long, hide = true, requires = "run_uid")]
    pub(crate) run: Option<String>,
    /// UID of the run object.
    #[arg(long, hide = true, value_parser = uid)]
    pub(crate) run_uid: Option<String>,
    /// Version of the contract that the caller speaks.
    #[arg(long, hide = true, value_parser = contract_version)]
    pub(crate) contract_version: Option<u32>,
    /// File for the termination message.
    #[arg(long, hide = true)]
    pub(crate) termination_message: Option<PathBuf>,
}

/// Arguments of `inspect`.
#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,
    /// A service that the table is meant for; fail when it would refuse the table. May be repeated.
    #[arg(long = "service", value_name = "VERB")]
    pub(crate) services: Vec<ServiceArg>,
}

/// Services that can be asked about.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ServiceArg {
    /// `weir compact`.
    Compact,
    /// `weir expire-snapshots`.
    ExpireSnapshots,
}

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

/// Arguments of `expire-snapshots`.
#[derive(Debug, Args)]
pub(crate) struct ExpireSnapshotsArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,
    /// Keep at least this many snapshots [default: the table's snapshot.num-retained.min, 10].
    #[arg(long, value_name = "N")]
    pub(crate) retain_min: Option<u32>,
    /// Keep at most this many snapshots, however young [default: the table's snapshot.num-retained.max, no limit].
    #[arg(long, value_name = "N")]
    pub(crate) retain_max: Option<u32>,
    /// Expire only snapshots older than this: a duration back from now (24h, 7d, 0s) or an RFC 3339 instant
    /// [default: the table's snapshot.time-retained, 1 h].
    #[arg(long, value_name = "WHEN")]
    pub(crate) older_than: Option<Instant>,
    /// Expire at most this many snapshots [default: the table's snapshot.expire.limit, 50].
    #[arg(long, value_name = "N")]
    pub(crate) max_deletes: Option<u32>,
    /// Wait this long between the removal of snapshots and of their files, for readers that have just opened one.
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = crate::instant::duration)]
    pub(crate) grace: std::time::Duration,
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

fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("write it as key=value".to_owned()),
    }
}

/// The uid becomes part of the commit user, so it is held to what Kubernetes makes.
fn uid(text: &str) -> Result<String, String> {
    let is_uid =
        !text.is_empty() && text.len() <= 64 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if is_uid { Ok(text.to_owned()) } else { Err("a uid has letters, digits and dashes".to_owned()) }
}

fn contract_version(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(version) if version == weir_contract::CONTRACT_VERSION => Ok(version),
        _ => Err(format!(
            "this weir speaks version {} of the pod contract; use an operator and an image of the same release",
            weir_contract::CONTRACT_VERSION
        )),
    }
}

/// Ends a process whose command line was not understood, or that was asked for help.
pub(crate) fn refuse(error: &clap::Error) -> ExitCode {
    let asked_for = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    // Nothing can be done when the terminal is gone.
    let _ = error.print();
    if asked_for {
        return ExitCode::SUCCESS;
    }
    if std::env::args().any(|arg| arg == "--json") {
        let message = error.to_string();
        println!(
            "{}",
            serde_json::json!({ "outcome": "Failed", "reason": Reason::UsageError, "message": message })
        );
    }
    ExitCode::from(ContractExitCode::Usage.code())
}

#[cfg(test)]
mod tests;
