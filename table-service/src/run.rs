//! One run from arguments to exit code.

use jiff::Timestamp;
use weir_contract::{ExitCode, Outcome, Reason, RequestCounts, RunResult};
use weir_storage::{Location, Requests, Storage};

use crate::cli::{Cli, CommonArgs, Verb};
use crate::receipt::{self, Receipt};
use crate::verb::{self, Report};
use crate::{failure, resources, signals, termination};

/// Runs a verb and tells the outcome everywhere it is awaited: stdout, receipt, termination message, logs.
pub(crate) async fn run(cli: Cli) -> ExitCode {
    let started = Timestamp::now();
    let common = cli.verb.common();
    let mut report = Report::default();
    let storage = open(&cli.verb);
    let ended = match &storage {
        Ok(storage) => work(&cli.verb, storage, &mut report).await,
        Err(error) => Ended::failed(failure::storage_reason(error), error.to_string()),
    };
    let mut result = RunResult {
        uid: common.pod.run_uid.clone().unwrap_or_default(),
        operation: cli.verb.kind(),
        outcome: ended.outcome,
        reason: ended.reason,
        message: ended.message,
        started_at: started.to_string(),
        finished_at: Timestamp::now().to_string(),
        snapshot_before: report.snapshot_before.map(|id| id.to_string()),
        snapshot_after: report.snapshot_after.map(|id| id.to_string()),
        compaction: report.compaction.take(),
        expiry: report.expiry.take(),
        cleanup: report.cleanup.take(),
        table: report.table.take(),
        requests: storage.as_ref().map(|storage| counts(storage.requests())).unwrap_or_default(),
        report: None,
    };
    if let Ok(storage) = &storage {
        store_receipt(common, storage, &mut result, &report).await;
    }
    announce(common, &result, &report);
    result.reason.exit_code()
}

/// How a verb ended.
struct Ended {
    outcome: Outcome,
    reason: Reason,
    message: String,
}

impl Ended {
    fn failed(reason: Reason, message: String) -> Self {
        let outcome = if reason == Reason::Terminated { Outcome::Cancelled } else { Outcome::Failed };
        Self { outcome, reason, message }
    }
}

fn open(verb: &Verb) -> Result<Storage, weir_storage::Error> {
    let storage = Storage::open(&verb.common().location.parse::<Location>()?)?;
    Ok(match resources::staging(verb) {
        Some(staging) => storage.with_staging(staging),
        None => storage,
    })
}

async fn work(verb: &Verb, storage: &Storage, report: &mut Report) -> Ended {
    let control = match resources::control(verb) {
        Ok(control) => control,
        Err(error) => return Ended::failed(failure::reason(&error), error.to_string()),
    };
    if let Err(error) = signals::cancel_on_signal(control.clone()) {
        return Ended::failed(Reason::InternalError, format!("signals cannot be handled: {error}"));
    }
    if verb.deletes() {
        let claim = verb.common().owner.claim(verb.common().dry_run);
        if let Err(error) = claim.require(storage).await {
            return Ended::failed(failure::reason(&error), error.to_string());
        }
    }
    let done = match verb {
        Verb::Inspect(args) => verb::inspect::run(args, storage, report).await,
        Verb::Compact(args) => verb::compact::run(args, storage, &control, report).await,
        Verb::ExpireSnapshots(args) => verb::expire_snapshots::run(args, storage, &control, report).await,
        Verb::WhatIf(args) => verb::what_if::run(args, storage, report).await,
        Verb::ExpirePartitions(args) => verb::expire_partitions::run(args, storage, &control, report).await,
        Verb::MarkPartitionDone(args) => verb::mark_partition_done::run(args, storage, report).await,
        Verb::CompactManifests(args) => verb::compact_manifests::run(args, storage, report).await,
        Verb::RollbackTo(args) => verb::rollback_to::run(args, storage, &control, report).await,
        Verb::ExpireChangelogs(args) => verb::expire_changelogs::run(args, storage, &control, report).await,
        Verb::ListConsumers(args) => verb::consumers::list(args, storage, report).await,
        Verb::ResetConsumer(args) => verb::consumers::reset(args, storage, report).await,
        Verb::ExpireConsumers(args) => verb::consumers::expire(args, storage, report).await,
        Verb::CreateTag(args) => verb::tags::create(args, storage, report).await,
        Verb::DeleteTag(args) => verb::tags::delete(args, storage, &control, report).await,
        Verb::RenameTag(args) => verb::tags::rename(args, storage, report).await,
        Verb::ListTags(args) => verb::tags::list(args, storage, report).await,
        Verb::ExpireTags(args) => verb::tags::expire(args, storage, &control, report).await,
        Verb::AutoTag(args) => verb::tags::auto(args, storage, &control, report).await,
        Verb::RemoveOrphans(args) => verb::remove_orphans::run(args, storage, &control, report).await,
        Verb::RestoreTrash(args) => verb::trash::restore(args, storage, report).await,
        Verb::Maintain(args) => verb::maintain::run(args, storage, &control, report).await,
        Verb::PurgeTrash(args) => verb::trash::purge(args, storage, report).await,
    };
    match done {
        Ok((outcome, message)) => {
            let reason = match outcome {
                Outcome::NothingToDo => Reason::NothingToDo,
                Outcome::DryRun => Reason::DryRun,
                _ => Reason::Completed,
            };
            Ended { outcome, reason, message }
        }
        Err(error) => Ended::failed(failure::reason(&error), error.to_string()),
    }
}

/// Stores the receipt where the user wants it, or with the table when the run has changed something there.
async fn store_receipt(common: &CommonArgs, storage: &Storage, result: &mut RunResult, report: &Report) {
    if let Some(uri) = &common.report {
        result.report = Some(uri.clone());
        if let Err(error) = receipt::store_at(uri, &Receipt { result, details: &report.details }).await {
            tracing::warn!(%error, "the receipt could not be stored");
            result.report = None;
        }
    } else if report.changed {
        let path = receipt::default_path(result.operation.verb(), &result.uid);
        result.report = Some(storage.location().uri_of(&path));
        receipt::store(storage, &path, &Receipt { result, details: &report.details }).await;
    }
}

fn announce(common: &CommonArgs, result: &RunResult, report: &Report) {
    if let Some(path) = &common.pod.termination_message {
        termination::write(path, result);
    }
    let (reason, report_uri) = (result.reason, result.report.as_deref().unwrap_or_default());
    if matches!(result.outcome, Outcome::Failed) {
        tracing::error!(%reason, "{}", result.message);
    } else {
        tracing::info!(%reason, receipt = report_uri, "{}", result.message);
    }
    if common.json {
        match serde_json::to_string(&Receipt { result, details: &report.details }) {
            Ok(json) => println!("{json}"),
            Err(error) => tracing::error!(%error, "the receipt is not JSON"),
        }
    } else if let Some(text) = &report.text {
        eprint!("{text}");
    }
}

fn counts(requests: Requests) -> RequestCounts {
    RequestCounts {
        list: requests.list,
        get: requests.get,
        put: requests.put,
        delete: requests.delete,
        retries: requests.retries,
        bytes_read: requests.bytes_read,
        bytes_written: requests.bytes_written,
    }
}
