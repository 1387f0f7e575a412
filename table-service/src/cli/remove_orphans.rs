use clap::Args;
use weir_paimon::orphans::{OlderThan, Share};

use super::CommonArgs;

/// Arguments of `remove-orphans`.
#[derive(Debug, Args)]
pub(crate) struct RemoveOrphansArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,
    /// Remove only files older than this by the store's clock: an age (3d, 36h) or an RFC 3339 instant. Below 24 hours
    /// only with --allow-young.
    #[arg(long, value_name = "WHEN", default_value = "3d", value_parser = older_than)]
    pub(crate) older_than: OlderThan,
    /// Accept --older-than below 24 hours: files that running jobs have written and not yet committed may go.
    #[arg(long)]
    pub(crate) allow_young: bool,
    /// Remove nothing, with exit code 16, when more than this share of the table's files or of its bytes would go.
    #[arg(long, value_name = "PERCENT", default_value = "10%")]
    pub(crate) max_share: Share,
    /// Move files to .weir/trash/ of the table instead of deleting them; `restore-trash` puts them back.
    #[arg(long)]
    pub(crate) trash: bool,
}

fn older_than(text: &str) -> Result<OlderThan, String> {
    match text.parse() {
        Ok(instant) => Ok(OlderThan::Instant(instant)),
        Err(_) => crate::instant::duration(text)
            .map(OlderThan::Age)
            .map_err(|error| format!("{error}, and no instant such as 2026-11-20T00:00:00Z")),
    }
}
