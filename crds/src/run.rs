use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use weir_contract::{Outcome, RequestCounts};

use crate::Resources;

/// The Table that a run works on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct TableRef {
    /// Name of a Table in the same namespace.
    #[schemars(length(min = 1, max = 40))]
    pub name: String,
}

/// What every kind of run asks for besides its parameters.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunRequest {
    /// The Table to work on.
    pub table_ref: TableRef,
    /// Holds the run back; while it is running, stops its pod at a safe point and queues it again. Default: false.
    #[serde(default)]
    pub suspend: bool,
    /// CPU and memory of the pod; replaces `jobTemplate.resources` of the Table as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<Resources>,
    /// How often a failed pod is tried again. Unset: `jobTemplate.backoffLimit` of the Table, else 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100))]
    pub backoff_limit: Option<i32>,
    /// Seconds after which the Job is stopped and the run fails, over all attempts. Unset:
    /// `jobTemplate.activeDeadlineSeconds` of the Table, else 6 hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 31_536_000))]
    pub active_deadline_seconds: Option<i64>,
    /// Seconds after its end at which this object deletes itself, and with it its Job. Unset:
    /// `jobTemplate.ttlSecondsAfterFinished` of the Table for a run created by hand, never for a scheduled one, which
    /// follows the history limits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 315_360_000))]
    pub ttl_seconds_after_finished: Option<i32>,
}

impl RunRequest {
    /// A run of a table of this name with the limits of its template.
    pub fn of(table: &str) -> Self {
        Self { table_ref: TableRef { name: table.to_owned() }, ..Self::default() }
    }
}

/// How a run goes and how it ended; `R` holds the figures of its operation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[serde(bound(deserialize = "R: Deserialize<'de>"))]
pub struct RunStatus<R> {
    /// Everything that does not depend on the operation.
    #[serde(flatten)]
    pub state: RunState,
    /// What the run did to the table; for a dry run, what it would have done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<R>,
}

impl<R> Default for RunStatus<R> {
    fn default() -> Self {
        Self { state: RunState::default(), result: None }
    }
}

/// How far a run has come and how it ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunState {
    /// Generation of the spec that this status describes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// One word for people; derived from the conditions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "RunPhase")]
    pub phase: Option<RunPhase>,
    /// `Succeeded` tells how the run ended and is Unknown before; `Reconciling` is present while it waits or works;
    /// `Stalled` is present after a failure.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
    /// The Job that executes the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_name: Option<String>,
    /// Pods that were started for the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<i32>,
    /// When the Job was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Time>,
    /// When the run ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completion_time: Option<Time>,
    /// How the run ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Outcome")]
    pub outcome: Option<Outcome>,
    /// Latest snapshot of the table when the last attempt began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot_before: Option<String>,
    /// Latest snapshot that the last attempt committed, or saw at its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot_after: Option<String>,
    /// What the last attempt asked of the object store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<RequestCounts>,
    /// URI of the full receipt; for a dry run, of the plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<String>,
    /// Why the run failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<RunFailure>,
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum RunPhase {
    /// Waits for its turn; the `Succeeded` condition says what for.
    Queued,
    /// Its Job exists.
    Running,
    /// Ended as asked.
    Succeeded,
    /// Ended otherwise.
    Failed,
}

impl RunPhase {
    /// Whether a run in this phase never changes again.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed)
    }
}

/// Why a run failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct RunFailure {
    /// Exit code of the last container, if one ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// The reason in one CamelCase word, as in the `Succeeded` condition.
    pub reason: String,
    /// What was attempted, why it failed and what to do.
    pub message: String,
    /// Whether the same run may succeed at another time without anybody changing anything.
    pub retriable: bool,
    /// The last pod; its log has the details.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pod_name: Option<String>,
}
