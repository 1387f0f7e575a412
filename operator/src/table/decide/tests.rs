use rstest::rstest;
use serde_json::{Value, json};

use super::{super::inspection::fingerprint, *};
use crate::{
    conditions::STALLED,
    testing::{at, table},
};

const HOURLY: &str = "0 * * * *";
const NOW: &str = "2026-11-21T05:30:00Z";

fn spec() -> Value {
    json!({"maintenance": {"compaction": {
        "schedule": HOURLY, "jitterSeconds": 0, "successfulJobsHistoryLimit": 1, "failedJobsHistoryLimit": 0,
    }}})
}

/// A Table that was inspected and whose schedule was first seen at 04:30.
fn observed(spec: Value, operation: Value) -> Observed {
    let fingerprint = fingerprint(&table(spec.clone(), json!({})));
    let mut compaction = json!({"scheduledSince": "2026-11-21T04:30:00Z"});
    if let (Some(known), Value::Object(more)) = (compaction.as_object_mut(), operation) {
        known.extend(more);
    }
    let status = json!({
        "compaction": compaction,
        "inspection": {
            "count": 1, "time": "2026-11-21T05:00:00Z", "fingerprint": fingerprint, "reason": "Completed",
            "consecutiveFailures": 0,
        },
    });
    Observed {
        table: table(spec, status),
        conflict: None,
        runs: vec![],
        abandoned: vec![],
        inspections: vec![],
    }
}

fn ready(plan: &Plan) -> (&str, &str) {
    let ready = plan.findings.iter().find(|finding| finding.type_ == READY).unwrap();
    (ready.status, &ready.reason)
}

fn creations(observed: &Observed) -> Vec<Creation> {
    decide(observed, at(NOW)).creations
}

fn past(name: &str, end: Option<(&str, bool)>) -> PastRun {
    PastRun {
        kind: RunKind::CompactionJob,
        name: name.into(),
        uid: name.into(),
        scheduled: true,
        end: end.map(|(time, succeeded)| (at(time), succeeded)),
    }
}

#[test]
fn a_due_slot_creates_its_run_once() {
    let table = observed(spec(), json!({}));
    let slot = at("2026-11-21T05:00:00Z");
    let plan = decide(&table, at(NOW));
    assert_eq!(plan.creations, [Creation { kind: RunKind::CompactionJob, slot, missed: false }]);
    assert_eq!(plan.schedules[0].last, Some(Time(slot)));
    assert_eq!(plan.schedules[0].next, Some(Time(at("2026-11-21T06:00:00Z"))));
    assert_eq!(plan.next_look, Some(at("2026-11-21T06:00:00Z")));
    assert_eq!(ready(&plan), ("True", "Scheduled"));
    assert!(creations(&observed(spec(), json!({"lastScheduleTime": "2026-11-21T05:00:00Z"}))).is_empty());
}

#[test]
fn slots_before_a_schedule_was_seen_are_not_made_up_for() {
    let table = observed(spec(), json!({"scheduledSince": "2026-11-21T05:10:00Z"}));
    assert!(creations(&table).is_empty());
}

#[test]
fn a_slot_beyond_its_starting_deadline_is_noted_and_skipped() {
    let mut spec = spec();
    spec["maintenance"]["compaction"]["startingDeadlineSeconds"] = json!(1799);
    assert!(creations(&observed(spec.clone(), json!({})))[0].missed);
    spec["maintenance"]["compaction"]["startingDeadlineSeconds"] = json!(1800);
    assert!(!creations(&observed(spec, json!({})))[0].missed);
}

#[test]
fn an_unfinished_scheduled_run_holds_its_successor_back() {
    let mut table = observed(spec(), json!({}));
    table.runs = vec![past("orders-1", None)];
    assert!(creations(&table).is_empty());
    table.runs[0].scheduled = false;
    assert_eq!(creations(&table).len(), 1, "a run by hand does not");
}

#[rstest]
#[case::backs_off("PermissionDenied", 1, 0)]
#[case::conflicts_are_nobodys_fault("CommitConflict", 1, 1)]
#[case::of_an_older_spec("PermissionDenied", 0, 1)]
fn failures_space_out_a_schedule(#[case] reason: &str, #[case] generation: i64, #[case] expected: usize) {
    let table = observed(
        spec(),
        json!({
            "consecutiveFailures": 3, "failuresGeneration": generation, "lastFailureTime": "2026-11-21T04:40:00Z",
            "lastRunRef": {"kind": "CompactionJob", "name": "x", "uid": "y", "reason": reason, "message": "no"},
        }),
    );
    assert_eq!(creations(&table).len(), expected);
    let plan = decide(&table, at(NOW));
    let health = plan.findings.iter().find(|it| it.type_ == "CompactionHealthy").unwrap();
    assert_eq!((health.status, health.reason.as_str()), ("False", reason));
    if expected == 0 {
        assert_eq!(
            plan.schedules[0].next,
            Some(Time(at("2026-11-21T09:00:00Z"))),
            "the first slot after a pause of 4 h"
        );
    }
    assert_eq!(
        ready(&plan),
        ("True", "Scheduled"),
        "how runs end does not decide whether the Table is ready"
    );
}

