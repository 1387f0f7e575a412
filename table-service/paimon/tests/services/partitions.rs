//! Partitions that are dropped: which ones, beside whom, and with faults at every storage call.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use object_store::path::Path;
use tokio::sync::Mutex;
use weir_paimon::compaction::{Compact, CompactOutcome, CompactReport, Control, Strategy as CompactStrategy};
use weir_paimon::partitions::{
    ExpirePartitions, ExpirePartitionsOutcome, ExpirePartitionsReport, MarkPartitionDone,
    MarkPartitionDoneOutcome, MarkPartitionDoneReport, Strategy,
};
use weir_paimon::table::commit::commit_user;
use weir_paimon::{ErrorKind, Result};
use weir_storage::Storage;
use weir_storage::faults::Fault;

use crate::hooked::{before_nth, elsewhere};
use crate::table::TestTable;

const OLD: &str = "2020-01-01";
const OLDER: &str = "2019-12-31";
const YOUNG: &str = "2099-01-01";

fn request() -> ExpirePartitions {
    ExpirePartitions {
        expiration_time: Some(Duration::from_hours(24)),
        strategy: None,
        timestamp_formatter: None,
        timestamp_pattern: None,
        max_expires: None,
        partition_idle_time: Duration::from_hours(1),
        time_zone: jiff::tz::TimeZone::UTC,
        dry_run: false,
        commit_user: commit_user("test", 0),
        options: BTreeMap::from([("commit.max-retries".to_owned(), "2".to_owned())]),
    }
}

async fn expire(
    request: &ExpirePartitions,
    storage: &Storage,
) -> (Result<ExpirePartitionsOutcome>, ExpirePartitionsReport) {
    let mut report = ExpirePartitionsReport::default();
    (request.run(storage, &Control::new(), &mut report).await, report)
}

async fn compact(storage: &Storage) -> (Result<CompactOutcome>, CompactReport) {
    let request = Compact {
        strategy: CompactStrategy::Full,
        commit_user: Compact::commit_user("compactor", 0),
        ..Compact::default()
    };
    let mut report = CompactReport::default();
    let outcome = request.run(storage, &Control::new(), &(Arc::new(|_| {}) as _), &mut report).await;
    (outcome, report)
}

fn names(report: &ExpirePartitionsReport) -> Vec<&str> {
    report.expired.iter().map(|partition| partition.partition.as_str()).collect()
}

#[tokio::test]
async fn an_expired_partition_goes_and_the_versions_before_stay() {
    let table = TestTable::with_partitions(&[OLD, YOUNG, "none"]).await;
    let before = table.all_versions().await;
    let (outcome, report) = expire(&request(), &table.storage()).await;
    assert_eq!(outcome.unwrap(), ExpirePartitionsOutcome::Dropped);
    assert_eq!(names(&report), ["dt=2020-01-01"]);
    assert_eq!((report.files(), report.expired[0].rows, report.snapshot_after), (3, 12, Some(10)));
    assert_eq!(report.kept[0].partition, "dt=none");
    let after = table.all_versions().await;
    assert!(before.iter().all(|(name, rows)| after.get(name) == Some(rows)));
    assert!(table.rows().await.keys().all(|id| *id >= 200));
    let latest = table.open().await.latest_snapshot().await.unwrap().unwrap();
    assert_eq!((latest.total_record_count, latest.delta_record_count), (Some(24), Some(-12)));
    assert_eq!(expire(&request(), &table.storage()).await.0.unwrap(), ExpirePartitionsOutcome::NothingToDo);
}

#[tokio::test]
async fn the_first_partitions_go_in_commits_of_the_batch_size() {
    let table = TestTable::with_partitions(&[OLD, OLDER, "2019-01-01", YOUNG]).await;
    let mut request = ExpirePartitions { max_expires: Some(2), ..request() };
    request.options.insert("partition.expiration-batch-size".to_owned(), "1".to_owned());
    let (outcome, report) = expire(&request, &table.storage()).await;
    assert_eq!(outcome.unwrap(), ExpirePartitionsOutcome::Dropped);
    assert_eq!(names(&report), ["dt=2019-01-01", "dt=2019-12-31"]);
    assert_eq!(report.left, 1);
    let dropped_by: Vec<Option<i64>> = report.expired.iter().map(|partition| partition.dropped_by).collect();
    assert_eq!(dropped_by, [Some(13), Some(14)]);
}

