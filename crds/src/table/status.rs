use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use weir_contract::TableSummary;

/// What the operator knows of a table and its care.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct TableStatus {
    /// Generation of the spec that this status describes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// `Ready` tells whether the table can be cared for as the spec asks. `CompactionHealthy` and
    /// `SnapshotExpiryHealthy` tell how the last runs ended. `Reconciling` and `Stalled` are present while they hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
    /// Runs that hold a place on the table: at most one of each kind. A run takes its place before its Job is created
    /// and frees it after its end is recorded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["uid".into()]))]
    pub active_runs: Vec<ActiveRun>,
    /// How compaction goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compaction: Option<OperationStatus>,
    /// How snapshot expiry goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot_expiry: Option<OperationStatus>,
    /// How the last inspection went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inspection: Option<InspectionStatus>,
    /// The table as the last inspection or run saw it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<TableObservation>,
}

/// A run that holds a place on a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct ActiveRun {
    /// Kind of the run.
    pub kind: RunKind,
    /// Name of the run.
    pub name: String,
    /// UID of the run.
    pub uid: String,
    /// When it took its place.
    pub since: Time,
}

/// A kind of run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum RunKind {
    /// A compaction.
    CompactionJob,
    /// An expiry of snapshots.
    SnapshotExpiry,
}

impl RunKind {
    /// Every kind of run.
    pub const ALL: [Self; 2] = [Self::CompactionJob, Self::SnapshotExpiry];

    /// The `kind` of the objects.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CompactionJob => "CompactionJob",
            Self::SnapshotExpiry => "SnapshotExpiry",
        }
    }
}

impl std::fmt::Display for RunKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How one operation goes on a table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct OperationStatus {
    /// When the schedule was first seen. Slots before are not made up for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled_since: Option<Time>,
    /// Slot of the schedule that was used last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_schedule_time: Option<Time>,
    /// When the next run is created, jitter and pause after failures included. Informative.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_schedule_time: Option<Time>,
    /// End of the last run that succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_successful_time: Option<Time>,
    /// End of the last run that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_failure_time: Option<Time>,
    /// Failures since the last success or change of the Table. They space out the schedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consecutive_failures: Option<i32>,
    /// Generation of the Table that `consecutiveFailures` were counted with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failures_generation: Option<i64>,
    /// The run that ended last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_run_ref: Option<LastRun>,
}

/// A run that ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct LastRun {
    /// Kind of the run.
    pub kind: RunKind,
    /// Name of the run.
    pub name: String,
    /// UID of the run.
    pub uid: String,
    /// Reason of its end.
    pub reason: String,
    /// What it did, or why it failed.
    pub message: String,
}

/// How the last inspection of a table went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct InspectionStatus {
    /// Inspections that ended; names the Job of the next one.
    #[serde(default)]
    pub count: i64,
    /// When the last one ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Time>,
    /// What it looked at: a digest of location, format, storage and identity. Another one asks for a new inspection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Reason of its end; `Completed` when the table can be cared for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The same for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Inspections in a row that found the table unusable. They space out further ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consecutive_failures: Option<i32>,
}

/// A table as an inspection or a run saw it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct TableObservation {
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_time: Option<Time>,
    /// What.
    #[serde(flatten)]
    pub summary: TableSummary,
}
