use std::collections::BTreeMap;

use weir_contract::{CompactionResult, Outcome};
use weir_paimon::Result;
use weir_paimon::compaction::{
    BucketReport, Compact, CompactOutcome, CompactReport, Control, FileReport, Strategy,
};
use weir_storage::Storage;

use super::{Report, count, options};
use crate::cli::{CompactArgs, StrategyArg};
use crate::progress;

/// `weir compact`.
pub(crate) async fn run(
    args: &CompactArgs,
    storage: &Storage,
    control: &Control,
    report: &mut Report,
) -> Result<(Outcome, String)> {
    let run_uid = args.common.pod.run_uid.clone().unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
    let compact = Compact {
        strategy: match args.strategy {
            StrategyArg::Auto => Strategy::Auto,
            StrategyArg::Full => Strategy::Full,
        },
        partitions: args.partitions.iter().map(|filter| filter.0.clone()).collect::<Vec<BTreeMap<_, _>>>(),
        dry_run: args.common.dry_run,
        commit_user: Compact::commit_user(&run_uid),
        beside_foreign_compactor: args.beside_foreign_compactor,
        options: options(&args.common),
    };
    let mut service = CompactReport::default();
    let outcome = compact.run(storage, control, &progress::listener(), &mut service).await;
    let figures = figures(&service);
    report.snapshot_before = service.snapshot_before;
    report.snapshot_after = service.snapshot_after.or(service.snapshot_before);
    report.changed = service.snapshot_after.is_some() || !service.left_behind.is_empty();
    report.detail(&service);
    let message = match &outcome {
        Ok(outcome) => message(*outcome, &figures, &service),
        Err(_) => String::new(),
    };
    report.compaction = Some(figures);
    let outcome = match outcome? {
        CompactOutcome::NothingToDo => Outcome::NothingToDo,
        CompactOutcome::Planned => Outcome::DryRun,
        CompactOutcome::Committed => Outcome::Succeeded,
    };
    Ok((outcome, message))
}

fn figures(report: &CompactReport) -> CompactionResult {
    let files = |of: fn(&BucketReport) -> &Vec<FileReport>| report.buckets.iter().flat_map(of);
    CompactionResult {
        buckets: count(report.buckets.len()),
        input_files: count(files(|bucket| &bucket.inputs).count()),
        output_files: count(files(|bucket| &bucket.outputs).count()),
        upgraded_files: count(files(|bucket| &bucket.upgrades).count()),
        input_bytes: files(|bucket| &bucket.inputs).map(|file| file.bytes).sum(),
        output_bytes: files(|bucket| &bucket.outputs).map(|file| file.bytes).sum(),
        input_rows: files(|bucket| &bucket.inputs).map(|file| file.rows).sum(),
        output_rows: files(|bucket| &bucket.outputs).map(|file| file.rows).sum(),
        commit_attempts: i64::from(report.commit_attempts),
        overwritten_commits: i64::from(report.overwritten_commits),
    }
}

fn message(outcome: CompactOutcome, figures: &CompactionResult, report: &CompactReport) -> String {
    let work = format!("{} files in {} buckets", figures.input_files, figures.buckets);
    match outcome {
        CompactOutcome::NothingToDo => "no bucket needs compaction".to_owned(),
        CompactOutcome::Planned => {
            format!("would rewrite {work} and upgrade {} files; nothing was changed", figures.upgraded_files)
        }
        CompactOutcome::Committed if figures.buckets == 0 => format!(
            "an earlier attempt of this run committed snapshot {}; nothing was left to do",
            report.snapshot_after.unwrap_or_default()
        ),
        CompactOutcome::Committed => format!(
            "rewrote {work} into {} files, upgraded {}, as snapshot {}",
            figures.output_files,
            figures.upgraded_files,
            report.snapshot_after.unwrap_or_default()
        ),
    }
}
