use weir_contract::{ExpiryResult, Outcome};
use weir_paimon::Result;
use weir_paimon::compaction::Control;
use weir_paimon::expiry::{ExpireOutcome, ExpireReport, ExpireSnapshots};
use weir_storage::Storage;

use super::{Report, count, options};
use crate::cli::ExpireSnapshotsArgs;

/// `weir expire-snapshots`.
pub(crate) async fn run(
    args: &ExpireSnapshotsArgs,
    storage: &Storage,
    control: &Control,
    report: &mut Report,
) -> Result<(Outcome, String)> {
    let expire = ExpireSnapshots {
        retain_min: args.retention.retain_min,
        retain_max: args.retention.retain_max,
        older_than: args.retention.older_than.map(|instant| instant.0),
        max_deletes: args.max_deletes,
        keep_writers_for: args.keep_writers_for,
        grace: args.grace,
        dry_run: args.common.dry_run,
        options: options(&args.common),
        ..ExpireSnapshots::default()
    };
    let mut service = ExpireReport::default();
    let outcome = expire.run(storage, control, &mut service).await;
    report.snapshot_before = service.latest_snapshot;
    report.snapshot_after = service.latest_snapshot;
    report.expiry = Some(figures(&service));
    report.detail(&service);
    report.changed = !args.common.dry_run
        && (!service.expired_snapshots.is_empty() || !service.finished_earlier.is_empty());
    Ok(match outcome? {
        ExpireOutcome::NothingToDo => (Outcome::NothingToDo, nothing_to_do(&service)),
        ExpireOutcome::Planned => {
            (Outcome::DryRun, format!("would remove {}; nothing was changed", work(&service)))
        }
        ExpireOutcome::Expired => (Outcome::Succeeded, format!("removed {}", work(&service))),
    })
}

/// The figures of an expiry.
pub(super) fn figures(report: &ExpireReport) -> ExpiryResult {
    ExpiryResult {
        expired_snapshots: count(report.expired_snapshots.len()),
        remaining_snapshots: count(report.remaining_snapshots),
        deleted_data_files: count(report.data_files()),
        deleted_metadata_files: count(report.metadata_files()),
        deleted_bytes: count(report.bytes()),
        failed_deletes: count(report.left.len()),
        held_by: report.held_by.clone(),
        ..ExpiryResult::default()
    }
}

fn work(report: &ExpireReport) -> String {
    format!(
        "{} snapshots, {} data files and {} metadata files ({} bytes)",
        report.expired_snapshots.len(),
        report.data_files(),
        report.metadata_files(),
        report.bytes()
    )
}

fn nothing_to_do(report: &ExpireReport) -> String {
    match &report.held_by {
        Some(held_by) => format!("no snapshot may go: {held_by}"),
        None => "the table has no snapshots".to_owned(),
    }
}
