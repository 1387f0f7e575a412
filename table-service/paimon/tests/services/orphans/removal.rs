//! What goes and what stays.

use std::collections::BTreeSet;
use std::time::{Duration, UNIX_EPOCH};

use jiff::Timestamp;
use weir_paimon::ErrorKind;
use weir_paimon::orphans::{OlderThan, OrphanOutcome, RemoveOrphans, Share};

use super::{DAY, LEFTOVERS, request, run, set_modified};
use crate::table::TestTable;

fn leftovers() -> BTreeSet<String> {
    LEFTOVERS.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn leftovers_of_every_kind_go_and_every_version_stays() {
    let table = TestTable::with_leftovers().await;
    let versions = table.all_versions().await;
    let (outcome, report) = run(&request(), &table.storage()).await;
    assert_eq!(outcome.unwrap(), OrphanOutcome::Removed);
    assert_eq!(report.files.iter().map(|file| file.path.clone()).collect::<BTreeSet<_>>(), leftovers());
    assert_eq!(report.removed.files, 10);
    assert_eq!(report.removed.bytes, 10 * 11);
    assert_eq!(report.orphans, report.removed);
    assert_eq!((report.spared, report.left.len()), (0, 0));
    assert_eq!(table.files().await, table.reachable_and_hints().await);
    assert_eq!(table.all_versions().await, versions);
    assert!(table.own_files(".weir/journal").await.is_empty());

    let (again, _) = run(&request(), &table.storage()).await;
    assert_eq!(again.unwrap(), OrphanOutcome::NothingToDo);
}

#[tokio::test]
async fn a_dry_run_names_the_same_files_and_writes_nothing() {
    let table = TestTable::with_leftovers().await;
    let before = table.files().await;
    let storage = table.storage();
    let (outcome, report) = run(&RemoveOrphans { dry_run: true, ..request() }, &storage).await;
    assert_eq!(outcome.unwrap(), OrphanOutcome::Planned);
    assert_eq!(report.files.iter().map(|file| file.path.clone()).collect::<BTreeSet<_>>(), leftovers());
    assert_eq!((storage.requests().put, storage.requests().delete), (0, 0));
    assert_eq!(table.files().await, before);
    assert!(table.own_files(".weir").await.is_empty());
}

#[tokio::test]
async fn what_no_writer_has_put_there_stays() {
    let table = TestTable::aged().await;
    let strangers = [
        "README",
        "bucket-0/sub/data-1.parquet",
        "bucket-x/data-1.parquet",
        "dt=1/bucket-0/data-1.parquet",
        "manifest/old/manifest-1",
        "schema/.schema-0.0b1c.tmp",
        "tag/.tag-x.0b1c.tmp",
        "consumer/x",
        "snapshot/snapshot-x",
        "tag/tag-success-file/x_SUCCESS",
        "bucket-0/data-1.managed.blob",
        "bucket-0/data-1.blobref",
    ];
    table.leave_all(&strangers);
    let before = table.files().await;
    let (outcome, _) = run(&request(), &table.storage()).await;
    assert_eq!(outcome.unwrap(), OrphanOutcome::NothingToDo);
    assert_eq!(table.files().await, before);
}

#[tokio::test]
async fn what_pypaimon_and_weir_leave_beside_metadata_goes() {
    let table = TestTable::aged().await;
    let strays =
        ["snapshot/snapshot-70b1c-22.tmp", "tag/.tag-x.0b1c.weir.tmp", "schema/.schema-1.0b1c.weir.tmp"];
    table.leave_all(&strays);
    let (outcome, report) = run(&request(), &table.storage()).await;
    assert_eq!(outcome.unwrap(), OrphanOutcome::Removed);
    assert_eq!(report.removed.files, 3);
    assert_eq!(table.files().await, table.reachable_and_hints().await);
}

#[tokio::test]
async fn a_file_of_exactly_the_threshold_stays() {
    let table = TestTable::aged().await;
    let threshold = Timestamp::now() - jiff::SignedDuration::from_hours(100);
    let threshold = Timestamp::from_millisecond(threshold.as_millisecond()).unwrap();
    let at = UNIX_EPOCH + Duration::from_millis(threshold.as_millisecond().unsigned_abs());
    for (path, age) in [("bucket-0/before", 1), ("bucket-0/at", 0)] {
        table.leave(path, DAY);
        set_modified(&table.path(path), at - Duration::from_millis(age));
    }
    table.leave("bucket-0/young", 2 * DAY);
    let exact = RemoveOrphans { older_than: OlderThan::Instant(threshold), ..request() };
    let (outcome, report) = run(&exact, &table.storage()).await;
    assert_eq!(outcome.unwrap(), OrphanOutcome::Removed);
    let gone: Vec<&str> = report.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(gone, ["bucket-0/before"]);
}

#[tokio::test]
async fn files_younger_than_three_days_stay_unless_asked_for() {
    let table = TestTable::aged().await;
    table.leave("bucket-0/left", 2 * DAY);
    let (outcome, report) = run(&request(), &table.storage()).await;
    assert_eq!((outcome.unwrap(), report.orphans.files), (OrphanOutcome::NothingToDo, 0));
    let two_days = RemoveOrphans { older_than: OlderThan::Age(DAY * 3 / 2), ..request() };
    let (outcome, report) = run(&two_days, &table.storage()).await;
    assert_eq!((outcome.unwrap(), report.removed.files), (OrphanOutcome::Removed, 1));
}

#[tokio::test]
async fn files_younger_than_a_day_go_only_where_the_danger_is_accepted() {
    let table = TestTable::aged().await;
    table.leave("bucket-0/left", DAY / 2);
    let hours = RemoveOrphans { older_than: OlderThan::Age(DAY / 4), ..request() };
    let (outcome, _) = run(&hours, &table.storage()).await;
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsafe);
    assert!(error.to_string().contains("--allow-young"), "{error}");
    let (outcome, report) = run(&RemoveOrphans { allow_young: true, ..hours }, &table.storage()).await;
    assert_eq!((outcome.unwrap(), report.removed.files), (OrphanOutcome::Removed, 1));
}

