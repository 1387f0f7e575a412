use clap::Args;

use super::{CommonArgs, RetentionArgs};

/// Arguments of `expire-snapshots`.
#[derive(Debug, Args)]
pub(crate) struct ExpireSnapshotsArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,
    #[command(flatten)]
    pub(crate) retention: RetentionArgs,
    /// Expire at most this many snapshots [default: the table's snapshot.expire.limit, 50].
    #[arg(long, value_name = "N")]
    pub(crate) max_deletes: Option<u32>,
    /// Keep the last commit of each streaming writer that has committed within this time, for example 7d: a job that
    /// recovers looks for it, and repeats it when it is gone [default: as Paimon, not kept].
    #[arg(long, value_name = "DURATION", value_parser = crate::instant::duration)]
    pub(crate) keep_writers_for: Option<std::time::Duration>,
    /// Wait this long between the removal of snapshots and of their files, for readers that have just opened one.
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = crate::instant::duration)]
    pub(crate) grace: std::time::Duration,
}
