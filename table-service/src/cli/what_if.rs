use clap::Args;

use super::CommonArgs;
use crate::instant::Instant;

/// Arguments of `what-if`.
#[derive(Debug, Args)]
pub(crate) struct WhatIfArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,
    /// Keep at least this many snapshots [default: the table's snapshot.num-retained.min, 10].
    #[arg(long, value_name = "N")]
    pub(crate) retain_min: Option<u32>,
    /// Keep at most this many snapshots, however young [default: the table's snapshot.num-retained.max, no limit].
    #[arg(long, value_name = "N")]
    pub(crate) retain_max: Option<u32>,
    /// Expire snapshots older than this: a duration back from now (24h, 7d, 0s) or an RFC 3339 instant
    /// [default: the table's snapshot.time-retained, 1 h].
    #[arg(long, value_name = "WHEN")]
    pub(crate) older_than: Option<Instant>,
    /// As if this tag were gone. May be repeated.
    #[arg(long = "without-tag", value_name = "NAME")]
    pub(crate) without_tags: Vec<String>,
    /// As if this branch were gone. May be repeated.
    #[arg(long = "without-branch", value_name = "NAME")]
    pub(crate) without_branches: Vec<String>,
    /// As if this consumer were gone. May be repeated.
    #[arg(long = "without-consumer", value_name = "NAME")]
    pub(crate) without_consumers: Vec<String>,
}
