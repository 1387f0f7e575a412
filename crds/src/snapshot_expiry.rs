use std::collections::BTreeMap;

use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};
use weir_contract::{ExpiryResult, MaintenanceStep};

use crate::{RunRequest, RunStatus};

/// Status of a SnapshotExpiry.
pub type SnapshotExpiryStatus = RunStatus<ExpiryResult>;

/// One expiry of snapshots of one table, with the tags, partitions, consumers and changelogs that go with it.
///
/// Only `suspend` and `ttlSecondsAfterFinished` may change after creation. Unset fields do not inherit from the
/// schedule of the Table: a run is self-contained.
#[derive(CustomResource, KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[kube(
    group = "weir.dev",
    version = "v1alpha1",
    kind = "SnapshotExpiry",
    plural = "snapshotexpiries",
    shortname = "sexp",
    category = "weir",
    namespaced,
    status = "SnapshotExpiryStatus",
    derive = "PartialEq",
    doc = "One expiry of snapshots of one table, executed by one Job. Deleting it stops the run and never touches the table.",
    selectable = ".spec.tableRef.name",
    selectable = ".status.phase",
    printcolumn(name = "TABLE", type_ = "string", json_path = ".spec.tableRef.name"),
    printcolumn(name = "PHASE", type_ = "string", json_path = ".status.phase"),
    printcolumn(name = "EXPIRED", type_ = "integer", json_path = ".status.result.expiredSnapshots"),
    printcolumn(name = "KEPT", type_ = "integer", json_path = ".status.result.remainingSnapshots"),
    printcolumn(name = "DELETED-FILES", type_ = "integer", json_path = ".status.result.deletedDataFiles"),
    printcolumn(name = "AGE", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(
        name = "REASON",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Succeeded\")].reason",
        priority = 1
    ),
    printcolumn(name = "STARTED", type_ = "date", json_path = ".status.startTime", priority = 1),
    printcolumn(name = "COMPLETED", type_ = "date", json_path = ".status.completionTime", priority = 1),
    printcolumn(name = "ATTEMPTS", type_ = "integer", json_path = ".status.attempts", priority = 1),
    printcolumn(name = "JOB", type_ = "string", json_path = ".status.jobName", priority = 1),
    validation = ("self.metadata.name.size() <= 52", "name must be at most 52 characters")
)]
#[x_kube(validation = ("self.tableRef == oldSelf.tableRef", "tableRef is immutable; create a new SnapshotExpiry"))]
#[x_kube(validation = (
    "has(self.parameters) == has(oldSelf.parameters) && (!has(self.parameters) || self.parameters == oldSelf.parameters)",
    "parameters are immutable; create a new SnapshotExpiry"
))]
#[x_kube(validation = (
    "has(self.resources) == has(oldSelf.resources) && (!has(self.resources) || self.resources == oldSelf.resources)",
    "resources are immutable; create a new SnapshotExpiry"
))]
#[x_kube(validation = (
    "has(self.backoffLimit) == has(oldSelf.backoffLimit) && (!has(self.backoffLimit) || self.backoffLimit == oldSelf.backoffLimit)",
    "backoffLimit is immutable; create a new SnapshotExpiry"
))]
#[x_kube(validation = (
    "has(self.activeDeadlineSeconds) == has(oldSelf.activeDeadlineSeconds) && (!has(self.activeDeadlineSeconds) || self.activeDeadlineSeconds == oldSelf.activeDeadlineSeconds)",
    "activeDeadlineSeconds is immutable; create a new SnapshotExpiry"
))]
pub struct SnapshotExpirySpec {
    /// The table and the limits of the run.
    #[serde(flatten)]
    pub request: RunRequest,
    /// Which snapshots to keep. Unset fields fall back to the table's own Paimon options, then to Paimon's defaults.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<ExpiryParameters>,
}

/// Which snapshots to keep. A snapshot goes only if every rule lets it; consumers, tags and branches keep what they
/// need in any case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "!has(self.retainMin) || !has(self.retainMax) || self.retainMin <= self.retainMax",
    "retainMin must not exceed retainMax"
))]
pub struct ExpiryParameters {
    /// The steps to take, each in its place: `Tags`, `Partitions`, `Consumers`, `Snapshots`, `Changelogs`. Unset: those
    /// that the table's own Paimon options ask for (automatic tags, `partition.expiration-time`,
    /// `consumer.expiration-time`), snapshots and changelogs always.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 5))]
    #[x_kube(validation = ("self.all(step, self.exists_one(other, other == step))", "a step is named once"))]
    pub include: Vec<MaintenanceStep>,
    /// Remove consumers whose readers have been silent for this long, for example `72h`; those that have read everything
    /// stay. Unset: the table's `consumer.expiration-time`, else none is removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 21), regex(pattern = r"^([0-9]{1,6}h)?([0-9]{1,6}m)?([0-9]{1,6}s)?$"))]
    pub consumers_idle_for: Option<String>,
    /// Zone of the times in partition values, and of writers' clocks where the table's options do not tell, for example
    /// `Europe/Berlin`. Unset: partitions stay until their time is over everywhere on earth, 12 hours after UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub time_zone: Option<String>,
    /// Expire only snapshots older than this, for example `72h` or `1h30m`. Unset: the table's
    /// `snapshot.time-retained`, else 1h.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 21), regex(pattern = r"^([0-9]{1,6}h)?([0-9]{1,6}m)?([0-9]{1,6}s)?$"))]
    pub older_than: Option<String>,
    /// Keep at least this many snapshots, however old. Unset: the table's `snapshot.num-retained.min`, else 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 2_147_483_647))]
    pub retain_min: Option<i32>,
    /// Keep at most this many snapshots, however young. Unset: the table's `snapshot.num-retained.max`, else no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 2_147_483_647))]
    pub retain_max: Option<i32>,
    /// Expire at most this many snapshots in one run; the rest waits for the next one. Unset: the table's
    /// `snapshot.expire.limit`, else 50.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub max_deletes: Option<i32>,
    /// Table options that this run overrides, for example `{snapshot.expire.limit: "500"}`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "crate::table::table_options")]
    #[x_kube(validation = ("self.all(k, k != '' && !k.contains('='))", "an option is named without `=`"))]
    pub options: BTreeMap<String, String>,
    /// Plan, report and change nothing. Default: false.
    #[serde(default)]
    pub dry_run: bool,
}
