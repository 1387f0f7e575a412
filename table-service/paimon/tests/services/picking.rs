//! What a compaction picks, and what it costs to find that there is nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use weir_paimon::compaction::{
    Compact, CompactOutcome, CompactReport, Control, LeftOut, ProgressListener, Selection, Shard, Strategy,
};
use weir_storage::{Requests, Storage};

use crate::table::TestTable;

async fn compact(request: &Compact, storage: &Storage) -> (CompactOutcome, CompactReport) {
    let listener: ProgressListener = Arc::new(|_| {});
    let mut report = CompactReport::default();
    let outcome = request.run(storage, &Control::new(), &listener, &mut report).await;
    (outcome.unwrap(), report)
}

fn full() -> Compact {
    Compact { strategy: Strategy::Full, commit_user: Compact::commit_user("test", 0), ..Compact::default() }
}

fn directories(report: &CompactReport) -> Vec<&str> {
    report.buckets.iter().map(|bucket| bucket.directory.as_str()).collect()
}

#[tokio::test]
async fn finding_nothing_to_do_costs_a_handful_of_requests_and_says_why() {
    let table = TestTable::with_history().await;
    assert_eq!(compact(&full(), &table.storage()).await.0, CompactOutcome::Committed);
    for (request, why) in [
        (full(), "none of 1 buckets has anything to merge"),
        (
            Compact { strategy: Strategy::Auto, ..full() },
            "none of 1 buckets needs compaction: the most sorted runs in one are 1, num-sorted-run.compaction-trigger is 5",
        ),
        (
            Compact { selection: selection(|selection| selection.buckets = "1-7".parse().ok()), ..full() },
            "none of the 1 buckets with files is selected",
        ),
    ] {
        let storage = table.storage();
        let (outcome, report) = compact(&request, &storage).await;
        assert_eq!(outcome, CompactOutcome::NothingToDo);
        assert_eq!(report.nothing_to_do.as_deref(), Some(why));
        let Requests { list, get, put, delete, .. } = storage.requests();
        // Schema, hint, successor of the newest snapshot, snapshot, two lists, seven manifests.
        assert_eq!((list, get, put, delete), (1, 13, 0, 0), "{why}");
    }

    let merged = Compact {
        options: BTreeMap::from([("manifest.merge-min-count".to_owned(), "2".to_owned())]),
        ..full()
    };
    let mut table = TestTable::with_history().await;
    table.append(&[(1, Some(1))]).await;
    assert_eq!(compact(&merged, &table.storage()).await.0, CompactOutcome::Committed);
    let storage = table.storage();
    assert_eq!(compact(&merged, &storage).await.0, CompactOutcome::NothingToDo);
    assert_eq!(storage.requests().get, 8, "merged manifests are fewer");

    let empty = TestTable::new().await;
    let (outcome, report) = compact(&full(), &empty.storage()).await;
    assert_eq!(
        (outcome, report.nothing_to_do.as_deref()),
        (CompactOutcome::NothingToDo, Some("the table has no snapshot yet"))
    );
}

#[tokio::test]
async fn a_budget_takes_the_buckets_with_most_sorted_runs_first_and_the_next_run_goes_on() {
    let table = TestTable::with_busy_buckets(4).await;
    let rows = table.rows().await;
    let (_, everything) = compact(&Compact { dry_run: true, ..full() }, &table.storage()).await;
    assert_eq!(directories(&everything), ["bucket-3", "bucket-2", "bucket-1", "bucket-0"]);
    let bytes = |bucket: usize| -> u64 {
        everything.buckets[bucket].inputs.iter().map(|file| u64::try_from(file.bytes).unwrap()).sum()
    };
    let budget = Compact { max_input_bytes: Some(bytes(0) + bytes(1) + 1), ..full() };
    let (outcome, report) = compact(&budget, &table.storage()).await;
    assert_eq!(outcome, CompactOutcome::Committed);
    assert_eq!(directories(&report), ["bucket-3", "bucket-2"]);
    assert_eq!(report.left_out, LeftOut { buckets: 2, bytes: bytes(2) + bytes(3) });
    assert_ne!(report.commits[0].identifier, i64::MAX, "a part of a full compaction is none");

    let (_, report) = compact(&Compact { max_input_bytes: Some(1), ..full() }, &table.storage()).await;
    assert_eq!(directories(&report), ["bucket-1"], "one bucket is always compacted");
    let (_, report) = compact(&budget, &table.storage()).await;
    assert_eq!(directories(&report), ["bucket-0"]);
    assert_eq!(report.commits[0].identifier, i64::MAX, "now the whole table is compacted");
    assert_eq!(compact(&budget, &table.storage()).await.0, CompactOutcome::NothingToDo);
    assert_eq!(table.rows().await, rows);
}

#[tokio::test]
async fn shards_do_all_of_the_work_and_none_of_it_twice() {
    let table = TestTable::with_busy_buckets(8).await;
    let rows = table.rows().await;
    let mut done = Vec::new();
    for index in 0..3 {
        let shard = Compact {
            shard: Some(Shard::new(index, 3).unwrap()),
            commit_user: Compact::commit_user("run", index),
            ..full()
        };
        let (outcome, report) = compact(&shard, &table.storage()).await;
        assert_eq!(outcome, CompactOutcome::Committed, "shard {index}");
        assert_ne!(report.commits[0].identifier, i64::MAX);
        let latest = table.open().await.latest_snapshot().await.unwrap().unwrap();
        assert_eq!(latest.commit_user, format!("weir-run-{index}"));
        done.extend(directories(&report).into_iter().map(str::to_owned));
    }
    done.sort();
    assert_eq!(done, (0..8).map(|bucket| format!("bucket-{bucket}")).collect::<Vec<_>>());
    assert_eq!(compact(&full(), &table.storage()).await.0, CompactOutcome::NothingToDo);
    assert_eq!(table.rows().await, rows);
}

#[tokio::test]
async fn only_selected_buckets_are_compacted() {
    let table = TestTable::with_busy_buckets(4).await;
    let some =
        Compact { selection: selection(|selection| selection.buckets = "0,2-3".parse().ok()), ..full() };
    let (_, report) = compact(&some, &table.storage()).await;
    assert_eq!(directories(&report), ["bucket-3", "bucket-2", "bucket-0"]);
    assert_eq!((report.selected_buckets, report.table_buckets), (3, 4));
    let (_, report) = compact(&full(), &table.storage()).await;
    assert_eq!(directories(&report), ["bucket-1"]);
}

fn selection(change: impl FnOnce(&mut Selection)) -> Selection {
    let mut selection = Selection::default();
    change(&mut selection);
    selection
}
