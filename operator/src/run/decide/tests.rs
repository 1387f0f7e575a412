use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use rstest::rstest;
use serde_json::json;
use weir_contract::{Outcome, Reason};
use weir_crds::{RunKind, RunState};

use super::*;
use crate::testing::{UID, at, complete, ended_pod, failed, job, message, pod, ready, table};

mod model;

const NOW: &str = "2026-11-21T01:02:00Z";

/// A run that may start.
fn fresh() -> Observed {
    Observed {
        kind: RunKind::CompactionJob,
        uid: UID.into(),
        deleting: false,
        suspend: false,
        ttl: None,
        state: RunState::default(),
        table_name: "orders".into(),
        table: Some(table(json!({}), ready("True", "Scheduled"))),
        place: Place::Free,
        ahead: None,
        job_name: "backfill-compaction".into(),
        job: None,
        pods: vec![],
    }
}

fn running() -> Observed {
    Observed {
        place: Place::Own,
        job: Some(job(json!({"active": 1}))),
        state: RunState { start_time: Some(Time(at("2026-11-21T01:00:00Z"))), ..RunState::default() },
        pods: vec![pod("x", json!({"phase": "Running"}))],
        ..fresh()
    }
}

fn ended_state() -> RunState {
    let condition = json!({
        "type": "Succeeded", "status": "True", "reason": "Completed", "message": "done",
        "lastTransitionTime": "2026-11-21T01:01:00Z",
    });
    RunState {
        completion_time: Some(Time(at("2026-11-21T01:01:00Z"))),
        conditions: vec![serde_json::from_value(condition).unwrap()],
        ..RunState::default()
    }
}

fn decided(run: &Observed) -> Decision {
    decide(run, "backfill", at(NOW))
}

fn waits_for(run: &Observed) -> &'static str {
    match decided(run) {
        Decision::Wait(waiting) => waiting.reason,
        other => panic!("expected to wait, got {other:?}"),
    }
}

#[test]
fn a_run_of_a_ready_table_with_a_free_place_launches() {
    assert_eq!(decided(&fresh()), Decision::Launch);
}

#[test]
fn a_run_waits_for_the_first_thing_in_its_way() {
    let no_table = Observed { table: None, ..fresh() };
    assert_eq!(waits_for(&no_table), "TableNotFound");
    let suspended = Observed { suspend: true, ..fresh() };
    assert_eq!(waits_for(&suspended), "Suspended");
    let table_suspended = table(json!({"suspend": true}), ready("True", "Suspended"));
    assert_eq!(waits_for(&Observed { table: Some(table_suspended), ..fresh() }), "TableSuspended");
    let unseen = Observed { table: Some(table(json!({}), json!({}))), ..fresh() };
    assert_eq!(waits_for(&unseen), "TableNotReady");
    let refused = Observed { table: Some(table(json!({}), ready("False", "UnsupportedTable"))), ..fresh() };
    assert_eq!(waits_for(&refused), "TableNotReady");
    let behind = Observed { ahead: Some("older".into()), ..fresh() };
    assert_eq!(waits_for(&behind), "TableBusy");
    let taken = Observed { place: Place::Taken("other".into()), ..fresh() };
    assert_eq!(waits_for(&taken), "TableBusy");
    let stopping = Observed { pods: vec![pod("x", json!({"phase": "Running"}))], ..fresh() };
    assert_eq!(waits_for(&stopping), "Stopping");
}

#[test]
fn readiness_of_an_older_spec_does_not_count() {
    let mut stale = (*table(json!({}), ready("True", "Scheduled"))).clone();
    stale.metadata.generation = Some(2);
    assert_eq!(waits_for(&Observed { table: Some(Arc::new(stale)), ..fresh() }), "TableNotReady");
}

#[test]
fn a_run_whose_deletion_has_begun_is_left_alone() {
    assert_eq!(decided(&Observed { deleting: true, ..running() }), Decision::Rest(None));
}

#[test]
fn a_stop_between_place_and_job_is_made_up_for() {
    let run = Observed { place: Place::Own, ..fresh() };
    assert_eq!(decided(&run), Decision::Launch);
}

#[test]
fn a_running_job_is_followed() {
    assert_eq!(decided(&running()), Decision::Follow(Startup::Begun, None));
}

#[test]
fn a_suspended_running_run_deletes_its_job_then_frees_its_place_when_its_pods_are_gone() {
    let suspended = Observed { suspend: true, ..running() };
    assert_eq!(decided(&suspended), Decision::Suspend);
    let stopping = Observed { job: None, state: RunState::default(), ..suspended };
    assert!(matches!(decided(&stopping), Decision::Wait(_)), "a pod is still there");
    let stopped = Observed { pods: vec![], ..stopping };
    assert!(matches!(decided(&stopped), Decision::Vacate(waiting) if waiting.reason == "Suspended"));
}

#[test]
fn a_resumed_run_waits_until_its_old_pod_has_stopped() {
    let resumed = Observed { job: None, state: RunState::default(), ..running() };
    assert_eq!(waits_for(&resumed), "Stopping");
    assert_eq!(decided(&Observed { pods: vec![], ..resumed }), Decision::Launch);
}

