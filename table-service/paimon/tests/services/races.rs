//! Others at the table while a service works.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{
    AtomicBool, AtomicUsize,
    Ordering::{Relaxed, SeqCst},
};
use std::time::Duration;

use futures::FutureExt;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use weir_paimon::compaction::{Compact, CompactOutcome, CompactReport, Control, Strategy};
use weir_paimon::{ErrorKind, Result};
use weir_storage::Storage;

use crate::hooked::HookedStore;
use crate::table::TestTable;

fn request(uid: &str, options: &[(&str, &str)]) -> Compact {
    Compact {
        strategy: Strategy::Full,
        commit_user: Compact::commit_user(uid, 0),
        is_repeatable: true,
        options: options
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect::<BTreeMap<_, _>>(),
        ..Compact::default()
    }
}

async fn compact(request: &Compact, storage: &Storage) -> (Result<CompactOutcome>, CompactReport) {
    let mut report = CompactReport::default();
    let outcome = request.run(storage, &Control::new(), &(Arc::new(|_| {}) as _), &mut report).await;
    (outcome, report)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_that_never_stops_loses_no_row_to_compactions() {
    let mut table = TestTable::with_history().await;
    let storage = table.storage();
    let finished = AtomicBool::new(false);
    let compactions = async {
        let mut committed = 0;
        for run in 0..8 {
            let (outcome, _) = compact(&request(&format!("run-{run}"), &[]), &storage).await;
            match outcome {
                Ok(CompactOutcome::Committed) => committed += 1,
                Ok(_) => {}
                Err(error) => assert_eq!(error.kind(), ErrorKind::Conflict, "{error}"),
            }
        }
        finished.store(true, Relaxed);
        committed
    };
    let mut expected = table.rows().await;
    let writer = async {
        let mut round = 0;
        while !finished.load(Relaxed) {
            round += 1;
            let rows: Vec<(i64, Option<i32>)> =
                (0..20).map(|id| (id * 3, (id % 7 != 6).then_some(round))).collect();
            table.append(&rows).await;
            tokio::time::sleep(Duration::from_millis(50)).await;
            for (id, value) in rows {
                match value {
                    Some(value) => expected.insert(id, value),
                    None => expected.remove(&id),
                };
            }
        }
    };
    let (committed, ()) = tokio::join!(compactions, writer);
    assert!(committed > 0, "no compaction was committed beside the writer");
    assert_eq!(table.rows().await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_compactions_at_once_never_take_each_others_rows() {
    for round in 0..20 {
        let has_key = round % 2 == 0;
        let table =
            if has_key { TestTable::with_history().await } else { TestTable::with_small_files().await };
        let expected = table.rows().await;
        let (left, right) = (table.storage(), table.storage());
        let (first, second) = (request("left", &[]), request("right", &[]));
        let ((a, _), (b, _)) = tokio::join!(compact(&first, &left), compact(&second, &right));
        assert!(a.is_ok() && b.is_ok(), "round {round}: {a:?} {b:?}");
        assert_eq!(table.rows().await, expected, "round {round}");
        let opened = table.open().await;
        let latest = opened.latest_snapshot().await.unwrap().unwrap();
        assert_eq!(opened.live_files(&latest).await.unwrap().entries.len(), 1);
    }
}

/// What a Java writer does that has looked for the snapshot before we created it.
async fn rename_over(table: &TestTable, name: &str, content: Vec<u8>) {
    let temporary = table.path(&format!("snapshot/.{name}.8c4b1f3e-6a3d-4c43-9d7b-0123456789ab.tmp"));
    std::fs::write(&temporary, content).unwrap();
    let target = table.path(&format!("snapshot/{name}"));
    while !target.exists() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    std::fs::rename(temporary, target).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn hazard_27_a_commit_that_is_renamed_over_late_is_noticed_and_made_again() {
    let table = TestTable::with_history().await;
    let expected = table.rows().await;
    // The writer's own snapshot 7 keeps all files of snapshot 6.
    let before =
        String::from_utf8(table.storage().read("snapshot/snapshot-6").await.unwrap().to_vec()).unwrap();
    let written = before.replace("\"id\":6", "\"id\":7").replace("\"id\": 6", "\"id\": 7");
    assert_ne!(written, before);
    let (run, storage) = (request("uid", &[]), table.storage());
    let ((outcome, report), ()) =
        tokio::join!(compact(&run, &storage), rename_over(&table, "snapshot-7", written.into_bytes()));
    assert_eq!(outcome.unwrap(), CompactOutcome::Committed);
    assert_eq!((report.overwritten_commits, report.snapshot_after), (1, Some(8)));
    assert_eq!(table.rows().await, expected);
}

#[tokio::test]
async fn a_repeated_attempt_reports_what_the_first_has_committed() {
    let table = TestTable::with_history().await;
    let run = request("uid", &[]);
    let (first, report) = compact(&run, &table.storage()).await;
    assert_eq!(first.unwrap(), CompactOutcome::Committed);
    let (second, repeated) = compact(&run, &table.storage()).await;
    assert_eq!(second.unwrap(), CompactOutcome::Committed);
    assert_eq!(repeated.snapshot_after, report.snapshot_after);
    assert!(repeated.buckets.is_empty());
    let (other, _) = compact(&request("other", &[]), &table.storage()).await;
    assert_eq!(other.unwrap(), CompactOutcome::NothingToDo);
}

#[tokio::test]
async fn hazard_30_a_table_that_its_writer_compacts_is_left_to_the_writer() {
    let table = TestTable::with_history().await;
    // A COMPACT snapshot of another user is in the history.
    let path = "snapshot/snapshot-6";
    let snapshot = String::from_utf8(table.storage().read(path).await.unwrap().to_vec()).unwrap();
    table.storage().overwrite(path, snapshot.replace("\"APPEND\"", "\"COMPACT\"").into()).await.unwrap();
    let before = table.files().await;
    let (refused, _) = compact(&request("uid", &[("write-only", "false")]), &table.storage()).await;
    let error = refused.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignCompactor);
    for part in [
        "commit user writer, snapshot 6",
        "ALTER TABLE … SET ('write-only' = 'true')",
        "--beside-foreign-compactor",
    ] {
        assert!(error.to_string().contains(part), "{error}");
    }
    assert_eq!(table.files().await, before);

    let beside = Compact { beside_foreign_compactor: true, ..request("uid", &[("write-only", "false")]) };
    assert_eq!(compact(&beside, &table.storage()).await.0.unwrap(), CompactOutcome::Committed);
}

#[tokio::test]
async fn a_partial_compaction_never_looks_like_a_full_one() {
    let table = TestTable::with_history().await;
    let automatic =
        Compact { strategy: Strategy::Auto, ..request("uid", &[("full-compaction.delta-commits", "2")]) };
    assert_eq!(compact(&automatic, &table.storage()).await.0.unwrap(), CompactOutcome::Committed);
    let opened = table.open().await;
    let partial = opened.latest_snapshot().await.unwrap().unwrap();
    assert_ne!(partial.commit_identifier, i64::MAX);
    assert_eq!(partial.commit_identifier % 2, 1);

    let full = TestTable::with_history().await;
    assert_eq!(compact(&request("uid", &[]), &full.storage()).await.0.unwrap(), CompactOutcome::Committed);
    let latest = full.open().await.latest_snapshot().await.unwrap().unwrap();
    assert_eq!(latest.commit_identifier, i64::MAX);
}

/// A Java writer that saw no snapshot 7 renames its own over ours, right after we have created it.
#[tokio::test]
async fn hazard_28_a_commit_that_another_holder_of_the_lock_overwrites_is_made_again() {
    let table = TestTable::with_history().await;
    let rows = table.rows().await;
    let theirs =
        std::fs::read_to_string(table.path("snapshot/snapshot-6")).unwrap().replace("\"id\":6", "\"id\":7");
    let (path, times) = (table.path("snapshot/snapshot-7"), AtomicUsize::new(0));
    let hook = move |location: Path, payload| {
        let is_hint = location.filename() == Some("LATEST");
        if is_hint && times.fetch_add(1, SeqCst) == 0 {
            std::fs::write(&path, &theirs).unwrap();
        }
        async move { payload }.boxed()
    };
    let store = HookedStore::new(Arc::new(LocalFileSystem::new()), Arc::new(hook));
    let storage = Storage::metered(Arc::new(store), 1, table.location());
    let (outcome, report) = compact(&request("uid", &[]), &storage).await;
    assert_eq!(outcome.unwrap(), CompactOutcome::Committed);
    assert_eq!((report.overwritten_commits, report.snapshot_after), (1, Some(8)));
    assert_eq!(report.conflicts, ["snapshot 7 was ours and was overwritten by another writer"]);
    assert_eq!(report.warnings[0].name, "UnprotectedCommits");
    assert_eq!(report.left_behind.len(), 1);
    assert!(table.path(&report.left_behind[0]).exists(), "what an overwritten snapshot names is not deleted");
    assert_eq!(table.rows().await, rows);
    let snapshot = table.open().await.snapshot(7).await.unwrap();
    assert_eq!(snapshot.commit_user, "writer", "the writer's commit stays");
}
