use std::fmt::Write;

use weir_contract::Outcome;
use weir_paimon::Result;
use weir_paimon::compaction::Control;
use weir_paimon::partitions::{
    ExpirePartitions, ExpirePartitionsOutcome, ExpirePartitionsReport, ExpiredPartition, Strategy,
};
use weir_storage::Storage;

use super::{Report, commit_user, options};
use crate::cli::{ExpirePartitionsArgs, ExpireStrategyArg};

/// Partitions that a message names; the receipt has all.
const SHOWN: usize = 10;

/// `weir expire-partitions`.
pub(crate) async fn run(
    args: &ExpirePartitionsArgs,
    storage: &Storage,
    control: &Control,
    report: &mut Report,
) -> Result<(Outcome, String)> {
    let expire = ExpirePartitions {
        expiration_time: args.expiration_time,
        strategy: args.strategy.map(|strategy| match strategy {
            ExpireStrategyArg::ValuesTime => Strategy::ValuesTime,
            ExpireStrategyArg::UpdateTime => Strategy::UpdateTime,
        }),
        timestamp_formatter: args.timestamp_formatter.clone(),
        timestamp_pattern: args.timestamp_pattern.clone(),
        max_expires: args.max_expires,
        partition_idle_time: args.partition_idle_time,
        time_zone: args.time_zone.clone(),
        dry_run: args.common.dry_run,
        commit_user: commit_user(&args.common),
        options: options(&args.common),
    };
    let mut service = ExpirePartitionsReport::default();
    let outcome = expire.run(storage, control, &mut service).await;
    report.snapshot_before = service.latest_snapshot;
    report.snapshot_after = service.snapshot_after.or(service.latest_snapshot);
    report.changed = service.snapshot_after.is_some();
    report.detail(&service);
    report.text = outcome.is_ok().then(|| text(&service));
    Ok(match outcome? {
        ExpirePartitionsOutcome::NothingToDo => (Outcome::NothingToDo, nothing_to_do(&service)),
        ExpirePartitionsOutcome::Planned => {
            (Outcome::DryRun, format!("would drop {}; nothing was changed", work(&service)))
        }
        ExpirePartitionsOutcome::Dropped => (Outcome::Succeeded, format!("dropped {}", work(&service))),
    })
}

/// One line for each partition that goes, or that stays although it may be expired.
fn text(report: &ExpirePartitionsReport) -> String {
    let mut text = String::new();
    for expired in &report.expired {
        let ExpiredPartition { partition, time, files, bytes, .. } = expired;
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{partition}  {files} files, {bytes} bytes, expired as of {time}");
    }
    for kept in &report.kept {
        let _ = writeln!(text, "{}  stays: {}", kept.partition, kept.reason);
    }
    text
}

fn work(report: &ExpirePartitionsReport) -> String {
    let names = report.expired.iter().map(|partition| partition.partition.as_str());
    let mut shown: Vec<&str> = names.take(SHOWN).collect();
    if report.expired.len() > SHOWN {
        shown.push("…");
    }
    let rest = if report.left > 0 { format!("; {} more are expired", report.left) } else { String::new() };
    format!(
        "{} partitions with {} files ({} bytes): {}{rest}",
        report.expired.len(),
        report.files(),
        report.bytes(),
        shown.join(" ")
    )
}

fn nothing_to_do(report: &ExpirePartitionsReport) -> String {
    match report.kept.as_slice() {
        [] => "no partition is expired".to_owned(),
        [first, rest @ ..] => {
            format!(
                "no partition may go; {} stays: {}, and {} others",
                first.partition,
                first.reason,
                rest.len()
            )
        }
    }
}