#[test]
fn a_suspended_table_lets_a_running_run_finish() {
    let run = Observed { table: Some(table(json!({"suspend": true}), json!({}))), ..running() };
    assert_eq!(decided(&run), Decision::Follow(Startup::Begun, None));
}

#[test]
fn a_running_run_finishes_without_its_table() {
    let text = message(Outcome::Succeeded, Reason::Completed, "done");
    let run = Observed {
        table: None,
        place: Place::Free,
        job: Some(job(complete())),
        pods: vec![ended_pod(0, "Completed", Some(&text))],
        ..running()
    };
    assert!(matches!(decided(&run), Decision::Finish(verdict) if verdict.succeeded()));
}

#[rstest]
#[case::failed(failed("PodFailurePolicy"), "PermissionDenied")]
#[case::deadline(failed("DeadlineExceeded"), "DeadlineExceeded")]
fn a_failed_job_ends_the_run(#[case] status: serde_json::Value, #[case] reason: &str) {
    let run = Observed { job: Some(job(status)), pods: vec![ended_pod(12, "Error", None)], ..running() };
    match decided(&run) {
        Decision::Finish(verdict) => assert_eq!(verdict.reason.as_str(), reason),
        other => panic!("expected the end, got {other:?}"),
    }
}

#[test]
fn the_end_of_a_job_outranks_suspension() {
    let run = Observed { suspend: true, job: Some(job(complete())), pods: vec![], ..running() };
    assert!(matches!(decided(&run), Decision::Finish(_)));
}

#[test]
fn a_deleted_job_ends_the_run() {
    match decided(&Observed { job: None, pods: vec![], ..running() }) {
        Decision::Finish(verdict) => assert_eq!(verdict.reason, EndReason::JobDeleted),
        other => panic!("expected the end, got {other:?}"),
    }
}

#[test]
fn a_job_of_somebody_else_is_left_alone() {
    let mut foreign = (*job(json!({"active": 1}))).clone();
    foreign.metadata.owner_references = None;
    let run = Observed { job: Some(Arc::new(foreign)), place: Place::Own, ..fresh() };
    match decided(&run) {
        Decision::Finish(verdict) => assert_eq!(verdict.reason, EndReason::JobNameConflict),
        other => panic!("expected the end, got {other:?}"),
    }
}

#[test]
fn a_pod_that_does_not_start_fails_the_run_after_the_deadline_only() {
    let pending = json!({"phase": "Pending", "containerStatuses": [{
        "name": "table-service", "image": "", "imageID": "", "ready": false, "restartCount": 0,
        "state": {"waiting": {"reason": "CreateContainerConfigError", "message": "secret \"s3\" not found"}},
    }]});
    let run = Observed {
        table: Some(table(json!({"jobTemplate": {"startDeadlineSeconds": 60}}), ready("True", "Scheduled"))),
        pods: vec![pod("x", pending)],
        ..running()
    };
    let before = decide(&run, "backfill", at("2026-11-21T01:01:00Z"));
    assert!(matches!(before, Decision::Follow(_, Some(until)) if until == at("2026-11-21T01:01:01Z")));
    match decide(&run, "backfill", at("2026-11-21T01:01:01Z")) {
        Decision::Finish(verdict) => {
            assert_eq!(verdict.reason, EndReason::ConfigError);
            assert_eq!(
                verdict.message,
                "the pod did not start within 60 s: CreateContainerConfigError: secret \"s3\" not found"
            );
        }
        other => panic!("expected the end, got {other:?}"),
    }
}

#[test]
fn the_job_of_a_run_that_was_given_up_is_deleted_before_its_place_is_freed() {
    let run = Observed { state: ended_state(), ..running() };
    assert_eq!(decided(&run), Decision::StopJob);
    let stopping = Observed { job: None, ..run };
    assert_eq!(decided(&stopping), Decision::Rest(None), "a pod is still there");
    let stopped = Observed { pods: vec![], ..stopping };
    assert!(matches!(decided(&stopped), Decision::Release(_)));
}

#[test]
fn the_end_of_a_run_is_counted_with_what_its_pod_saw() {
    let text = message(Outcome::Succeeded, Reason::Completed, "done");
    let run = Observed {
        state: ended_state(),
        job: Some(job(complete())),
        pods: vec![ended_pod(0, "Completed", Some(&text))],
        ..running()
    };
    let Decision::Release(end) = decided(&run) else { panic!("expected a release") };
    assert!(end.succeeded);
    assert_eq!((end.run.reason.as_str(), end.run.message.as_str()), ("Completed", "done"));
    assert_eq!(end.completed, at("2026-11-21T01:01:00Z"));
    assert_eq!(end.table.unwrap().snapshots, 3);
}

#[test]
fn an_ended_run_stays_until_its_time_to_live_is_over() {
    let ended = Observed { state: ended_state(), ..fresh() };
    assert_eq!(decided(&ended), Decision::Rest(None));
    let short = Observed { ttl: Some(SignedDuration::from_secs(60)), ..ended.clone() };
    assert_eq!(decided(&short), Decision::Delete);
    let long = Observed { ttl: Some(SignedDuration::from_secs(61)), ..ended };
    assert_eq!(decided(&long), Decision::Rest(Some(at("2026-11-21T01:02:01Z"))));
}
