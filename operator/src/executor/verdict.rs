use std::borrow::Borrow;

use jiff::Timestamp;
use k8s_openapi::api::{
    batch::v1::{Job, JobCondition},
    core::v1::{ContainerStateTerminated, Pod},
};
use weir_contract::{CONTAINER_NAME, ExitCode, Outcome, Reason, RunResult, TerminationMessage, truncate};
use weir_crds::RunFailure;

use super::end_reason::EndReason;

const MAX_MESSAGE_BYTES: usize = 512;
/// Status of a process that SIGKILL ended.
const KILLED: i32 = 137;

/// How a Job's work ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Why it ended so.
    pub reason: EndReason,
    /// The same for people.
    pub message: String,
    /// How it ended.
    pub outcome: Outcome,
    /// When.
    pub completed: Timestamp,
    /// What the pod reported.
    pub result: Option<RunResult>,
    /// Why it failed, if it did.
    pub failure: Option<RunFailure>,
}

impl Verdict {
    /// Whether the work was done as asked.
    pub fn succeeded(&self) -> bool {
        self.failure.is_none()
    }

    /// A failure that no pod reported.
    pub fn failed(reason: EndReason, message: &str, completed: Timestamp) -> Self {
        let message = printable(message);
        let failure = RunFailure {
            exit_code: None,
            reason: reason.as_str().to_owned(),
            message: message.clone(),
            retriable: reason.is_retriable(),
            pod_name: None,
        };
        Self { reason, message, outcome: Outcome::Failed, completed, result: None, failure: Some(failure) }
    }
}

/// How the work of the run `uid` ended, if its Job has: the Job's own verdict, explained by its newest pod.
pub fn verdict<P: Borrow<Pod>>(job: &Job, pods: &[P], uid: &str) -> Option<Verdict> {
    let conditions = job.status.as_ref()?.conditions.as_deref()?;
    let holds = |type_: &str| conditions.iter().find(|it| it.type_ == type_ && it.status == "True");
    if let Some(complete) = holds("Complete") {
        return Some(completed(complete, pods, uid));
    }
    holds("Failed").map(|failed| self::failed(failed, pods, uid))
}

/// Pods that the Job has started.
pub fn attempts(job: &Job) -> i32 {
    let status = job.status.clone().unwrap_or_default();
    [status.active, status.failed, status.succeeded].into_iter().flatten().sum()
}

/// Whether any of `pods` may still be at work.
pub fn has_active_pods<P: Borrow<Pod>>(pods: &[P]) -> bool {
    pods.iter().any(|pod| {
        let phase = pod.borrow().status.as_ref().and_then(|status| status.phase.as_deref());
        !matches!(phase, Some("Succeeded" | "Failed"))
    })
}

fn completed<P: Borrow<Pod>>(condition: &JobCondition, pods: &[P], uid: &str) -> Verdict {
    let time = time_of(condition);
    let ended = last_ended(pods, |state| state.exit_code == 0);
    let Some(result) = ended.as_ref().and_then(|ended| ended.result(uid)) else {
        return Verdict {
            reason: EndReason::ResultUnavailable,
            message: "the Job completed, but its pod left no result".to_owned(),
            outcome: Outcome::Succeeded,
            completed: time,
            result: None,
            failure: None,
        };
    };
    if result.reason.exit_code() != ExitCode::Done {
        let message = format!("the pod exited with 0 and reported {}: {}", result.reason, result.message);
        return Verdict::failed(EndReason::Reported(Reason::InternalError), &message, time);
    }
    Verdict {
        reason: EndReason::Reported(result.reason),
        message: printable(&result.message),
        outcome: result.outcome,
        completed: time,
        result: Some(result),
        failure: None,
    }
}

