use weir_contract::{CompactionResult, Outcome};
use weir_paimon::Result;
use weir_paimon::compaction::{
    BucketReport, CommitReport, Compact, CompactOutcome, CompactReport, Control, FileReport, LeftOut,
    PortionLimits, Selection, Strategy,
};
use weir_storage::Storage;

use super::{Report, count, options};
use crate::byte_size::ByteSize;
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
            StrategyArg::Minor => Strategy::Minor,
            StrategyArg::Full => Strategy::Full,
        },
        selection: Selection {
            partitions: args.partitions.iter().map(|filter| filter.0.clone()).collect(),
            condition: args.condition.clone(),
            buckets: args.buckets.clone(),
            partition_idle_time: args.partition_idle_time,
        },
        shard: args.shard.map(|arg| arg.shard),
        max_input_bytes: args.max_input_bytes.map(ByteSize::bytes),
        portions: PortionLimits::default(),
        dry_run: args.common.dry_run,
        commit_user: Compact::commit_user(&run_uid, args.shard.map_or(0, |arg| arg.index)),
        is_repeatable: args.common.pod.run_uid.is_some(),
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
    let outcome = outcome.map_err(|error| match service.commits.as_slice() {
        [] => error,
        commits => {
            error.while_doing(format!("compacting further; {} committed before stays", snapshots(commits)))
        }
    });
    let outcome = match outcome? {
        CompactOutcome::NothingToDo => Outcome::NothingToDo,
        CompactOutcome::Planned => Outcome::DryRun,
        CompactOutcome::Committed => Outcome::Succeeded,
    };
    Ok((outcome, message))
}

/// Figures of what is committed, or of the plan when nothing is.
fn figures(report: &CompactReport) -> CompactionResult {
    let is_plan = report.commits.is_empty();
    let buckets: Vec<&BucketReport> =
        report.buckets.iter().filter(|bucket| is_plan || bucket.committed_as.is_some()).collect();
    let files = |of: fn(&BucketReport) -> &Vec<FileReport>| buckets.iter().flat_map(move |bucket| of(bucket));
    CompactionResult {
        buckets: count(buckets.len()),
        input_files: count(files(|bucket| &bucket.inputs).count()),
        output_files: count(files(|bucket| &bucket.outputs).count()),
        upgraded_files: count(files(|bucket| &bucket.upgrades).count()),
        input_bytes: files(|bucket| &bucket.inputs).map(|file| file.bytes).sum(),
        output_bytes: files(|bucket| &bucket.outputs).map(|file| file.bytes).sum(),
        input_rows: files(|bucket| &bucket.inputs).map(|file| file.rows).sum(),
        output_rows: files(|bucket| &bucket.outputs).map(|file| file.rows).sum(),
        commits: count(report.commits.len()),
        left_out_buckets: count(report.left_out.buckets),
        commit_attempts: i64::from(report.commit_attempts),
        overwritten_commits: i64::from(report.overwritten_commits),
    }
}

fn message(outcome: CompactOutcome, figures: &CompactionResult, report: &CompactReport) -> String {
    let work = format!("{} files in {} buckets", figures.input_files, figures.buckets);
    let left_out = match report.left_out {
        LeftOut { buckets: 0, .. } => String::new(),
        LeftOut { buckets, bytes } => {
            format!("; {buckets} buckets with {bytes} bytes are left for later runs (--max-input-bytes)")
        }
    };
    match outcome {
        CompactOutcome::NothingToDo => {
            report.nothing_to_do.clone().unwrap_or_else(|| "no bucket needs compaction".to_owned())
        }
        CompactOutcome::Planned => format!(
            "would rewrite {work} and upgrade {} files; nothing was changed{left_out}",
            figures.upgraded_files
        ),
        CompactOutcome::Committed if figures.buckets == 0 => format!(
            "an earlier attempt of this run committed snapshot {}; nothing was left to do",
            report.snapshot_after.unwrap_or_default()
        ),
        CompactOutcome::Committed => format!(
            "rewrote {work} into {} files, upgraded {}, as {}{left_out}",
            figures.output_files,
            figures.upgraded_files,
            snapshots(&report.commits)
        ),
    }
}

/// The snapshots of some commits, for people.
fn snapshots(commits: &[CommitReport]) -> String {
    match commits {
        [only] => format!("snapshot {}", only.snapshot),
        [first, .., last] => {
            format!("{} snapshots, {} to {}", commits.len(), first.snapshot, last.snapshot)
        }
        [] => "no snapshot".to_owned(),
    }
}
