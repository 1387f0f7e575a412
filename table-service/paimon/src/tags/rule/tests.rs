use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;

fn options(extra: &[(&str, &str)]) -> TableOptions {
    let values = [("tag.automatic-creation", "process-time")].iter().chain(extra);
    TableOptions::new(
        values.map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect::<BTreeMap<_, _>>(),
    )
}

fn rule(extra: &[(&str, &str)]) -> Rule {
    Rule::of(&options(extra), &TimeZone::UTC, None).unwrap().unwrap()
}

fn millis(time: &str) -> i64 {
    format!("{time}Z").parse::<Timestamp>().unwrap().as_millisecond()
}

fn snapshot(id: i64, time_millis: i64, watermark: Option<i64>) -> Snapshot {
    let json = serde_json::json!({
        "version": 3, "id": id, "schemaId": 0, "baseManifestList": "b", "deltaManifestList": "d",
        "commitUser": "u", "commitIdentifier": id, "commitKind": "APPEND", "timeMillis": time_millis,
        "watermark": watermark,
    });
    Snapshot::parse(json.to_string().as_bytes()).unwrap()
}

/// Snapshots 1, 2, … at these times in UTC.
fn history(times: &[&str]) -> Vec<Snapshot> {
    (1..).zip(times).map(|(id, time)| snapshot(id, millis(time), None)).collect()
}

fn due(rule: &Rule, snapshots: &[Snapshot], tags: &[(&str, i64)]) -> Vec<(String, i64)> {
    let tags = rule.automatic(tags.iter().copied());
    rule.due(snapshots, &tags).into_iter().map(|tag| (tag.name, tag.snapshot)).collect()
}

fn expect(tags: &[(&str, i64)]) -> Vec<(String, i64)> {
    tags.iter().map(|(name, snapshot)| ((*name).to_owned(), *snapshot)).collect()
}

#[test]
fn the_tag_of_a_day_is_the_first_snapshot_after_it() {
    let snapshots = history(&[
        "2026-11-20T10:00",
        "2026-11-20T23:59:59.999",
        "2026-11-21T00:00",
        "2026-11-21T09:00",
        "2026-11-22T03:00",
    ]);
    let expected = expect(&[("2026-11-19", 1), ("2026-11-20", 3), ("2026-11-21", 5)]);
    assert_eq!(due(&rule(&[]), &snapshots, &[]), expected);
    assert_eq!(due(&rule(&[]), &snapshots, &[("2026-11-20", 3)]), expect(&[("2026-11-21", 5)]));
    assert_eq!(due(&rule(&[]), &snapshots, &[("2026-11-21", 5)]), []);
}

#[test]
fn a_delay_waits_for_late_data() {
    let rule = rule(&[("tag.creation-delay", "1 h")]);
    let snapshots = history(&[
        "2026-11-20T10:00",
        "2026-11-21T00:30",
        "2026-11-21T01:00",
        "2026-11-22T00:59",
        "2026-11-23T00:10",
    ]);
    // The last snapshot is too early for the tag of the 22nd.
    assert_eq!(
        due(&rule, &snapshots, &[]),
        expect(&[("2026-11-19", 1), ("2026-11-20", 3), ("2026-11-21", 5)])
    );
}

#[test]
fn a_gap_leaves_the_last_period_or_is_filled_snapshot_by_snapshot() {
    let snapshots = history(&[
        "2026-11-20T10:00",
        "2026-11-25T10:00",
        "2026-11-25T11:00",
        "2026-11-25T12:00",
        "2026-11-25T13:00",
        "2026-11-25T14:00",
        "2026-11-25T15:00",
        "2026-11-25T16:00",
    ]);
    assert_eq!(due(&rule(&[]), &snapshots, &[]), expect(&[("2026-11-19", 1), ("2026-11-24", 2)]));
    let completing = rule(&[("tag.automatic-completion", "true")]);
    let filled = [
        ("2026-11-19", 1),
        ("2026-11-20", 2),
        ("2026-11-21", 3),
        ("2026-11-22", 4),
        ("2026-11-23", 5),
        ("2026-11-24", 6),
    ];
    assert_eq!(due(&completing, &snapshots, &[]), expect(&filled));
}

#[test]
fn a_name_that_is_taken_is_done() {
    let snapshots = history(&["2026-11-20T10:00", "2026-11-21T10:00", "2026-11-22T10:00"]);
    // Somebody tagged an older snapshot with the name of a later day.
    assert_eq!(
        due(&rule(&[]), &snapshots, &[("2026-11-21", 0), ("2026-11-19", 1)]),
        expect(&[("2026-11-20", 2)])
    );
}

#[test]
fn two_automatic_tags_of_one_snapshot_stop_nothing() {
    let snapshots = history(&["2026-11-20T10:00", "2026-11-21T10:00", "2026-11-22T10:00"]);
    let tags = [("2026-11-19", 2), ("2026-11-20", 2), ("mine", 3)];
    assert_eq!(due(&rule(&[]), &snapshots, &tags), expect(&[("2026-11-21", 3)]));
}

