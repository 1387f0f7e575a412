//! Every storage call of a run fails in turn, in every way.

use weir_paimon::orphans::{OrphanOutcome, RemoveOrphans};
use weir_storage::faults::Fault;

use super::{request, run};
use crate::table::TestTable;

const FAULTS: [Fault; 4] = [Fault::Error, Fault::AppliedThenError, Fault::Denied, Fault::Crash];

#[tokio::test]
async fn a_removal_survives_a_fault_at_every_call() {
    survives_a_fault_at_every_call(&request()).await;
}

#[tokio::test]
async fn a_move_to_the_trash_survives_a_fault_at_every_call() {
    survives_a_fault_at_every_call(&RemoveOrphans { trash: true, ..request() }).await;
}

async fn survives_a_fault_at_every_call(request: &RemoveOrphans) {
    let original = TestTable::with_leftovers().await;
    let versions = original.all_versions().await;

    let clean = original.copy();
    let (storage, calls) = clean.faulty(0, None);
    assert_eq!(run(request, &storage).await.0.unwrap(), OrphanOutcome::Removed);
    let expected = clean.reachable_and_hints().await;
    assert_eq!(clean.files().await, expected);

    for call in 1..=calls.calls() {
        for fault in FAULTS {
            let table = original.copy();
            let (storage, _) = table.faulty(call, Some(fault));
            let (outcome, report) = run(request, &storage).await;
            let context = format!("{fault:?} at call {call}: {outcome:?}");
            assert_eq!(table.all_versions().await, versions, "{context}");
            if outcome.is_ok() && report.left.is_empty() {
                assert_eq!(table.files().await, expected, "{context}");
            }
            let (again, _) = run(request, &table.storage()).await;
            let _ = again.unwrap_or_else(|error| panic!("{context}, then {error}"));
            assert_eq!(table.files().await, expected, "{context}");
            assert_eq!(table.all_versions().await, versions, "{context}");
            assert!(table.own_files(".weir/journal").await.is_empty(), "{context}");
        }
    }
}
