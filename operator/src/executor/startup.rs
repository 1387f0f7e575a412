use std::borrow::Borrow;

use jiff::Timestamp;
use k8s_openapi::api::{
    batch::v1::Job,
    core::v1::{ContainerStateWaiting, Pod},
};
use weir_contract::truncate;

use super::end_reason::EndReason;

const MAX_MESSAGE_BYTES: usize = 512;

/// Whether the pod of a Job has begun to work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Startup {
    /// A container runs or ran, or the Job waits between two attempts.
    Begun,
    /// Somebody else, such as a queueing system, holds the Job back.
    HeldBack,
    /// The pod has not started since `since`.
    Pending {
        /// The end of the run if it stays so.
        reason: EndReason,
        /// What Kubernetes says about it.
        message: String,
        /// Creation of the pod, or of the Job while there is no pod.
        since: Timestamp,
    },
}

/// How far `job` has come in starting, by its newest pod.
pub fn startup<P: Borrow<Pod>>(job: &Job, pods: &[P]) -> Startup {
    if job.spec.as_ref().and_then(|spec| spec.suspend) == Some(true) {
        return Startup::HeldBack;
    }
    let Some(pod) = pods.iter().map(Borrow::borrow).max_by_key(|pod| created(pod)) else {
        return without_pod(job);
    };
    if !matches!(phase(pod), None | Some("Pending")) {
        return Startup::Begun;
    }
    let Some(since) = created(pod) else { return Startup::Begun };
    let (reason, message) = pending(pod);
    Startup::Pending { reason, message: truncate(&message, MAX_MESSAGE_BYTES).to_owned(), since }
}

fn without_pod(job: &Job) -> Startup {
    let status = job.status.clone().unwrap_or_default();
    let had_pods =
        [status.active, status.failed, status.succeeded].into_iter().flatten().any(|pods| pods > 0);
    match &job.metadata.creation_timestamp {
        Some(created) if !had_pods => Startup::Pending {
            reason: EndReason::ConfigError,
            message:
                "the Job has no pod yet; its events tell why, for example a missing ServiceAccount or a quota"
                    .to_owned(),
            since: created.0,
        },
        _ => Startup::Begun,
    }
}

fn pending(pod: &Pod) -> (EndReason, String) {
    let status = pod.status.as_ref();
    let waiting = status
        .and_then(|status| status.container_statuses.as_ref())
        .and_then(|containers| containers.first())
        .and_then(|container| container.state.as_ref())
        .and_then(|state| state.waiting.as_ref());
    if let Some(found) = waiting.and_then(waiting_for) {
        return found;
    }
    let unscheduled = status.and_then(|status| status.conditions.as_ref()).and_then(|conditions| {
        conditions.iter().find(|condition| condition.type_ == "PodScheduled" && condition.status == "False")
    });
    match unscheduled {
        Some(condition) => {
            (EndReason::Unschedulable, condition.message.clone().unwrap_or_else(|| "no node fits".to_owned()))
        }
        None => (EndReason::NotStarted, "the pod has not started yet".to_owned()),
    }
}

fn waiting_for(waiting: &ContainerStateWaiting) -> Option<(EndReason, String)> {
    let reason = waiting.reason.as_deref()?;
    let end = match reason {
        "ErrImagePull"
        | "ImagePullBackOff"
        | "InvalidImageName"
        | "ErrImageNeverPull"
        | "ImageInspectError"
        | "RegistryUnavailable" => EndReason::ImagePullFailed,
        "CreateContainerConfigError" | "CreateContainerError" | "RunContainerError" | "PreStartHookError" => {
            EndReason::ConfigError
        }
        _ => return None,
    };
    let message = match waiting.message.as_deref() {
        Some(message) => format!("{reason}: {message}"),
        None => reason.to_owned(),
    };
    Some((end, message))
}

fn phase(pod: &Pod) -> Option<&str> {
    pod.status.as_ref()?.phase.as_deref()
}

fn created(pod: &Pod) -> Option<Timestamp> {
    pod.metadata.creation_timestamp.as_ref().map(|time| time.0)
}

#[cfg(test)]
mod tests;
