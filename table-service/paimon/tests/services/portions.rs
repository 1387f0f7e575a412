//! Long runs: commits of portions, and planning again only what another commit has overtaken.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use futures::FutureExt;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use tokio::sync::Barrier;
use weir_paimon::compaction::{
    Compact, CompactOutcome, CompactReport, Control, PortionLimits, Progress, ProgressListener, Selection,
    Strategy,
};
use weir_paimon::{ErrorKind, Result};
use weir_storage::Storage;
use weir_storage::faults::Fault;

use crate::hooked::HookedStore;
use crate::table::TestTable;

/// Every bucket is a portion of its own.
fn in_small_portions() -> Compact {
    Compact { portions: PortionLimits { input_bytes: 1, ..PortionLimits::default() }, ..full("test") }
}

fn full(uid: &str) -> Compact {
    Compact {
        strategy: Strategy::Full,
        commit_user: Compact::commit_user(uid, 0),
        is_repeatable: true,
        options: [("commit.max-retries".to_owned(), "2".to_owned())].into(),
        ..Compact::default()
    }
}

async fn compact(request: &Compact, storage: &Storage) -> (Result<CompactOutcome>, CompactReport) {
    let mut report = CompactReport::default();
    let listener: ProgressListener = Arc::new(|_| {});
    let outcome = request.run(storage, &Control::new(), &listener, &mut report).await;
    (outcome, report)
}

#[tokio::test]
async fn every_portion_is_a_commit_of_its_own() {
    let table = TestTable::with_busy_buckets(3).await;
    let rows = table.rows().await;
    let (outcome, report) = compact(&in_small_portions(), &table.storage()).await;
    assert_eq!(outcome.unwrap(), CompactOutcome::Committed);
    let before = report.snapshot_before.unwrap();
    let commits: Vec<(i64, usize)> =
        report.commits.iter().map(|commit| (commit.snapshot, commit.buckets)).collect();
    assert_eq!(commits, [(before + 1, 1), (before + 2, 1), (before + 3, 1)]);
    let identifiers: Vec<i64> = report.commits.iter().map(|commit| commit.identifier).collect();
    assert!(identifiers[0] < identifiers[1] && identifiers[1] < i64::MAX, "{identifiers:?}");
    assert_eq!(identifiers[2], i64::MAX, "with the last portion the table is fully compacted");
    let committed: Vec<Option<i64>> = report.buckets.iter().map(|bucket| bucket.committed_as).collect();
    assert_eq!(committed, [1, 2, 3].map(|portion| Some(before + portion)));
    assert_eq!(table.rows().await, rows);
    assert_eq!(table.files().await, table.reachable_and_hints().await);
}

#[tokio::test]
async fn small_buckets_are_worked_on_side_by_side() {
    let table = TestTable::with_busy_buckets(3).await;
    let rows = table.rows().await;
    let all = Arc::new(Barrier::new(3));
    let hook = move |path: Path, payload| {
        let all = Arc::clone(&all);
        async move {
            if path.filename().is_some_and(|name| name.starts_with("data-")) {
                all.wait().await;
            }
            payload
        }
        .boxed()
    };
    let store = HookedStore::new(Arc::new(LocalFileSystem::new()), Arc::new(hook));
    let storage = Storage::metered(Arc::new(store), 1, table.location());
    let request = full("test");
    let run = tokio::time::timeout(Duration::from_mins(1), compact(&request, &storage));
    let (outcome, report) = run.await.expect("no bucket waits for another one");
    assert_eq!(outcome.unwrap(), CompactOutcome::Committed);
    assert_eq!(report.commits.len(), 1);
    assert_eq!(table.rows().await, rows);
    assert_eq!(table.files().await, table.reachable_and_hints().await);
}

#[tokio::test]
async fn a_portion_ends_when_its_time_is_over() {
    let table = TestTable::with_busy_buckets(2).await;
    let hasty = Compact {
        portions: PortionLimits { time: Duration::ZERO, ..PortionLimits::default() },
        ..full("test")
    };
    let (_, report) = compact(&hasty, &table.storage()).await;
    assert_eq!(report.commits.len(), 2);
    let patient = TestTable::with_busy_buckets(2).await;
    let (_, report) = compact(&full("test"), &patient.storage()).await;
    assert_eq!(report.commits.len(), 1);
}