#[test]
fn a_snapshot_without_watermark_is_passed_over() {
    let rule = rule(&[("tag.automatic-creation", "watermark")]);
    let marks = [
        None,
        Some(i64::MIN),
        Some(millis("2026-11-20T10:00")),
        Some(i64::MAX),
        Some(millis("2026-11-21T00:00")),
    ];
    let snapshots: Vec<Snapshot> = (1..).zip(marks).map(|(id, mark)| snapshot(id, 0, mark)).collect();
    assert_eq!(due(&rule, &snapshots, &[]), expect(&[("2026-11-19", 3), ("2026-11-20", 5)]));
}

#[test]
fn each_clock_has_its_zone() {
    let time = millis("2026-11-20T17:00");
    let snapshots = [snapshot(1, time, Some(time))];
    for (mode, zone, name) in [
        ("process-time", "sink.process-time-zone", "2026-11-20"),
        ("process-time", "sink.watermark-time-zone", "2026-11-19"),
        ("watermark", "sink.watermark-time-zone", "2026-11-20"),
        ("watermark", "sink.process-time-zone", "2026-11-19"),
    ] {
        let rule = rule(&[("tag.automatic-creation", mode), (zone, "Asia/Shanghai")]);
        assert_eq!(due(&rule, &snapshots, &[]), expect(&[(name, 1)]), "{mode} {zone}");
    }
    let shanghai = parse_time_zone("Asia/Shanghai").unwrap();
    let rule = Rule::of(&options(&[]), &shanghai, None).unwrap().unwrap();
    assert_eq!(due(&rule, &snapshots, &[]), expect(&[("2026-11-20", 1)]), "the zone of writers");
}

#[test]
fn the_hour_that_comes_twice_gets_one_tag() {
    let rule = rule(&[("tag.creation-period", "hourly"), ("sink.process-time-zone", "Europe/Berlin")]);
    // At 01:00 UTC the clocks go back from 03:00 to 02:00.
    let snapshots =
        history(&["2026-10-25T00:00", "2026-10-25T00:30", "2026-10-25T01:00", "2026-10-25T02:00"]);
    assert_eq!(due(&rule, &snapshots, &[]), expect(&[("2026-10-25 01", 1), ("2026-10-25 02", 4)]));
}

/// Hazard 9: the clock of one writer is a day ahead.
#[test]
fn hazard_9_a_clock_that_goes_back_makes_no_second_tag() {
    let snapshots =
        history(&["2026-11-20T12:00", "2026-11-22T00:10", "2026-11-21T00:20", "2026-11-23T00:00"]);
    let expected = [("2026-11-19", 1), ("2026-11-21", 2), ("2026-11-22", 4)];
    assert_eq!(due(&rule(&[]), &snapshots, &[]), expect(&expected));
}

#[test]
fn a_rule_that_can_never_work_is_refused() {
    for extra in [
        ("tag.creation-delay", "1 d"),
        ("sink.process-time-zone", "Mars/Olympus"),
        ("tag.creation-period-duration", "0 s"),
        ("tag.creation-period", "monthly"),
    ] {
        let error = Rule::of(&options(&[extra]), &TimeZone::UTC, None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{extra:?}: {error}");
    }
    for mode in ["none", "batch"] {
        assert!(
            Rule::of(&options(&[("tag.automatic-creation", mode)]), &TimeZone::UTC, None).unwrap().is_none()
        );
    }
}

proptest! {
    #[test]
    fn looking_often_or_late_makes_the_same_tags(
        gaps in proptest::collection::vec(0_i64..200_000_000, 1..40),
        completion in any::<bool>(),
        delay in 0_u32..86_400,
        period in prop_oneof![Just("daily"), Just("hourly"), Just("two-hours")],
    ) {
        let delay = format!("{} s", if period == "daily" { delay } else { delay % 3600 });
        let completion = completion.to_string();
        let rule = rule(&[
            ("tag.automatic-completion", completion.as_str()),
            ("tag.creation-delay", delay.as_str()),
            ("tag.creation-period", period),
        ]);
        let mut time = millis("2026-11-20T00:00");
        let snapshots: Vec<Snapshot> = (1..).zip(&gaps).map(|(id, gap)| { time += gap; snapshot(id, time, None) }).collect();
        let late = rule.due(&snapshots, &[]);
        let mut often = Vec::new();
        for seen in 1..=snapshots.len() {
            let fresh = rule.due(&snapshots[..seen], &often);
            prop_assert!(fresh.len() <= 1, "more than one tag for one new snapshot");
            often.extend(fresh);
        }
        prop_assert_eq!(&late, &often);
        prop_assert!(rule.due(&snapshots, &late).is_empty());
        let tagged: BTreeSet<i64> = late.iter().map(|tag| tag.snapshot).collect();
        prop_assert_eq!(tagged.len(), late.len(), "two tags on one snapshot");
        for tag in &late {
            // The tag holds all data of its period.
            let snapshot = snapshots.iter().find(|snapshot| snapshot.id == tag.snapshot).unwrap();
            prop_assert!(rule.time(snapshot).unwrap() - rule.delay >= tag.start + rule.period.millis());
        }
    }
}
