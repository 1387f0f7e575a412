use weir_contract::Outcome;
use weir_paimon::Result;
use weir_paimon::pins::{WhatIf, Without};
use weir_storage::Storage;

use super::{Report, options};
use crate::cli::WhatIfArgs;

/// `weir what-if`.
pub(crate) async fn run(
    args: &WhatIfArgs,
    storage: &Storage,
    report: &mut Report,
) -> Result<(Outcome, String)> {
    let what_if = WhatIf {
        retain_min: args.retention.retain_min,
        retain_max: args.retention.retain_max,
        older_than: args.retention.older_than.map(|instant| instant.0),
        without: Without {
            tags: args.without_tags.clone(),
            branches: args.without_branches.clone(),
            consumers: args.without_consumers.clone(),
        },
        options: options(&args.common),
    };
    let gain = what_if.run(storage).await?;
    report.detail(&gain);
    let message = format!(
        "{} snapshots and {} files ({} bytes) would go, beyond {} files ({} bytes) that an expiry removes anyway; {}",
        gain.snapshots,
        gain.freed.files,
        gain.freed.bytes,
        gain.expirable.files,
        gain.expirable.bytes,
        gain.held_by
    );
    Ok((Outcome::Succeeded, message))
}