#[tokio::test]
async fn a_partition_that_was_just_written_stays_under_either_strategy() {
    let mut table = TestTable::with_partitions(&[OLD, OLDER]).await;
    let now = jiff::Timestamp::now().as_millisecond();
    table.creation_time = Some(now - 1000);
    table.append_in(OLD, &[(100, Some(7))]).await;
    for strategy in [Strategy::ValuesTime, Strategy::UpdateTime] {
        let table = table.copy();
        let (outcome, report) =
            expire(&ExpirePartitions { strategy: Some(strategy), ..request() }, &table.storage()).await;
        assert_eq!(outcome.unwrap(), ExpirePartitionsOutcome::Dropped);
        assert_eq!(names(&report), ["dt=2019-12-31"], "{strategy:?}");
    }
    let unless_asked = ExpirePartitions { partition_idle_time: Duration::ZERO, ..request() };
    let (outcome, report) = expire(&unless_asked, &table.storage()).await;
    assert_eq!(outcome.unwrap(), ExpirePartitionsOutcome::Dropped);
    assert_eq!(names(&report), ["dt=2019-12-31", "dt=2020-01-01"]);
}

#[tokio::test]
async fn a_partition_of_files_without_a_time_stays() {
    let mut table = TestTable::with_partitions(&[OLD]).await;
    table.creation_time = None;
    table.append_in(OLD, &[(100, Some(7))]).await;
    for strategy in [Strategy::ValuesTime, Strategy::UpdateTime] {
        let (outcome, report) =
            expire(&ExpirePartitions { strategy: Some(strategy), ..request() }, &table.storage()).await;
        assert_eq!(outcome.unwrap(), ExpirePartitionsOutcome::NothingToDo);
        assert_eq!(report.kept.len(), 1, "{strategy:?}");
    }
}

#[tokio::test]
async fn hazard_10_a_day_ends_in_the_zone_that_is_given() {
    let now = jiff::Timestamp::now();
    let zone = |hours| jiff::tz::TimeZone::fixed(jiff::tz::offset(hours));
    // A partition that began twelve hours ago in UTC, of twelve hours and a half.
    let began = (now - jiff::SignedDuration::from_hours(12)).to_zoned(jiff::tz::TimeZone::UTC);
    let partition = began.strftime("%Y-%m-%d %H:%M:%S").to_string();
    let table = TestTable::with_partitions(&[&partition]).await;
    for (hours, expired) in [(0, false), (2, true), (-11, false)] {
        let request = ExpirePartitions {
            expiration_time: Some(Duration::from_mins(750)),
            time_zone: zone(hours),
            dry_run: true,
            ..request()
        };
        let (_, report) = expire(&request, &table.storage()).await;
        assert_eq!(!report.expired.is_empty(), expired, "{hours} hours: {report:?}");
    }
}

#[tokio::test]
async fn an_expiry_of_partitions_survives_a_fault_at_every_call() {
    let original = TestTable::with_partitions(&[OLD, YOUNG]).await;
    let before = original.all_versions().await;
    let left: BTreeMap<i64, i32> = original.rows().await.into_iter().filter(|(id, _)| *id >= 200).collect();
    for merging in [false, true] {
        let mut request = request();
        if merging {
            request.options.insert("manifest.merge-min-count".to_owned(), "2".to_owned());
        }
        let clean = original.copy();
        let (storage, calls) = clean.faulty(0, None);
        assert_eq!(expire(&request, &storage).await.0.unwrap(), ExpirePartitionsOutcome::Dropped);
        assert_eq!(clean.rows().await, left);
        assert_eq!(clean.files().await, clean.reachable_and_hints().await);
        for call in 1..=calls.calls() {
            for fault in [Fault::Error, Fault::AppliedThenError, Fault::Denied, Fault::Crash] {
                let table = original.copy();
                let (storage, _) = table.faulty(call, Some(fault));
                let (outcome, _) = expire(&request, &storage).await;
                let context = format!("{fault:?} at call {call}: {outcome:?}");
                let versions = table.all_versions().await;
                assert!(before.iter().all(|(name, rows)| versions.get(name) == Some(rows)), "{context}");
                let again = expire(&request, &table.storage()).await.0;
                assert!(again.is_ok(), "{context}, then {again:?}");
                assert_eq!(table.rows().await, left, "{context}");
                assert_eq!(table.open().await.snapshot_ids().await.unwrap().last(), Some(&7), "{context}");
            }
        }
    }
}

