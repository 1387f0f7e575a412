use std::fmt::Write;

use weir_contract::{CleanupResult, Outcome};
use weir_paimon::Result;
use weir_paimon::trash::{PurgeReport, PurgeTrash, RestoreReport, RestoreTrash, TrashedRun};
use weir_storage::Storage;

use super::{Report, count};
use crate::cli::{PurgeTrashArgs, RestoreTrashArgs};

/// `weir restore-trash`.
pub(crate) async fn restore(
    args: &RestoreTrashArgs,
    storage: &Storage,
    report: &mut Report,
) -> Result<(Outcome, String)> {
    let restore = RestoreTrash { from: args.from.clone(), dry_run: args.common.dry_run };
    let mut service = RestoreReport::default();
    let outcome = restore.run(storage, &mut service).await;
    report.changed = !args.common.dry_run && !service.restored.is_empty();
    report.text = Some(text(&service.trash));
    report.cleanup = Some(CleanupResult {
        files: count(service.restored.len()),
        spared_files: count(service.occupied.len()),
        failed_files: count(service.failed.len()),
        trash: args.from.clone(),
        ..CleanupResult::default()
    });
    report.detail(&service);
    outcome?;
    let Some(from) = &args.from else {
        let message =
            format!("the trash has files of {} runs; --from puts those of one back", service.trash.len());
        return Ok((Outcome::NothingToDo, message));
    };
    let files = format!(
        "{} files of {from} back, {} stay in the trash because there are others in their places, {} could not be moved",
        service.restored.len(),
        service.occupied.len(),
        service.failed.len()
    );
    Ok(if args.common.dry_run {
        (Outcome::DryRun, format!("would put {files}; nothing was changed"))
    } else {
        (Outcome::Succeeded, format!("put {files}"))
    })
}

/// `weir purge-trash`.
pub(crate) async fn purge(
    args: &PurgeTrashArgs,
    storage: &Storage,
    report: &mut Report,
) -> Result<(Outcome, String)> {
    let purge = PurgeTrash { older_than: args.older_than, dry_run: args.common.dry_run };
    let mut service = PurgeReport::default();
    let outcome = purge.run(storage, &mut service).await;
    let (files, bytes) = service.purged.iter().fold((0, 0), |(f, b), run| (f + run.files, b + run.bytes));
    report.changed = !args.common.dry_run && !service.purged.is_empty();
    report.text = Some(text(&service.purged));
    report.cleanup = Some(CleanupResult {
        files: count(files).saturating_sub(count(service.failed.len())),
        bytes: count(bytes),
        failed_files: count(service.failed.len()),
        ..CleanupResult::default()
    });
    report.detail(&service);
    outcome?;
    let work = format!(
        "{files} files ({bytes} bytes) of {} runs, {} are kept, {} files could not be deleted",
        service.purged.len(),
        service.kept.len(),
        service.failed.len()
    );
    Ok(match (service.purged.is_empty(), args.common.dry_run) {
        (true, _) => (
            Outcome::NothingToDo,
            format!("nothing in the trash is old enough; {} runs are kept", service.kept.len()),
        ),
        (false, true) => (Outcome::DryRun, format!("would delete {work}; nothing was changed")),
        (false, false) => (Outcome::Succeeded, format!("deleted {work}")),
    })
}

/// Runs whose files are in the trash, for people.
fn text(runs: &[TrashedRun]) -> String {
    let mut text = String::new();
    for run in runs {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{:<28} {:>8} files {:>14} bytes", run.name, run.files, run.bytes);
    }
    text
}
