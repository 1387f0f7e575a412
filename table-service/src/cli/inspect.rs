use clap::{Args, ValueEnum};

use super::CommonArgs;

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
