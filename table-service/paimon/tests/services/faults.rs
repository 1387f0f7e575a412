//! Every storage call of a service fails in turn, in every way: nothing that a reader needs is ever lost, and the
//! next run finishes the work.

use std::collections::BTreeMap;
use std::sync::Arc;

use weir_paimon::Result;
use weir_paimon::compaction::{Compact, CompactOutcome, CompactReport, Control, Strategy};
use weir_paimon::expiry::{ExpireOutcome, ExpireReport, ExpireSnapshots};
use weir_storage::Storage;
use weir_storage::faults::Fault;

use crate::table::TestTable;

pub(crate) const FAULTS: [Fault; 4] = [Fault::Error, Fault::AppliedThenError, Fault::Denied, Fault::Crash];

fn compaction() -> Compact {
    Compact {
        strategy: Strategy::Full,
        commit_user: Compact::commit_user("test", 0),
        is_repeatable: true,
        options: BTreeMap::from([("commit.max-retries".to_owned(), "2".to_owned())]),
        ..Compact::default()
    }
}

/// The same, which also merges manifests.
fn merging_compaction() -> Compact {
    let mut compaction = compaction();
    compaction.options.insert("manifest.merge-min-count".to_owned(), "2".to_owned());
    compaction
}

pub(crate) async fn compact(storage: &Storage) -> Result<CompactOutcome> {
    run(&compaction(), storage).await
}

async fn run(request: &Compact, storage: &Storage) -> Result<CompactOutcome> {
    request.run(storage, &Control::new(), &(Arc::new(|_| {}) as _), &mut CompactReport::default()).await
}

async fn expire(storage: &Storage, report: &mut ExpireReport) -> Result<ExpireOutcome> {
    let request = ExpireSnapshots { retain_min: Some(2), retain_max: Some(2), ..ExpireSnapshots::default() };
    request.run(storage, &Control::new(), report).await
}

#[tokio::test]
async fn a_compaction_survives_a_fault_at_every_call() {
    survives_a_fault_at_every_call(TestTable::with_history().await, &compaction()).await;
}

#[tokio::test]
async fn a_compaction_that_merges_manifests_survives_a_fault_at_every_call() {
    survives_a_fault_at_every_call(TestTable::with_history().await, &merging_compaction()).await;
}

#[tokio::test]
async fn a_compaction_of_an_append_table_survives_a_fault_at_every_call() {
    survives_a_fault_at_every_call(TestTable::with_small_files().await, &compaction()).await;
}

async fn survives_a_fault_at_every_call(original: TestTable, request: &Compact) {
    original.tag("kept", 2).await;
    let before = original.all_versions().await;
    let rows = original.rows().await;

    let clean = original.copy();
    let (storage, calls) = clean.faulty(0, None);
    assert_eq!(run(request, &storage).await.unwrap(), CompactOutcome::Committed);
    assert_eq!(clean.rows().await, rows);
    assert_eq!(clean.files().await, clean.reachable_and_hints().await);

    for call in 1..=calls.calls() {
        for fault in FAULTS {
            let table = original.copy();
            let (storage, _) = table.faulty(call, Some(fault));
            let outcome = run(request, &storage).await;
            let context = format!("{fault:?} at call {call}: {outcome:?}");
            assert_eq!(table.rows().await, rows, "{context}");
            let versions = table.all_versions().await;
            assert!(before.iter().all(|(name, rows)| versions.get(name) == Some(rows)), "{context}");

            let again = run(request, &table.storage()).await;
            assert!(matches!(again, Ok(CompactOutcome::Committed)), "{context}, then {again:?}");
            assert_eq!(table.rows().await, rows, "{context}");
            let live = table.open().await;
            let latest = live.latest_snapshot().await.unwrap().unwrap();
            assert_eq!(live.live_files(&latest).await.unwrap().entries.len(), 1, "{context}");
        }
    }
}

#[tokio::test]
async fn an_expiry_survives_a_fault_at_every_call() {
    let mut original = TestTable::with_history().await;
    original.tag("kept", 2).await;
    assert_eq!(compact(&original.storage()).await.unwrap(), CompactOutcome::Committed);
    original.append(&[(1, Some(7)), (2, None)]).await;
    let before = original.all_versions().await;

    let clean = original.copy();
    let (storage, calls) = clean.faulty(0, None);
    assert_eq!(expire(&storage, &mut ExpireReport::default()).await.unwrap(), ExpireOutcome::Expired);
    let expected = clean.files().await;
    assert_eq!(clean.open().await.snapshot_ids().await.unwrap(), [7, 8]);
    assert_eq!(expected, clean.reachable_and_hints().await, "an expiry leaves exactly what its roots reach");

    for call in 1..=calls.calls() {
        for fault in FAULTS {
            let table = original.copy();
            let (storage, _) = table.faulty(call, Some(fault));
            let outcome = expire(&storage, &mut ExpireReport::default()).await;
            let context = format!("{fault:?} at call {call}: {outcome:?}");
            for (name, rows) in table.all_versions().await {
                assert_eq!(before.get(&name), Some(&rows), "{name} after {context}");
            }
            let mut report = ExpireReport::default();
            let again = expire(&table.storage(), &mut report).await;
            let _ = again.unwrap_or_else(|error| panic!("{context}, then {error}"));
            assert_eq!(table.files().await, expected, "{context}, then {report:?}");
            assert!(table.own_files(".weir/journal").await.is_empty(), "{context}");
        }
    }
}

