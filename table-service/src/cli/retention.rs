use clap::Args;

use crate::instant::Instant;

/// What an expiry keeps. Defaults are the table's options of snapshots, for changelogs those of changelogs.
#[derive(Debug, Args)]
pub(crate) struct RetentionArgs {
    /// Keep at least this many [default: the table's snapshot.num-retained.min, 10; for changelogs
    /// changelog.num-retained.min].
    #[arg(long, value_name = "N")]
    pub(crate) retain_min: Option<u32>,
    /// Keep at most this many, however young [default: the table's snapshot.num-retained.max, no limit; for changelogs
    /// changelog.num-retained.max].
    #[arg(long, value_name = "N")]
    pub(crate) retain_max: Option<u32>,
    /// Expire only what is older than this: a duration back from now (24h, 7d, 0s) or an RFC 3339 instant [default: the
    /// table's snapshot.time-retained, 1 h; for changelogs changelog.time-retained].
    #[arg(long, value_name = "WHEN")]
    pub(crate) older_than: Option<Instant>,
}
