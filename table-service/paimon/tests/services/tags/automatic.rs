//! `auto-tag`, and expiry that waits for it.

use weir_paimon::ErrorKind;
use weir_paimon::tags::{AutoTag, AutoTagOutcome, AutoTagReport, Generations, TagCreationPeriod};

use super::*;

const DAY: i64 = 86_400_000;

/// Noon of the 20th of November 2026.
const NOON: i64 = 1_795_176_000_000;

fn auto_tag(values: &[(&str, &str)]) -> AutoTag {
    AutoTag {
        period: None,
        generations: Generations::default(),
        time_zone: TimeZone::UTC,
        dry_run: false,
        options: options(&[&[("tag.automatic-creation", "process-time")], values].concat()),
    }
}

async fn run(request: &AutoTag, storage: &Storage) -> (Result<AutoTagOutcome>, AutoTagReport) {
    let mut report = AutoTagReport::default();
    (request.run(storage, &Control::new(), &mut report).await, report)
}

/// A table whose snapshots 1 to 6 were committed at noon of the days from the 20th.
async fn one_snapshot_a_day() -> TestTable {
    let table = TestTable::with_history().await;
    let times: Vec<(i64, i64)> = (1..=6).map(|id| (id, NOON + (id - 1) * DAY)).collect();
    table.set_times(&times).await;
    table
}

async fn tagged(table: &TestTable) -> Vec<(String, i64)> {
    let mut tags = table.open().await.references().await.unwrap().tags;
    tags.sort_by_key(|(_, tag)| tag.snapshot.id);
    tags.into_iter().map(|(name, tag)| (name, tag.snapshot.id)).collect()
}

fn days(range: std::ops::RangeInclusive<i64>) -> Vec<(String, i64)> {
    range.map(|id| (format!("2026-11-{}", id + 18), id)).collect()
}

#[tokio::test]
async fn missed_days_are_tagged_from_the_retained_snapshots() {
    for (mode, zone) in
        [("process-time", "sink.process-time-zone"), ("watermark", "sink.watermark-time-zone")]
    {
        let table = one_snapshot_a_day().await;
        let mode = [("tag.automatic-creation", mode), (zone, "UTC"), ("tag.default-time-retained", "9 d")];
        let dry = AutoTag { dry_run: true, ..auto_tag(&mode) };
        let (outcome, plan) = run(&dry, &table.storage()).await;
        assert_eq!((outcome.unwrap(), tagged(&table).await), (AutoTagOutcome::Planned, vec![]));
        let (outcome, report) = run(&auto_tag(&mode), &table.storage()).await;
        assert_eq!((outcome.unwrap(), report.automatic_tags), (AutoTagOutcome::Done, 6));
        assert_eq!(report.created, plan.created);
        assert_eq!(tagged(&table).await, days(1..=6));
        assert!(table.tag_file("2026-11-19").await.unwrap().time_retained().unwrap().is_some());
        let (outcome, _) = run(&auto_tag(&mode), &table.storage()).await;
        assert_eq!(outcome.unwrap(), AutoTagOutcome::NothingToDo);
    }
}

#[tokio::test]
async fn too_many_tags_go_with_their_files() {
    let mut table = one_snapshot_a_day().await;
    assert_eq!(run(&auto_tag(&[]), &table.storage()).await.0.unwrap(), AutoTagOutcome::Done);
    table.tag("mine", 1).await;
    table.append(&[(5, None)]).await;
    expire(&table.storage(), 1).await;
    let versions = table.all_versions().await;
    table.set_times(&[(7, NOON + 6 * DAY)]).await;
    let (outcome, report) = run(&auto_tag(&[("tag.num-retained-max", "2")]), &table.storage()).await;
    assert_eq!(outcome.unwrap(), AutoTagOutcome::Done);
    assert_eq!((report.created.len(), report.deletion.tags.len(), report.automatic_tags), (1, 5, 2));
    let mut expected = days(6..=7);
    expected.insert(0, ("mine".to_owned(), 1));
    assert_eq!(tagged(&table).await, expected);
    assert_eq!(table.files().await, table.reachable_and_hints().await);
    for name in ["tag mine", "tag 2026-11-24", "snapshot 7"] {
        assert_eq!(table.all_versions().await[name], versions[name], "{name}");
    }
}

#[tokio::test]
async fn generations_stay_instead_of_a_number() {
    let table = one_snapshot_a_day().await;
    let request = AutoTag {
        generations: Generations { daily: 2, weekly: 2, ..Generations::default() },
        ..auto_tag(&[("tag.num-retained-max", "1")])
    };
    let (outcome, report) = run(&request, &table.storage()).await;
    assert_eq!(outcome.unwrap(), AutoTagOutcome::Done);
    assert!(report.deletion.tags.is_empty(), "what would go at once is not made");
    // The 22nd was a Sunday.
    assert_eq!(
        tagged(&table).await,
        [("2026-11-22".to_owned(), 4), ("2026-11-23".to_owned(), 5), ("2026-11-24".to_owned(), 6)]
    );
    assert_eq!(run(&request, &table.storage()).await.0.unwrap(), AutoTagOutcome::NothingToDo);
}

#[tokio::test]
async fn two_automatic_tags_of_one_snapshot_do_not_stop_the_next() {
    let table = one_snapshot_a_day().await;
    table.tag("2026-11-20", 3).await;
    table.tag("2026-11-21", 3).await;
    assert_eq!(run(&auto_tag(&[]), &table.storage()).await.0.unwrap(), AutoTagOutcome::Done);
    let mut expected = days(4..=6);
    expected.splice(0..0, [("2026-11-20".to_owned(), 3), ("2026-11-21".to_owned(), 3)]);
    let mut tags = tagged(&table).await;
    tags.sort();
    // The day of snapshot 4 has its tag already, on the snapshot before.
    expected.retain(|tag| *tag != ("2026-11-22".to_owned(), 3));
    assert_eq!(tags, expected);
}

