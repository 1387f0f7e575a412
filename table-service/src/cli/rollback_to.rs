use clap::Args;

use super::CommonArgs;
use crate::instant::Instant;

/// Arguments of `rollback-to`.
#[derive(Debug, Args)]
pub(crate) struct RollbackToArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// Say that every writer, compaction and expiry of the table is stopped: one that goes on can bring removed rows
    /// back. Without it nothing is changed.
    #[arg(long)]
    pub(crate) writers_stopped: bool,
}

/// Where to go back to.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct TargetArgs {
    /// The snapshot with this id.
    #[arg(long, value_name = "ID", value_parser = clap::value_parser!(i64).range(1..))]
    pub(crate) snapshot: Option<i64>,
    /// The snapshot of this tag.
    #[arg(long, value_name = "NAME")]
    pub(crate) tag: Option<String>,
    /// The last snapshot at this time or before: a duration back from now (24h) or an RFC 3339 instant.
    #[arg(long, value_name = "WHEN")]
    pub(crate) timestamp: Option<Instant>,
}
