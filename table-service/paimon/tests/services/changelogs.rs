//! Changelogs that outlive their snapshots.

use std::collections::BTreeMap;

use weir_paimon::changelogs::{ExpireChangelogs, ExpireChangelogsOutcome, ExpireChangelogsReport};
use weir_paimon::compaction::Control;
use weir_paimon::expiry::ExpireSnapshots;
use weir_paimon::{ErrorKind, Result};
use weir_storage::Storage;

use crate::expiry::{JOURNAL, assert_exact, compacted, expire, request, run, without_hints};
use crate::faults::FAULTS;

/// The same, and every changelog.
fn decoupled() -> ExpireSnapshots {
    ExpireSnapshots { options: changelog_options(), ..request() }
}

fn changelog_options() -> BTreeMap<String, String> {
    BTreeMap::from([("changelog.time-retained".to_owned(), "1 d".to_owned())])
}

#[tokio::test]
async fn hazard_16_the_changes_of_an_expired_snapshot_live_on_as_a_changelog() {
    let table = compacted().await;
    let snapshot = std::fs::read(table.path("snapshot/snapshot-2")).unwrap();
    let report = expire(&decoupled(), &table.storage()).await;
    assert_eq!((report.expired_snapshots, report.changelogs), ((1..=5).collect(), (1..=5).collect()));
    assert_eq!(std::fs::read(table.path("changelog/changelog-2")).unwrap(), snapshot);
    assert_eq!(std::fs::read_to_string(table.path("changelog/LATEST")).unwrap(), "5");
    assert_eq!(table.changelogs().await, [1, 2, 3, 4, 5]);
    // Snapshot 7 has compacted them away, and they are what the changelogs are read from.
    assert_eq!(table.open().await.snapshot_ids().await.unwrap(), [6, 7]);
    let all = ExpireSnapshots { retain_min: Some(1), retain_max: Some(1), ..decoupled() };
    expire(&all, &table.storage()).await;
    assert_eq!(table.changelogs().await, [1, 2, 3, 4, 5, 6]);
    assert_exact(&table).await;
}

