//! The status that follows from a decision. Pure: times come in, nothing is read.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use weir_crds::{RunPhase, RunState, RunStatus};

use super::{kind::Run, policy::Waiting};
use crate::{
    conditions::{Finding, RECONCILING, STALLED, SUCCEEDED, conditions},
    executor::{EndReason, Startup, Verdict},
};

/// The moment of a decision, and the generation that it is about.
#[derive(Clone, Copy, Debug)]
pub struct At {
    /// The run's generation.
    pub generation: Option<i64>,
    /// The time.
    pub now: Timestamp,
}

/// The Job of a run that is under way.
#[derive(Clone, Copy, Debug)]
pub struct JobView<'a> {
    /// Its name.
    pub name: &'a str,
    /// When it was created.
    pub created: Timestamp,
    /// Pods that it has started.
    pub attempts: i32,
}

/// A run that waits. It has no Job: one that was suspended starts anew.
pub fn queued(stored: &RunState, waiting: &Waiting, at: At) -> RunState {
    let mut findings = vec![Finding::unknown(SUCCEEDED, waiting.reason, waiting.message.clone())];
    // To kstatus, a suspended object has arrived where it was sent.
    if waiting.reason != "Suspended" {
        findings.push(Finding::holds(RECONCILING, waiting.reason, waiting.message.clone()));
    }
    RunState {
        observed_generation: at.generation,
        phase: Some(RunPhase::Queued),
        conditions: conditions(findings, &stored.conditions, at.generation, at.now),
        ..RunState::default()
    }
}

/// A run whose Job is under way.
pub fn running(stored: &RunState, job: JobView<'_>, startup: &Startup, at: At) -> RunState {
    let (reason, message) = match startup {
        Startup::Begun => ("Running", format!("Job {} is running", job.name)),
        Startup::HeldBack => ("JobSuspended", format!("Job {} is suspended by another controller", job.name)),
        Startup::Pending { reason: EndReason::NotStarted, message, .. } => ("PodPending", message.clone()),
        Startup::Pending { reason, message, .. } => (reason.as_str(), message.clone()),
    };
    let findings = vec![
        Finding::unknown(SUCCEEDED, "Running", format!("Job {} is under way", job.name)),
        Finding::holds(RECONCILING, reason, message),
    ];
    RunState {
        observed_generation: at.generation,
        phase: Some(RunPhase::Running),
        conditions: conditions(findings, &stored.conditions, at.generation, at.now),
        job_name: Some(job.name.to_owned()),
        attempts: Some(job.attempts.max(stored.attempts.unwrap_or(0))),
        start_time: stored.start_time.clone().or(Some(Time(job.created))),
        ..RunState::default()
    }
}

/// A run that has ended.
pub fn ended<K: Run>(
    stored: &RunState,
    verdict: &Verdict,
    job: Option<JobView<'_>>,
    at: At,
) -> RunStatus<K::Figures> {
    let reason = verdict.reason.as_str();
    let findings = match &verdict.failure {
        None => vec![Finding::holds(SUCCEEDED, reason, verdict.message.clone())],
        Some(_) => vec![
            Finding::fails(SUCCEEDED, reason, verdict.message.clone()),
            Finding::holds(STALLED, reason, verdict.message.clone()),
        ],
    };
    let result = verdict.result.as_ref();
    let state = RunState {
        observed_generation: at.generation,
        phase: Some(if verdict.succeeded() { RunPhase::Succeeded } else { RunPhase::Failed }),
        conditions: conditions(findings, &stored.conditions, at.generation, at.now),
        job_name: job.map(|job| job.name.to_owned()).or_else(|| stored.job_name.clone()),
        attempts: job.map(|job| job.attempts.max(stored.attempts.unwrap_or(0))).or(stored.attempts),
        start_time: stored.start_time.clone().or_else(|| job.map(|job| Time(job.created))),
        completion_time: Some(Time(verdict.completed)),
        outcome: Some(verdict.outcome),
        snapshot_before: result.and_then(|result| result.snapshot_before.clone()),
        snapshot_after: result.and_then(|result| result.snapshot_after.clone()),
        requests: result.map(|result| result.requests),
        report: result.and_then(|result| result.report.clone()),
        failure: verdict.failure.clone(),
    };
    RunStatus { state, result: result.and_then(K::figures) }
}
