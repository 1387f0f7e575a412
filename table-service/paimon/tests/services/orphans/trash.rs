//! The trash: nothing is lost on the way in, out, or by purging.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures::{FutureExt, future};
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use weir_paimon::ErrorKind;
use weir_paimon::orphans::{OrphanOutcome, OrphanReport, RemoveOrphans};
use weir_paimon::trash::{self, PurgeReport, PurgeTrash, RestoreReport, RestoreTrash};

use weir_storage::Storage;
use weir_storage::faults::Fault;

use super::{DAY, LEFTOVERS, request, run};
use crate::table::TestTable;
use crate::watched::{Call, WatchedStore};

/// A table whose leftovers are in the trash, and what it had before.
async fn trashed() -> (TestTable, std::collections::BTreeSet<String>, OrphanReport) {
    let table = TestTable::with_leftovers().await;
    let before = table.files().await;
    let (outcome, report) = run(&RemoveOrphans { trash: true, ..request() }, &table.storage()).await;
    assert_eq!(outcome.unwrap(), OrphanOutcome::Removed);
    (table, before, report)
}

async fn restore(table: &TestTable, from: Option<&str>, dry_run: bool) -> RestoreReport {
    restore_through(&table.storage(), from, dry_run).await
}

async fn restore_through(storage: &Storage, from: Option<&str>, dry_run: bool) -> RestoreReport {
    let mut report = RestoreReport::default();
    let request = RestoreTrash { from: from.map(str::to_owned), dry_run };
    request.run(storage, &mut report).await.unwrap();
    report
}

/// The same files as an object store has them, without directories and links.
fn as_objects(table: &TestTable, store: Arc<dyn ObjectStore>) -> Storage {
    let location = format!("s3://lake{}", table.path("").display());
    Storage::metered(store, 1000, location.trim_end_matches('/').parse().unwrap())
}

async fn purge(table: &TestTable, days: u32, dry_run: bool) -> PurgeReport {
    let mut report = PurgeReport::default();
    PurgeTrash { older_than: days * DAY, dry_run }.run(&table.storage(), &mut report).await.unwrap();
    report
}

#[tokio::test]
async fn what_is_in_the_trash_is_listed_and_can_be_put_back() {
    let (table, before, report) = trashed().await;
    let name = report.trash.unwrap();
    assert_eq!(table.files().await, table.reachable_and_hints().await);
    let listed = trash::list(&table.storage()).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!((listed[0].name.as_str(), listed[0].files, listed[0].bytes), (name.as_str(), 10, 110));
    assert!(listed[0].created_at.is_some());
    assert_eq!(restore(&table, None, false).await.trash, listed);

    let dry = restore(&table, Some(&name), true).await;
    assert_eq!(dry.restored.len(), 10);
    assert_eq!(table.files().await, table.reachable_and_hints().await);

    assert_eq!(restore(&table, Some(&name), false).await.restored.len(), 10);
    assert_eq!(table.files().await, before);
    assert_eq!(trash::list(&table.storage()).await.unwrap(), []);
}

#[tokio::test]
async fn putting_back_overwrites_nothing() {
    let (table, _, report) = trashed().await;
    table.leave("index/index-0b1c-0", DAY);
    std::fs::write(table.path("index/index-0b1c-0"), "somebody else's").unwrap();
    let back = restore(&table, report.trash.as_deref(), false).await;
    assert_eq!(
        (back.restored.len(), back.occupied.as_slice()),
        (9, ["index/index-0b1c-0".to_owned()].as_slice())
    );
    assert_eq!(std::fs::read_to_string(table.path("index/index-0b1c-0")).unwrap(), "somebody else's");
    assert_eq!(trash::list(&table.storage()).await.unwrap()[0].files, 1, "the other one stays in the trash");
}

/// A local store; `step` runs right before the `nth` call of a kind on an object outside of Weir's own directory.
fn before_nth(call: Call, nth: u32, step: impl Fn() + Send + Sync + 'static) -> Arc<dyn ObjectStore> {
    let seen = AtomicU32::new(0);
    let before = Arc::new(move |made: Call, path: String| {
        if made == call && !path.contains("/.weir/") && seen.fetch_add(1, Ordering::SeqCst) + 1 == nth {
            step();
        }
        future::ready(()).boxed()
    });
    Arc::new(WatchedStore::new(Arc::new(LocalFileSystem::new()), before, Arc::new(|_, _| false)))
}

