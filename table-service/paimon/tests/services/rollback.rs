//! Rollback: with faults at every storage call, and when something still works on the table.

use std::collections::BTreeMap;
use std::sync::Arc;

use object_store::path::Path;
use tokio::sync::Mutex;
use weir_paimon::compaction::Control;
use weir_paimon::rollback::{Rollback, RollbackOutcome, RollbackReport, RollbackTarget};
use weir_paimon::{ErrorKind, Result};
use weir_storage::Storage;
use weir_storage::faults::Fault;

use crate::hooked::{before_nth, elsewhere};
use crate::table::TestTable;

fn to_snapshot(id: i64) -> Rollback {
    Rollback {
        target: RollbackTarget::Snapshot(id),
        writers_stopped: true,
        dry_run: false,
        options: BTreeMap::new(),
    }
}

async fn roll_back(request: &Rollback, storage: &Storage) -> (Result<RollbackOutcome>, RollbackReport) {
    let mut report = RollbackReport::default();
    (request.run(storage, &Control::new(), &mut report).await, report)
}

/// Six snapshots, tags and a consumer.
async fn with_roots() -> TestTable {
    let table = TestTable::with_history().await;
    for (tag, snapshot) in [("early", 2), ("late", 5), ("later", 6)] {
        table.tag(tag, snapshot).await;
    }
    table
}

#[tokio::test]
async fn a_rollback_survives_a_fault_at_every_call() {
    for (request, expired) in [
        (to_snapshot(3), false),
        (Rollback { target: RollbackTarget::Tag("early".to_owned()), ..to_snapshot(2) }, true),
    ] {
        let original = with_roots().await;
        let before = original.all_versions().await;
        if expired {
            for id in 1..=4 {
                std::fs::remove_file(original.path(&format!("snapshot/snapshot-{id}"))).unwrap();
            }
        }
        let clean = original.copy();
        let (storage, calls) = clean.faulty(0, None);
        let (outcome, report) = roll_back(&request, &storage).await;
        assert_eq!(outcome.unwrap(), RollbackOutcome::RolledBack);
        let expected = clean.files().await;
        let target = report.target.unwrap();
        assert_eq!(report.is_target_written_back, expired);
        assert_eq!(report.removed_tags, ["tag/tag-later", "tag/tag-late"]);
        assert_eq!(clean.rows().await, before[&format!("snapshot {target}")]);

        for call in 1..=calls.calls() {
            for fault in [Fault::Error, Fault::AppliedThenError, Fault::Denied, Fault::Crash] {
                let table = original.copy();
                let (storage, _) = table.faulty(call, Some(fault));
                let (outcome, _) = roll_back(&request, &storage).await;
                let context = format!("{fault:?} at call {call}: {outcome:?}");
                for (name, rows) in table.all_versions().await {
                    assert_eq!(before.get(&name), Some(&rows), "{name} after {context}");
                }
                assert!(table.open().await.latest_snapshot().await.unwrap().is_some(), "{context}");
                let again = roll_back(&request, &table.storage()).await.0;
                assert!(again.is_ok(), "{context}, then {again:?}");
                assert_eq!(table.files().await, expected, "{context}");
                assert_eq!(table.rows().await, before[&format!("snapshot {target}")], "{context}");
                let hint = std::fs::read_to_string(table.path("snapshot/LATEST")).unwrap();
                assert_eq!(hint, target.to_string(), "{context}");
            }
        }
    }
}

#[tokio::test]
async fn what_is_removed_is_recorded_first() {
    let table = with_roots().await;
    let before = table.all_versions().await;
    let contents: Vec<String> = [6, 5, 4]
        .map(|id| std::fs::read_to_string(table.path(&format!("snapshot/snapshot-{id}"))).unwrap())
        .into();
    let (outcome, report) = roll_back(&to_snapshot(3), &table.storage()).await;
    assert_eq!(outcome.unwrap(), RollbackOutcome::RolledBack);
    let record = std::fs::read_to_string(table.path(&report.record.unwrap())).unwrap();
    let record: serde_json::Value = serde_json::from_str(&record).unwrap();
    assert_eq!((record["target"].as_i64(), record["latest"].as_i64()), (Some(3), Some(6)));
    let removed = record["removed"].as_array().unwrap();
    assert_eq!(removed.len(), 5);
    for (root, content) in removed.iter().zip(contents) {
        assert_eq!(root["content"], content);
    }
    // By hand.
    for root in removed {
        std::fs::write(table.path(root["path"].as_str().unwrap()), root["content"].as_str().unwrap())
            .unwrap();
    }
    assert_eq!(table.all_versions().await, before);
}

/// The table's storage; `step` runs right before something is written to a path that ends like this.
fn before_write(table: &TestTable, end: &'static str, step: impl Fn() + Send + Sync + 'static) -> Storage {
    let is_it = move |path: &Path| path.as_ref().ends_with(end);
    Storage::metered(before_nth(1, is_it, step), 1, table.location())
}