#[tokio::test]
async fn a_run_that_is_stopped_keeps_its_earlier_portions() {
    let table = TestTable::with_busy_buckets(3).await;
    let rows = table.rows().await;
    let control = Control::new();
    let (stop, first) = (control.clone(), AtomicUsize::new(0));
    // The first bucket has four runs, of six rows each; the signal comes while the second one is merged.
    let listener: ProgressListener = Arc::new(move |progress: Progress| {
        if progress.rows > 24 && first.fetch_add(1, SeqCst) == 0 {
            stop.cancel();
        }
    });
    let mut report = CompactReport::default();
    // Buckets that are verified are worked on one after the other.
    let error = Compact { verify: true, ..in_small_portions() }
        .run(&table.storage(), &control, &listener, &mut report)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert_eq!(report.commits.len(), 1);
    assert_eq!(table.rows().await, rows);
    assert_eq!(
        table.files().await,
        table.reachable_and_hints().await,
        "nothing of the later buckets is left"
    );

    let (outcome, report) = compact(&in_small_portions(), &table.storage()).await;
    assert_eq!(outcome.unwrap(), CompactOutcome::Committed);
    assert_eq!(report.commits.len(), 2, "the next attempt has two buckets left");
    assert_eq!(table.rows().await, rows);
}

#[tokio::test]
async fn a_run_in_portions_survives_a_fault_at_every_call() {
    let original = TestTable::with_busy_buckets(2).await;
    let rows = original.rows().await;
    let before = original.all_versions().await;
    let clean = original.copy();
    let (storage, calls) = clean.faulty(0, None);
    assert_eq!(compact(&in_small_portions(), &storage).await.0.unwrap(), CompactOutcome::Committed);
    for call in 1..=calls.calls() {
        for fault in [Fault::Error, Fault::AppliedThenError, Fault::Denied, Fault::Crash] {
            let table = original.copy();
            let (storage, _) = table.faulty(call, Some(fault));
            let (outcome, report) = compact(&in_small_portions(), &storage).await;
            let context = format!("{fault:?} at call {call}: {outcome:?}");
            assert_eq!(table.rows().await, rows, "{context}");
            let versions = table.all_versions().await;
            assert!(before.iter().all(|(name, rows)| versions.get(name) == Some(rows)), "{context}");
            for commit in &report.commits {
                let snapshot = table.open().await.snapshot(commit.snapshot).await.unwrap();
                assert_eq!(snapshot.commit_identifier, commit.identifier, "{context}");
            }
            let (again, _) = compact(&in_small_portions(), &table.storage()).await;
            assert!(matches!(again, Ok(CompactOutcome::Committed)), "{context}, then {again:?}");
            assert_eq!(table.rows().await, rows, "{context}");
            let live = table.open().await;
            let latest = live.latest_snapshot().await.unwrap().unwrap();
            assert_eq!(live.live_files(&latest).await.unwrap().entries.len(), 2, "{context}");
        }
    }
}

fn compact_one_bucket(storage: &Storage) {
    let selection = Selection { buckets: "1".parse().ok(), ..Selection::default() };
    let rival = Compact { selection, ..full("rival") };
    let (outcome, _) = tokio::runtime::Handle::current().block_on(compact(&rival, storage));
    assert_eq!(outcome.unwrap(), CompactOutcome::Committed);
}

/// Another compaction takes one of three buckets while they are rewritten.
#[tokio::test]
async fn only_the_bucket_that_was_overtaken_is_planned_again() {
    let table = TestTable::with_busy_buckets(3).await;
    let rows = table.rows().await;
    let rival_storage = table.storage();
    let is_first = Arc::new(AtomicUsize::new(0));
    let written = Arc::new(AtomicUsize::new(0));
    let hook = {
        let written = Arc::clone(&written);
        move |path: Path, payload| {
            let (storage, is_first) = (rival_storage.clone(), Arc::clone(&is_first));
            let written = Arc::clone(&written);
            async move {
                let name = path.filename().unwrap_or_default().to_owned();
                written.fetch_add(usize::from(name.starts_with("data-")), SeqCst);
                if name.starts_with("manifest-") && is_first.fetch_add(1, SeqCst) == 0 {
                    let rival = tokio::task::spawn_blocking(move || compact_one_bucket(&storage));
                    rival.await.unwrap();
                }
                payload
            }
            .boxed()
        }
    };
    let store = HookedStore::new(Arc::new(LocalFileSystem::new()), Arc::new(hook));
    let storage = Storage::metered(Arc::new(store), 1, table.location());
    let (outcome, report) = compact(&full("test"), &storage).await;
    assert_eq!(outcome.unwrap(), CompactOutcome::Committed);
    assert_eq!(report.conflicts.len(), 1, "{:?}", report.conflicts);
    let committed: Vec<(&str, bool)> = report
        .buckets
        .iter()
        .map(|bucket| (bucket.directory.as_str(), bucket.committed_as.is_some()))
        .collect();
    assert_eq!(
        committed,
        [("bucket-2", true), ("bucket-0", true)],
        "what the rival did is nothing to do any more"
    );
    assert_eq!(written.load(SeqCst), 3, "the results of untouched buckets are kept, not made again");
    assert_eq!(table.rows().await, rows);
    assert_eq!(table.files().await, table.reachable_and_hints().await);
}
