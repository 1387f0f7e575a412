use clap::Args;

use super::CommonArgs;
use crate::instant::Instant;

/// Arguments of `expire-changelogs`. Defaults are the table's changelog options, or its snapshot options where
/// changelogs do not outlive their snapshots (any more).
#[derive(Debug, Args)]
pub(crate) struct ExpireChangelogsArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,
    /// Keep at least this many snapshots and changelogs [default: the table's changelog.num-retained.min].
    #[arg(long, value_name = "N")]
    pub(crate) retain_min: Option<u32>,
    /// Keep at most this many snapshots and changelogs, however young [default: the table's
    /// changelog.num-retained.max].
    #[arg(long, value_name = "N")]
    pub(crate) retain_max: Option<u32>,
    /// Expire only changelogs older than this: a duration back from now (24h, 7d, 0s) or an RFC 3339 instant [default:
    /// the table's changelog.time-retained].
    #[arg(long, value_name = "WHEN")]
    pub(crate) older_than: Option<Instant>,
    /// Expire at most this many changelogs [default: the table's snapshot.expire.limit, 50].
    #[arg(long, value_name = "N")]
    pub(crate) max_deletes: Option<u32>,
    /// Expire all changelogs; refused while a consumer reads them, or when one is not older than every snapshot.
    #[arg(long, conflicts_with_all = ["retain_min", "retain_max", "older_than", "max_deletes"])]
    pub(crate) delete_all: bool,
}
