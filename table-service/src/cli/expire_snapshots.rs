use clap::Args;

use super::CommonArgs;
use crate::instant::Instant;

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
    /// Keep the last commit of each streaming writer that has committed within this time, for example 7d: a job that
    /// recovers looks for it, and repeats it when it is gone [default: as Paimon, not kept].
    #[arg(long, value_name = "DURATION", value_parser = crate::instant::duration)]
    pub(crate) keep_writers_for: Option<std::time::Duration>,
    /// Wait this long between the removal of snapshots and of their files, for readers that have just opened one.
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = crate::instant::duration)]
    pub(crate) grace: std::time::Duration,
}