#[tokio::test]
async fn an_expiry_keeps_what_a_tag_made_meanwhile_needs() {
    let original = TestTable::with_history().await;
    assert_eq!(compact(&original.storage()).await.unwrap(), CompactOutcome::Committed);
    // The first run dies right after it has deleted the snapshots; a tag of one of them was being made.
    let clean = original.copy();
    let (storage, calls) = clean.faulty(0, None);
    assert_eq!(expire(&storage, &mut ExpireReport::default()).await.unwrap(), ExpireOutcome::Expired);
    let mut tried = 0;
    for call in 1..=calls.calls() {
        let table = original.copy();
        let rows = table.all_versions().await["snapshot 2"].clone();
        let copy_of_snapshot = table.storage().read("snapshot/snapshot-2").await.unwrap();
        let (storage, _) = table.faulty(call, Some(Fault::Crash));
        let _ = expire(&storage, &mut ExpireReport::default()).await;
        if table.storage().stat("snapshot/snapshot-2").await.unwrap().is_some()
            || table.own_files(".weir/journal").await.is_empty()
            || table.files().await.len() < original.files().await.len() - 5
        {
            continue;
        }
        tried += 1;
        table.storage().overwrite("tag/tag-late", copy_of_snapshot).await.unwrap();
        let _ = expire(&table.storage(), &mut ExpireReport::default()).await.unwrap();
        assert_eq!(table.all_versions().await["tag late"], rows, "crash at call {call}");
    }
    assert!(tried > 0, "no crash fell between the deletion of snapshots and that of files");
}

#[tokio::test]
async fn an_unreadable_tag_keeps_everything() {
    let table = TestTable::with_history().await;
    assert_eq!(compact(&table.storage()).await.unwrap(), CompactOutcome::Committed);
    table.storage().overwrite("tag/tag-broken", "{".into()).await.unwrap();
    let before = table.files().await;
    let error = expire(&table.storage(), &mut ExpireReport::default()).await.unwrap_err();
    assert!(error.to_string().contains("tag-broken"), "{error}");
    assert_eq!(table.files().await, before);
}

#[tokio::test]
async fn a_dry_run_asks_for_no_write() {
    let table = TestTable::with_history().await;
    let storage = table.storage();
    let dry = Compact { dry_run: true, ..compaction() };
    let outcome =
        dry.run(&storage, &Control::new(), &(Arc::new(|_| {}) as _), &mut CompactReport::default()).await;
    assert_eq!(outcome.unwrap(), CompactOutcome::Planned);
    let request = ExpireSnapshots {
        retain_min: Some(1),
        retain_max: Some(1),
        dry_run: true,
        ..ExpireSnapshots::default()
    };
    let mut report = ExpireReport::default();
    assert_eq!(request.run(&storage, &Control::new(), &mut report).await.unwrap(), ExpireOutcome::Planned);
    assert_eq!(report.expired_snapshots, [1, 2, 3, 4, 5]);
    let requests = storage.requests();
    assert_eq!((requests.put, requests.delete), (0, 0));
}

#[tokio::test]
async fn a_cancelled_compaction_leaves_no_file() {
    let table = TestTable::with_history().await;
    let before = table.files().await;
    let control = Control::new();
    control.cancel();
    let error = compaction()
        .run(&table.storage(), &control, &(Arc::new(|_| {}) as _), &mut CompactReport::default())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), weir_paimon::ErrorKind::Cancelled);
    assert_eq!(table.files().await, before);
}

impl TestTable {
    /// What should be there: everything that is reachable, with the hints that exist.
    pub(crate) async fn reachable_and_hints(&self) -> std::collections::BTreeSet<String> {
        let files = self.files().await;
        let is_absent_hint =
            |path: &String| (path.ends_with("EARLIEST") || path.ends_with("LATEST")) && !files.contains(path);
        self.reachable().await.into_iter().filter(|path| !is_absent_hint(path)).collect()
    }
}
