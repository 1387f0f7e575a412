//! The hazards of maintenance §11, by their numbers: what makes a run refuse, with nothing deleted.

use std::sync::Arc;

use object_store::local::LocalFileSystem;
use weir_paimon::orphans::{OrphanOutcome, RemoveOrphans};
use weir_paimon::{Error, ErrorKind};
use weir_storage::Storage;

use super::{DAY, options, request, run};
use crate::table::TestTable;
use crate::watched::{Call, WatchedStore};

/// The error of a run that changes no file of the table.
async fn refused(table: &TestTable, request: &RemoveOrphans, storage: &Storage) -> Error {
    let before = table.files().await;
    let (outcome, _) = run(request, storage).await;
    assert_eq!(table.files().await, before);
    assert!(table.own_files(".weir/journal").await.is_empty());
    outcome.unwrap_err()
}

/// The table's storage with listings that leave files out.
fn hiding(table: &TestTable, hides: impl Fn(Call, &str) -> bool + Send + Sync + 'static) -> Storage {
    let before = Arc::new(|_, _| Box::pin(std::future::ready(())) as _);
    let store = WatchedStore::new(Arc::new(LocalFileSystem::new()), before, Arc::new(hides));
    Storage::metered(Arc::new(store), 1, table.location())
}

/// A table with a branch that was made from a tag, and whose tag and snapshots are gone from main.
async fn with_branch() -> TestTable {
    let table = TestTable::with_leftovers().await;
    let storage = table.storage();
    for (from, to) in [
        ("schema/schema-0", "branch/branch-b/schema/schema-0"),
        ("snapshot/snapshot-3", "branch/branch-b/snapshot/snapshot-3"),
        ("snapshot/snapshot-2", "branch/branch-b/tag/tag-t"),
    ] {
        let content = storage.read(from).await.unwrap();
        storage.overwrite(to, content).await.unwrap();
    }
    table.age(10 * DAY);
    table
}

#[tokio::test]
async fn hazard_13_an_empty_listing_of_roots_is_not_believed() {
    for directory in ["/snapshot/", "/tag/", "/branch/"] {
        let table = with_branch().await;
        let hidden = directory.to_owned();
        let storage = hiding(&table, move |call, path| call == Call::ListDirectory && path.contains(&hidden));
        let error = refused(&table, &request(), &storage).await;
        assert_eq!(error.kind(), ErrorKind::Unsafe, "{directory}: {error}");
    }
}

#[tokio::test]
async fn hazard_13_snapshots_that_no_listing_shows_are_known_by_the_hint() {
    let table = with_branch().await;
    let storage = hiding(&table, |_, path| path.contains("/snapshot/snapshot-"));
    let error = refused(&table, &request(), &storage).await;
    assert_eq!(error.kind(), ErrorKind::Unsafe, "{error}");

    // Without the hint as well the table seems to have files and no snapshot.
    std::fs::remove_file(table.path("snapshot/LATEST")).unwrap();
    let error = refused(&table, &request(), &storage).await;
    assert_eq!(error.kind(), ErrorKind::Unsafe);
    assert!(error.to_string().contains("no snapshot on main"), "{error}");
}

#[tokio::test]
async fn hazard_13_a_hint_beyond_the_newest_snapshot_is_not_believed() {
    let table = TestTable::with_leftovers().await;
    std::fs::write(table.path("snapshot/LATEST"), "99").unwrap();
    let error = refused(&table, &request(), &table.storage()).await;
    assert_eq!(error.kind(), ErrorKind::Unsafe);
    assert!(error.to_string().contains("LATEST"), "{error}");

    // One that has stayed behind is harmless.
    std::fs::remove_file(table.path("snapshot/snapshot-1")).unwrap();
    std::fs::write(table.path("snapshot/LATEST"), "1").unwrap();
    assert_eq!(run(&request(), &table.storage()).await.0.unwrap(), OrphanOutcome::Removed);
}

#[tokio::test]
async fn hazard_13_a_listing_without_live_files_is_not_believed() {
    let table = TestTable::with_leftovers().await;
    let live = table.open().await.latest_snapshot().await.unwrap().unwrap();
    let entry = table.open().await.live_files(&live).await.unwrap().entries.remove(0);
    let name = entry.file.file_name.clone();
    let storage = hiding(&table, move |call, path| call == Call::List && path.ends_with(&name));
    let error = refused(&table, &request(), &storage).await;
    assert_eq!(error.kind(), ErrorKind::Unsafe);
    assert!(error.to_string().contains("the listing is incomplete"), "{error}");
}

#[tokio::test]
async fn a_branch_keeps_what_main_has_forgotten() {
    let table = with_branch().await;
    let storage = table.storage();
    let gone = [2, 3].map(|id| format!("snapshot/snapshot-{id}"));
    let kept = table.files().await;
    let answers = storage.delete(&[gone.as_slice(), &["tag/tag-kept".to_owned()]].concat()).await;
    assert!(answers.iter().all(Result::is_ok));
    let (outcome, report) = run(&request(), &storage).await;
    assert_eq!(outcome.unwrap(), OrphanOutcome::Removed);
    assert_eq!(report.removed.files, 10, "the leftovers and nothing of the branch: {:?}", report.files);
    assert_eq!(table.files().await.len(), kept.len() - 3 - 10);
}

