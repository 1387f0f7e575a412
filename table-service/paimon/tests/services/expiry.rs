//! Expiry beside others at the table, and on tables that earlier runs have left in disorder. Hazards are those of
//! maintenance §11, by their number.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use futures::FutureExt;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use weir_paimon::compaction::Control;
use weir_paimon::expiry::{ExpireOutcome, ExpireReport, ExpireSnapshots};
use weir_paimon::{ErrorKind, Result};
use weir_paimon_spec::{Snapshot, paths};
use weir_storage::Storage;

use crate::faults::compact;
use crate::hooked::HookedStore;
use crate::table::TestTable;

/// Keeps the two newest snapshots.
pub(crate) fn request() -> ExpireSnapshots {
    ExpireSnapshots { retain_min: Some(2), retain_max: Some(2), ..ExpireSnapshots::default() }
}

pub(crate) async fn run(
    request: &ExpireSnapshots,
    storage: &Storage,
) -> (Result<ExpireOutcome>, ExpireReport) {
    let mut report = ExpireReport::default();
    let outcome = request.run(storage, &Control::new(), &mut report).await;
    (outcome, report)
}

/// Expires and expects it to work.
pub(crate) async fn expire(request: &ExpireSnapshots, storage: &Storage) -> ExpireReport {
    let (outcome, report) = run(request, storage).await;
    assert_eq!(outcome.unwrap(), ExpireOutcome::Expired);
    report
}

/// A table with seven snapshots, the last of which is a compaction.
pub(crate) async fn compacted() -> TestTable {
    let table = TestTable::with_history().await;
    let _ = compact(&table.storage()).await.unwrap();
    table
}

/// The table's storage, with something that happens once, right before the first write of a path that contains `part`.
fn hooked(table: &TestTable, part: &'static str, event: impl Fn() + Send + Sync + 'static) -> Storage {
    let times = AtomicUsize::new(0);
    let hook = move |location: Path, payload| {
        if location.as_ref().contains(part) && times.fetch_add(1, SeqCst) == 0 {
            event();
        }
        async move { payload }.boxed()
    };
    let store = HookedStore::new(Arc::new(LocalFileSystem::new()), Arc::new(hook));
    Storage::metered(Arc::new(store), 1, table.location())
}

/// Lets somebody else work at the table until he is done.
fn elsewhere<F: Future<Output = ()>>(work: impl FnOnce() -> F + Send) {
    std::thread::scope(|scope| {
        scope.spawn(|| tokio::runtime::Runtime::new().unwrap().block_on(work()));
    });
}

/// Written between the plan and the deletions.
pub(crate) const JOURNAL: &str = ".weir/journal";
/// Written between the deletion of snapshots and that of files.
const HINT: &str = "snapshot/EARLIEST";

/// Everything that is retained can be read, and nothing else is left.
pub(crate) async fn assert_exact(table: &TestTable) {
    table.all_versions().await;
    assert_eq!(table.files().await, table.reachable_and_hints().await);
    assert!(table.own_files(JOURNAL).await.is_empty());
}

#[tokio::test]
async fn hazard_1_a_commit_between_plan_and_deletion_loses_nothing() {
    for moment in [JOURNAL, HINT] {
        let table = compacted().await;
        let shared = Arc::new(tokio::sync::Mutex::new(table));
        let writer = Arc::clone(&shared);
        let storage = hooked(&*shared.lock().await, moment, move || {
            elsewhere(|| async {
                writer.lock().await.append(&[(1000, Some(1))]).await;
            });
        });
        let report = expire(&request(), &storage).await;
        assert_eq!(report.expired_snapshots, [1, 2, 3, 4, 5]);
        let table = shared.lock().await;
        assert_eq!(table.rows().await.get(&1000), Some(&1));
        assert_exact(&table).await;
    }
}

#[tokio::test]
async fn hazard_2_a_second_expiry_in_between_is_no_harm() {
    for moment in [JOURNAL, HINT] {
        let table = compacted().await;
        let rows = table.rows().await;
        let other = table.storage();
        let storage = hooked(&table, moment, move || {
            elsewhere(|| async {
                let all = ExpireSnapshots { retain_min: Some(1), retain_max: Some(1), ..request() };
                expire(&all, &other).await;
            });
        });
        let (outcome, _) = run(&request(), &storage).await;
        assert!(outcome.is_ok(), "{outcome:?}");
        assert_eq!(table.open().await.snapshot_ids().await.unwrap(), [7]);
        assert_eq!(table.rows().await, rows);
        assert_eq!(std::fs::read_to_string(table.path(HINT)).unwrap(), "7");
        assert_exact(&table).await;
    }
}

