use std::time::Duration;

use clap::Args;

use super::CommonArgs;

/// Arguments of `restore-trash`.
#[derive(Debug, Args)]
pub(crate) struct RestoreTrashArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,
    /// Name of what to put back, as the receipt of `remove-orphans --trash` and this verb without the flag show it. A
    /// file that is there is never overwritten.
    #[arg(long, value_name = "NAME")]
    pub(crate) from: Option<String>,
}

/// Arguments of `purge-trash`.
#[derive(Debug, Args)]
pub(crate) struct PurgeTrashArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,
    /// Delete only what was moved to the trash at least so long ago, by the store's clock.
    #[arg(long, value_name = "DURATION", default_value = "7d", value_parser = crate::instant::duration)]
    pub(crate) older_than: Duration,
}