/// The table's storage; `step` runs right before the first snapshot is written.
fn before_commit(table: &TestTable, step: impl Fn() + Send + Sync + 'static) -> Storage {
    let is_snapshot = |path: &Path| path.filename().is_some_and(|name| name.starts_with("snapshot-"));
    Storage::metered(before_nth(1, is_snapshot, step), 1, table.location())
}

#[tokio::test]
async fn hazard_24_files_that_a_writer_adds_meanwhile_are_dropped_along_or_keep_the_partition() {
    for (creation_time, stays) in [(0, false), (jiff::Timestamp::now().as_millisecond(), true)] {
        let table = Arc::new(Mutex::new(TestTable::with_partitions(&[OLD, YOUNG]).await));
        let writer = Arc::clone(&table);
        let storage = before_commit(&*table.lock().await, move || {
            let writer = Arc::clone(&writer);
            elsewhere(async move || {
                let mut table = writer.lock().await;
                table.creation_time = Some(creation_time);
                table.append_in(OLD, &[(900, Some(9))]).await;
            });
        });
        let (outcome, report) = expire(&request(), &storage).await;
        let table = table.lock().await;
        if stays {
            assert_eq!(outcome.unwrap(), ExpirePartitionsOutcome::NothingToDo);
            assert_eq!(report.kept[0].partition, "dt=2020-01-01");
            assert_eq!(table.rows().await.get(&900), Some(&9));
        } else {
            assert_eq!(outcome.unwrap(), ExpirePartitionsOutcome::Dropped);
            assert_eq!((report.commit_attempts, report.files()), (2, 4));
            assert!(table.rows().await.keys().all(|id| (200..300).contains(id)));
        }
        assert_eq!(
            table.files().await,
            table.reachable_and_hints().await,
            "nothing of the lost attempt is left"
        );
    }
}

#[tokio::test]
async fn hazard_24_a_compaction_finds_its_partition_dropped_and_goes_on() {
    let table = TestTable::with_partitions(&[OLD, YOUNG]).await;
    let location = table.location();
    let storage = before_commit(&table, move || {
        let storage = Storage::open(&location).unwrap();
        elsewhere(async move || {
            assert_eq!(expire(&request(), &storage).await.0.unwrap(), ExpirePartitionsOutcome::Dropped);
        });
    });
    let (outcome, report) = compact(&storage).await;
    assert_eq!(outcome.unwrap(), CompactOutcome::Committed);
    assert!(report.conflicts[0].contains("was removed by another commit"), "{:?}", report.conflicts);
    let rows = table.rows().await;
    assert_eq!(rows.len(), 4);
    assert!(rows.keys().all(|id| *id >= 200), "no dropped row is back");
    assert_eq!(table.files().await, table.reachable_and_hints().await);
}

/// A Java writer that saw no snapshot 7 renames its own over ours, right after we have created it.
#[tokio::test]
async fn a_drop_that_another_writer_overwrites_is_counted_and_made_again() {
    let table = TestTable::with_partitions(&[OLD, YOUNG]).await;
    let before = std::fs::read_to_string(table.path("snapshot/snapshot-6")).unwrap();
    let (path, theirs) = (table.path("snapshot/snapshot-7"), before.replace("\"id\":6", "\"id\":7"));
    let is_hint = |path: &Path| path.filename() == Some("LATEST");
    let store = before_nth(1, is_hint, move || std::fs::write(&path, &theirs).unwrap());
    let (outcome, report) = expire(&request(), &Storage::metered(store, 1, table.location())).await;
    assert_eq!(outcome.unwrap(), ExpirePartitionsOutcome::Dropped);
    assert_eq!((report.overwritten_commits, report.snapshot_after), (1, Some(8)));
    assert!(table.rows().await.keys().all(|id| *id >= 200));
}

