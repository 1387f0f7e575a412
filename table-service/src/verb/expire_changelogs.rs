use weir_contract::Outcome;
use weir_paimon::Result;
use weir_paimon::changelogs::{ExpireChangelogs, ExpireChangelogsOutcome, ExpireChangelogsReport};
use weir_paimon::compaction::Control;
use weir_storage::Storage;

use super::{Report, options};
use crate::cli::ExpireChangelogsArgs;

/// `weir expire-changelogs`.
pub(crate) async fn run(
    args: &ExpireChangelogsArgs,
    storage: &Storage,
    control: &Control,
    report: &mut Report,
) -> Result<(Outcome, String)> {
    let expire = ExpireChangelogs {
        retain_min: args.retention.retain_min,
        retain_max: args.retention.retain_max,
        older_than: args.retention.older_than.map(|instant| instant.0),
        max_deletes: args.max_deletes,
        delete_all: args.delete_all,
        dry_run: args.common.dry_run,
        options: options(&args.common),
    };
    let mut service = ExpireChangelogsReport::default();
    let outcome = expire.run(storage, control, &mut service).await;
    report.snapshot_before = service.latest_snapshot;
    report.snapshot_after = service.latest_snapshot;
    report.changed = !args.common.dry_run
        && (!service.expired_changelogs.is_empty() || !service.finished_earlier.is_empty());
    report.detail(&service);
    Ok(match outcome? {
        ExpireChangelogsOutcome::NothingToDo => (Outcome::NothingToDo, nothing_to_do(&service)),
        ExpireChangelogsOutcome::Planned => {
            (Outcome::DryRun, format!("would remove {}; nothing was changed", work(&service)))
        }
        ExpireChangelogsOutcome::Expired => (Outcome::Succeeded, format!("removed {}", work(&service))),
    })
}

fn work(report: &ExpireChangelogsReport) -> String {
    let bytes: u64 = report.files.iter().map(|file| file.bytes).sum();
    format!("{} changelogs and {} files ({bytes} bytes)", report.expired_changelogs.len(), report.files.len())
}

fn nothing_to_do(report: &ExpireChangelogsReport) -> String {
    match &report.held_by {
        Some(held_by) => format!("no changelog may go: {held_by}"),
        None => "the table has no changelogs".to_owned(),
    }
}