fn failed<P: Borrow<Pod>>(condition: &JobCondition, pods: &[P], uid: &str) -> Verdict {
    let time = time_of(condition);
    let job_says = condition.message.clone().unwrap_or_default();
    let deadline = condition.reason.as_deref() == Some("DeadlineExceeded");
    let Some(ended) = last_ended(pods, |state| state.exit_code != 0) else {
        let reason = match deadline {
            true => EndReason::DeadlineExceeded,
            false if pods.iter().any(|pod| is_disrupted(pod.borrow())) => EndReason::Evicted,
            false => EndReason::ResultUnavailable,
        };
        return Verdict::failed(reason, &format!("the Job failed: {job_says}"), time);
    };
    let result = ended.result(uid);
    let (reason, message) = if deadline {
        (EndReason::DeadlineExceeded, format!("the Job was stopped: {job_says}"))
    } else {
        ended.explain(result.as_ref())
    };
    let message = printable(&message);
    Verdict {
        failure: Some(RunFailure {
            exit_code: Some(ended.state.exit_code),
            reason: reason.as_str().to_owned(),
            message: message.clone(),
            retriable: reason.is_retriable(),
            pod_name: ended.pod.metadata.name.clone(),
        }),
        reason,
        message,
        outcome: result.as_ref().map_or(Outcome::Failed, |result| match result.outcome {
            Outcome::Cancelled => Outcome::Cancelled,
            _ => Outcome::Failed,
        }),
        completed: time,
        result,
    }
}

/// A pod whose container has ended.
struct Ended<'a> {
    pod: &'a Pod,
    state: &'a ContainerStateTerminated,
}

impl Ended<'_> {
    fn result(&self, uid: &str) -> Option<RunResult> {
        let message = TerminationMessage::parse(self.state.message.as_deref()?)?;
        message.runs.into_iter().find(|run| run.uid == uid)
    }

    /// Reason and message of a container that ended with another status than 0.
    fn explain(&self, result: Option<&RunResult>) -> (EndReason, String) {
        let status = self.state.exit_code;
        if status == KILLED {
            return match self.state.reason.as_deref() {
                Some("OOMKilled") => (
                    EndReason::OutOfMemory,
                    "the container exceeded its memory limit; raise resources.limits.memory".to_owned(),
                ),
                _ => (EndReason::Killed, "the container was killed".to_owned()),
            };
        }
        let code = ExitCode::from_status(status);
        let reported = result.filter(|result| Some(result.reason.exit_code()) == code);
        if let Some(result) = reported {
            return (EndReason::Reported(result.reason), result.message.clone());
        }
        let reason = EndReason::Reported(code.map_or(Reason::InternalError, Reason::of));
        let left = self.state.message.as_deref().map(str::trim).filter(|text| !text.is_empty());
        let message = match left {
            Some(text) => format!("exit code {status}: {text}"),
            None => format!("exit code {status} without a message"),
        };
        (reason, message)
    }
}

/// The pod that ended last, among those whose container ended as `wanted`.
fn last_ended<P: Borrow<Pod>>(
    pods: &[P],
    wanted: impl Fn(&ContainerStateTerminated) -> bool,
) -> Option<Ended<'_>> {
    pods.iter()
        .map(Borrow::borrow)
        .filter_map(|pod| terminated(pod).map(|state| Ended { pod, state }))
        .filter(|ended| wanted(ended.state))
        .max_by_key(|ended| {
            (ended.state.finished_at.as_ref().map(|time| time.0), ended.pod.metadata.name.as_deref())
        })
}

fn terminated(pod: &Pod) -> Option<&ContainerStateTerminated> {
    let containers = pod.status.as_ref()?.container_statuses.as_ref()?;
    containers.iter().find(|status| status.name == CONTAINER_NAME)?.state.as_ref()?.terminated.as_ref()
}

fn is_disrupted(pod: &Pod) -> bool {
    pod.status.as_ref().and_then(|status| status.conditions.as_ref()).is_some_and(|conditions| {
        conditions.iter().any(|it| it.type_ == "DisruptionTarget" && it.status == "True")
    })
}

fn time_of(condition: &JobCondition) -> Timestamp {
    condition.last_transition_time.as_ref().map_or(Timestamp::UNIX_EPOCH, |time| time.0)
}

/// Text from a pod as it may enter a status: bounded, and without control characters.
fn printable(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    truncate(text.trim(), MAX_MESSAGE_BYTES).to_owned()
}

#[cfg(test)]
mod tests;
