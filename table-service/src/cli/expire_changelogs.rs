use clap::Args;

use super::{CommonArgs, RetentionArgs};

/// Arguments of `expire-changelogs`. Defaults are the table's changelog options, or its snapshot options where
/// changelogs do not outlive their snapshots (any more).
#[derive(Debug, Args)]
pub(crate) struct ExpireChangelogsArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,
    #[command(flatten)]
    pub(crate) retention: RetentionArgs,
    /// Expire at most this many changelogs [default: the table's snapshot.expire.limit, 50].
    #[arg(long, value_name = "N")]
    pub(crate) max_deletes: Option<u32>,
    /// Expire all changelogs; refused while a consumer reads them, or when one is not older than every snapshot.
    #[arg(long, conflicts_with_all = ["retain_min", "retain_max", "older_than", "max_deletes"])]
    pub(crate) delete_all: bool,
}
