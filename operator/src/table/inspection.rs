use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::{api::batch::v1::Job, apimachinery::pkg::apis::meta::v1::Time};
use kube::ResourceExt as _;
use weir_contract::{Reason, Service};
use weir_crds::{InspectionStatus, OperationStatus, Table};

use super::observe::Observed;
use crate::{
    digest::digest,
    executor::{EndReason, Startup, Verdict, inspection_job_name, startup, verdict},
    run::start_deadline_seconds,
};

/// A table that can be cared for is looked at again after this time.
const PERIOD: SignedDuration = SignedDuration::from_hours(24);
/// Pauses after an inspection that found the table unusable.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_mins(1);
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(1);

/// What to do about inspecting a table.
#[derive(Clone, Debug)]
pub enum Inspection {
    /// Nothing before then.
    Rest(Option<Timestamp>),
    /// Create the Job of this name.
    Launch(String),
    /// The Job is under way; its pod must have started by then.
    Follow(Startup, Option<Timestamp>),
    /// Delete the Job: it looks at something else than is asked now, or its end is recorded.
    Discard(Arc<Job>),
    /// Record how the inspection ended.
    Record(Box<Verdict>),
}

/// A digest of everything that an inspection depends on: location, format, storage, scheduled services and the pod's
/// settings, which carry its identity.
pub fn fingerprint(table: &Table) -> String {
    let spec = &table.spec;
    let parts = [
        serde_json::to_string(&spec.format),
        serde_json::to_string(&spec.storage),
        serde_json::to_string(&spec.job_template),
    ]
    .map(Result::unwrap_or_default);
    let [format, storage, template] = &parts;
    let services = format!("{:?}", services(table));
    format!("{:016x}", digest(&[&spec.location, format, storage, template, &services]))
}

/// The services that `table` is scheduled for; a table that one of them would refuse is not ready.
pub fn services(table: &Table) -> Vec<Service> {
    let Some(maintenance) = &table.spec.maintenance else { return Vec::new() };
    [
        maintenance.compaction.as_ref().map(|_| Service::Compact),
        maintenance.snapshot_expiry.as_ref().map(|_| Service::ExpireSnapshots),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Decides about the inspection of a table at `now`.
pub fn inspection(observed: &Observed, now: Timestamp) -> Inspection {
    let table = &observed.table;
    let status = table.status.as_ref().and_then(|status| status.inspection.as_ref());
    let fingerprint = fingerprint(table);
    let uid = table.uid().unwrap_or_default();
    let finished = status.map_or(0, |status| status.count);
    let name = inspection_job_name(&table.name_any(), &uid, &fingerprint, finished);
    let wanted = !table.spec.suspend && observed.conflict.is_none();
    if let Some(outdated) = observed.inspections.iter().find(|it| !wanted || it.job.name_any() != name) {
        return Inspection::Discard(Arc::clone(&outdated.job));
    }
    if let Some(current) = observed.inspections.first() {
        if let Some(verdict) = verdict(&current.job, &current.pods, &uid) {
            return Inspection::Record(Box::new(verdict));
        }
        return under_way(table, startup(&current.job, &current.pods), now);
    }
    if !wanted {
        return Inspection::Rest(None);
    }
    match due(table, status, &fingerprint) {
        Some(time) if time > now => Inspection::Rest(Some(time)),
        _ => Inspection::Launch(name),
    }
}

/// The status after an inspection that ended with `verdict`.
pub fn recorded(table: &Table, verdict: &Verdict) -> InspectionStatus {
    let before = table.status.as_ref().and_then(|status| status.inspection.clone()).unwrap_or_default();
    let fingerprint = fingerprint(table);
    let failures_before = before
        .consecutive_failures
        .filter(|_| before.fingerprint.as_deref() == Some(&fingerprint))
        .unwrap_or(0);
    InspectionStatus {
        count: before.count.saturating_add(1),
        time: Some(Time(verdict.completed)),
        fingerprint: Some(fingerprint),
        reason: Some(verdict.reason.as_str().to_owned()),
        message: Some(verdict.message.clone()),
        consecutive_failures: Some(if verdict.succeeded() { 0 } else { failures_before.saturating_add(1) }),
    }
}

fn under_way(table: &Table, startup: Startup, now: Timestamp) -> Inspection {
    let Startup::Pending { reason, message, since } = &startup else {
        return Inspection::Follow(startup, None);
    };
    let allowed = SignedDuration::from_secs(start_deadline_seconds(Some(table)));
    let deadline = since.checked_add(allowed).unwrap_or(Timestamp::MAX);
    if deadline > now {
        return Inspection::Follow(startup, Some(deadline));
    }
    let message = format!("the pod did not start within {} s: {message}", allowed.as_secs());
    Inspection::Record(Box::new(Verdict::failed(*reason, &message, now)))
}

/// When the next inspection is due; `None` for at once.
fn due(table: &Table, status: Option<&InspectionStatus>, fingerprint: &str) -> Option<Timestamp> {
    let status = status.filter(|status| status.fingerprint.as_deref() == Some(fingerprint))?;
    let time = status.time.as_ref()?.0;
    let failures = status.consecutive_failures.unwrap_or(0);
    let pause = match u32::try_from(failures) {
        Ok(0) | Err(_) if a_run_found_otherwise(table, time) => return None,
        Ok(0) | Err(_) => PERIOD,
        Ok(failures) => FIRST_PAUSE
            .checked_mul(1_i32.checked_shl(failures.saturating_sub(1).min(16)).unwrap_or(i32::MAX))
            .map_or(LONGEST_PAUSE, |pause| pause.min(LONGEST_PAUSE)),
    };
    time.checked_add(pause).ok()
}

/// Whether a run ended after the inspection at `time` for a reason that an inspection would find.
fn a_run_found_otherwise(table: &Table, time: Timestamp) -> bool {
    let told = |operation: &Option<OperationStatus>| {
        operation.as_ref().is_some_and(|operation| {
            operation.last_failure_time.as_ref().is_some_and(|failure| failure.0 > time)
                && operation.last_run_ref.as_ref().is_some_and(|run| concerns_the_table(&run.reason))
        })
    };
    table.status.as_ref().is_some_and(|status| told(&status.compaction) || told(&status.snapshot_expiry))
}

fn concerns_the_table(reason: &str) -> bool {
    [Reason::TableNotFound, Reason::UnsupportedTable, Reason::PermissionDenied]
        .iter()
        .any(|it| EndReason::Reported(*it).as_str() == reason)
}

#[cfg(test)]
mod tests;
