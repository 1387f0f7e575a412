//! Rivals at the table between the listing and the deletion.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures::future::BoxFuture;
use object_store::local::LocalFileSystem;
use tokio::sync::Mutex;
use weir_columnar::Control;
use weir_paimon::ErrorKind;
use weir_paimon::expiry::{ExpireReport, ExpireSnapshots};
use weir_paimon::orphans::OrphanOutcome;
use weir_storage::Storage;

use super::{DAY, request, run};
use crate::table::TestTable;
use crate::watched::{Call, WatchedStore};

/// The table's storage with something that happens once, before the `nth` call of a kind.
fn interrupted<F>(table: &TestTable, call: Call, nth: u32, rival: F) -> Storage
where
    F: FnOnce() -> BoxFuture<'static, ()> + Send + 'static,
{
    let (seen, rival) = (AtomicU32::new(0), Arc::new(Mutex::new(Some(rival))));
    let before = Arc::new(move |made: Call, path: String| {
        let is_it =
            made == call && !path.contains("/.weir/clock") && seen.fetch_add(1, Ordering::SeqCst) + 1 == nth;
        let rival = Arc::clone(&rival);
        Box::pin(async move {
            if is_it && let Some(rival) = rival.lock().await.take() {
                rival().await;
            }
        }) as BoxFuture<'static, ()>
    });
    let store = WatchedStore::new(Arc::new(LocalFileSystem::new()), before, Arc::new(|_, _| false));
    Storage::metered(Arc::new(store), 1, table.location())
}

/// A snapshot of the table, taken away together with its hint: its files are orphans until somebody commits them.
async fn withdraw_newest(table: &TestTable) -> (String, bytes::Bytes) {
    let newest = table.open().await.latest_snapshot().await.unwrap().unwrap().id;
    let path = format!("snapshot/snapshot-{newest}");
    let content = table.storage().read(&path).await.unwrap();
    std::fs::remove_file(table.path(&path)).unwrap();
    std::fs::write(table.path("snapshot/LATEST"), (newest - 1).to_string()).unwrap();
    table.age(10 * DAY);
    (path, content)
}

#[tokio::test]
async fn hazard_21_old_files_that_are_committed_while_orphans_are_removed_stay() {
    // While roots are listed, while candidates are looked at again, and right before the journal is written.
    for (call, nth) in [(Call::ListDirectory, 3), (Call::ListDirectory, 6), (Call::Head, 4), (Call::Put, 1)] {
        let table = TestTable::with_leftovers().await;
        let versions = table.all_versions().await;
        let (path, content) = withdraw_newest(&table).await;
        let clean = table.copy();
        let (outcome, report) = run(&request(), &clean.storage()).await;
        assert_eq!((outcome.unwrap(), report.removed.files), (OrphanOutcome::Removed, 14));

        let writer = table.storage();
        let storage = interrupted(&table, call, nth, move || {
            Box::pin(async move { writer.overwrite(&path, content).await.unwrap() })
        });
        let (outcome, report) = run(&request(), &storage).await;
        assert_eq!(outcome.unwrap(), OrphanOutcome::Removed, "{call:?} {nth}");
        assert_eq!(report.removed.files, 10, "{call:?} {nth}: the leftovers alone");
        assert_eq!(table.all_versions().await, versions, "{call:?} {nth}");
    }
}

#[tokio::test]
async fn a_tag_that_is_made_while_orphans_are_removed_keeps_its_files() {
    let table = TestTable::with_leftovers().await;
    let (_, content) = withdraw_newest(&table).await;
    let tagger = table.storage();
    let storage = interrupted(&table, Call::Put, 1, move || {
        Box::pin(async move { tagger.overwrite("tag/tag-late", content).await.unwrap() })
    });
    let (outcome, report) = run(&request(), &storage).await;
    assert_eq!(outcome.unwrap(), OrphanOutcome::Removed);
    assert_eq!((report.removed.files, report.spared), (10, 4));
    assert!(table.all_versions().await.contains_key("tag late"));
}

/// Expires all snapshots but the newest, on a thread of its own.
fn expire(storage: &Storage) {
    let request = ExpireSnapshots { retain_min: Some(1), retain_max: Some(1), ..ExpireSnapshots::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _ = runtime.block_on(request.run(storage, &Control::new(), &mut ExpireReport::default())).unwrap();
}

#[tokio::test]
async fn hazard_20_snapshots_that_expire_between_their_listing_and_their_reading_do_not_take_the_newest_along()
 {
    // Every listed snapshot goes before it is read, and a writer has made a new one from old files.
    for nth in 1..24 {
        let mut table = TestTable::with_leftovers().await;
        let newest = table.append(&[(100, Some(1))]).await;
        table.age(10 * DAY);
        let content = std::fs::read(table.path(&format!("snapshot/snapshot-{newest}"))).unwrap();
        std::fs::remove_file(table.path(&format!("snapshot/snapshot-{newest}"))).unwrap();
        std::fs::write(table.path("snapshot/LATEST"), (newest - 1).to_string()).unwrap();
        let rival = table.storage();
        let storage = interrupted(&table, Call::Get, nth, move || {
            Box::pin(async move {
                rival.overwrite(&format!("snapshot/snapshot-{newest}"), content.into()).await.unwrap();
                rival.overwrite("snapshot/LATEST", newest.to_string().into()).await.unwrap();
                tokio::task::spawn_blocking(move || expire(&rival)).await.unwrap();
            })
        });
        let (outcome, _) = run(&request(), &storage).await;
        if let Err(error) = outcome {
            assert!([ErrorKind::Conflict, ErrorKind::Unsafe].contains(&error.kind()), "{nth}: {error}");
        }
        let again = run(&request(), &table.storage()).await.0.unwrap();
        assert_ne!(again, OrphanOutcome::Planned);
        assert!(table.rows().await.contains_key(&100), "{nth}");
        assert_eq!(table.files().await, table.reachable_and_hints().await, "{nth}");
    }
}

#[tokio::test]
async fn a_candidate_that_is_written_again_stays() {
    let table = TestTable::with_leftovers().await;
    let path = table.path("bucket-0/data-0b1c-0.parquet");
    let storage = interrupted(&table, Call::ListDirectory, 5, move || {
        Box::pin(async move { std::fs::write(path, "another content").unwrap() })
    });
    let (outcome, report) = run(&request(), &storage).await;
    assert_eq!(outcome.unwrap(), OrphanOutcome::Removed);
    assert_eq!((report.removed.files, report.spared), (9, 1));
    assert!(table.path("bucket-0/data-0b1c-0.parquet").exists());
}

#[tokio::test]
async fn hazard_32_a_table_that_is_made_anew_during_a_run_is_left_alone() {
    let table = TestTable::with_leftovers().await;
    let schema = table.path("schema/schema-0");
    let storage = interrupted(&table, Call::Put, 1, move || {
        Box::pin(async move {
            let content = std::fs::read(&schema).unwrap();
            std::fs::remove_file(&schema).unwrap();
            std::fs::write(&schema, content).unwrap();
        })
    });
    let before = table.files().await;
    let (outcome, _) = run(&request(), &storage).await;
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsafe);
    assert!(error.to_string().contains("made anew"), "{error}");
    assert_eq!(table.files().await, before);
    assert!(table.own_files(".weir/journal").await.is_empty());
}
