use std::fmt::Write;

use weir_contract::Outcome;
use weir_paimon::compaction::Control;
use weir_paimon::rollback::{Rollback, RollbackOutcome, RollbackReport, RollbackTarget};
use weir_paimon::{Error, ErrorKind, Result};
use weir_storage::Storage;

use super::{Report, options};
use crate::cli::{RollbackToArgs, TargetArgs};

/// `weir rollback-to`.
pub(crate) async fn run(
    args: &RollbackToArgs,
    storage: &Storage,
    control: &Control,
    report: &mut Report,
) -> Result<(Outcome, String)> {
    let rollback = Rollback {
        target: target(&args.target)?,
        writers_stopped: args.writers_stopped,
        dry_run: args.common.dry_run,
        options: options(&args.common),
    };
    let mut service = RollbackReport::default();
    let outcome = rollback.run(storage, control, &mut service).await;
    report.snapshot_before = service.latest_snapshot;
    report.snapshot_after = if matches!(outcome, Ok(RollbackOutcome::RolledBack)) {
        service.target
    } else {
        service.latest_snapshot
    };
    report.changed = service.record.is_some();
    report.detail(&service);
    report.text = outcome.is_ok().then(|| text(&service));
    let target = service.target.unwrap_or_default();
    Ok(match outcome? {
        RollbackOutcome::NothingToDo => {
            (Outcome::NothingToDo, format!("snapshot {target} is the newest already"))
        }
        RollbackOutcome::Planned => (
            Outcome::DryRun,
            format!("would go back to snapshot {target} and remove {}; nothing was changed", work(&service)),
        ),
        RollbackOutcome::RolledBack => {
            (Outcome::Succeeded, format!("snapshot {target} is the newest again; removed {}", work(&service)))
        }
    })
}

fn target(args: &TargetArgs) -> Result<RollbackTarget> {
    match (args.snapshot, &args.tag, args.timestamp) {
        (Some(id), _, _) => Ok(RollbackTarget::Snapshot(id)),
        (_, Some(tag), _) => Ok(RollbackTarget::Tag(tag.clone())),
        (_, _, Some(instant)) => Ok(RollbackTarget::Timestamp(instant.0)),
        _ => Err(Error::new(ErrorKind::Invalid, "name a snapshot, a tag or a time to go back to")),
    }
}

/// One line for each root that is removed, and for what refers to one and stays.
fn text(report: &RollbackReport) -> String {
    let snapshots = report.removed_snapshots.iter().map(|id| format!("snapshot {id} is removed"));
    let changelogs = report.removed_changelogs.iter().map(|id| format!("changelog {id} is removed"));
    let tags = report.removed_tags.iter().map(|path| format!("{path} is removed"));
    let left = report.left_behind.iter().map(|left| format!("{} {}", left.reference, left.message));
    snapshots.chain(changelogs).chain(tags).chain(left).fold(String::new(), |text, line| text + &line + "\n")
}

fn work(report: &RollbackReport) -> String {
    let mut text = format!(
        "{} snapshots, {} changelogs and {} tags",
        report.removed_snapshots.len(),
        report.removed_changelogs.len(),
        report.removed_tags.len()
    );
    for left in &report.left_behind {
        // Writing to a string cannot fail.
        let _ = write!(text, "; {} {}", left.reference, left.message);
    }
    text
}
