use std::fmt::Write;

use weir_contract::Outcome;
use weir_paimon::Result;
use weir_paimon::consumers::{
    ConsumerView, ExpireConsumers, ExpireConsumersOutcome, ExpireConsumersReport, ListConsumers,
    ListConsumersReport, ResetConsumer, ResetConsumerOutcome, ResetConsumerReport,
};
use weir_storage::Storage;

use super::{Report, options};
use crate::cli::{ExpireConsumersArgs, ListConsumersArgs, ResetConsumerArgs};

/// `weir list-consumers`.
pub(crate) async fn list(
    args: &ListConsumersArgs,
    storage: &Storage,
    report: &mut Report,
) -> Result<(Outcome, String)> {
    let mut service = ListConsumersReport::default();
    let listed = ListConsumers { options: options(&args.common) }.run(storage, &mut service).await;
    report.snapshot_before = service.latest_snapshot;
    report.snapshot_after = service.latest_snapshot;
    report.detail(&service);
    listed?;
    report.text = Some(service.consumers.iter().map(line).collect());
    let blocking = service.consumers.iter().filter(|consumer| !consumer.blocks.is_empty()).count();
    Ok((
        Outcome::Succeeded,
        format!("{} consumers, of which {blocking} hold snapshots back", service.consumers.len()),
    ))
}

/// A consumer for people.
fn line(consumer: &ConsumerView) -> String {
    let mut line = format!("{:<24} ", consumer.id);
    // Writing to a string cannot fail.
    let _ = match (&consumer.broken, &consumer.lag) {
        (Some(broken), _) => write!(line, "broken: {broken}"),
        (None, Some(lag)) => {
            write!(line, "next snapshot {}, {} behind", lag.next_snapshot, lag.lag_snapshots)
        }
        _ => Ok(()),
    };
    let _ = write!(line, "; idle for {} s since {}", consumer.idle_seconds, consumer.modified);
    if let (Some(first), Some(last)) = (consumer.blocks.first(), consumer.blocks.last()) {
        let _ = write!(line, "; blocks {} snapshots, {first} to {last}", consumer.blocks.len());
    }
    line.push('\n');
    line
}

/// `weir reset-consumer`.
pub(crate) async fn reset(
    args: &ResetConsumerArgs,
    storage: &Storage,
    report: &mut Report,
) -> Result<(Outcome, String)> {
    let request = ResetConsumer {
        consumer: args.consumer_id.clone(),
        next_snapshot: args.next_snapshot,
        dry_run: args.common.dry_run,
        options: options(&args.common),
    };
    let mut service = ResetConsumerReport::default();
    let outcome = request.run(storage, &mut service).await;
    report.detail(&service);
    let id = &args.consumer_id;
    let change = match service.to {
        Some(to) => format!("consumer {id} to snapshot {to}"),
        None => format!("consumer {id}"),
    };
    let verb = |done: &'static str, removed: &'static str| if service.to.is_some() { done } else { removed };
    Ok(match outcome? {
        ResetConsumerOutcome::NothingToDo => {
            (Outcome::NothingToDo, format!("consumer {id} {}", verb("is there already", "does not exist")))
        }
        ResetConsumerOutcome::Planned => {
            (Outcome::DryRun, format!("would {} {change}; nothing was changed", verb("move", "remove")))
        }
        ResetConsumerOutcome::Reset => {
            report.changed = true;
            (Outcome::Succeeded, format!("{} {change}", verb("moved", "removed")))
        }
    })
}

/// `weir expire-consumers`.
pub(crate) async fn expire(
    args: &ExpireConsumersArgs,
    storage: &Storage,
    report: &mut Report,
) -> Result<(Outcome, String)> {
    let request = ExpireConsumers {
        older_than: args.older_than.map(|instant| instant.0),
        dry_run: args.common.dry_run,
        options: options(&args.common),
    };
    let mut service = ExpireConsumersReport::default();
    let outcome = request.run(storage, &mut service).await;
    report.changed = !args.common.dry_run && !service.expired.is_empty();
    report.detail(&service);
    let names = || service.expired.keys().cloned().collect::<Vec<_>>().join(", ");
    Ok(match outcome? {
        ExpireConsumersOutcome::NothingToDo => (Outcome::NothingToDo, nothing_to_do(&service)),
        ExpireConsumersOutcome::Planned => {
            (Outcome::DryRun, format!("would remove the consumers {}; nothing was changed", names()))
        }
        ExpireConsumersOutcome::Expired => (Outcome::Succeeded, format!("removed the consumers {}", names())),
    })
}

fn nothing_to_do(report: &ExpireConsumersReport) -> String {
    if report.older_than.is_none() {
        return "consumers never expire: neither --older-than nor consumer.expiration-time is set".to_owned();
    }
    let mut text = "no consumer may go".to_owned();
    for (ids, why) in [(&report.caught_up, "have read everything"), (&report.broken, "have broken files")] {
        if !ids.is_empty() {
            text = format!("{text}; {} {why}", ids.join(", "));
        }
    }
    text
}
