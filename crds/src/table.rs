mod job_template;
mod maintenance;
mod status;
mod storage;

pub use job_template::{ImagePullPolicy, ImagePullSecret, JobTemplate};
use kube::{CustomResource, KubeSchema};
pub(crate) use maintenance::table_options;
pub use maintenance::{Maintenance, Schedule, Scheduled};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
pub use status::{
    ActiveRun, InspectionStatus, LastRun, OperationStatus, RunKind, TableObservation, TableStatus,
};
pub use storage::{S3Storage, SecretKeyRef, Storage};

/// How one table on object storage is cared for: what it is, how to reach it, what to do when, in what pods.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[kube(
    group = "weir.dev",
    version = "v1alpha1",
    kind = "Table",
    plural = "tables",
    shortname = "ltbl",
    category = "weir",
    namespaced,
    status = "TableStatus",
    derive = "PartialEq",
    doc = "How one table on object storage is cared for. Deleting it ends the care and never touches the data.",
    selectable = ".spec.location",
    printcolumn(name = "FORMAT", type_ = "string", json_path = ".spec.format"),
    printcolumn(
        name = "READY",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].status"
    ),
    printcolumn(
        name = "REASON",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].reason"
    ),
    printcolumn(name = "ACTIVE", type_ = "string", json_path = ".status.activeRuns[*].name"),
    printcolumn(name = "LAST-COMPACTION", type_ = "date", json_path = ".status.compaction.lastSuccessfulTime"),
    printcolumn(name = "LAST-EXPIRY", type_ = "date", json_path = ".status.snapshotExpiry.lastSuccessfulTime"),
    printcolumn(name = "AGE", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "SUSPEND", type_ = "boolean", json_path = ".spec.suspend", priority = 1),
    printcolumn(name = "SNAPSHOTS", type_ = "integer", json_path = ".status.table.snapshots", priority = 1),
    printcolumn(name = "FILES", type_ = "integer", json_path = ".status.table.dataFiles", priority = 1),
    printcolumn(name = "BYTES", type_ = "integer", json_path = ".status.table.dataBytes", priority = 1),
    printcolumn(
        name = "NEXT-COMPACTION",
        type_ = "string",
        json_path = ".status.compaction.nextScheduleTime",
        priority = 1
    ),
    printcolumn(
        name = "NEXT-EXPIRY",
        type_ = "string",
        json_path = ".status.snapshotExpiry.nextScheduleTime",
        priority = 1
    ),
    printcolumn(name = "LOCATION", type_ = "string", json_path = ".spec.location", priority = 1),
    validation = ("self.metadata.name.size() <= 40", "name must be at most 40 characters")
)]
#[x_kube(validation = ("self.location == oldSelf.location", "location is immutable; create a new Table"))]
pub struct TableSpec {
    /// The table format. Immutable.
    pub format: TableFormat,
    /// URI of the table's root directory, for example `s3://lake/warehouse/sales.db/orders`. Immutable. Written in one
    /// way only: scheme `s3`, no trailing slash, no empty, `.` or `..` segment, no `?`, `#`, `%` or space.
    #[schemars(length(min = 8, max = 1024))]
    #[x_kube(validation = (
        "self.matches('^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^/?#%\\\\s]+)+$')",
        "must be s3://<bucket>/<path> without trailing slash, empty segment, `?`, `#`, `%` or space"
    ))]
    #[x_kube(validation = ("!self.matches('/[.]{1,2}(/|$)')", "must not contain `.` or `..` segments"))]
    pub location: String,
    /// How to reach the object store. Unset: the environment and identity of the pod.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<Storage>,
    /// Stops schedules, queued runs and inspections; running pods finish. Default: false.
    #[serde(default)]
    pub suspend: bool,
    /// What to do when. Unset: the table is only observed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maintenance: Option<Maintenance>,
    /// The pods that work on the table. Whoever may edit this decides what runs under the named ServiceAccount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_template: Option<JobTemplate>,
}

/// A table format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum TableFormat {
    /// Apache Paimon.
    Paimon,
}
