//! The places on a table: `status.activeRuns`, changed by compare-and-swap only.
//!
//! A run takes its place before its Job is created, and its end is recorded in its own status before the place is
//! freed. Freeing a place and counting the run's end is one write, so that every end is counted exactly once. Caches
//! lag behind, each as far as it likes: what they say of an own place, or of pods that are gone, is made sure of before
//! a Job is created or a place freed. The fence saves work; what keeps tables correct is the commit protocol.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::{
    Api, Client, ResourceExt as _,
    api::{Patch, PatchParams},
};
use serde_json::{Value, json};
use weir_contract::TableSummary;
use weir_crds::{ActiveRun, InspectionStatus, LastRun, RunKind, Table};

use crate::error::Error;

/// Field manager of the fields that are changed by compare-and-swap.
const FIELD_MANAGER: &str = "weir-operator/fence";

/// The end of a run, as its table remembers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndOfRun {
    /// The run.
    pub run: LastRun,
    /// Whether it succeeded.
    pub succeeded: bool,
    /// When it ended.
    pub completed: Timestamp,
    /// The table as the run saw it.
    pub table: Option<TableSummary>,
}

/// Who holds a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Nobody who is in the way.
    Free,
    /// The run that asks.
    Own,
    /// The named run, which may not run beside it.
    Taken(String),
}

/// The place of the run `uid` of `kind` among `active`: one run of each kind may hold one, and runs of different kinds
/// work beside each other.
pub fn place(active: &[ActiveRun], kind: RunKind, uid: &str) -> Place {
    if active.iter().any(|run| run.uid == uid) {
        return Place::Own;
    }
    active.iter().find(|run| run.kind == kind).map_or(Place::Free, |run| Place::Taken(run.name.clone()))
}

/// Takes a place for `run` on `table` as it was observed. Where the run held it already, this makes sure of it: the
/// place may have been given up since the table was observed.
pub async fn take(client: &Client, table: &Table, run: ActiveRun) -> Result<(), Error> {
    let mut active = active_runs(table).to_vec();
    if active.iter().all(|held| held.uid != run.uid) {
        active.push(run);
    }
    swap(client, table, json!({ "activeRuns": active })).await
}

/// Frees the place of `uid` on `table` as it was observed, and counts the run's end if it has one.
pub async fn free(client: &Client, table: &Table, uid: &str, end: Option<&EndOfRun>) -> Result<(), Error> {
    let remaining: Vec<_> = active_runs(table).iter().filter(|run| run.uid != uid).collect();
    let mut status = json!({ "activeRuns": remaining });
    if let Some(end) = end {
        status[operation_field(end.run.kind)] = ended(table, end);
        if let Some(summary) = &end.table {
            status["table"] = observation(summary, end.completed);
        }
    }
    swap(client, table, status).await
}

/// Records the end of an inspection of `table` as it was observed.
pub async fn record_inspection(
    client: &Client,
    table: &Table,
    inspection: &InspectionStatus,
    found: Option<&TableSummary>,
) -> Result<(), Error> {
    let mut status = json!({ "inspection": inspection });
    if let (Some(summary), Some(time)) = (found, &inspection.time) {
        status["table"] = observation(summary, time.0);
    }
    swap(client, table, status).await
}

/// The runs that hold a place on `table`.
pub fn active_runs(table: &Table) -> &[ActiveRun] {
    table.status.as_ref().map_or(&[], |status| &status.active_runs)
}

/// Name of the field of the table's status that belongs to `kind`.
pub const fn operation_field(kind: RunKind) -> &'static str {
    match kind {
        RunKind::CompactionJob => "compaction",
        RunKind::SnapshotExpiry => "snapshotExpiry",
    }
}

fn ended(table: &Table, end: &EndOfRun) -> Value {
    let generation = table.metadata.generation;
    let status = table.status.as_ref().and_then(|status| match end.run.kind {
        RunKind::CompactionJob => status.compaction.as_ref(),
        RunKind::SnapshotExpiry => status.snapshot_expiry.as_ref(),
    });
    let before = status
        .filter(|status| status.failures_generation == generation)
        .and_then(|status| status.consecutive_failures)
        .unwrap_or(0);
    let (time_field, failures) =
        if end.succeeded { ("lastSuccessfulTime", 0) } else { ("lastFailureTime", before.saturating_add(1)) };
    json!({
        time_field: Time(end.completed),
        "consecutiveFailures": failures,
        "failuresGeneration": generation,
        "lastRunRef": end.run,
    })
}

/// A merge patch keeps what it does not name, so every field of the summary is named.
fn observation(summary: &TableSummary, time: Timestamp) -> Value {
    let mut value = json!({ "snapshotId": null, "warnings": null, "observedTime": Time(time) });
    if let (Some(fields), Ok(Value::Object(summary))) = (value.as_object_mut(), serde_json::to_value(summary))
    {
        fields.extend(summary);
    }
    value
}

async fn swap(client: &Client, table: &Table, status: Value) -> Result<(), Error> {
    let name = table.name_any();
    let tables: Api<Table> = Api::namespaced(client.clone(), &table.namespace().unwrap_or_default());
    let patch = json!({
        "metadata": { "resourceVersion": table.metadata.resource_version, "uid": table.metadata.uid },
        "status": status,
    });
    let parameters = PatchParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PatchParams::default() };
    match tables.patch_status(&name, &parameters, &Patch::Merge(patch)).await {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if status.is_conflict() => Err(Error::Outdated { object: name }),
        Err(source) => Err(Error::api("change the places of Table", &name, source)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn active(kind: RunKind, uid: &str) -> ActiveRun {
        ActiveRun { kind, name: format!("run-{uid}"), uid: uid.into(), since: Time(Timestamp::UNIX_EPOCH) }
    }

    #[test]
    fn one_run_of_each_kind_holds_a_place() {
        let held = [active(RunKind::CompactionJob, "a")];
        assert_eq!(place(&held, RunKind::CompactionJob, "a"), Place::Own);
        assert_eq!(place(&held, RunKind::CompactionJob, "b"), Place::Taken("run-a".into()));
        assert_eq!(place(&held, RunKind::SnapshotExpiry, "c"), Place::Free);
    }
}
