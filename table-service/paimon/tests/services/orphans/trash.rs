//! The trash: nothing is lost on the way in, out, or by purging.

use weir_paimon::ErrorKind;
use weir_paimon::orphans::{OrphanOutcome, OrphanReport, RemoveOrphans};
use weir_paimon::trash::{self, PurgeReport, PurgeTrash, RestoreReport, RestoreTrash};

use super::{DAY, request, run};
use crate::table::TestTable;

/// A table whose leftovers are in the trash, and what it had before.
async fn trashed() -> (TestTable, std::collections::BTreeSet<String>, OrphanReport) {
    let table = TestTable::with_leftovers().await;
    let before = table.files().await;
    let (outcome, report) = run(&RemoveOrphans { trash: true, ..request() }, &table.storage()).await;
    assert_eq!(outcome.unwrap(), OrphanOutcome::Removed);
    (table, before, report)
}

async fn restore(table: &TestTable, from: Option<&str>, dry_run: bool) -> RestoreReport {
    let mut report = RestoreReport::default();
    let request = RestoreTrash { from: from.map(str::to_owned), dry_run };
    request.run(&table.storage(), &mut report).await.unwrap();
    report
}

async fn purge(table: &TestTable, days: u32, dry_run: bool) -> PurgeReport {
    let mut report = PurgeReport::default();
    PurgeTrash { older_than: days * DAY, dry_run }.run(&table.storage(), &mut report).await.unwrap();
    report
}

#[tokio::test]
async fn what_is_in_the_trash_is_listed_and_can_be_put_back() {
    let (table, before, report) = trashed().await;
    let name = report.trash.unwrap();
    assert_eq!(table.files().await, table.reachable_and_hints().await);
    let listed = trash::list(&table.storage()).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!((listed[0].name.as_str(), listed[0].files, listed[0].bytes), (name.as_str(), 10, 110));
    assert!(listed[0].created_at.is_some());
    assert_eq!(restore(&table, None, false).await.trash, listed);

    let dry = restore(&table, Some(&name), true).await;
    assert_eq!(dry.restored.len(), 10);
    assert_eq!(table.files().await, table.reachable_and_hints().await);

    assert_eq!(restore(&table, Some(&name), false).await.restored.len(), 10);
    assert_eq!(table.files().await, before);
    assert_eq!(trash::list(&table.storage()).await.unwrap(), []);
}

#[tokio::test]
async fn putting_back_overwrites_nothing() {
    let (table, _, report) = trashed().await;
    table.leave("index/index-0b1c-0", DAY);
    std::fs::write(table.path("index/index-0b1c-0"), "somebody else's").unwrap();
    let back = restore(&table, report.trash.as_deref(), false).await;
    assert_eq!(
        (back.restored.len(), back.occupied.as_slice()),
        (9, ["index/index-0b1c-0".to_owned()].as_slice())
    );
    assert_eq!(std::fs::read_to_string(table.path("index/index-0b1c-0")).unwrap(), "somebody else's");
    assert_eq!(trash::list(&table.storage()).await.unwrap()[0].files, 1, "the other one stays in the trash");
}

#[tokio::test]
async fn a_name_that_the_trash_does_not_have_is_refused() {
    let (table, _, _) = trashed().await;
    for from in ["x", "..", "../..", ""] {
        let request = RestoreTrash { from: Some(from.to_owned()), dry_run: false };
        let error = request.run(&table.storage(), &mut RestoreReport::default()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{from}: {error}");
    }
}

#[tokio::test]
async fn purging_deletes_what_is_old_enough_and_that_alone() {
    let (table, _, report) = trashed().await;
    let young = report.trash.unwrap();
    let old = "20200101T000000Z-0b1c22aa";
    table.leave(&format!(".weir/trash/{old}/bucket-0/data-x"), DAY);
    table.leave(".weir/trash/by-hand/bucket-0/data-x", DAY);

    let dry = purge(&table, 7, true).await;
    assert_eq!(dry.purged.iter().map(|run| run.name.as_str()).collect::<Vec<_>>(), [old]);
    assert_eq!(dry.kept.iter().map(|run| run.name.as_str()).collect::<Vec<_>>(), [young.as_str(), "by-hand"]);
    assert_eq!(trash::list(&table.storage()).await.unwrap().len(), 3);

    assert_eq!(purge(&table, 7, false).await.purged, dry.purged);
    assert_eq!(trash::list(&table.storage()).await.unwrap(), dry.kept);
    assert_eq!(purge(&table, 0, false).await.purged.len(), 1, "of unknown age is kept whatever is asked");
    assert_eq!(table.files().await, table.reachable_and_hints().await);
}

#[tokio::test]
async fn the_trash_journals_and_receipts_are_no_orphans() {
    let (table, _, _) = trashed().await;
    table.leave(".weir/receipts/20200101-x.json", 100 * DAY);
    let own = table.own_files(".weir").await;
    table.age(10 * DAY);
    let (outcome, _) = run(&request(), &table.storage()).await;
    assert_eq!(outcome.unwrap(), OrphanOutcome::NothingToDo);
    assert_eq!(table.own_files(".weir").await, own);
}