#[tokio::test]
async fn hazard_3_a_tag_that_appears_while_its_snapshot_expires_stays_readable() {
    for moment in [JOURNAL, HINT] {
        let table = compacted().await;
        let rows = table.all_versions().await["snapshot 3"].clone();
        let snapshot = std::fs::read(table.path("snapshot/snapshot-3")).unwrap();
        let tag = table.path("tag/tag-late");
        std::fs::create_dir_all(tag.parent().unwrap()).unwrap();
        let storage = hooked(&table, moment, move || {
            std::fs::write(&tag, &snapshot).unwrap();
        });
        let report = expire(&request(), &storage).await;
        assert_eq!(report.expired_snapshots, [1, 2, 3, 4, 5]);
        assert_eq!(table.all_versions().await["tag late"], rows, "{moment}");
        assert_exact(&table).await;
    }
}

#[tokio::test]
async fn hazard_5_a_file_that_is_committed_again_stays() {
    let mut table = compacted().await;
    let before = table.open().await;
    let live = before.live_files(&before.snapshot(1).await.unwrap()).await.unwrap();
    let again = &live.entries[0];
    // A writer that recovers commits once more what the compaction of snapshot 7 has replaced.
    assert_eq!(table.commit_again(again).await, 8);
    table.append(&[(1000, Some(1))]).await;
    let path = before.data_file_path(&again.partition, again.bucket, &again.file).unwrap();
    let report = expire(&request(), &table.storage()).await;
    assert_eq!(report.expired_snapshots, [1, 2, 3, 4, 5, 6, 7]);
    assert!(table.path(&path).exists());
    assert!(report.files.len() > 10, "the other files of the compaction are gone: {:?}", report.files);
}

#[tokio::test]
async fn hazard_6_a_rollback_between_plan_and_deletion_ends_the_run() {
    // Snapshots 6 and 7 go, and another 6 and 7 come, of which the run must not think that it knows them.
    for reuses_ids in [false, true] {
        let table = compacted().await;
        let directory = table.path("snapshot");
        let storage = hooked(&table, JOURNAL, move || {
            let other = std::fs::read_to_string(directory.join("snapshot-5")).unwrap();
            for id in [6, 7] {
                let file = directory.join(format!("snapshot-{id}"));
                std::fs::remove_file(&file).unwrap();
                if reuses_ids {
                    std::fs::write(file, other.replace("\"id\":5", &format!("\"id\":{id}"))).unwrap();
                }
            }
        });
        let (outcome, report) = run(&request(), &storage).await;
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsafe, "{error}");
        assert!(error.to_string().contains("rolled back"), "{error}");
        assert!(report.expired_snapshots.is_empty() && report.files.is_empty());
        // The next run reads the table as it is now.
        expire(&request(), &table.storage()).await;
        table.all_versions().await;
    }
}

#[tokio::test]
async fn hazard_8_a_consumer_that_appears_holds_what_it_has_yet_to_read() {
    let table = compacted().await;
    let consumer = table.path("consumer/consumer-late");
    let storage = hooked(&table, JOURNAL, move || {
        std::fs::create_dir_all(consumer.parent().unwrap()).unwrap();
        std::fs::write(&consumer, r#"{"nextSnapshot": 4}"#).unwrap();
    });
    let report = expire(&request(), &storage).await;
    assert_eq!(report.expired_snapshots, [1, 2, 3]);
    assert_eq!(report.held_by.as_deref(), Some("consumer late has yet to read snapshot 4"));
}

#[tokio::test]
async fn hazard_8_a_broken_consumer_blocks_and_is_named() {
    let table = compacted().await;
    std::fs::create_dir_all(table.path("consumer")).unwrap();
    let before = table.files().await;
    for content in ["", "{", "{}", r#"{"nextSnapshot": "x"}"#] {
        std::fs::write(table.path("consumer/consumer-broken"), content).unwrap();
        let (outcome, _) = run(&request(), &table.storage()).await;
        let error = outcome.unwrap_err().to_string();
        assert!(error.contains("consumer-broken") && error.contains("weir reset-consumer"), "{error}");
    }
    assert_eq!(table.files().await.len(), before.len() + 1);
}

#[tokio::test]
async fn hazard_12_a_stray_snapshot_that_nothing_is_left_of_goes() {
    let table = compacted().await;
    let stray = std::fs::read(table.path("snapshot/snapshot-1")).unwrap();
    expire(&request(), &table.storage()).await;
    std::fs::write(table.path("snapshot/snapshot-1"), stray).unwrap();
    let all = ExpireSnapshots { retain_min: Some(1), retain_max: Some(1), ..request() };
    let report = expire(&all, &table.storage()).await;
    assert_eq!(report.expired_snapshots, [1, 6]);
    assert_exact(&table).await;
}

#[tokio::test]
async fn metadata_of_leaving_snapshots_that_somebody_has_removed_already_holds_nothing_up() {
    let base = |snapshot: &Snapshot| snapshot.base_manifest_list.clone();
    let delta = |snapshot: &Snapshot| snapshot.delta_manifest_list.clone();
    for gone in [base, delta] as [fn(&Snapshot) -> String; 2] {
        let table = compacted().await;
        let rows = table.rows().await;
        let file = gone(&table.open().await.snapshot(3).await.unwrap());
        std::fs::remove_file(table.path(&paths::manifest(&file))).unwrap();
        let report = expire(&request(), &table.storage()).await;
        assert_eq!(report.expired_snapshots, [1, 2, 3, 4, 5]);
        assert_eq!(table.rows().await, rows);
        table.all_versions().await;
        let stray: Vec<_> =
            table.files().await.difference(&table.reachable_and_hints().await).cloned().collect();
        assert_eq!(stray, Vec::<String>::new());
    }
}

#[tokio::test]
async fn hazard_12_a_damaged_snapshot_that_readers_see_blocks_and_is_named() {
    let table = compacted().await;
    let opened = table.open().await;
    let list = opened.snapshot(6).await.unwrap().base_manifest_list;
    std::fs::remove_file(table.path(&format!("manifest/{list}"))).unwrap();
    let before = table.files().await;
    let (outcome, _) = run(&request(), &table.storage()).await;
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.to_string().contains("snapshot 6 needs it"), "{error}");
    assert_eq!(table.files().await, before);
}

