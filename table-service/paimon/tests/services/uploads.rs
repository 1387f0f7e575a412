//! Several new files of one bucket: each is completed while the next one is written.

use std::sync::Arc;
use std::sync::atomic::{
    AtomicU64, AtomicUsize,
    Ordering::{Relaxed, SeqCst},
};
use std::time::{Duration, Instant};

use futures::FutureExt;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use weir_paimon::compaction::{Compact, CompactOutcome, CompactReport, Control, Progress, Strategy};
use weir_paimon::{ErrorKind, Result};
use weir_storage::Storage;

use crate::hooked::HookedStore;
use crate::table::TestTable;

/// Two sorted runs of which few rows fit into a file.
async fn table() -> TestTable {
    let mut table = TestTable::new().await;
    for round in 0..2 {
        let rows: Vec<(i64, Option<i32>)> = (0..5000).map(|id| (2 * id + round, Some(7))).collect();
        table.append(&rows).await;
    }
    table
}

async fn compact(
    table: &TestTable,
    store: HookedStore,
    listener: impl Fn(Progress) + Send + Sync + 'static,
) -> (Result<CompactOutcome>, CompactReport) {
    let request = Compact {
        strategy: Strategy::Full,
        commit_user: Compact::commit_user("test", 0),
        options: [("target-file-size".to_owned(), "1 kb".to_owned())].into(),
        ..Compact::default()
    };
    let storage = Storage::metered(Arc::new(store), 1, table.location());
    let mut report = CompactReport::default();
    let outcome = request.run(&storage, &Control::new(), &(Arc::new(listener) as _), &mut report).await;
    (outcome, report)
}

fn is_data(path: &Path) -> bool {
    path.filename().is_some_and(|name| name.starts_with("data-"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_completed_while_the_next_one_is_written() {
    let table = table().await;
    let rows = table.rows().await;
    let (told, puts) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicUsize::new(0)));
    let (heard, first_unit) = (Arc::clone(&told), 1100);
    let hook = move |path: Path, payload| {
        let (told, is_first) = (Arc::clone(&told), is_data(&path) && puts.fetch_add(1, SeqCst) == 0);
        async move {
            // Its upload ends only after rows of the next file were written.
            let start = Instant::now();
            while is_first && told.load(Relaxed) <= first_unit {
                assert!(start.elapsed() < Duration::from_secs(20), "nothing was written meanwhile");
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            payload
        }
        .boxed()
    };
    let store = HookedStore::new(Arc::new(LocalFileSystem::new()), Arc::new(hook));
    let (outcome, report) = compact(&table, store, move |progress| heard.store(progress.rows, Relaxed)).await;
    assert_eq!(outcome.unwrap(), CompactOutcome::Committed);
    assert!(report.buckets[0].outputs.len() > 2, "{:?}", report.buckets);
    assert_eq!(table.rows().await, rows);
}

#[tokio::test]
async fn an_upload_that_is_denied_is_told_as_such_though_the_next_file_is_written_already() {
    let original = table().await;
    for nth in 1..=2 {
        let table = original.copy();
        let before = table.files().await;
        let (puts, denied) = (AtomicUsize::new(0), Arc::new(std::sync::Mutex::new(String::new())));
        let named = Arc::clone(&denied);
        let store = HookedStore::new(
            Arc::new(LocalFileSystem::new()),
            Arc::new(|_, payload| async { payload }.boxed()),
        )
        .denying(move |path| {
            let is_denied = is_data(path) && puts.fetch_add(1, SeqCst) + 1 == nth;
            if is_denied {
                *named.lock().unwrap() = path.filename().unwrap().to_owned();
            }
            is_denied
        });
        let (outcome, _) = compact(&table, store, |_| {}).await;
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
        let (told, name) = (error.to_string(), denied.lock().unwrap().clone());
        assert!(told.contains(&name) && told.matches("data-").count() == 1, "{told}");
        assert_eq!(table.files().await, before);
    }
}
