//! Manifests that are compacted: with faults at every storage call, and beside writers.

use std::sync::Arc;

use object_store::path::Path;
use tokio::sync::Mutex;
use weir_paimon::Result;
use weir_paimon::manifests::{CompactManifests, CompactManifestsOutcome, CompactManifestsReport};
use weir_paimon::table::commit::commit_user;
use weir_storage::Storage;
use weir_storage::faults::Fault;

use crate::hooked::{before_nth, elsewhere};
use crate::table::TestTable;

fn request() -> CompactManifests {
    CompactManifests {
        commit_user: commit_user("test", 0),
        options: [("commit.max-retries".to_owned(), "2".to_owned())].into(),
        ..CompactManifests::default()
    }
}

async fn compact(storage: &Storage) -> (Result<CompactManifestsOutcome>, CompactManifestsReport) {
    let mut report = CompactManifestsReport::default();
    (request().run(storage, &mut report).await, report)
}

#[tokio::test]
async fn a_compaction_of_manifests_survives_a_fault_at_every_call() {
    let original = TestTable::with_partitions(&["a", "b"]).await;
    let before = original.all_versions().await;
    let rows = original.rows().await;
    let clean = original.copy();
    let (storage, calls) = clean.faulty(0, None);
    let (outcome, report) = compact(&storage).await;
    assert_eq!(outcome.unwrap(), CompactManifestsOutcome::Committed);
    assert_eq!((report.before.manifests, report.after.map(|after| after.manifests)), (6, Some(1)));
    assert_eq!(clean.files().await, clean.reachable_and_hints().await);
    let latest = clean.open().await.latest_snapshot().await.unwrap().unwrap();
    assert_eq!((latest.commit_identifier, latest.delta_record_count), (i64::MAX, Some(0)));
    assert_eq!(compact(&clean.storage()).await.0.unwrap(), CompactManifestsOutcome::NothingToDo);
    for call in 1..=calls.calls() {
        for fault in [Fault::Error, Fault::AppliedThenError, Fault::Denied, Fault::Crash] {
            let table = original.copy();
            let (storage, _) = table.faulty(call, Some(fault));
            let (outcome, _) = compact(&storage).await;
            let context = format!("{fault:?} at call {call}: {outcome:?}");
            assert_eq!(table.rows().await, rows, "{context}");
            let versions = table.all_versions().await;
            assert!(before.iter().all(|(name, rows)| versions.get(name) == Some(rows)), "{context}");
            let again = compact(&table.storage()).await.0;
            assert!(again.is_ok(), "{context}, then {again:?}");
            assert_eq!(table.open().await.snapshot_ids().await.unwrap().last(), Some(&7), "{context}");
            assert_eq!(table.rows().await, rows, "{context}");
        }
    }
}

#[tokio::test]
async fn a_writer_that_is_faster_loses_nothing_and_the_merge_is_used_again() {
    let table = Arc::new(Mutex::new(TestTable::with_partitions(&["a", "b"]).await));
    let writer = Arc::clone(&table);
    let is_snapshot = |path: &Path| path.filename().is_some_and(|name| name.starts_with("snapshot-"));
    let store = before_nth(1, is_snapshot, move || {
        let writer = Arc::clone(&writer);
        elsewhere(async move || {
            writer.lock().await.append_in("b", &[(900, Some(1))]).await;
        });
    });
    let storage = Storage::metered(store, 1, table.lock().await.location());
    let (outcome, report) = compact(&storage).await;
    assert_eq!(outcome.unwrap(), CompactManifestsOutcome::Committed);
    assert_eq!((report.commit_attempts, report.after.map(|after| after.manifests)), (2, Some(2)));
    let table = table.lock().await;
    assert_eq!(table.rows().await.get(&900), Some(&1));
    assert_eq!(table.files().await, table.reachable_and_hints().await, "nothing of the lost attempt is left");
}

/// Another name in a manifest's schema is a field that this release does not know.
#[tokio::test]
async fn a_manifest_of_a_newer_release_is_refused_by_name() {
    let table = TestTable::with_partitions(&["a", "b"]).await;
    let files = table.files().await;
    let is_manifest = |path: &&String| path.starts_with("manifest/manifest-") && !path.contains("list");
    let name = files.iter().find(is_manifest).unwrap();
    let content = std::fs::read(table.path(name)).unwrap();
    let field = b"_WRITE_COLS\"";
    let at = content.windows(field.len()).position(|window| window == field).unwrap();
    let mut newer = content.clone();
    newer[at + field.len() - 2] = b'Z';
    std::fs::write(table.path(name), newer).unwrap();
    let (outcome, _) = compact(&table.storage()).await;
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), weir_paimon::ErrorKind::Unsupported);
    assert!(error.to_string().contains(name.strip_prefix("manifest/").unwrap()), "{error}");
    assert_eq!(table.files().await, files);
}
