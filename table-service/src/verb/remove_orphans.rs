use std::fmt::Write;

use weir_contract::{CleanupResult, Outcome};
use weir_paimon::Result;
use weir_paimon::compaction::Control;
use weir_paimon::orphans::{FilesOfKind, OrphanOutcome, OrphanReport, RemoveOrphans};
use weir_storage::Storage;

use super::{Report, count, options};
use crate::cli::RemoveOrphansArgs;

/// Paths that people are shown of a plan; the receipt has all.
const SHOWN: usize = 20;

/// `weir remove-orphans`.
pub(crate) async fn run(
    args: &RemoveOrphansArgs,
    storage: &Storage,
    control: &Control,
    report: &mut Report,
) -> Result<(Outcome, String)> {
    let remove = RemoveOrphans {
        older_than: args.older_than,
        allow_young: args.allow_young,
        max_share: args.max_share,
        trash: args.trash,
        dry_run: args.common.dry_run,
        options: options(&args.common),
    };
    let mut service = OrphanReport::default();
    let outcome = remove.run(storage, control, &mut service).await;
    report.snapshot_before = service.latest_snapshot;
    report.snapshot_after = service.latest_snapshot;
    report.cleanup = Some(figures(&service, matches!(outcome, Ok(OrphanOutcome::Removed))));
    report.changed = service.removed.files > 0 || !service.finished_earlier.is_empty();
    report.text = Some(text(&service));
    report.detail(&service);
    let (outcome, mut message) = match outcome? {
        OrphanOutcome::NothingToDo => (Outcome::NothingToDo, nothing(&service)),
        OrphanOutcome::Planned => (
            Outcome::DryRun,
            format!("would remove {}; nothing was changed", work(service.orphans, &service)),
        ),
        OrphanOutcome::Removed => (Outcome::Succeeded, removed(&service)),
    };
    if let Some(file) = service.too_large_for_trash.first() {
        // Writing to a string cannot fail.
        let _ = write!(
            message,
            "; {} orphans stay in their places, {} ({} bytes) for one: the store moves 5 GiB at once at most; without --trash they would be deleted",
            service.too_large_for_trash.len(),
            file.path,
            file.bytes
        );
    }
    Ok((outcome, message))
}

fn figures(report: &OrphanReport, is_removed: bool) -> CleanupResult {
    let files = if is_removed { report.removed } else { report.orphans };
    CleanupResult {
        files: count(files.files),
        bytes: count(files.bytes),
        spared_files: count(report.spared),
        failed_files: count(report.left.len() + report.too_large_for_trash.len()),
        trash: report.trash.clone(),
    }
}

fn nothing(report: &OrphanReport) -> String {
    if !report.too_large_for_trash.is_empty() {
        return "nothing was moved".to_owned();
    }
    let files = report.listed.files;
    format!("none of {files} files is an orphan that was modified before {}", before(report))
}

fn before(report: &OrphanReport) -> &str {
    report.older_than.as_deref().unwrap_or_default()
}

fn work(files: FilesOfKind, report: &OrphanReport) -> String {
    format!(
        "{} of {} files ({} of {} bytes) that nothing refers to and that were modified before {}",
        files.files,
        report.listed.files,
        files.bytes,
        report.listed.bytes,
        before(report)
    )
}

fn removed(report: &OrphanReport) -> String {
    let mut message = match &report.trash {
        Some(trash) => format!("moved {} to the trash as {trash}", work(report.removed, report)),
        None => format!("deleted {}", work(report.removed, report)),
    };
    for (number, what) in [
        (report.spared, "were left alone because they changed or came into use"),
        (report.left.len() as u64, "could not be removed and are left for the next run"),
        (report.finished_earlier.len() as u64, "of an interrupted run were deleted too"),
    ] {
        if number > 0 {
            // Writing to a string cannot fail.
            let _ = write!(message, "; {number} {what}");
        }
    }
    message
}

/// The files for people, the first ones by name.
fn text(report: &OrphanReport) -> String {
    let mut text = String::new();
    for file in report.files.iter().take(SHOWN) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{:>14}  {}", file.bytes, file.path);
    }
    if report.files.len() > SHOWN {
        let _ = writeln!(text, "… and {} more; --json and the receipt name them", report.files.len() - SHOWN);
    }
    text
}
