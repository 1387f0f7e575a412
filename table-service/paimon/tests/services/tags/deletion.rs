//! `delete-tag`.

use weir_paimon::ErrorKind;

use super::*;

#[tokio::test]
async fn what_only_the_tag_kept_goes_with_it() {
    let table = with_tags_of_expired_snapshots(&[("a", 2), ("b", 4)]).await;
    let before = table.all_versions().await;
    let dry = DeleteTags { names: vec!["a".into()], dry_run: true, ..DeleteTags::default() };
    let mut plan = DeleteTagsReport::default();
    let files = table.files().await;
    let storage = table.storage();
    assert_eq!(dry.run(&storage, &Control::new(), &mut plan).await.unwrap(), DeleteTagsOutcome::Planned);
    assert_eq!((storage.requests().put, storage.requests().delete), (0, 0));
    assert_eq!(table.files().await, files);

    let (outcome, report) = delete(&table.storage(), &["a", "none"]).await;
    assert_eq!(outcome.unwrap(), DeleteTagsOutcome::Deleted);
    assert_eq!((report.tags, report.missing), (vec!["a".to_owned()], vec!["none".to_owned()]));
    assert_eq!(report.files, plan.files);
    assert!(!report.files.is_empty() && report.left.is_empty());
    assert_eq!(table.files().await, table.reachable_and_hints().await);
    for (name, rows) in table.all_versions().await {
        assert_eq!(before[&name], rows, "{name}");
    }
    assert!(table.own_files(".weir/journal").await.is_empty());
    assert_eq!(delete(&table.storage(), &["a"]).await.0.unwrap(), DeleteTagsOutcome::NothingToDo);
    assert_eq!(delete(&table.storage(), &["b"]).await.0.unwrap(), DeleteTagsOutcome::Deleted);
    assert_eq!(table.files().await, table.reachable_and_hints().await);
}

#[tokio::test]
async fn several_tags_go_at_once() {
    let table = with_tags_of_expired_snapshots(&[("a", 2), ("a2", 2), ("b", 4)]).await;
    let (outcome, report) = delete(&table.storage(), &["a", "b"]).await;
    assert_eq!((outcome.unwrap(), report.tags.len()), (DeleteTagsOutcome::Deleted, 2));
    assert_eq!(table.files().await, table.reachable_and_hints().await);
    assert_eq!(table.tag_names().await, ["a2"]);
}

#[tokio::test]
async fn a_tag_of_a_retained_snapshot_goes_alone() {
    let table = TestTable::with_history().await;
    table.tag("t", 3).await;
    let before = table.files().await;
    let (outcome, report) = delete(&table.storage(), &["t"]).await;
    assert_eq!((outcome.unwrap(), report.files), (DeleteTagsOutcome::Deleted, vec![]));
    let mut after = table.files().await;
    after.insert("tag/tag-t".to_owned());
    assert_eq!(after, before);
}

/// Makes a branch of a tag, as Java does.
async fn branch_from(table: &TestTable, tag: &str, snapshot: i64) {
    let storage = table.storage();
    for (from, to) in [
        ("schema/schema-0".to_owned(), "schema/schema-0".to_owned()),
        (format!("tag/tag-{tag}"), format!("snapshot/snapshot-{snapshot}")),
        (format!("tag/tag-{tag}"), format!("tag/tag-{tag}")),
    ] {
        let content = storage.read(&from).await.unwrap();
        storage.overwrite(&format!("branch/branch-b/{to}"), content).await.unwrap();
    }
}

async fn rows_of_branch(table: &TestTable) -> BTreeMap<i64, i32> {
    let opened = table.open().await;
    let branch = opened.references().await.unwrap().branches.remove(0);
    table.rows_of(&opened, &branch.snapshots[0]).await
}

/// Hazard 4: Java breaks the branch.
#[tokio::test]
async fn hazard_4_a_branch_made_from_a_tag_survives_its_deletion_and_expiry() {
    let mut table = with_tags_of_expired_snapshots(&[("a", 2)]).await;
    let rows = table.all_versions().await["tag a"].clone();
    branch_from(&table, "a", 2).await;
    let (outcome, report) = delete(&table.storage(), &["a"]).await;
    assert_eq!((outcome.unwrap(), report.files), (DeleteTagsOutcome::Deleted, vec![]));
    table.append(&[(3, Some(1))]).await;
    expire(&table.storage(), 1).await;
    assert_eq!(rows_of_branch(&table).await, rows);
}

/// Hazard 4, in the moment of the deletion.
#[tokio::test]
async fn hazard_4_a_branch_that_is_being_made_keeps_the_files() {
    let table = with_tags_of_expired_snapshots(&[("a", 2)]).await;
    let rows = table.all_versions().await["tag a"].clone();
    let other = table.storage();
    // The journal is written before the roots are looked at again.
    let storage = before_put(&table, ".json", move || {
        elsewhere(async || {
            for (from, to) in [("schema/schema-0", "schema/schema-0"), ("tag/tag-a", "snapshot/snapshot-2")] {
                let content = other.read(from).await.unwrap();
                other.overwrite(&format!("branch/branch-b/{to}"), content).await.unwrap();
            }
        });
    });
    let (outcome, report) = delete(&storage, &["a"]).await;
    assert_eq!((outcome.unwrap(), report.files), (DeleteTagsOutcome::Deleted, vec![]));
    assert_eq!(rows_of_branch(&table).await, rows);
    assert!(table.own_files(".weir/journal").await.is_empty());
}