#[tokio::test]
async fn a_file_that_appears_while_others_are_put_back_is_not_overwritten() {
    for is_remote in [false, true] {
        let (table, _, report) = trashed().await;
        let place = table.path(LEFTOVERS[0]);
        let appears = move || std::fs::write(&place, "somebody else's").unwrap();
        // Its own place is written in this very moment: an object store gets the content, a file system a link.
        let call = if is_remote { Call::Put } else { Call::Copy };
        let writer = before_nth(call, 1, appears);
        let storage = if is_remote {
            as_objects(&table, writer)
        } else {
            Storage::metered(writer, 1, table.location())
        };
        let back = restore_through(&storage, report.trash.as_deref(), false).await;
        assert_eq!((back.restored.len(), back.failed.len()), (9, 0), "{back:?}");
        assert_eq!(back.occupied, [LEFTOVERS[0]]);
        assert_eq!(std::fs::read_to_string(table.path(LEFTOVERS[0])).unwrap(), "somebody else's");
        assert_eq!(trash::list(&table.storage()).await.unwrap()[0].files, 1);
    }
}

#[tokio::test]
async fn a_large_object_is_copied_back_and_overwrites_nothing() {
    for is_occupied in [false, true] {
        let table = TestTable::aged().await;
        table.leave(LEFTOVERS[0], 10 * DAY);
        let large = vec![7; (8 << 20) + 1];
        std::fs::write(table.path(LEFTOVERS[0]), &large).unwrap();
        table.age(10 * DAY);
        let storage = as_objects(&table, Arc::new(LocalFileSystem::new()));
        let (_, report) = run(&RemoveOrphans { trash: true, ..request() }, &storage).await;
        let (place, trash) = (table.path(LEFTOVERS[0]), report.trash.unwrap());
        let is_there = move || {
            if is_occupied {
                std::fs::write(&place, "somebody else's").unwrap();
            }
        };
        let storage = as_objects(&table, before_nth(Call::Copy, 1, is_there));
        let back = restore_through(&storage, Some(&trash), false).await;
        assert_eq!((back.restored.len(), back.occupied.len()), if is_occupied { (0, 1) } else { (1, 0) });
        let content = std::fs::read(table.path(LEFTOVERS[0])).unwrap();
        assert_eq!(content, if is_occupied { b"somebody else's".to_vec() } else { large });
    }
}

#[tokio::test]
async fn putting_back_finishes_what_was_interrupted_between_copy_and_deletion() {
    for (is_remote, size) in [(false, 100), (true, 100), (true, (8 << 20) + 1)] {
        for differs in [false, true] {
            let table = TestTable::aged().await;
            table.leave(LEFTOVERS[0], 10 * DAY);
            let content = vec![7; size];
            std::fs::write(table.path(LEFTOVERS[0]), &content).unwrap();
            table.age(10 * DAY);
            let storage = if is_remote {
                as_objects(&table, Arc::new(LocalFileSystem::new()))
            } else {
                table.storage()
            };
            let (_, report) = run(&RemoveOrphans { trash: true, ..request() }, &storage).await;
            // Copied back and not yet taken out of the trash; or as large and not the same.
            let mut copied = content.clone();
            copied[size - 1] += u8::from(differs);
            std::fs::write(table.path(LEFTOVERS[0]), &copied).unwrap();
            let dry = restore_through(&storage, report.trash.as_deref(), true).await;
            let back = restore_through(&storage, report.trash.as_deref(), false).await;
            assert_eq!((dry.restored, dry.occupied), (back.restored.clone(), back.occupied.clone()));
            let is_back = back.restored.iter().any(|path| path == LEFTOVERS[0]);
            assert_eq!(
                (is_back, back.occupied.len()),
                (!differs, usize::from(differs)),
                "{is_remote} {size}"
            );
            assert_eq!(std::fs::read(table.path(LEFTOVERS[0])).unwrap(), copied);
            assert_eq!(trash::list(&storage).await.unwrap().len(), usize::from(differs));
        }
    }
}

