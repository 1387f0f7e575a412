use clap::Args;

use super::CommonArgs;
use crate::instant::Instant;

/// Arguments of `list-consumers`.
#[derive(Debug, Args)]
pub(crate) struct ListConsumersArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,
}

/// Arguments of `reset-consumer`.
#[derive(Debug, Args)]
pub(crate) struct ResetConsumerArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,
    /// The consumer.
    #[arg(long, value_name = "ID")]
    pub(crate) consumer_id: String,
    /// The snapshot that it is to read next; without it the consumer is removed.
    #[arg(long, value_name = "ID")]
    pub(crate) next_snapshot: Option<i64>,
}

/// Arguments of `expire-consumers`.
#[derive(Debug, Args)]
pub(crate) struct ExpireConsumersArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,
    /// Remove consumers that last told where they are before this: a duration back from now (24h, 7d) or an RFC 3339
    /// instant [default: the table's consumer.expiration-time, never].
    #[arg(long, value_name = "WHEN")]
    pub(crate) older_than: Option<Instant>,
}