#[tokio::test]
async fn a_writer_that_commits_although_it_was_said_to_be_stopped_is_noticed() {
    let table = Arc::new(Mutex::new(with_roots().await));
    let before = table.lock().await.all_versions().await;
    let writer = Arc::clone(&table);
    // The hint is written before the first snapshot goes.
    let storage = before_write(&*table.lock().await, "snapshot/LATEST", move || {
        let writer = Arc::clone(&writer);
        elsewhere(async move || {
            writer.lock().await.append(&[(900, Some(1))]).await;
        });
    });
    let (outcome, report) = roll_back(&to_snapshot(3), &storage).await;
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsafe);
    assert!(error.to_string().contains("snapshot 7 was committed"), "{error}");
    assert!(report.removed_snapshots.is_empty() && report.removed_tags.is_empty());
    let table = table.lock().await;
    assert_eq!(table.rows().await.get(&900), Some(&1), "the writer's commit stays");
    let versions = table.all_versions().await;
    assert!(before.iter().all(|(name, rows)| versions.get(name) == Some(rows)));
}

#[tokio::test]
async fn hazard_6_a_snapshot_whose_number_was_given_again_is_not_removed() {
    let table = with_roots().await;
    let path = table.path("snapshot/snapshot-6");
    let storage = before_write(&table, "snapshot/LATEST", move || {
        let other = std::fs::read_to_string(&path).unwrap().replace("\"writer\"", "\"another\"");
        std::fs::write(&path, other).unwrap();
    });
    let (outcome, report) = roll_back(&to_snapshot(3), &storage).await;
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsafe);
    assert!(error.to_string().contains("snapshot/snapshot-6 has changed"), "{error}");
    assert!(report.removed_snapshots.is_empty());
    assert_eq!(table.open().await.snapshot_ids().await.unwrap(), [1, 2, 3, 4, 5, 6]);
}

#[tokio::test]
async fn hazard_6_an_expiry_that_meets_a_rollback_deletes_nothing() {
    use weir_paimon::expiry::{ExpireReport, ExpireSnapshots};
    let table = with_roots().await;
    let location = table.location();
    let files = table.files().await;
    let storage = before_write(&table, ".json", move || {
        let storage = Storage::open(&location).unwrap();
        elsewhere(async move || {
            assert_eq!(roll_back(&to_snapshot(3), &storage).await.0.unwrap(), RollbackOutcome::RolledBack);
        });
    });
    let request = ExpireSnapshots { retain_min: Some(1), retain_max: Some(1), ..ExpireSnapshots::default() };
    let error = request.run(&storage, &Control::new(), &mut ExpireReport::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsafe, "{error}");
    let gone: Vec<String> = files.difference(&table.files().await).cloned().collect();
    assert!(gone.iter().all(|path| path.starts_with("snapshot/") || path.starts_with("tag/")), "{gone:?}");
    assert_eq!(table.open().await.snapshot_ids().await.unwrap(), [1, 2, 3]);
}

#[tokio::test]
async fn an_unreadable_root_ends_a_rollback_before_it_begins() {
    let table = with_roots().await;
    table.storage().overwrite("tag/tag-broken", "{".into()).await.unwrap();
    let before = table.files().await;
    let (outcome, _) = roll_back(&to_snapshot(3), &table.storage()).await;
    let error = outcome.unwrap_err();
    assert!(error.to_string().contains("tag-broken"), "{error}");
    assert_eq!(table.files().await, before);
    assert!(table.own_files(".weir").await.is_empty());
}

/// A commit that was prepared upon a snapshot that a rollback has removed meanwhile.
#[tokio::test]
async fn hazard_14_a_commit_of_ours_does_not_bring_back_what_was_rolled_back() {
    use weir_paimon::compaction::{Compact, CompactOutcome, CompactReport, Strategy};
    let table = with_roots().await;
    let expected = table.all_versions().await["snapshot 3"].clone();
    let location = table.location();
    let is_list = |path: &Path| path.filename().is_some_and(|name| name.starts_with("manifest-list-"));
    let store = before_nth(1, is_list, move || {
        let storage = Storage::open(&location).unwrap();
        elsewhere(async move || {
            assert_eq!(roll_back(&to_snapshot(3), &storage).await.0.unwrap(), RollbackOutcome::RolledBack);
        });
    });
    let storage = Storage::metered(store, 1, table.location());
    let request = Compact {
        strategy: Strategy::Full,
        commit_user: Compact::commit_user("test", 0),
        ..Compact::default()
    };
    let mut report = CompactReport::default();
    let outcome = request.run(&storage, &Control::new(), &(Arc::new(|_| {}) as _), &mut report).await;
    assert_eq!(outcome.unwrap(), CompactOutcome::Committed);
    assert_eq!(table.open().await.snapshot_ids().await.unwrap(), [1, 2, 3, 4]);
    assert_eq!(table.rows().await, expected, "rows of the snapshot that was rolled back to");
}

#[tokio::test]
async fn a_cancelled_rollback_changes_nothing() {
    let table = with_roots().await;
    let before = table.files().await;
    let control = Control::new();
    control.cancel();
    let error =
        to_snapshot(3).run(&table.storage(), &control, &mut RollbackReport::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert_eq!(table.files().await, before);
    assert!(table.own_files(".weir").await.is_empty());
}