#[tokio::test]
async fn an_object_that_is_too_large_for_the_trash_stays_and_is_named() {
    let table = TestTable::with_leftovers().await;
    for (path, bytes) in [("index/index-fits", 5 << 30), ("index/index-large", (5 << 30) + 1)] {
        table.leave(path, DAY);
        std::fs::File::options().write(true).open(table.path(path)).unwrap().set_len(bytes).unwrap();
    }
    table.age(10 * DAY);
    let storage = as_objects(&table, Arc::new(LocalFileSystem::new()));
    let trash = RemoveOrphans { trash: true, ..request() };
    let (outcome, planned) = run(&RemoveOrphans { dry_run: true, ..trash.clone() }, &storage).await;
    assert_eq!(outcome.unwrap(), OrphanOutcome::Planned);
    let (outcome, report) = run(&trash, &storage).await;
    assert_eq!(outcome.unwrap(), OrphanOutcome::Removed);
    for report in [&planned, &report] {
        assert_eq!(report.too_large_for_trash.len(), 1);
        assert_eq!(report.too_large_for_trash[0].path, "index/index-large");
        assert_eq!((report.files.len(), report.left.len()), (11, 0));
    }
    assert!(table.path("index/index-large").exists() && !table.path("index/index-fits").exists());

    let (outcome, report) = run(&trash, &storage).await;
    assert_eq!((outcome.unwrap(), report.too_large_for_trash.len()), (OrphanOutcome::NothingToDo, 1));
    let (outcome, _) = run(&trash, &table.storage()).await;
    assert_eq!(outcome.unwrap(), OrphanOutcome::Removed, "a file system renames");
}

#[tokio::test]
async fn nothing_is_lost_when_putting_back_fails_at_any_call() {
    let (original, before, report) = trashed().await;
    let trash = report.trash.unwrap();
    let clean = original.copy();
    let (storage, calls) = clean.faulty(0, None);
    assert_eq!(restore_through(&storage, Some(&trash), false).await.restored.len(), 10);
    for call in 1..=calls.calls() {
        for fault in [Fault::Error, Fault::AppliedThenError, Fault::Denied, Fault::Crash] {
            let table = original.copy();
            let (storage, _) = table.faulty(call, Some(fault));
            let request = RestoreTrash { from: Some(trash.clone()), dry_run: false };
            let failed = request.run(&storage, &mut RestoreReport::default()).await;
            // The trash is empty when it was the very last answer that was lost.
            let again = request.run(&table.storage(), &mut RestoreReport::default()).await;
            assert_eq!(table.files().await, before, "{fault:?} at call {call}: {failed:?}, then {again:?}");
        }
    }
}

#[tokio::test]
async fn a_name_that_the_trash_does_not_have_is_refused() {
    let (table, _, _) = trashed().await;
    for from in ["x", "..", "../..", ""] {
        let request = RestoreTrash { from: Some(from.to_owned()), dry_run: false };
        let error = request.run(&table.storage(), &mut RestoreReport::default()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{from}: {error}");
    }
}

#[tokio::test]
async fn purging_deletes_what_is_old_enough_and_that_alone() {
    let (table, _, report) = trashed().await;
    let young = report.trash.unwrap();
    let old = "20200101T000000Z-0b1c22aa";
    table.leave(&format!(".weir/trash/{old}/bucket-0/data-x"), DAY);
    table.leave(".weir/trash/by-hand/bucket-0/data-x", DAY);

    let dry = purge(&table, 7, true).await;
    assert_eq!(dry.purged.iter().map(|run| run.name.as_str()).collect::<Vec<_>>(), [old]);
    assert_eq!(dry.kept.iter().map(|run| run.name.as_str()).collect::<Vec<_>>(), [young.as_str(), "by-hand"]);
    assert_eq!(trash::list(&table.storage()).await.unwrap().len(), 3);

    assert_eq!(purge(&table, 7, false).await.purged, dry.purged);
    assert_eq!(trash::list(&table.storage()).await.unwrap(), dry.kept);
    assert_eq!(purge(&table, 0, false).await.purged.len(), 1, "of unknown age is kept whatever is asked");
    assert_eq!(table.files().await, table.reachable_and_hints().await);
}

#[tokio::test]
async fn the_trash_journals_and_receipts_are_no_orphans() {
    let (table, _, _) = trashed().await;
    table.leave(".weir/receipts/20200101-x.json", 100 * DAY);
    let own = table.own_files(".weir").await;
    table.age(10 * DAY);
    let (outcome, _) = run(&request(), &table.storage()).await;
    assert_eq!(outcome.unwrap(), OrphanOutcome::NothingToDo);
    assert_eq!(table.own_files(".weir").await, own);
}