#[tokio::test]
async fn consumers_may_hold_back_changelogs_only() {
    let table = compacted().await;
    std::fs::create_dir_all(table.path("consumer")).unwrap();
    std::fs::write(table.path("consumer/consumer-slow"), r#"{"nextSnapshot": 3}"#).unwrap();
    let mut only = decoupled();
    only.options.insert("consumer.changelog-only".to_owned(), "true".to_owned());
    assert_eq!(expire(&only, &table.storage()).await.expired_snapshots, [1, 2, 3, 4, 5]);
    let (outcome, report) = expire_changelogs(&table.storage(), &all_but_newest()).await;
    assert_eq!(outcome.unwrap(), ExpireChangelogsOutcome::Expired);
    assert_eq!(report.expired_changelogs, [1, 2]);
    assert_eq!(table.changelogs().await, [3, 4, 5]);
    assert_exact(&table).await;
}

/// Keeps the newest changelog.
fn all_but_newest() -> ExpireChangelogs {
    ExpireChangelogs {
        retain_min: Some(1),
        retain_max: Some(1),
        options: changelog_options(),
        ..Default::default()
    }
}

async fn expire_changelogs(
    storage: &Storage,
    request: &ExpireChangelogs,
) -> (Result<ExpireChangelogsOutcome>, ExpireChangelogsReport) {
    let mut report = ExpireChangelogsReport::default();
    let outcome = request.run(storage, &Control::new(), &mut report).await;
    (outcome, report)
}

#[tokio::test]
async fn changelogs_go_one_after_the_other_and_leave_nothing() {
    let table = compacted().await;
    expire(&ExpireSnapshots { retain_min: Some(1), retain_max: Some(1), ..decoupled() }, &table.storage())
        .await;
    for left in (2..=6).rev() {
        let one = ExpireChangelogs { max_deletes: Some(1), ..all_but_newest() };
        let (outcome, report) = expire_changelogs(&table.storage(), &one).await;
        assert_eq!(outcome.unwrap(), ExpireChangelogsOutcome::Expired);
        assert_eq!(report.expired_changelogs, [7 - left]);
        assert_eq!(table.changelogs().await, ((8 - left)..=6).collect::<Vec<i64>>());
        assert_exact(&table).await;
    }
    let (outcome, _) = expire_changelogs(&table.storage(), &all_but_newest()).await;
    assert_eq!(outcome.unwrap(), ExpireChangelogsOutcome::NothingToDo);
    let all = ExpireChangelogs { delete_all: true, ..ExpireChangelogs::default() };
    let (outcome, report) = expire_changelogs(&table.storage(), &all).await;
    assert_eq!(outcome.unwrap(), ExpireChangelogsOutcome::Expired);
    assert_eq!(report.expired_changelogs, [6]);
    assert!(!table.path("changelog/LATEST").exists());
    assert_exact(&table).await;
}

#[tokio::test]
async fn all_changelogs_go_only_when_nobody_reads_them() {
    let table = compacted().await;
    expire(&decoupled(), &table.storage()).await;
    std::fs::create_dir_all(table.path("consumer")).unwrap();
    std::fs::write(table.path("consumer/consumer-slow"), r#"{"nextSnapshot": 5}"#).unwrap();
    let all = ExpireChangelogs { delete_all: true, ..ExpireChangelogs::default() };
    let before = table.files().await;
    let (outcome, _) = expire_changelogs(&table.storage(), &all).await;
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsafe);
    assert!(error.to_string().contains("consumer slow"), "{error}");
    assert_eq!(table.files().await, before);
}

#[tokio::test]
async fn hazard_17_changelogs_of_a_table_that_is_no_longer_decoupled_follow_its_snapshots() {
    let table = compacted().await;
    expire(&decoupled(), &table.storage()).await;
    // Without the options changelogs are as old as snapshots may be, and none is written any more.
    let stranded = ExpireChangelogs { retain_min: Some(1), older_than: None, ..ExpireChangelogs::default() };
    let (outcome, report) = expire_changelogs(&table.storage(), &stranded).await;
    assert_eq!(outcome.unwrap(), ExpireChangelogsOutcome::Expired);
    assert_eq!(report.expired_changelogs, [1, 2, 3, 4]);
    assert_eq!(table.changelogs().await, [5]);
    assert_exact(&table).await;
}

#[tokio::test]
async fn hazard_18_a_tag_keeps_what_a_changelog_no_longer_needs_and_the_other_way_round() {
    let table = compacted().await;
    table.tag("kept", 2).await;
    let rows = table.all_versions().await["tag kept"].clone();
    expire(&decoupled(), &table.storage()).await;
    let (outcome, _) = expire_changelogs(&table.storage(), &all_but_newest()).await;
    assert_eq!(outcome.unwrap(), ExpireChangelogsOutcome::Expired);
    assert_eq!(table.all_versions().await["tag kept"], rows);
    assert_exact(&table).await;
}

#[tokio::test]
async fn a_changelog_whose_delta_is_missing_blocks_and_is_named() {
    let table = compacted().await;
    expire(&decoupled(), &table.storage()).await;
    let references = table.open().await.references().await.unwrap();
    let list = &references.changelogs[1].delta_manifest_list;
    std::fs::remove_file(table.path(&format!("manifest/{list}"))).unwrap();
    let all = ExpireSnapshots { retain_min: Some(1), retain_max: Some(1), ..decoupled() };
    let (outcome, _) = run(&all, &table.storage()).await;
    let error = outcome.unwrap_err();
    assert!(error.to_string().contains("changelog 2 needs it"), "{error}");
    // With a producer Paimon itself leaves changelogs without their deltas.
    let mut other = all;
    other.options.insert("changelog-producer".to_owned(), "lookup".to_owned());
    expire(&other, &table.storage()).await;
}

#[tokio::test]
async fn hazard_11_an_expiry_that_writes_changelogs_survives_a_fault_at_every_call() {
    let original = compacted().await;
    let before = original.all_versions().await;
    let clean = original.copy();
    let (storage, calls) = clean.faulty(0, None);
    expire(&decoupled(), &storage).await;
    let expected = clean.files().await;
    for call in 1..=calls.calls() {
        for fault in FAULTS {
            let table = original.copy();
            let (storage, _) = table.faulty(call, Some(fault));
            let (outcome, _) = run(&decoupled(), &storage).await;
            let context = format!("{fault:?} at call {call}: {outcome:?}");
            for (name, rows) in table.all_versions().await {
                assert_eq!(before.get(&name), Some(&rows), "{name} after {context}");
            }
            let kept: Vec<i64> = table.changelogs().await;
            let retained = table.open().await.snapshot_ids().await.unwrap();
            assert!((1..=7).all(|id| kept.contains(&id) || retained.contains(&id)), "{context}");
            let (again, report) = run(&decoupled(), &table.storage()).await;
            assert!(again.is_ok(), "{context}, then {again:?}");
            assert_eq!(table.files().await, expected, "{context}, then {report:?}");
            assert_eq!(table.changelogs().await, [1, 2, 3, 4, 5], "{context}");
            assert!(table.own_files(JOURNAL).await.is_empty(), "{context}");
        }
    }
}

#[tokio::test]
async fn hazard_11_an_expiry_of_changelogs_survives_a_fault_at_every_call() {
    let original = compacted().await;
    expire(&decoupled(), &original.storage()).await;
    let before = original.all_versions().await;
    let clean = original.copy();
    let (storage, calls) = clean.faulty(0, None);
    let (outcome, _) = expire_changelogs(&storage, &all_but_newest()).await;
    assert_eq!(outcome.unwrap(), ExpireChangelogsOutcome::Expired);
    let expected: Vec<String> = without_hints(&clean).await;
    for call in 1..=calls.calls() {
        for fault in FAULTS {
            let table = original.copy();
            let (storage, _) = table.faulty(call, Some(fault));
            let (outcome, _) = expire_changelogs(&storage, &all_but_newest()).await;
            let context = format!("{fault:?} at call {call}: {outcome:?}");
            assert_eq!(table.all_versions().await, before, "{context}");
            table.changelogs().await;
            let (again, report) = expire_changelogs(&table.storage(), &all_but_newest()).await;
            assert!(again.is_ok(), "{context}, then {again:?}");
            assert_eq!(without_hints(&table).await, expected, "{context}, then {report:?}");
            assert!(table.own_files(JOURNAL).await.is_empty(), "{context}");
        }
    }
}
