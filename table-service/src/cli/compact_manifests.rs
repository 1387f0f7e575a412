use clap::Args;

use super::CommonArgs;

/// Arguments of `compact-manifests`.
#[derive(Debug, Args)]
pub(crate) struct CompactManifestsArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,
}
