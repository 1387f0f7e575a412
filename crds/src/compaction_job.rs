use std::collections::BTreeMap;

use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};
use weir_contract::{CompactionResult, CompactionStrategy};

use crate::{ByteQuantity, RunRequest, RunStatus};

/// Status of a CompactionJob.
pub type CompactionJobStatus = RunStatus<CompactionResult>;

/// One compaction of one table.
///
/// Only `suspend` and `ttlSecondsAfterFinished` may change after creation. Unset fields do not inherit from the
/// schedule of the Table: a run is self-contained.
#[derive(CustomResource, KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[kube(
    group = "weir.dev",
    version = "v1alpha1",
    kind = "CompactionJob",
    plural = "compactionjobs",
    shortname = "cjob",
    category = "weir",
    namespaced,
    status = "CompactionJobStatus",
    derive = "PartialEq",
    doc = "One compaction of one table, executed by one Job. Deleting it stops the run and never touches the table.",
    selectable = ".spec.tableRef.name",
    selectable = ".status.phase",
    printcolumn(name = "TABLE", type_ = "string", json_path = ".spec.tableRef.name"),
    printcolumn(name = "PHASE", type_ = "string", json_path = ".status.phase"),
    printcolumn(name = "IN", type_ = "integer", json_path = ".status.result.inputFiles"),
    printcolumn(name = "OUT", type_ = "integer", json_path = ".status.result.outputFiles"),
    printcolumn(name = "BYTES", type_ = "integer", json_path = ".status.result.inputBytes"),
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
#[x_kube(validation = ("self.tableRef == oldSelf.tableRef", "tableRef is immutable; create a new CompactionJob"))]
#[x_kube(validation = (
    "has(self.parameters) == has(oldSelf.parameters) && (!has(self.parameters) || self.parameters == oldSelf.parameters)",
    "parameters are immutable; create a new CompactionJob"
))]
#[x_kube(validation = (
    "has(self.resources) == has(oldSelf.resources) && (!has(self.resources) || self.resources == oldSelf.resources)",
    "resources are immutable; create a new CompactionJob"
))]
#[x_kube(validation = (
    "has(self.backoffLimit) == has(oldSelf.backoffLimit) && (!has(self.backoffLimit) || self.backoffLimit == oldSelf.backoffLimit)",
    "backoffLimit is immutable; create a new CompactionJob"
))]
#[x_kube(validation = (
    "has(self.activeDeadlineSeconds) == has(oldSelf.activeDeadlineSeconds) && (!has(self.activeDeadlineSeconds) || self.activeDeadlineSeconds == oldSelf.activeDeadlineSeconds)",
    "activeDeadlineSeconds is immutable; create a new CompactionJob"
))]
pub struct CompactionJobSpec {
    /// The table and the limits of the run.
    #[serde(flatten)]
    pub request: RunRequest,
    /// What to compact, and how. Unset fields fall back to the table's own Paimon options, then to Paimon's defaults.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<CompactionParameters>,
}

/// What to compact, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "!has(self.where) || !has(self.partitions) || self.partitions.size() == 0",
    "where and partitions must not be set together"
))]
pub struct CompactionParameters {
    /// `Auto` picks files as Paimon's writers do with the table's options; `Minor` as Paimon's dedicated job does with
    /// `--compact_strategy minor`, which is the same for primary keys; `Full` rewrites everything into the highest
    /// level. Unset: Auto.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "CompactionStrategy")]
    pub strategy: Option<CompactionStrategy>,
    /// Only partitions that match one of these, for example `[{dt: "2026-11-20", region: eu}]`; columns that are not
    /// named are free. Unset: all partitions. Not together with `where`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "partition_list")]
    #[x_kube(validation = (
        "self.all(p, p.all(k, k != '' && !k.contains('=') && !k.contains(',') && !p[k].contains(',')))",
        "a partition names columns without `=` and `,`, and values without `,`"
    ))]
    pub partitions: Vec<BTreeMap<String, String>>,
    /// Only partitions of which this condition is true, for example `dt >= '2026-11-01' AND region IN ('eu', 'us')`:
    /// partition columns, `=`, `<>`, `<`, `<=`, `>`, `>=`, `IN`, `IS NULL`, `AND`, `OR`, `NOT` and parentheses. Unset:
    /// all partitions.
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1024))]
    pub condition: Option<String>,
    /// Only buckets with these numbers, for example `0-99,120`. Unset: all buckets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 256),
        regex(pattern = r"^[0-9]{1,9}(-[0-9]{1,9})?(,[0-9]{1,9}(-[0-9]{1,9})?)*$")
    )]
    pub buckets: Option<String>,
    /// Only partitions whose newest file is at least this old, for example `24h` or `1h30m`. Unset: all partitions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 21), regex(pattern = r"^([0-9]{1,6}h)?([0-9]{1,6}m)?([0-9]{1,6}s)?$"))]
    pub partition_idle_time: Option<String>,
    /// Most bytes to rewrite in one run, for example `10Gi`: buckets with most sorted runs come first, at least one
    /// bucket is compacted, and the rest waits for the next run. Unset: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_input_bytes: Option<ByteQuantity>,
    /// Read the outputs back and compare them, row for row, with an independent merge of the inputs before they are
    /// committed; takes several times as long. Default: false.
    #[serde(default)]
    pub verify: bool,
    /// Table options that this run overrides, for example `{num-sorted-run.compaction-trigger: "3"}`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "crate::table::table_options")]
    #[x_kube(validation = ("self.all(k, k != '' && !k.contains('='))", "an option is named without `=`"))]
    pub options: BTreeMap<String, String>,
    /// Plan, report and change nothing. Default: false.
    #[serde(default)]
    pub dry_run: bool,
}

fn partition_list(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({
        "type": "array",
        "maxItems": 64,
        "items": {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 16,
            "additionalProperties": {"type": "string", "maxLength": 256},
        },
    })
}
