//! What a kubelet would do to pods, done by hand.

use anyhow::{Context as _, Result};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{ListParams, Patch, PatchParams};
use kube::{Api, Client, ResourceExt as _};
use serde_json::{Value, json};
use weir_contract::ExitCode;

use crate::stage::eventually;

/// How a container ends.
pub(crate) struct End {
    pub(crate) exit_code: i32,
    /// Kubernetes' word for it.
    pub(crate) reason: &'static str,
    /// What the pod wrote, without its run's UID.
    pub(crate) result: Option<Value>,
}

impl End {
    /// A pod that did what was asked.
    pub(crate) fn done(operation: &str) -> Self {
        Self::reported(ExitCode::Done, operation, "Succeeded", "Completed", json!({}))
    }

    /// A pod that failed with only an exit code.
    pub(crate) fn code(exit_code: i32) -> Self {
        Self { exit_code, reason: "Error", result: None }
    }

    /// A pod that told how it ended.
    pub(crate) fn reported(
        code: ExitCode,
        operation: &str,
        outcome: &str,
        reason: &str,
        more: Value,
    ) -> Self {
        let mut result = json!({
            "operation": operation, "outcome": outcome, "reason": reason, "message": format!("the pod says {reason}"),
            "startedAt": "2026-11-21T00:00:00Z", "finishedAt": "2026-11-21T00:00:01Z",
        });
        if let (Some(fields), Value::Object(more)) = (result.as_object_mut(), more) {
            fields.extend(more);
        }
        let word = if code == ExitCode::Done { "Completed" } else { "Error" };
        Self { exit_code: code.code().into(), reason: word, result: Some(result) }
    }
}

/// The pods of one namespace.
#[derive(Clone)]
pub(crate) struct Kubelet {
    pods: Api<Pod>,
}

impl Kubelet {
    pub(crate) fn new(client: Client, namespace: &str) -> Self {
        Self { pods: Api::namespaced(client, namespace) }
    }

    /// Waits for a pod that has not ended and works for the named run (for an inspection: Table).
    pub(crate) async fn pod(&self, operation: &str, name: &str) -> Result<Pod> {
        let selector =
            ListParams::default().labels(&format!("weir.dev/operation={operation},weir.dev/run={name}"));
        let found = eventually(async || {
            let pods = self.pods.list(&selector).await?.items;
            Ok(pods.into_iter().find(|pod| !has_ended(pod) && pod.metadata.deletion_timestamp.is_none()))
        });
        found.await?.with_context(|| format!("no pod came to {operation} for {name}"))
    }

    /// Lets the pod run.
    pub(crate) async fn start(&self, pod: &Pod) -> Result<()> {
        let running = json!({"running": {"startedAt": now()}});
        self.patch(pod, "Running", container(&running)).await
    }

    /// Lets the container wait for this reason.
    pub(crate) async fn wait(&self, pod: &Pod, reason: &str, message: &str) -> Result<()> {
        self.patch(pod, "Pending", container(&json!({"waiting": {"reason": reason, "message": message}})))
            .await
    }

    /// Lets the pod end.
    pub(crate) async fn end(&self, pod: &Pod, end: End) -> Result<()> {
        let phase = if end.exit_code == 0 { "Succeeded" } else { "Failed" };
        let message = end.result.map(|mut result| {
            result["uid"] = json!(pod.labels()["weir.dev/run-uid"]);
            json!({"contractVersion": 1, "runs": [result]}).to_string()
        });
        let terminated = json!({
            "exitCode": end.exit_code, "reason": end.reason, "message": message,
            "startedAt": now(), "finishedAt": now(),
        });
        self.patch(pod, phase, container(&json!({"terminated": terminated}))).await
    }

    pub(crate) async fn end_inspection(&self, table: &str, end: End) -> Result<()> {
        self.end(&self.pod("inspect", table).await?, end).await
    }

    pub(crate) async fn end_compaction(&self, run: &str, end: End) -> Result<()> {
        self.end(&self.pod("compact", run).await?, end).await
    }

    async fn patch(&self, pod: &Pod, phase: &str, container: Value) -> Result<()> {
        let status = json!({"status": {"phase": phase, "containerStatuses": [container]}});
        self.pods.patch_status(&pod.name_any(), &PatchParams::default(), &Patch::Merge(status)).await?;
        Ok(())
    }
}

fn has_ended(pod: &Pod) -> bool {
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    matches!(phase, Some("Succeeded" | "Failed"))
}

fn container(state: &Value) -> Value {
    json!({
        "name": "table-service", "image": "x", "imageID": "x", "ready": false, "started": false, "restartCount": 0,
        "state": state,
    })
}

fn now() -> String {
    weir_operator::clock::Clock::default().now().to_string()
}