#[tokio::test]
async fn a_branch_without_a_schema_keeps_everything() {
    let table = with_branch().await;
    std::fs::remove_file(table.path("branch/branch-b/schema/schema-0")).unwrap();
    let error = refused(&table, &request(), &table.storage()).await;
    assert_eq!(error.kind(), ErrorKind::Unsafe);
    assert!(error.to_string().contains("branch b"), "{error}");
}

#[tokio::test]
async fn hazard_22_another_table_below_the_table_keeps_everything() {
    let table = TestTable::with_leftovers().await;
    table.leave("bucket-9/schema/schema-0", 10 * DAY);
    let error = refused(&table, &request(), &table.storage()).await;
    assert_eq!(error.kind(), ErrorKind::Unsafe);
    assert!(error.to_string().contains("bucket-9"), "{error}");
}

#[tokio::test]
async fn hazard_22_files_outside_of_the_table_keep_everything() {
    let table = TestTable::with_leftovers().await;
    let outside = options(&[("data-file.external-paths", "s3://other/place")]);
    let error = refused(&table, &RemoveOrphans { options: outside, ..request() }, &table.storage()).await;
    assert_eq!(error.kind(), ErrorKind::Unsafe);
    assert!(error.to_string().contains("s3://other/place"), "{error}");
}

#[tokio::test]
async fn hazard_23_paths_that_this_release_takes_for_others_keep_everything() {
    let table = TestTable::with_leftovers().await;
    let elsewhere = options(&[("data-file.path-directory", "data")]);
    let error = refused(&table, &RemoveOrphans { options: elsewhere, ..request() }, &table.storage()).await;
    assert_eq!(error.kind(), ErrorKind::Unsafe);
    assert!(error.to_string().contains("at another path"), "{error}");
}

#[tokio::test]
async fn hazard_31_a_snapshot_of_an_unknown_version_keeps_everything() {
    let table = TestTable::with_leftovers().await;
    let snapshot = std::fs::read_to_string(table.path("snapshot/snapshot-2")).unwrap();
    std::fs::write(table.path("tag/tag-new"), snapshot.replace("\"version\":3", "\"version\":9")).unwrap();
    let error = refused(&table, &request(), &table.storage()).await;
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("tag-new"), "{error}");
}

#[tokio::test]
async fn hazard_31_a_file_that_an_unknown_member_names_stays() {
    let table = TestTable::with_leftovers().await;
    let snapshot = std::fs::read_to_string(table.path("snapshot/snapshot-2")).unwrap();
    let newer = snapshot.replacen('{', r#"{"news":{"files":["statistics/stat-0b1c-0"]},"#, 1);
    std::fs::write(table.path("tag/tag-new"), newer).unwrap();
    let (outcome, report) = run(&request(), &table.storage()).await;
    assert_eq!((outcome.unwrap(), report.removed.files), (OrphanOutcome::Removed, 9));
    assert!(table.path("statistics/stat-0b1c-0").exists());
}

#[tokio::test]
async fn a_root_that_cannot_be_read_keeps_everything() {
    let table = TestTable::with_leftovers().await;
    table.leave("tag/tag-broken", 10 * DAY);
    let error = refused(&table, &request(), &table.storage()).await;
    assert!(error.to_string().contains("tag-broken"), "{error}");
}

#[tokio::test]
async fn a_root_whose_manifest_list_is_missing_keeps_everything() {
    let table = TestTable::with_leftovers().await;
    let snapshot = table.open().await.snapshot(1).await.unwrap();
    std::fs::remove_file(table.path("manifest").join(&snapshot.delta_manifest_list)).unwrap();
    let error = refused(&table, &request(), &table.storage()).await;
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.to_string().contains("snapshot-1"), "{error}");
}

#[tokio::test]
async fn a_changelog_may_have_outlived_the_lists_of_its_snapshot() {
    let table = TestTable::with_leftovers().await;
    let snapshot = std::fs::read_to_string(table.path("snapshot/snapshot-2")).unwrap();
    let list = table.open().await.snapshot(2).await.unwrap().base_manifest_list;
    let dangling = snapshot.replacen('{', &format!(r#"{{"changelogManifestList":"{list}","#), 1).replacen(
        &format!(r#""baseManifestList":"{list}""#),
        r#""baseManifestList":"manifest-list-gone-0""#,
        1,
    );
    std::fs::create_dir_all(table.path("changelog")).unwrap();
    std::fs::write(table.path("changelog/changelog-2"), &dangling).unwrap();
    let copy = table.copy();
    assert_eq!(run(&request(), &table.storage()).await.0.unwrap(), OrphanOutcome::Removed);

    // Without a changelog of its own it needs them.
    let needed = dangling.replacen(&format!(r#""changelogManifestList":"{list}","#), "", 1);
    std::fs::write(copy.path("changelog/changelog-2"), needed).unwrap();
    let error = refused(&copy, &request(), &copy.storage()).await;
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.to_string().contains("changelog-2"), "{error}");
}

#[tokio::test]
async fn a_table_that_was_never_written_to_has_nothing_to_remove() {
    let table = TestTable::new().await;
    assert_eq!(run(&request(), &table.storage()).await.0.unwrap(), OrphanOutcome::NothingToDo);
    table.leave("bucket-0/data-1.parquet", 10 * DAY);
    let error = refused(&table, &request(), &table.storage()).await;
    assert_eq!(error.kind(), ErrorKind::Unsafe);
}
