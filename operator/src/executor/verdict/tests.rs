use rstest::rstest;
use serde_json::json;

use super::*;
use crate::testing::{UID, complete, ended_pod, failed, job, message, pod};

#[test]
fn a_job_that_has_not_ended_has_no_verdict() {
    assert_eq!(verdict::<Pod>(&job(json!({"active": 1})), &[], UID), None);
    let stopping = json!({"conditions": [{"type": "FailureTarget", "status": "True"}]});
    assert_eq!(verdict::<Pod>(&job(stopping), &[], UID), None, "its pods may still work");
}

#[rstest]
#[case::done(Outcome::Succeeded, Reason::Completed)]
#[case::nothing_to_do(Outcome::NothingToDo, Reason::NothingToDo)]
#[case::dry_run(Outcome::DryRun, Reason::DryRun)]
fn a_completed_job_tells_what_its_pod_reported(#[case] outcome: Outcome, #[case] reason: Reason) {
    let pods = [ended_pod(0, "Completed", Some(&message(outcome, reason, "rewrote 10 files")))];
    let verdict = verdict(&job(complete()), &pods, UID).unwrap();
    assert!(verdict.succeeded());
    assert_eq!(verdict.reason, EndReason::Reported(reason));
    assert_eq!(verdict.outcome, outcome);
    assert_eq!(verdict.message, "rewrote 10 files");
    assert_eq!(verdict.completed, crate::testing::at("2026-11-21T01:05:01Z"));
    assert_eq!(verdict.result.unwrap().compaction.unwrap().input_files, 10);
}

#[rstest]
#[case::no_pod(vec![])]
#[case::no_message(vec![ended_pod(0, "Completed", None)])]
#[case::message_of_another_run(
    vec![ended_pod(0, "Completed", Some(&message(Outcome::Succeeded, Reason::Completed, "").replace(UID, "other")))]
)]
fn a_completed_job_without_a_result_has_succeeded_all_the_same(#[case] pods: Vec<std::sync::Arc<Pod>>) {
    let verdict = verdict(&job(complete()), &pods, UID).unwrap();
    assert!(verdict.succeeded());
    assert_eq!(verdict.reason, EndReason::ResultUnavailable);
}

#[test]
fn exit_code_zero_with_a_reported_failure_is_a_defect() {
    let text = message(Outcome::Failed, Reason::PermissionDenied, "403");
    let verdict = verdict(&job(complete()), &[ended_pod(0, "Completed", Some(&text))], UID).unwrap();
    assert_eq!(verdict.reason, EndReason::Reported(Reason::InternalError));
    assert!(!verdict.succeeded());
}

#[rstest]
#[case(1, "InternalError", true)]
#[case(2, "UsageError", false)]
#[case(10, "InvalidConfig", false)]
#[case(11, "UnsupportedTable", false)]
#[case(12, "PermissionDenied", false)]
#[case(13, "CommitConflict", true)]
#[case(14, "StorageUnavailable", true)]
#[case(15, "TableDamaged", false)]
#[case(16, "SafetyRefused", false)]
#[case(101, "InternalError", true)]
#[case(143, "Terminated", true)]
#[case(137, "Killed", true)]
#[case(77, "InternalError", true)]
fn an_exit_code_alone_tells_the_reason(#[case] code: i32, #[case] reason: &str, #[case] retriable: bool) {
    let pods = [ended_pod(code, "Error", Some("thread 'main' panicked\nat \u{1b}[31m"))];
    let failure = verdict(&job(failed("BackoffLimitExceeded")), &pods, UID).unwrap().failure.unwrap();
    assert_eq!((failure.reason.as_str(), failure.retriable), (reason, retriable));
    assert_eq!(failure.exit_code, Some(code));
    assert_eq!(failure.pod_name.as_deref(), Some("backfill-compaction-x"));
    assert!(!failure.message.contains(char::is_control), "{:?}", failure.message);
}

#[test]
fn the_message_tells_more_than_the_exit_code_when_they_agree() {
    let text = message(Outcome::Failed, Reason::TableNotFound, "no table at s3://lake/x");
    let pods = [ended_pod(11, "Error", Some(&text))];
    let verdict = verdict(&job(failed("PodFailurePolicy")), &pods, UID).unwrap();
    assert_eq!(verdict.reason, EndReason::Reported(Reason::TableNotFound));
    assert_eq!(verdict.message, "no table at s3://lake/x");
}

#[test]
fn the_exit_code_wins_over_a_message_that_contradicts_it() {
    let text = message(Outcome::Succeeded, Reason::Completed, "done");
    let pods = [ended_pod(14, "Error", Some(&text))];
    let verdict = verdict(&job(failed("BackoffLimitExceeded")), &pods, UID).unwrap();
    assert_eq!(verdict.reason, EndReason::Reported(Reason::StorageUnavailable));
}

#[test]
fn running_out_of_memory_names_the_limit_to_raise() {
    let pods = [ended_pod(137, "OOMKilled", None)];
    let verdict = verdict(&job(failed("BackoffLimitExceeded")), &pods, UID).unwrap();
    assert_eq!(verdict.reason, EndReason::OutOfMemory);
    assert!(verdict.message.contains("resources.limits.memory"));
}

#[test]
fn an_exceeded_deadline_outranks_how_the_pod_ended() {
    let pods = [ended_pod(143, "Error", Some(&message(Outcome::Cancelled, Reason::Terminated, "stopped")))];
    let verdict = verdict(&job(failed("DeadlineExceeded")), &pods, UID).unwrap();
    assert_eq!(verdict.reason, EndReason::DeadlineExceeded);
    assert_eq!(verdict.outcome, Outcome::Cancelled);
}

#[test]
fn a_disrupted_pod_without_a_container_is_evicted() {
    let disrupted =
        pod("x", json!({"phase": "Failed", "conditions": [{"type": "DisruptionTarget", "status": "True"}]}));
    let verdict = verdict(&job(failed("BackoffLimitExceeded")), &[disrupted], UID).unwrap();
    assert_eq!(verdict.reason, EndReason::Evicted);
}

#[test]
fn a_failed_job_without_pods_keeps_its_own_word() {
    let verdict = verdict::<Pod>(&job(failed("BackoffLimitExceeded")), &[], UID).unwrap();
    assert_eq!(verdict.reason, EndReason::ResultUnavailable);
    assert_eq!(verdict.message, "the Job failed: the Job says why");
}

#[test]
fn pods_without_an_end_are_active() {
    assert!(has_active_pods(&[pod("x", json!({"phase": "Pending"}))]));
    assert!(has_active_pods(&[pod("x", json!({}))]));
    assert!(!has_active_pods(&[ended_pod(0, "Completed", None), ended_pod(1, "Error", None)]));
}
