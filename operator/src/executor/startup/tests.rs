use rstest::rstest;
use serde_json::{Value, json};

use super::*;
use crate::testing::{at, job, pod};

fn waiting(reason: &str) -> Value {
    json!({"phase": "Pending", "containerStatuses": [{
        "name": "table-service", "image": "", "imageID": "", "ready": false, "restartCount": 0,
        "state": {"waiting": {"reason": reason, "message": "more about it"}},
    }]})
}

#[rstest]
#[case("ErrImagePull", EndReason::ImagePullFailed)]
#[case("ImagePullBackOff", EndReason::ImagePullFailed)]
#[case("ErrImageNeverPull", EndReason::ImagePullFailed)]
#[case("InvalidImageName", EndReason::ImagePullFailed)]
#[case("CreateContainerConfigError", EndReason::ConfigError)]
#[case("CreateContainerError", EndReason::ConfigError)]
fn a_waiting_container_tells_why(#[case] waits_for: &str, #[case] end: EndReason) {
    let found = startup(&job(json!({"active": 1})), &[pod("x", waiting(waits_for))]);
    let message = format!("{waits_for}: more about it");
    assert_eq!(found, Startup::Pending { reason: end, message, since: at("2026-11-21T01:00:01Z") });
}

#[test]
fn a_pod_that_no_node_takes_is_unschedulable() {
    let status = json!({"phase": "Pending", "conditions": [{
        "type": "PodScheduled", "status": "False", "reason": "Unschedulable",
        "message": "0/5 nodes are available: 5 Insufficient memory.",
    }]});
    let found = startup(&job(json!({"active": 1})), &[pod("x", status)]);
    let message = "0/5 nodes are available: 5 Insufficient memory.".to_owned();
    assert_eq!(
        found,
        Startup::Pending { reason: EndReason::Unschedulable, message, since: at("2026-11-21T01:00:01Z") }
    );
}

#[test]
fn a_container_being_created_has_no_cause_yet() {
    let found = startup(&job(json!({"active": 1})), &[pod("x", waiting("ContainerCreating"))]);
    assert!(matches!(found, Startup::Pending { reason: EndReason::NotStarted, .. }), "{found:?}");
}

#[test]
fn a_job_without_any_pod_lacks_something() {
    let found = startup::<Pod>(&job(json!({})), &[]);
    assert!(
        matches!(found, Startup::Pending { reason: EndReason::ConfigError, since, .. } if since == at("2026-11-21T01:00:00Z"))
    );
}

#[test]
fn a_job_between_two_attempts_has_begun() {
    assert_eq!(startup::<Pod>(&job(json!({"failed": 1})), &[]), Startup::Begun);
    assert_eq!(startup(&job(json!({"active": 1})), &[pod("x", json!({"phase": "Running"}))]), Startup::Begun);
}

#[test]
fn a_job_that_a_queueing_system_holds_back_has_no_deadline() {
    let mut held = (*job(json!({}))).clone();
    held.spec.get_or_insert_default().suspend = Some(true);
    assert_eq!(startup::<Pod>(&held, &[]), Startup::HeldBack);
}
