use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};
use weir_contract::Outcome;

use super::{super::observe::InspectionJob, *};
use crate::testing::{UID, at, complete, ended_pod, failed, job, message, pod, table};

const NOW: &str = "2026-11-21T01:02:00Z";

fn observed(spec: Value, status: Value) -> Observed {
    Observed {
        table: table(spec, status),
        conflict: None,
        runs: vec![],
        abandoned: vec![],
        inspections: vec![],
    }
}

/// A Table that was inspected at 01:00 with this result.
fn inspected(reason: &str, failures: i32) -> Value {
    let fingerprint = fingerprint(&table(json!({}), json!({})));
    json!({"inspection": {
        "count": 3, "time": "2026-11-21T01:00:00Z", "fingerprint": fingerprint, "reason": reason,
        "consecutiveFailures": failures,
    }})
}

fn with_job(mut observed: Observed, status: Value, pods: Vec<Arc<Pod>>) -> Observed {
    let table = &observed.table;
    let finished = table.status.as_ref().and_then(|it| it.inspection.as_ref()).map_or(0, |it| it.count);
    let mut job = (*job(status)).clone();
    job.metadata.name = Some(inspection_job_name("orders", UID, &fingerprint(table), finished));
    observed.inspections = vec![InspectionJob { job: Arc::new(job), pods }];
    observed
}

#[test]
fn a_new_table_is_inspected_at_once() {
    assert!(matches!(inspection(&observed(json!({}), json!({})), at(NOW)), Inspection::Launch(_)));
}

#[test]
fn a_usable_table_is_inspected_again_after_a_day() {
    let table = observed(json!({}), inspected("Completed", 0));
    let tomorrow = at("2026-11-22T01:00:00Z");
    assert!(matches!(inspection(&table, at(NOW)), Inspection::Rest(Some(time)) if time == tomorrow));
    assert!(matches!(inspection(&table, tomorrow), Inspection::Launch(_)));
}

#[test]
fn an_unusable_table_is_inspected_again_after_growing_pauses() {
    for (failures, pause) in [(1, "1m"), (2, "2m"), (5, "16m"), (7, "1h"), (90, "1h")] {
        let table = observed(json!({}), inspected("StorageUnavailable", failures));
        let again = at("2026-11-21T01:00:00Z").checked_add(pause.parse::<SignedDuration>().unwrap()).unwrap();
        assert_eq!(
            due(
                &table.table,
                table.table.status.as_ref().unwrap().inspection.as_ref(),
                &fingerprint(&table.table)
            ),
            Some(again)
        );
    }
}

#[test]
fn a_changed_store_identity_or_schedule_asks_for_a_new_inspection() {
    let status = inspected("Completed", 0);
    for spec in [
        json!({"storage": {"s3": {"endpoint": "http://other:9000"}}}),
        json!({"jobTemplate": {"serviceAccountName": "other"}}),
        json!({"maintenance": {"compaction": {"schedule": "@daily"}}}),
    ] {
        assert!(matches!(inspection(&observed(spec, status.clone()), at(NOW)), Inspection::Launch(_)));
    }
    let other_time = json!({"suspend": false, "maintenance": {}});
    assert!(matches!(inspection(&observed(other_time, status), at(NOW)), Inspection::Rest(_)));
}

#[test]
fn a_run_that_found_no_table_asks_for_a_new_inspection() {
    let mut status = inspected("Completed", 0);
    status["compaction"] = json!({
        "lastFailureTime": "2026-11-21T01:01:00Z",
        "lastRunRef": {"kind": "CompactionJob", "name": "x", "uid": "y", "reason": "TableNotFound", "message": ""},
    });
    assert!(matches!(inspection(&observed(json!({}), status.clone()), at(NOW)), Inspection::Launch(_)));
    status["compaction"]["lastRunRef"]["reason"] = json!("CommitConflict");
    assert!(matches!(inspection(&observed(json!({}), status), at(NOW)), Inspection::Rest(_)));
}

#[test]
fn nothing_is_inspected_while_suspended_or_in_conflict() {
    let suspended = observed(json!({"suspend": true}), json!({}));
    assert!(matches!(inspection(&suspended, at(NOW)), Inspection::Rest(None)));
    let running = with_job(suspended, json!({"active": 1}), vec![]);
    assert!(matches!(inspection(&running, at(NOW)), Inspection::Discard(_)));
    let mut conflict = observed(json!({}), json!({}));
    conflict.conflict = Some(("sales".into(), "older".into()));
    assert!(matches!(inspection(&conflict, at(NOW)), Inspection::Rest(None)));
}

#[test]
fn an_inspection_of_an_older_spec_or_one_that_is_recorded_is_discarded() {
    let mut outdated = with_job(observed(json!({}), json!({})), complete(), vec![]);
    outdated.table = table(json!({"storage": {"s3": {"region": "eu-west-1"}}}), json!({}));
    assert!(matches!(inspection(&outdated, at(NOW)), Inspection::Discard(_)));
    let mut recorded = with_job(observed(json!({}), json!({})), complete(), vec![]);
    recorded.table = table(json!({}), inspected("Completed", 0));
    assert!(matches!(inspection(&recorded, at(NOW)), Inspection::Discard(_)));
}

#[test]
fn a_pod_that_cannot_start_ends_the_inspection() {
    let pending = pod("x", json!({"phase": "Pending"}));
    let spec = json!({"jobTemplate": {"startDeadlineSeconds": 10}});
    let waiting = with_job(observed(spec, json!({})), json!({"active": 1}), vec![pending]);
    match inspection(&waiting, at(NOW)) {
        Inspection::Record(verdict) => assert_eq!(verdict.reason, EndReason::NotStarted),
        other => panic!("expected the end, got {other:?}"),
    }
}

#[test]
fn failures_are_counted_for_one_fingerprint() {
    let text = message(Outcome::Failed, Reason::TableNotFound, "no table at s3://lake/x");
    let pods = vec![ended_pod(11, "Error", Some(&text))];
    let ended =
        with_job(observed(json!({}), inspected("TableNotFound", 2)), failed("PodFailurePolicy"), pods);
    let Inspection::Record(verdict) = inspection(&ended, at("2026-11-21T02:00:00Z")) else {
        panic!("expected the end")
    };
    let status = recorded(&ended.table, &verdict);
    assert_eq!((status.count, status.consecutive_failures), (4, Some(3)));
    assert_eq!(status.reason.as_deref(), Some("TableNotFound"));
    let other = table(json!({"storage": {"s3": {}}}), inspected("TableNotFound", 2));
    assert_eq!(recorded(&other, &verdict).consecutive_failures, Some(1));
}
