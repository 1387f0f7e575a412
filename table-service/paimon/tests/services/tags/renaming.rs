//! `rename-tag`.

use weir_paimon::ErrorKind;
use weir_paimon::tags::{RenameTag, RenameTagOutcome, RenameTagReport};

use super::*;

fn renaming(from: &str, to: &str) -> RenameTag {
    RenameTag { name: from.to_owned(), target: to.to_owned(), ..RenameTag::default() }
}

async fn rename(request: &RenameTag, storage: &Storage) -> Result<RenameTagOutcome> {
    request.run(storage, &mut RenameTagReport::default()).await
}

#[tokio::test]
async fn a_tag_takes_its_file_and_success_file_along() {
    let table = with_tags_of_expired_snapshots(&[("a", 2), ("b", 4)]).await;
    let content = table.storage().read("tag/tag-a").await.unwrap();
    table.storage().overwrite("tag/tag-success-file/a_SUCCESS", "{}".into()).await.unwrap();
    let request =
        RenameTag { options: options(&[("tag.create-success-file", "true")]), ..renaming("a", "c") };
    let dry = RenameTag { dry_run: true, ..request.clone() };
    assert_eq!(rename(&dry, &table.storage()).await.unwrap(), RenameTagOutcome::Planned);
    assert_eq!(table.tag_names().await, ["a", "b"]);
    assert_eq!(rename(&request, &table.storage()).await.unwrap(), RenameTagOutcome::Renamed);
    assert_eq!(table.tag_names().await, ["b", "c"]);
    assert_eq!(table.storage().read("tag/tag-c").await.unwrap(), content);
    let exists = |path: &str| table.path(path).exists();
    assert!(exists("tag/tag-success-file/c_SUCCESS") && !exists("tag/tag-success-file/a_SUCCESS"));

    for (from, to) in [("a", "x"), ("b", "c"), ("b", "b"), ("b", " "), ("b", "x/y")] {
        let error = rename(&renaming(from, to), &table.storage()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{from} to {to}: {error}");
    }
    assert_eq!(table.tag_names().await, ["b", "c"]);
}

#[tokio::test]
async fn a_tag_that_is_deleted_meanwhile_does_not_come_back() {
    let table = with_tags_of_expired_snapshots(&[("a", 2)]).await;
    let other = table.storage();
    let storage = before_put(&table, "tag/tag-c", move || {
        elsewhere(async || assert_eq!(delete(&other, &["a"]).await.0.unwrap(), DeleteTagsOutcome::Deleted));
    });
    let error = rename(&renaming("a", "c"), &storage).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert!(table.tag_names().await.is_empty());
}

#[tokio::test]
async fn a_snapshot_keeps_one_automatic_tag() {
    let table = with_tags_of_expired_snapshots(&[("2026-11-20", 2), ("a", 2)]).await;
    let automatic = options(&[("tag.automatic-creation", "process-time")]);
    let second = RenameTag { options: automatic.clone(), ..renaming("a", "2026-11-21") };
    assert_eq!(rename(&second, &table.storage()).await.unwrap_err().kind(), ErrorKind::Invalid);
    let other = RenameTag { options: automatic, ..renaming("2026-11-20", "2026-11-21") };
    assert_eq!(rename(&other, &table.storage()).await.unwrap(), RenameTagOutcome::Renamed);
}

#[tokio::test]
async fn a_renaming_survives_a_fault_at_every_call() {
    let original = with_tags_of_expired_snapshots(&[("a", 2), ("b", 4)]).await;
    let rows = original.all_versions().await["tag a"].clone();
    let clean = original.copy();
    let (storage, calls) = clean.faulty(0, None);
    assert_eq!(rename(&renaming("a", "c"), &storage).await.unwrap(), RenameTagOutcome::Renamed);
    for call in 1..=calls.calls() {
        for fault in FAULTS {
            let table = original.copy();
            let (storage, _) = table.faulty(call, Some(fault));
            let outcome = rename(&renaming("a", "c"), &storage).await;
            let context = format!("{fault:?} at call {call}: {outcome:?}");
            let versions = table.all_versions().await;
            let found = versions.get("tag a").or_else(|| versions.get("tag c"));
            assert_eq!(found, Some(&rows), "{context}");
            let again = rename(&renaming("a", "c"), &table.storage()).await;
            let is_renamed =
                again.is_ok() || versions.contains_key("tag c") && !versions.contains_key("tag a");
            assert!(is_renamed, "{context}, then {again:?}");
            assert_eq!(table.tag_names().await, ["b", "c"], "{context}");
            assert_eq!(table.all_versions().await["tag c"], rows, "{context}");
        }
    }
}