#[tokio::test]
async fn hazard_13_a_listing_that_lacks_the_newest_snapshot_ends_the_run() {
    let table = compacted().await;
    let before = table.files().await;
    let store =
        HookedStore::new(Arc::new(LocalFileSystem::new()), Arc::new(|_, payload| async { payload }.boxed()))
            .hiding("snapshot-7");
    let storage = Storage::metered(Arc::new(store), 1, table.location());
    let (outcome, _) = run(&request(), &storage).await;
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsafe);
    assert!(error.to_string().contains("without snapshot 7"), "{error}");
    assert_eq!(table.files().await, before);
}

#[tokio::test]
async fn hazard_14_an_expired_number_that_is_committed_again_keeps_its_files() {
    let table = compacted().await;
    let rows = table.all_versions().await["snapshot 3"].clone();
    let snapshot = std::fs::read(table.path("snapshot/snapshot-3")).unwrap();
    let path = table.path("snapshot/snapshot-3");
    let storage = hooked(&table, HINT, move || {
        std::fs::write(&path, &snapshot).unwrap();
    });
    expire(&request(), &storage).await;
    assert_eq!(table.all_versions().await["snapshot 3"], rows);
    assert_exact(&table).await;
}

#[tokio::test]
async fn hazard_19_the_newest_snapshot_cannot_be_asked_away() {
    let table = compacted().await;
    let before = table.files().await;
    let (outcome, _) = run(&ExpireSnapshots { retain_min: Some(0), ..request() }, &table.storage()).await;
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(table.files().await, before);
}

#[tokio::test]
async fn gaps_and_useless_hints_hold_nothing_up() {
    for hint in [None, Some(""), Some("x"), Some("3"), Some("4"), Some("999")] {
        let table = compacted().await;
        std::fs::remove_file(table.path("snapshot/snapshot-3")).unwrap();
        if let Some(hint) = hint {
            std::fs::write(table.path(HINT), hint).unwrap();
        }
        let bounded = ExpireSnapshots { max_deletes: Some(2), ..request() };
        assert_eq!(expire(&bounded, &table.storage()).await.expired_snapshots, [1, 2], "{hint:?}");
        assert_eq!(std::fs::read_to_string(table.path(HINT)).unwrap(), "4");
        table.all_versions().await;
        expire(&request(), &table.storage()).await;
        assert_eq!(table.open().await.snapshot_ids().await.unwrap(), [6, 7]);
    }
}

#[tokio::test]
async fn a_journal_that_was_not_written_to_its_end_began_nothing() {
    let table = compacted().await;
    let unfinished = table.path(&format!("{JOURNAL}/.expire-snapshots-1.json.5e9a.weir.tmp"));
    std::fs::create_dir_all(unfinished.parent().unwrap()).unwrap();
    std::fs::write(&unfinished, "{\"version\":1,\"oper").unwrap();
    let report = expire(&request(), &table.storage()).await;
    assert_eq!(report.expired_snapshots, [1, 2, 3, 4, 5]);
    std::fs::remove_file(unfinished).unwrap();
    assert_exact(&table).await;
}

#[tokio::test]
async fn a_half_written_snapshot_is_read_again() {
    let table = compacted().await;
    let path = table.path("snapshot/snapshot-4");
    let content = std::fs::read(&path).unwrap();
    std::fs::write(&path, &content[..40]).unwrap();
    let mend = async {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        std::fs::write(&path, &content).unwrap();
    };
    let storage = table.storage();
    let request = request();
    let (report, ()) = tokio::join!(expire(&request, &storage), mend);
    assert_eq!(report.expired_snapshots, [1, 2, 3, 4, 5]);
    assert_exact(&table).await;
}

