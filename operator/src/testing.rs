//! Objects for the tests of decisions, in the words of their manifests.

use std::sync::Arc;

use jiff::Timestamp;
use k8s_openapi::api::{batch::v1::Job, core::v1::Pod};
use serde_json::{Value, json};
use weir_contract::{OperationKind, Outcome, Reason, RequestCounts, RunResult, TerminationMessage};
use weir_crds::Table;

/// UID of the run (or Table) that Jobs and pods work for.
pub(crate) const UID: &str = "0b1c2d3e";

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A Table named `orders` whose spec and status are extended by the given members.
pub(crate) fn table(spec: Value, status: Value) -> Arc<Table> {
    let mut table = json!({
        "apiVersion": "weir.dev/v1alpha1",
        "kind": "Table",
        "metadata": {
            "name": "orders", "namespace": "sales", "uid": UID, "generation": 1,
            "creationTimestamp": "2026-11-21T00:00:00Z", "resourceVersion": "1",
        },
        "spec": {"format": "Paimon", "location": "s3://lake/warehouse/sales.db/orders"},
        "status": {},
    });
    extend(&mut table["spec"], spec);
    extend(&mut table["status"], status);
    Arc::new(serde_json::from_value(table).unwrap())
}

/// A status with the condition `Ready` of generation 1.
pub(crate) fn ready(status: &str, reason: &str) -> Value {
    json!({"conditions": [{
        "type": "Ready", "status": status, "reason": reason, "message": "", "observedGeneration": 1,
        "lastTransitionTime": "2026-11-21T00:00:00Z",
    }]})
}

/// A Job of [`UID`] with the given status.
#[expect(clippy::needless_pass_by_value, reason = "tests hand over what they have just made")]
pub(crate) fn job(status: Value) -> Arc<Job> {
    Arc::new(
        serde_json::from_value(json!({
            "metadata": {
                "name": "backfill-compaction", "namespace": "sales", "uid": "job",
                "creationTimestamp": "2026-11-21T01:00:00Z",
                "ownerReferences": [{
                    "apiVersion": "weir.dev/v1alpha1", "kind": "CompactionJob", "name": "backfill",
                    "uid": UID, "controller": true,
                }],
            },
            "spec": {"template": {}},
            "status": status,
        }))
        .unwrap(),
    )
}

pub(crate) fn complete() -> Value {
    json!({"succeeded": 1, "conditions": [
        {"type": "SuccessCriteriaMet", "status": "True", "lastTransitionTime": "2026-11-21T01:05:00Z"},
        {"type": "Complete", "status": "True", "lastTransitionTime": "2026-11-21T01:05:01Z"},
    ]})
}

pub(crate) fn failed(reason: &str) -> Value {
    json!({"failed": 1, "conditions": [{
        "type": "Failed", "status": "True", "reason": reason, "message": "the Job says why",
        "lastTransitionTime": "2026-11-21T01:05:01Z",
    }]})
}

/// A pod of the Job with the given status.
#[expect(clippy::needless_pass_by_value, reason = "tests hand over what they have just made")]
pub(crate) fn pod(name: &str, status: Value) -> Arc<Pod> {
    Arc::new(
        serde_json::from_value(json!({
            "metadata": {"name": name, "namespace": "sales", "creationTimestamp": "2026-11-21T01:00:01Z"},
            "status": status,
        }))
        .unwrap(),
    )
}

/// A pod whose container ended.
pub(crate) fn ended_pod(exit_code: i32, reason: &str, message: Option<&str>) -> Arc<Pod> {
    let phase = if exit_code == 0 { "Succeeded" } else { "Failed" };
    pod(
        "backfill-compaction-x",
        json!({"phase": phase, "containerStatuses": [{
            "name": "table-service", "image": "", "imageID": "", "ready": false, "restartCount": 0,
            "state": {"terminated": {
                "exitCode": exit_code, "reason": reason, "message": message,
                "finishedAt": "2026-11-21T01:05:00Z",
            }},
        }]}),
    )
}

/// A termination message of [`UID`].
pub(crate) fn message(outcome: Outcome, reason: Reason, text: &str) -> String {
    let result = RunResult {
        uid: UID.into(),
        operation: OperationKind::Compact,
        outcome,
        reason,
        message: text.into(),
        started_at: "2026-11-21T01:00:02Z".into(),
        finished_at: "2026-11-21T01:05:00Z".into(),
        snapshot_before: Some("41".into()),
        snapshot_after: Some("42".into()),
        compaction: Some(weir_contract::CompactionResult { input_files: 10, ..Default::default() }),
        expiry: None,
        cleanup: None,
        table: Some(weir_contract::TableSummary { snapshots: 3, ..Default::default() }),
        requests: RequestCounts::default(),
        report: None,
    };
    TerminationMessage::new(vec![result]).encode().unwrap()
}

fn extend(target: &mut Value, members: Value) {
    if let (Some(target), Value::Object(members)) = (target.as_object_mut(), members) {
        target.extend(members);
    }
}
