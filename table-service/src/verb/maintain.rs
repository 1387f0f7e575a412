use weir_contract::{ExpiryResult, Outcome};
use weir_paimon::Result;
use weir_paimon::compaction::Control;
use weir_paimon::maintain::{Ended, Maintain, MaintainReport, StepReport};
use weir_storage::Storage;

use super::{Report, commit_user, count, expire_snapshots, options};
use crate::cli::MaintainArgs;

/// `weir maintain`.
pub(crate) async fn run(
    args: &MaintainArgs,
    storage: &Storage,
    control: &Control,
    report: &mut Report,
) -> Result<(Outcome, String)> {
    let maintain = Maintain {
        include: args.include.clone(),
        retain_min: args.retention.retain_min,
        retain_max: args.retention.retain_max,
        older_than: args.retention.older_than.map(|instant| instant.0),
        max_deletes: args.max_deletes,
        keep_writers_for: args.keep_writers_for,
        consumers_idle_for: args.consumers_idle_for,
        grace: args.grace,
        time_zone: args.time_zone.clone(),
        dry_run: args.common.dry_run,
        commit_user: commit_user(&args.common),
        options: options(&args.common),
    };
    let mut service = MaintainReport::default();
    let outcome = maintain.run(storage, control, &mut service).await;
    let figures = figures(&service);
    report.snapshot_before = service.snapshots.as_ref().and_then(|snapshots| snapshots.latest_snapshot);
    report.snapshot_after = report.snapshot_before;
    report.changed = !args.common.dry_run && (has_changed(&service, &figures));
    report.detail(&service);
    report.expiry = Some(figures.clone());
    let text = message(&service, &figures);
    Ok(match outcome? {
        Ended::Planned => (Outcome::DryRun, format!("would have {text}; nothing was changed")),
        Ended::Done => (Outcome::Succeeded, text),
        _ => (Outcome::NothingToDo, nothing_to_do(&service)),
    })
}

fn has_changed(report: &MaintainReport, figures: &ExpiryResult) -> bool {
    let finished = report.snapshots.as_ref().is_some_and(|snapshots| !snapshots.finished_earlier.is_empty());
    let counts = [
        figures.created_tags,
        figures.deleted_tags,
        figures.dropped_partitions,
        figures.removed_consumers,
        figures.expired_snapshots,
        figures.expired_changelogs,
    ];
    finished || counts.iter().any(|count| *count > 0)
}

/// The figures of all steps.
fn figures(report: &MaintainReport) -> ExpiryResult {
    let mut figures =
        report.snapshots.as_ref().map(|report| expire_snapshots::figures(report)).unwrap_or_default();
    if let Some(tags) = &report.auto_tags {
        figures.created_tags = count(tags.created.len());
        figures.deleted_tags = count(tags.deletion.tags.len());
        figures.deleted_bytes += count(tags.deletion.bytes());
    }
    if let Some(tags) = &report.expired_tags {
        figures.deleted_tags += count(tags.tags.len());
        figures.deleted_bytes += count(tags.bytes());
    }
    if let Some(partitions) = &report.partitions {
        figures.dropped_partitions = count(partitions.expired.len());
    }
    if let Some(consumers) = &report.consumers {
        figures.removed_consumers = count(consumers.expired.len());
    }
    if let Some(changelogs) = &report.changelogs {
        figures.expired_changelogs = count(changelogs.expired_changelogs.len());
        figures.deleted_bytes += count(changelogs.files.iter().map(|file| file.bytes).sum::<u64>());
        figures.failed_deletes += count(changelogs.left.len());
    }
    figures
}

fn message(report: &MaintainReport, figures: &ExpiryResult) -> String {
    let parts = [
        ("made", figures.created_tags, "tags"),
        ("deleted", figures.deleted_tags, "tags"),
        ("dropped", figures.dropped_partitions, "partitions"),
        ("removed", figures.removed_consumers, "consumers"),
        ("expired", figures.expired_snapshots, "snapshots"),
        ("expired", figures.expired_changelogs, "changelogs"),
    ];
    let told: Vec<String> = parts
        .iter()
        .filter(|(_, count, _)| *count > 0)
        .map(|(done, count, what)| format!("{done} {count} {what}"))
        .collect();
    format!("{} and deleted {} bytes{}", told.join(", "), figures.deleted_bytes, refused(report))
}

fn nothing_to_do(report: &MaintainReport) -> String {
    let held = report.snapshots.as_ref().and_then(|snapshots| snapshots.held_by.clone());
    let held = held.map(|held| format!("; no snapshot may go: {held}")).unwrap_or_default();
    format!("nothing is due{held}{}", refused(report))
}

/// What was left out, and why.
fn refused(report: &MaintainReport) -> String {
    let refused = report.steps.iter().filter(|step| step.ended == Ended::Refused);
    let told = refused.map(|StepReport { step, reason, .. }| {
        format!("; {step} were left out: {}", reason.as_deref().unwrap_or_default())
    });
    told.collect::<Vec<_>>().concat()
}
