use std::collections::BTreeSet;

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
        verify: args.verify,
        dry_run: args.common.dry_run,
        commit_user: Compact::commit_user(&run_uid, args.shard.map_or(0, |arg| arg.index)),
        is_repeatable: args.common.pod.run_uid.is_some(),
        beside_foreign_compactor: args.beside_foreign_compactor,
        options: options(&args.common),
    };
    let mut service = CompactReport::default();
    let outcome = compact.run(storage, control, &progress::listener(storage), &mut service).await;
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
        buckets: count(buckets.iter().map(|bucket| &bucket.directory).collect::<BTreeSet<_>>().len()),
        input_files: count(files(|bucket| &bucket.inputs).count()),
        output_files: count(files(|bucket| &bucket.outputs).count()),
        upgraded_files: count(files(|bucket| &bucket.upgrades).count()),
        input_bytes: files(|bucket| &bucket.inputs).map(|file| file.bytes).sum(),
        output_bytes: files(|bucket| &bucket.outputs).map(|file| file.bytes).sum(),
        input_rows: files(|bucket| &bucket.inputs).map(|file| file.rows).sum(),
        output_rows: files(|bucket| &bucket.outputs).map(|file| file.rows).sum(),
        spliced_rows: count(buckets.iter().map(|bucket| bucket.spliced_rows).sum::<u64>()),
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
            "rewrote {work} into {} files{}, upgraded {}, as {}{}{left_out}",
            figures.output_files,
            copied(figures.spliced_rows),
            figures.upgraded_files,
            snapshots(&report.commits),
            overwritten(report.overwritten_commits)
        ),
    }
}

fn copied(rows: i64) -> String {
    if rows == 0 { String::new() } else { format!(" (copied {rows} rows without decoding them)") }
}

fn overwritten(commits: u32) -> String {
    match commits {
        0 => String::new(),
        n => format!("; {n} commits were overwritten by other writers and made again (UnprotectedCommits)"),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(number: i32, committed_as: Option<i64>) -> BucketReport {
        let file = FileReport { name: "a".into(), level: 0, rows: 10, bytes: 100 };
        BucketReport {
            directory: format!("bucket-{number}"),
            sorted_runs: 2,
            output_level: 5,
            drop_deletes: true,
            committed_as,
            inputs: vec![file.clone(), file.clone()],
            upgrades: Vec::new(),
            outputs: vec![file],
            spliced_rows: 4,
        }
    }

    fn commit(snapshot: i64) -> CommitReport {
        CommitReport { snapshot, identifier: snapshot, buckets: 1 }
    }

    #[test]
    fn figures_are_of_what_is_committed_and_the_message_tells_the_rest() {
        let report = CompactReport {
            buckets: vec![bucket(0, Some(7)), bucket(1, Some(9)), bucket(2, None)],
            commits: vec![commit(7), commit(9)],
            left_out: LeftOut { buckets: 3, bytes: 1000 },
            overwritten_commits: 1,
            ..CompactReport::default()
        };
        let figures = figures(&report);
        assert_eq!((figures.buckets, figures.input_files, figures.output_bytes), (2, 4, 200));
        assert_eq!((figures.output_rows, figures.spliced_rows), (20, 8));
        assert_eq!((figures.commits, figures.left_out_buckets, figures.overwritten_commits), (2, 3, 1));
        assert_eq!(
            message(CompactOutcome::Committed, &figures, &report),
            "rewrote 4 files in 2 buckets into 2 files (copied 8 rows without decoding them), upgraded 0, as 2 snapshots, 7 to 9; 1 commits were overwritten \
             by other writers and made again (UnprotectedCommits); 3 buckets with 1000 bytes are left for later runs \
             (--max-input-bytes)"
        );
    }

    #[test]
    fn figures_of_a_plan_are_of_all_of_it() {
        let report = CompactReport {
            buckets: vec![bucket(0, None), bucket(0, None), bucket(1, None)],
            ..CompactReport::default()
        };
        assert_eq!((figures(&report).buckets, figures(&report).commits), (2, 0));
    }
}