#[tokio::test]
async fn more_than_the_share_of_files_or_of_bytes_is_refused() {
    let table = TestTable::aged().await;
    let files = table.files().await.len();
    table.leave("bucket-0/left", 10 * DAY);
    let exact = |files: usize| f64::from(u32::try_from(files).unwrap());
    let of_files = 100.0 / exact(files + 1);
    let share = |percent| RemoveOrphans { max_share: Share::percent(percent).unwrap(), ..request() };
    let (outcome, report) = run(&share(of_files - 0.1), &table.storage()).await;
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsafe);
    assert!(error.to_string().contains("1 files (11 bytes)"), "{error}");
    assert_eq!(report.orphans.files, 1, "the plan is told");
    assert!(table.path("bucket-0/left").exists());

    std::fs::write(table.path("bucket-0/left"), vec![0; 1 << 20]).unwrap();
    table.age(10 * DAY);
    let (outcome, _) = run(&share(of_files + 0.1), &table.storage()).await;
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Unsafe, "nearly all bytes would go");
    assert!(table.path("bucket-0/left").exists());
    let (outcome, _) = run(&share(100.0), &table.storage()).await;
    assert_eq!(outcome.unwrap(), OrphanOutcome::Removed);
}

#[tokio::test]
async fn a_name_in_use_is_kept_wherever_it_is() {
    let table = TestTable::aged().await;
    let live = table.files().await.into_iter().find(|path| path.starts_with("bucket-0/")).unwrap();
    let elsewhere = live.replace("bucket-0/", "bucket-1/");
    table.leave(&elsewhere, 10 * DAY);
    let (outcome, _) = run(&request(), &table.storage()).await;
    assert_eq!(outcome.unwrap(), OrphanOutcome::NothingToDo);
    assert!(table.path(&elsewhere).exists());
}
