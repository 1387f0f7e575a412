//! The conditions of a Table. Pure.

use jiff::Timestamp;
use weir_contract::Reason;
use weir_crds::{InspectionStatus, OperationStatus, RunKind, Table};

use super::{
    inspection::{Inspection, fingerprint},
    locations::TableKey,
    schedule::ScheduleError,
};
use crate::{
    conditions::{Finding, READY, RECONCILING, STALLED},
    executor::{EndReason, Startup},
};

/// Reason of `Ready` for a Table whose location an older one claims.
pub const CONFLICT: &str = "LocationConflict";

/// Why and whether a Table is ready.
pub fn readiness(
    table: &Table,
    conflict: Option<&TableKey>,
    invalid: Option<&ScheduleError>,
    inspection: &Inspection,
    next: Option<Timestamp>,
) -> Vec<Finding> {
    if let Some((namespace, name)) = conflict {
        let message = format!(
            "Table {namespace}/{name} is older and claims the same location, one around it or one inside it; delete one of them"
        );
        return stalled(CONFLICT, message);
    }
    if let Some(error) = invalid {
        return stalled(error.reason(), error.to_string());
    }
    if table.spec.suspend {
        return vec![Finding::holds(READY, "Suspended", "nothing is scheduled or inspected while suspended")];
    }
    match last_inspection(table) {
        Some(last) => inspected(table, last, next),
        None => inspecting(inspection),
    }
}

/// How the runs of `kind` have ended lately.
pub fn health(kind: RunKind, operation: &OperationStatus, pause: Option<Timestamp>) -> Option<Finding> {
    let type_ = match kind {
        RunKind::CompactionJob => "CompactionHealthy",
        RunKind::SnapshotExpiry => "SnapshotExpiryHealthy",
    };
    let last = operation.last_run_ref.as_ref()?;
    let failures = operation.consecutive_failures.unwrap_or(0);
    if failures == 0 && operation.last_successful_time >= operation.last_failure_time {
        return Some(Finding::holds(type_, last.reason.clone(), last.message.clone()));
    }
    let next = pause.map(|time| format!("; next attempt not before {time}")).unwrap_or_default();
    let message = format!("{} (failures in a row: {failures}{next})", last.message);
    Some(Finding::fails(type_, last.reason.clone(), message))
}

/// The last inspection, if it looked at what the spec describes now.
fn last_inspection(table: &Table) -> Option<&InspectionStatus> {
    let last = table.status.as_ref()?.inspection.as_ref()?;
    (last.fingerprint.as_deref() == Some(&fingerprint(table))).then_some(last)
}

fn inspecting(inspection: &Inspection) -> Vec<Finding> {
    let message = match inspection {
        Inspection::Follow(Startup::Pending { message, .. }, _) => format!("the inspection waits: {message}"),
        _ => "the table is being inspected".to_owned(),
    };
    vec![
        Finding::unknown(READY, "Inspecting", message.clone()),
        Finding::holds(RECONCILING, "Inspecting", message),
    ]
}

fn inspected(table: &Table, last: &InspectionStatus, next: Option<Timestamp>) -> Vec<Finding> {
    let reason = last.reason.clone().unwrap_or_default();
    if last.consecutive_failures.unwrap_or(0) > 0 {
        let message = last.message.clone().unwrap_or_default();
        return if is_transient(&reason) {
            vec![
                Finding::fails(READY, reason.clone(), message.clone()),
                Finding::holds(RECONCILING, reason, message),
            ]
        } else {
            stalled(&reason, message)
        };
    }
    let scheduled = table
        .spec
        .maintenance
        .as_ref()
        .is_some_and(|it| it.compaction.is_some() || it.snapshot_expiry.is_some());
    vec![match (scheduled, next) {
        (true, Some(next)) => Finding::holds(READY, "Scheduled", format!("next run at {next}")),
        (true, None) => Finding::holds(READY, "Scheduled", "every schedule is suspended"),
        (false, _) => Finding::holds(READY, "Observed", "nothing is scheduled"),
    }]
}

/// Whether an inspection may end differently later without anybody changing anything.
fn is_transient(reason: &str) -> bool {
    [
        EndReason::Reported(Reason::StorageUnavailable),
        EndReason::Reported(Reason::InternalError),
        EndReason::Reported(Reason::Terminated),
        EndReason::Killed,
        EndReason::Evicted,
        EndReason::Unschedulable,
        EndReason::NotStarted,
        EndReason::JobDeleted,
        EndReason::ResultUnavailable,
        EndReason::DeadlineExceeded,
    ]
    .iter()
    .any(|it| it.as_str() == reason)
}

fn stalled(reason: &str, message: String) -> Vec<Finding> {
    vec![Finding::fails(READY, reason, message.clone()), Finding::holds(STALLED, reason, message)]
}