/// Hazard 18: the changelog of a table without a changelog producer is its level-0 files.
#[tokio::test]
async fn hazard_18_a_changelog_keeps_what_the_tags_delta_added() {
    let table = with_tags_of_expired_snapshots(&[("a", 2)]).await;
    let content = table.storage().read("tag/tag-a").await.unwrap();
    table.storage().overwrite("changelog/changelog-2", content).await.unwrap();
    let opened = table.open().await;
    let tagged = table.tag_file("a").await.unwrap().snapshot;
    let newest = opened.live_files(&tagged).await.unwrap().entries;
    let newest = newest.into_iter().max_by_key(|entry| entry.file.max_sequence_number).unwrap();
    let path = opened.data_file_path(&newest.partition, newest.bucket, &newest.file).unwrap();
    let (outcome, report) = delete(&table.storage(), &["a"]).await;
    assert_eq!(outcome.unwrap(), DeleteTagsOutcome::Deleted);
    assert_eq!(report.files.len(), 1, "the file of snapshot 1 alone: {:?}", report.files);
    assert!(table.path(&path).exists(), "what snapshot 2 added");
    for list in [&tagged.base_manifest_list, &tagged.delta_manifest_list] {
        assert!(table.path(&format!("manifest/{list}")).exists());
    }
}

/// Hazard 5: a file that a compaction replaced is committed again by a writer.
#[tokio::test]
async fn hazard_5_a_file_that_is_live_again_stays() {
    let table = with_tags_of_expired_snapshots(&[("a", 2)]).await;
    // Snapshot 9 is the tag's state again, as after rollback_to_as_latest.
    let tag = table.tag_file("a").await.unwrap().snapshot;
    let again = weir_paimon_spec::Snapshot { id: 9, ..tag };
    table.storage().overwrite("snapshot/snapshot-9", again.to_json().unwrap().into()).await.unwrap();
    let rows = table.all_versions().await["tag a"].clone();
    assert_eq!(delete(&table.storage(), &["a"]).await.0.unwrap(), DeleteTagsOutcome::Deleted);
    assert_eq!(table.all_versions().await["snapshot 9"], rows);
}

/// Hazard 6: the snapshot's number was given out again after a rollback.
#[tokio::test]
async fn hazard_6_a_snapshot_with_the_tags_number_is_not_taken_for_it() {
    let mut table = TestTable::with_history().await;
    table.tag("lost", 6).await;
    for path in ["snapshot/snapshot-6", "snapshot/LATEST"] {
        std::fs::remove_file(table.path(path)).unwrap();
    }
    assert_eq!(table.append(&[(99, Some(1))]).await, 6);
    let (outcome, report) = delete(&table.storage(), &["lost"]).await;
    assert_eq!(outcome.unwrap(), DeleteTagsOutcome::Deleted);
    assert_eq!(report.files.len(), 4, "base and delta list, manifest, data file: {:?}", report.files);
    assert_eq!(table.files().await, table.reachable_and_hints().await);
}

#[tokio::test]
async fn an_unreadable_tag_keeps_everything() {
    let table = with_tags_of_expired_snapshots(&[("a", 2), ("b", 4)]).await;
    table.storage().overwrite("tag/tag-broken", "{".into()).await.unwrap();
    let before = table.files().await;
    let error = delete(&table.storage(), &["a"]).await.0.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.to_string().contains("tag-broken"), "{error}");
    assert_eq!(table.files().await, before);
}

#[tokio::test]
async fn a_table_that_seems_to_have_no_snapshot_keeps_everything() {
    let table = with_tags_of_expired_snapshots(&[("a", 2)]).await;
    std::fs::rename(table.path("snapshot"), table.path("elsewhere")).unwrap();
    let before = table.files().await;
    let error = delete(&table.storage(), &["a"]).await.0.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsafe, "{error}");
    assert_eq!(table.files().await, before);
}

/// Hazards 11 and 12: crashes and failed deletions.
#[tokio::test]
async fn the_deletion_of_a_tag_survives_a_fault_at_every_call() {
    let original = with_tags_of_expired_snapshots(&[("a", 2), ("b", 4)]).await;
    let before = original.all_versions().await;
    let clean = original.copy();
    let (storage, calls) = clean.faulty(0, None);
    assert_eq!(delete(&storage, &["a"]).await.0.unwrap(), DeleteTagsOutcome::Deleted);
    let expected = clean.files().await;
    assert_eq!(expected, clean.reachable_and_hints().await);
    for call in 1..=calls.calls() {
        for fault in FAULTS {
            let table = original.copy();
            let (storage, _) = table.faulty(call, Some(fault));
            let (outcome, _) = delete(&storage, &["a"]).await;
            let context = format!("{fault:?} at call {call}: {outcome:?}");
            for (name, rows) in table.all_versions().await {
                assert_eq!(before.get(&name), Some(&rows), "{name} after {context}");
            }
            let (again, report) = delete(&table.storage(), &["a"]).await;
            let _ = again.unwrap_or_else(|error| panic!("{context}, then {error}"));
            assert_eq!(table.files().await, expected, "{context}, then {report:?}");
            assert!(table.own_files(".weir/journal").await.is_empty(), "{context}");
        }
    }
}
