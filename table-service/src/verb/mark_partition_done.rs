use weir_contract::Outcome;
use weir_paimon::Result;
use weir_paimon::partitions::{MarkPartitionDone, MarkPartitionDoneOutcome, MarkPartitionDoneReport};
use weir_storage::Storage;

use super::{Report, options};
use crate::cli::MarkPartitionDoneArgs;

/// `weir mark-partition-done`.
pub(crate) async fn run(
    args: &MarkPartitionDoneArgs,
    storage: &Storage,
    report: &mut Report,
) -> Result<(Outcome, String)> {
    let mark = MarkPartitionDone {
        partitions: args.partitions.iter().map(|filter| filter.0.clone()).collect(),
        dry_run: args.common.dry_run,
        options: options(&args.common),
    };
    let mut service = MarkPartitionDoneReport::default();
    let outcome = mark.run(storage, &mut service).await;
    report.snapshot_before = service.latest_snapshot;
    report.snapshot_after = service.latest_snapshot;
    report.changed = !args.common.dry_run && !service.marked.is_empty();
    report.detail(&service);
    let names: Vec<&str> = service.marked.iter().map(|marked| marked.partition.as_str()).collect();
    let names = names.join(" ");
    Ok(match outcome? {
        MarkPartitionDoneOutcome::Planned => {
            (Outcome::DryRun, format!("would mark {names}; nothing was changed"))
        }
        MarkPartitionDoneOutcome::Marked => (Outcome::Succeeded, format!("marked {names}")),
    })
}
