//! Merged manifests, when attempts to commit are lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use futures::FutureExt;
use object_store::local::LocalFileSystem;
use tokio::sync::Mutex;
use weir_paimon::ErrorKind;
use weir_paimon::compaction::{Compact, CompactOutcome, CompactReport, Control, Strategy};
use weir_storage::Storage;

use crate::hooked::HookedStore;
use crate::table::TestTable;

fn request() -> Compact {
    let options = [("manifest.merge-min-count", "2"), ("commit.max-retries", "2")];
    Compact {
        strategy: Strategy::Full,
        commit_user: Compact::commit_user("test", 0),
        is_repeatable: true,
        options: options.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
        ..Compact::default()
    }
}

/// The table's storage, on which a writer commits right before each of the first `times` snapshots of ours.
async fn storage_with_rival(table: &Arc<Mutex<TestTable>>, times: usize) -> Storage {
    let (writer, left) = (Arc::clone(table), Arc::new(AtomicUsize::new(times)));
    let hook = move |path: object_store::path::Path, payload| {
        let (writer, left) = (Arc::clone(&writer), Arc::clone(&left));
        async move {
            let is_snapshot = path.filename().is_some_and(|name| name.starts_with("snapshot-"));
            if is_snapshot && left.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok() {
                writer.lock().await.append(&[(900, Some(1))]).await;
            }
            payload
        }
        .boxed()
    };
    let store = HookedStore::new(Arc::new(LocalFileSystem::new()), Arc::new(hook));
    Storage::metered(Arc::new(store), 1, table.lock().await.location())
}

#[tokio::test]
async fn a_later_attempt_uses_the_manifests_again_that_an_earlier_one_has_merged() {
    let table = Arc::new(Mutex::new(TestTable::with_history().await));
    let storage = storage_with_rival(&table, 1).await;
    let mut report = CompactReport::default();
    let outcome = request().run(&storage, &Control::new(), &(Arc::new(|_| {}) as _), &mut report).await;
    assert_eq!(outcome.unwrap(), CompactOutcome::Committed);
    assert_eq!(report.commit_attempts, 2);
    let table = table.lock().await;
    assert_eq!(table.base_manifests().await, [(6, 0), (1, 0)], "one merged manifest, then the writer's");
    assert_eq!(table.files().await, table.reachable_and_hints().await, "nothing of the lost attempt is left");
}

#[tokio::test]
async fn a_commit_that_loses_every_attempt_leaves_no_merged_manifest() {
    let table = Arc::new(Mutex::new(TestTable::with_history().await));
    let storage = storage_with_rival(&table, 9).await;
    let mut report = CompactReport::default();
    let outcome = request().run(&storage, &Control::new(), &(Arc::new(|_| {}) as _), &mut report).await;
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Conflict);
    let table = table.lock().await;
    assert_eq!(table.base_manifests().await.len(), 8);
    assert_eq!(table.files().await, table.reachable_and_hints().await);
}

#[tokio::test]
async fn a_first_attempt_merges_and_the_rows_stay() {
    let table = TestTable::with_history().await;
    let rows = table.rows().await;
    let run = request();
    let listener: weir_paimon::compaction::ProgressListener = Arc::new(|_| {});
    let outcome = run.run(&table.storage(), &Control::new(), &listener, &mut CompactReport::default()).await;
    assert_eq!(outcome.unwrap(), CompactOutcome::Committed);
    assert_eq!(table.base_manifests().await, [(6, 0)]);
    assert_eq!(table.rows().await, rows);
}

impl TestTable {
    /// Numbers of added and deleted files of each manifest in the newest snapshot's base list.
    async fn base_manifests(&self) -> Vec<(i64, i64)> {
        let latest = self.open().await.latest_snapshot().await.unwrap().unwrap();
        let path = weir_paimon_spec::paths::manifest(&latest.base_manifest_list);
        let content = self.storage().read(&path).await.unwrap();
        let list = weir_paimon_spec::manifest::read_manifest_list(&content, &path).unwrap();
        list.entries.iter().map(|meta| (meta.num_added_files, meta.num_deleted_files)).collect()
    }
}