#[tokio::test]
async fn a_period_that_is_asked_for_stands_for_the_tables() {
    let table = one_snapshot_a_day().await;
    let weekly =
        auto_tag(&[("tag.creation-period-duration", "7 d"), ("tag.period-formatter", "without_dashes")]);
    let daily = AutoTag { period: Some(TagCreationPeriod::Daily), ..weekly.clone() };
    let created = |report: AutoTagReport| -> Vec<String> {
        report.created.into_iter().map(|created| created.tag).collect()
    };
    // Weeks of seven days since 1970 begin on Thursdays.
    let (_, report) = run(&AutoTag { dry_run: true, ..weekly }, &table.storage()).await;
    assert_eq!(created(report), ["202611120000"]);
    let (_, report) = run(&AutoTag { dry_run: true, ..daily }, &table.storage()).await;
    assert_eq!(created(report), ["20261119", "20261120", "20261121", "20261122", "20261123", "20261124"]);
}

#[tokio::test]
async fn nothing_is_tagged_where_the_rule_is_another() {
    let table = one_snapshot_a_day().await;
    let none = auto_tag(&[("tag.automatic-creation", "none")]);
    assert_eq!(run(&none, &table.storage()).await.0.unwrap(), AutoTagOutcome::SwitchedOff);
    let error = run(&auto_tag(&[("tag.automatic-creation", "batch")]), &table.storage()).await.0.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("batch"), "{error}");
    for wrong in
        [("tag.creation-delay", "2 d"), ("tag.num-retained-max", "0"), ("sink.process-time-zone", "Mars")]
    {
        let error = run(&auto_tag(&[wrong]), &table.storage()).await.0.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    }
    assert_eq!(tagged(&table).await, []);
}

async fn expire_with(table: &TestTable, values: &[(&str, &str)]) -> ExpireReport {
    let request = ExpireSnapshots {
        retain_min: Some(1),
        retain_max: Some(1),
        options: options(values),
        ..ExpireSnapshots::default()
    };
    let mut report = ExpireReport::default();
    let _ = request.run(&table.storage(), &Control::new(), &mut report).await.unwrap();
    report
}

#[tokio::test]
async fn expiry_never_passes_a_day_whose_tag_is_due_and_missing() {
    let rule = [("tag.automatic-creation", "process-time")];
    let table = one_snapshot_a_day().await;
    table.tag("2026-11-20", 2).await;
    let report = expire_with(&table, &rule).await;
    assert_eq!(report.expired_snapshots, [1, 2]);
    let held_by = "the automatic tag 2026-11-21 is due and needs snapshot 3; run auto-tag";
    assert_eq!(report.held_by.as_deref(), Some(held_by));

    assert_eq!(run(&auto_tag(&[]), &table.storage()).await.0.unwrap(), AutoTagOutcome::Done);
    assert_eq!(expire_with(&table, &rule).await.expired_snapshots, [3, 4, 5]);
    assert_eq!(tagged(&table).await, days(2..=6));

    // Of tags that would go at once the snapshots may go.
    let table = one_snapshot_a_day().await;
    let few = [rule[0], ("tag.num-retained-max", "2")];
    assert_eq!(expire_with(&table, &few).await.expired_snapshots, [1, 2, 3, 4]);
    // Nothing waits for tags that nobody makes by time.
    for mode in ["none", "batch"] {
        let table = one_snapshot_a_day().await;
        let report = expire_with(&table, &[("tag.automatic-creation", mode)]).await;
        assert_eq!(report.expired_snapshots, [1, 2, 3, 4, 5]);
    }
}

#[tokio::test]
async fn automatic_tags_survive_a_fault_at_every_call() {
    let mut original = one_snapshot_a_day().await;
    original.tag("2026-11-19", 1).await;
    original.append(&[(5, None)]).await;
    original.set_times(&[(7, NOON + 6 * DAY)]).await;
    let mut expected_tags = days(6..=7);
    let request = auto_tag(&[("tag.num-retained-max", "2")]);
    // Snapshot 1 goes, so that its tag has files of its own.
    expire_with(&original, &[]).await;
    assert_eq!(original.open().await.snapshot_ids().await.unwrap(), [7]);
    original.append(&[(6, None)]).await;
    original.set_times(&[(8, NOON + 7 * DAY)]).await;
    for tag in &mut expected_tags {
        tag.1 += 1;
        tag.0 = format!("2026-11-{}", tag.1 + 18);
    }
    let before = original.all_versions().await;

    let clean = original.copy();
    let (storage, calls) = clean.faulty(0, None);
    assert_eq!(run(&request, &storage).await.0.unwrap(), AutoTagOutcome::Done);
    assert_eq!(tagged(&clean).await, expected_tags);
    let expected = clean.files().await;
    for call in 1..=calls.calls() {
        // The other faults are tried on what this is made of.
        for fault in [Fault::AppliedThenError, Fault::Crash] {
            let table = original.copy();
            let (storage, _) = table.faulty(call, Some(fault));
            let (outcome, _) = run(&request, &storage).await;
            let context = format!("{fault:?} at call {call}: {outcome:?}");
            for (name, rows) in table.all_versions().await {
                let same = before.get(&name).is_none_or(|before| *before == rows);
                assert!(same, "{name} after {context}");
            }
            let (again, report) = run(&request, &table.storage()).await;
            let _ = again.unwrap_or_else(|error| panic!("{context}, then {error}"));
            assert_eq!(table.files().await, expected, "{context}, then {report:?}");
        }
    }
}