#[tokio::test]
async fn a_manifest_is_read_once_however_many_roots_name_it() {
    let table = compacted().await;
    for snapshot in 1..=6 {
        table.tag(&format!("t{snapshot}"), snapshot).await;
    }
    let storage = table.storage();
    let dry = ExpireSnapshots { dry_run: true, ..request() };
    let (outcome, report) = run(&dry, &storage).await;
    assert_eq!(outcome.unwrap(), ExpireOutcome::Planned);
    assert_eq!(report.expired_snapshots, [1, 2, 3, 4, 5]);
    // Schema, two hints and their checks, snapshots, tags; then the lists of each root, and each manifest: once to see
    // what goes, once to see what stays.
    let roots = 7 + 6;
    let lists = 2 * (5 + 1) + 2 * (2 + 6);
    let manifests = 6 + 7;
    let spare = 6;
    let requests = storage.requests();
    assert!(requests.get <= roots + lists + manifests + spare, "{requests:?}");
}

pub(crate) async fn without_hints(table: &TestTable) -> Vec<String> {
    table.files().await.into_iter().filter(|path| !path.ends_with("EARLIEST")).collect()
}

#[tokio::test]
async fn a_directory_that_is_emptied_goes_unless_it_is_young() {
    let mut original = TestTable::with_buckets(2).await;
    original.append_to(0, &[(1, Some(1))]).await;
    let snapshot = original.append_to(1, &[(2, Some(2))]).await;
    let opened = original.open().await;
    let live = opened.live_files(&opened.snapshot(snapshot).await.unwrap()).await.unwrap();
    original.drop_file(live.entries.iter().find(|entry| entry.bucket == 1).unwrap()).await;
    let clean = ("snapshot.clean-empty-directories".to_owned(), "true".to_owned());
    for (asked, age, goes) in [(false, 0, false), (true, 0, true), (true, 3600, false)] {
        let table = original.copy();
        let expiry = ExpireSnapshots {
            retain_min: Some(1),
            retain_max: Some(1),
            directory_age: std::time::Duration::from_secs(age),
            options: asked.then(|| clean.clone()).into_iter().collect(),
            ..request()
        };
        let report = expire(&expiry, &table.storage()).await;
        let directories: &[&str] = if goes { &["bucket-1"] } else { &[] };
        assert_eq!(report.directories, directories);
        assert_eq!((table.path("bucket-0").exists(), table.path("bucket-1").exists()), (true, !goes));
    }
}

/// Hazard 7: a reader that has just opened a snapshot has the grace to read its files.
#[tokio::test]
async fn hazard_7_files_stay_for_the_grace_after_their_snapshots_are_gone() {
    let table = compacted().await;
    let (gone, files) = (table.path("snapshot/snapshot-1"), table.files().await);
    let storage = table.storage();
    let grace = ExpireSnapshots { grace: std::time::Duration::from_secs(2), ..request() };
    let look = async {
        while gone.exists() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        let now = table.files().await;
        let went = files.iter().filter(|path| !path.starts_with("snapshot/") && !now.contains(*path));
        assert_eq!(went.collect::<Vec<_>>(), Vec::<&String>::new(), "went before the grace was over");
    };
    let (report, ()) = tokio::join!(expire(&grace, &storage), look);
    assert!(!report.files.is_empty());
    assert_exact(&table).await;
}

/// Hazard 15: a job that has been idle looks for its last commit when it recovers, and repeats it when it is gone.
#[tokio::test]
async fn hazard_15_the_last_commit_of_a_recent_writer_stays_when_that_is_asked_for() {
    let table = TestTable::with_history().await;
    let path = table.path("snapshot/snapshot-3");
    let content = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, content.replace("\"writer\"", "\"idle-job\"")).unwrap();
    let one = ExpireSnapshots { retain_min: Some(1), retain_max: Some(1), ..ExpireSnapshots::default() };
    let age = std::time::Duration::from_hours(24 * 365 * 100);
    let recent = ExpireSnapshots { keep_writers_for: Some(age), ..one.clone() };
    let report = expire(&recent, &table.storage()).await;
    assert_eq!(report.expired_snapshots, [1, 2]);
    assert_eq!(
        report.held_by.as_deref(),
        Some("the writer idle-job may look for its last commit, snapshot 3")
    );
    // One that has been silent for longer holds nothing.
    let short = ExpireSnapshots { keep_writers_for: Some(std::time::Duration::from_hours(1)), ..one };
    assert!(expire(&short, &table.storage()).await.expired_snapshots.contains(&3));
    assert_exact(&table).await;
}
