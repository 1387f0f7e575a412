use clap::Args;
use weir_contract::PartitionFilter;

use super::CommonArgs;

/// Arguments of `mark-partition-done`.
#[derive(Debug, Args)]
pub(crate) struct MarkPartitionDoneArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,
    /// A partition, by all of its columns: column=value[,column=value…]. May be repeated.
    #[arg(long = "partition", value_name = "COLUMN=VALUE,…", required = true)]
    pub(crate) partitions: Vec<PartitionFilter>,
}
