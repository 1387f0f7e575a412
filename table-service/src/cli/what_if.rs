use clap::Args;

use super::{CommonArgs, RetentionArgs};

/// Arguments of `what-if`.
#[derive(Debug, Args)]
pub(crate) struct WhatIfArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,
    #[command(flatten)]
    pub(crate) retention: RetentionArgs,
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