#[tokio::test]
async fn a_compaction_that_is_faster_is_dropped_along() {
    let table = TestTable::with_partitions(&[OLD, YOUNG]).await;
    let location = table.location();
    let storage = before_commit(&table, move || {
        let storage = Storage::open(&location).unwrap();
        elsewhere(async move || assert_eq!(compact(&storage).await.0.unwrap(), CompactOutcome::Committed));
    });
    let at_once = ExpirePartitions { partition_idle_time: Duration::ZERO, ..request() };
    let (outcome, report) = expire(&at_once, &storage).await;
    assert_eq!(outcome.unwrap(), ExpirePartitionsOutcome::Dropped);
    assert_eq!(report.expired[0].files, 1, "the compacted file");
    assert!(table.rows().await.keys().all(|id| *id >= 200));
}

#[tokio::test]
async fn a_mark_survives_a_fault_at_every_call() {
    let original = TestTable::with_partitions(&[OLD, YOUNG]).await;
    let request = MarkPartitionDone {
        partitions: [OLD, YOUNG].map(|dt| BTreeMap::from([("dt".to_owned(), dt.to_owned())])).to_vec(),
        ..MarkPartitionDone::default()
    };
    let clean = original.copy();
    let (storage, calls) = clean.faulty(0, None);
    let mut report = MarkPartitionDoneReport::default();
    assert_eq!(request.run(&storage, &mut report).await.unwrap(), MarkPartitionDoneOutcome::Marked);
    for call in 1..=calls.calls() {
        for fault in [Fault::Error, Fault::AppliedThenError, Fault::Denied, Fault::Crash] {
            let table = original.copy();
            let (storage, _) = table.faulty(call, Some(fault));
            let outcome = request.run(&storage, &mut MarkPartitionDoneReport::default()).await;
            let context = format!("{fault:?} at call {call}: {outcome:?}");
            let again = request.run(&table.storage(), &mut MarkPartitionDoneReport::default()).await;
            assert_eq!(again.unwrap(), MarkPartitionDoneOutcome::Marked, "{context}");
            assert_eq!(table.files().await.len(), original.files().await.len() + 2, "{context}");
            assert_eq!(table.rows().await, original.rows().await, "{context}");
        }
    }
}

#[tokio::test]
async fn a_broken_success_file_is_named_and_stays() {
    let table = TestTable::with_partitions(&[OLD]).await;
    std::fs::write(table.path("dt=2020-01-01/_SUCCESS"), "{").unwrap();
    let request = MarkPartitionDone {
        partitions: vec![BTreeMap::from([("dt".to_owned(), OLD.to_owned())])],
        ..MarkPartitionDone::default()
    };
    let error = request.run(&table.storage(), &mut MarkPartitionDoneReport::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.to_string().contains("dt=2020-01-01/_SUCCESS"), "{error}");
    assert_eq!(std::fs::read_to_string(table.path("dt=2020-01-01/_SUCCESS")).unwrap(), "{");
}

#[tokio::test]
async fn a_cancelled_expiry_of_partitions_stops_between_commits() {
    let table = TestTable::with_partitions(&[OLD, YOUNG]).await;
    let control = Control::new();
    control.cancel();
    let mut report = ExpirePartitionsReport::default();
    let error = request().run(&table.storage(), &control, &mut report).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert!(report.expired.is_empty());
    assert_eq!(table.open().await.snapshot_ids().await.unwrap().last(), Some(&6));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_expiries_at_once_drop_a_partition_once() {
    for _ in 0..10 {
        let table = TestTable::with_partitions(&[OLD, YOUNG]).await;
        let (left, right) = (table.storage(), table.storage());
        let first = ExpirePartitions { commit_user: commit_user("left", 0), ..request() };
        let second = ExpirePartitions { commit_user: commit_user("right", 0), ..request() };
        let ((a, left), (b, right)) = tokio::join!(expire(&first, &left), expire(&second, &right));
        assert!(a.is_ok() && b.is_ok(), "{a:?} {b:?}");
        assert_eq!(left.expired.len() + right.expired.len(), 1);
        assert_eq!(table.open().await.snapshot_ids().await.unwrap().last(), Some(&7));
        assert!(table.rows().await.keys().all(|id| *id >= 200));
        assert_eq!(table.files().await, table.reachable_and_hints().await);
    }
}
