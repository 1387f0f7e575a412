//! Outputs that are compared with an independent merge before they are committed.

use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt;
use object_store::PutPayload;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use weir_paimon::compaction::{
    Compact, CompactOutcome, CompactReport, Control, PortionLimits, ProgressListener, Strategy,
};
use weir_paimon::{ErrorKind, Result};
use weir_storage::Storage;
use weir_storage::faults::Fault;

use crate::hooked::HookedStore;
use crate::table::TestTable;

/// Without a codec a value can be altered in place, and the file stays a valid one.
fn request(verify: bool) -> Compact {
    Compact {
        strategy: Strategy::Full,
        commit_user: Compact::commit_user("test", 0),
        verify,
        options: [("file.compression".to_owned(), "none".to_owned())].into(),
        ..Compact::default()
    }
}

async fn compact(request: &Compact, storage: &Storage) -> (Result<CompactOutcome>, CompactReport) {
    let listener: ProgressListener = Arc::new(|_| {});
    let mut report = CompactReport::default();
    let outcome = request.run(storage, &Control::new(), &listener, &mut report).await;
    (outcome, report)
}

/// The table's storage, which alters the first occurrence of `value` in the `nth` data file that is written.
fn altering(table: &TestTable, nth: usize, value: i32, to: i32) -> Storage {
    spoiling(table, nth, move |payload| altered(payload, value, to))
}

/// The table's storage, which writes something else in place of the `nth` data file.
fn spoiling(
    table: &TestTable,
    nth: usize,
    spoil: impl Fn(PutPayload) -> PutPayload + Send + Sync + 'static,
) -> Storage {
    let written = std::sync::atomic::AtomicUsize::new(0);
    let hook = move |path: Path, payload: PutPayload| {
        let is_data = path.filename().is_some_and(|name| name.starts_with("data-"));
        let is_nth = is_data && written.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == nth;
        let payload = if is_nth { spoil(payload) } else { payload };
        async move { payload }.boxed()
    };
    let store = HookedStore::new(Arc::new(LocalFileSystem::new()), Arc::new(hook));
    Storage::metered(Arc::new(store), 1, table.location())
}

fn altered(payload: PutPayload, value: i32, to: i32) -> PutPayload {
    let mut content = Bytes::from(payload).to_vec();
    let at = content.windows(4).position(|bytes| bytes == value.to_le_bytes()).unwrap();
    content[at..at + 4].copy_from_slice(&to.to_le_bytes());
    content.into()
}

#[tokio::test]
async fn an_output_with_one_altered_value_is_found_and_nothing_is_committed() {
    let table = TestTable::with_history().await;
    let (rows, files) = (table.rows().await, table.files().await);
    // The newest rows, 15 to 22, have the value 500, but for 19, which is deleted.
    let (outcome, report) = compact(&request(true), &altering(&table, 0, 500, 501)).await;
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    let message = error.to_string();
    assert!(
        message.contains("the outputs in bucket-0 differ from an independent merge of their inputs"),
        "{message}"
    );
    assert!(message.contains("key (15) with sequence number 40 and kind 0 was expected"), "{message}");
    assert_eq!((report.commits.len(), report.left_behind.len()), (0, 0));
    assert_eq!(table.files().await, files, "the outputs are deleted");
    assert_eq!(table.rows().await, rows);

    let (outcome, _) = compact(&request(false), &altering(&table, 0, 500, 501)).await;
    assert_eq!(outcome.unwrap(), CompactOutcome::Committed, "nothing else looks at values");
    assert_eq!(table.rows().await[&15], 501);
}

#[tokio::test]
async fn an_output_that_did_not_arrive_whole_fails_the_self_check_and_nothing_is_committed() {
    let table = TestTable::with_history().await;
    let (rows, files) = (table.rows().await, table.files().await);
    let storage = spoiling(&table, 0, |payload| {
        let content = Bytes::from(payload);
        content.slice(..content.len() - 1).into()
    });
    let (outcome, report) = compact(&request(false), &storage).await;
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    let message = error.to_string();
    assert!(message.starts_with("self-check failed, nothing was committed: bucket-0/data-"), "{message}");
    assert_eq!((report.commits.len(), report.left_behind.len()), (0, 0));
    assert_eq!((table.files().await, table.rows().await), (files, rows));
}

#[tokio::test]
async fn an_altered_key_is_found() {
    let table = TestTable::with_history().await;
    // The key column comes first in a file; its last key, 22, becomes 21.
    let (outcome, _) = compact(&request(true), &altering(&table, 0, 22, 21)).await;
    let message = outcome.unwrap_err().to_string();
    assert!(message.starts_with("verification failed, nothing was committed: bucket-0/data-"), "{message}");
    assert!(
        message.contains("does not ascend by key at key (21) with sequence number 47 and kind 0"),
        "{message}"
    );
}

#[tokio::test]
async fn an_altered_row_of_a_table_without_a_key_is_found() {
    let table = TestTable::with_small_files().await;
    let files = table.files().await;
    let (outcome, _) = compact(&request(true), &altering(&table, 0, 47, 99)).await;
    let message = outcome.unwrap_err().to_string();
    assert!(message.contains("row (47, 5) was expected, row (99, 5) was written"), "{message}");
    assert_eq!(table.files().await, files, "the outputs are deleted");

    let rows = table.rows().await;
    let (outcome, _) = compact(&request(true), &table.storage()).await;
    assert_eq!(outcome.unwrap(), CompactOutcome::Committed);
    assert_eq!(table.rows().await, rows);
}

#[tokio::test]
async fn good_outputs_are_committed_after_they_were_compared() {
    let table = TestTable::with_busy_buckets(3).await;
    let rows = table.rows().await;
    let (outcome, report) = compact(&request(true), &table.storage()).await;
    assert_eq!(outcome.unwrap(), CompactOutcome::Committed);
    assert_eq!(report.buckets.len(), 3);
    assert_eq!(table.rows().await, rows);
}

#[tokio::test]
async fn a_bad_output_takes_no_earlier_portion_with_it() {
    let table = TestTable::with_busy_buckets(2).await;
    let rows = table.rows().await;
    let portions = PortionLimits { input_bytes: 1, ..PortionLimits::default() };
    let run = Compact { portions, ..request(true) };
    let (outcome, report) = compact(&run, &altering(&table, 1, 1, 7)).await;
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Corrupt);
    assert_eq!(report.commits.len(), 1);
    assert_eq!(table.rows().await, rows);
    assert_eq!(table.files().await, table.reachable_and_hints().await);
}

#[tokio::test]
async fn a_verified_compaction_survives_a_fault_at_every_call() {
    let original = TestTable::with_busy_buckets(1).await;
    let rows = original.rows().await;
    let clean = original.copy();
    let (storage, calls) = clean.faulty(0, None);
    assert_eq!(compact(&request(true), &storage).await.0.unwrap(), CompactOutcome::Committed);
    for call in 1..=calls.calls() {
        for fault in [Fault::Error, Fault::Crash] {
            let table = original.copy();
            let (storage, _) = table.faulty(call, Some(fault));
            let (outcome, _) = compact(&request(true), &storage).await;
            assert_eq!(table.rows().await, rows, "{fault:?} at call {call}: {outcome:?}");
        }
    }
}