#[rstest]
#[case::suspended(json!({"suspend": true}), ("True", "Suspended"), false)]
#[case::bad_cron(json!({"maintenance": {"compaction": {"schedule": "61 * * * *"}}}), ("False", "InvalidSchedule"), true)]
#[case::bad_zone(
    json!({"maintenance": {"compaction": {"schedule": "@daily", "timeZone": "Mars/Olympus"}}}),
    ("False", "InvalidTimeZone"),
    true
)]
#[case::observed_only(json!({"maintenance": {}}), ("True", "Observed"), false)]
fn the_spec_alone_may_decide_readiness(
    #[case] spec: Value,
    #[case] expected: (&str, &str),
    #[case] stalled: bool,
) {
    let plan = decide(&observed(spec, json!({})), at(NOW));
    assert_eq!(ready(&plan), expected);
    assert_eq!(plan.findings.iter().any(|it| it.type_ == STALLED), stalled);
    assert!(plan.creations.is_empty());
}

#[rstest]
#[case("UnsupportedTable", true)]
#[case("TableNotFound", true)]
#[case("PermissionDenied", true)]
#[case("ConfigError", true)]
#[case("StorageUnavailable", false)]
#[case("Unschedulable", false)]
fn an_unusable_table_is_not_ready_and_creates_nothing(#[case] reason: &str, #[case] stalled: bool) {
    let mut table = (*observed(spec(), json!({})).table).clone();
    let inspection = table.status.as_mut().unwrap().inspection.as_mut().unwrap();
    inspection.reason = Some(reason.into());
    inspection.consecutive_failures = Some(1);
    let mut observed = observed(spec(), json!({}));
    observed.table = std::sync::Arc::new(table);
    let plan = decide(&observed, at("2026-11-21T05:00:10Z"));
    assert_eq!(ready(&plan), ("False", reason));
    assert_eq!(plan.findings.iter().any(|it| it.type_ == STALLED), stalled);
    assert!(plan.creations.is_empty());
}

#[test]
fn a_younger_table_on_the_same_data_is_in_conflict() {
    let mut table = observed(spec(), json!({}));
    table.conflict = Some(("lake".into(), "older".into()));
    let plan = decide(&table, at(NOW));
    assert_eq!(ready(&plan), ("False", "LocationConflict"));
    assert!(plan.creations.is_empty());
}

#[test]
fn a_table_that_was_not_inspected_yet_is_neither_ready_nor_not() {
    let mut table = observed(spec(), json!({}));
    table.table = crate::testing::table(spec(), json!({}));
    let plan = decide(&table, at(NOW));
    assert_eq!(ready(&plan), ("Unknown", "Inspecting"));
    assert!(matches!(plan.inspection, Inspection::Launch(_)));
}

#[test]
fn history_keeps_the_newest_of_each_outcome_and_runs_whose_end_is_not_counted() {
    let mut table = observed(spec(), json!({"lastScheduleTime": "2026-11-21T05:00:00Z"}));
    let mut by_hand = past("by-hand", Some(("2026-11-20T00:00:00Z", true)));
    by_hand.scheduled = false;
    table.runs = vec![
        past("old", Some(("2026-11-20T00:00:00Z", true))),
        past("new", Some(("2026-11-20T01:00:00Z", true))),
        past("failed", Some(("2026-11-20T02:00:00Z", false))),
        past("active", None),
        by_hand,
    ];
    let names = |table: &Observed| {
        decide(table, at(NOW)).obsolete.into_iter().map(|run| run.name).collect::<Vec<_>>()
    };
    assert_eq!(names(&table), ["old", "failed"]);
    let mut held = (*table.table).clone();
    held.status.as_mut().unwrap().active_runs = vec![
        serde_json::from_value(json!({
            "kind": "CompactionJob", "name": "failed", "uid": "failed", "since": "2026-11-20T01:00:00Z",
        }))
        .unwrap(),
    ];
    table.table = std::sync::Arc::new(held);
    assert_eq!(names(&table), ["old"]);
}
