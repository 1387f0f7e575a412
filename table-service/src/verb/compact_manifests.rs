use weir_contract::Outcome;
use weir_paimon::Result;
use weir_paimon::manifests::{CompactManifests, CompactManifestsOutcome, CompactManifestsReport};
use weir_storage::Storage;

use super::{Report, commit_user, options};
use crate::cli::CompactManifestsArgs;

/// `weir compact-manifests`.
pub(crate) async fn run(
    args: &CompactManifestsArgs,
    storage: &Storage,
    report: &mut Report,
) -> Result<(Outcome, String)> {
    let compact = CompactManifests {
        dry_run: args.common.dry_run,
        commit_user: commit_user(&args.common),
        options: options(&args.common),
    };
    let mut service = CompactManifestsReport::default();
    let outcome = compact.run(storage, &mut service).await;
    report.snapshot_before = service.snapshot_before;
    report.snapshot_after = service.snapshot_after.or(service.snapshot_before);
    report.changed = service.snapshot_after.is_some();
    report.detail(&service);
    let before = service.before;
    Ok(match outcome? {
        CompactManifestsOutcome::NothingToDo => (
            Outcome::NothingToDo,
            format!("none of {} manifests can be merged with another", before.manifests),
        ),
        CompactManifestsOutcome::Planned => (
            Outcome::DryRun,
            format!(
                "would rewrite {} of {} manifests ({} bytes); nothing was changed",
                service.rewritten.manifests, before.manifests, service.rewritten.bytes
            ),
        ),
        CompactManifestsOutcome::Committed => {
            let after = service.after.unwrap_or_default();
            let (was, is) = (before.adds + before.deletes, after.adds + after.deletes);
            let message =
                format!("{} manifests became {}, {was} entries {is}", before.manifests, after.manifests);
            (Outcome::Succeeded, message)
        }
    })
}
