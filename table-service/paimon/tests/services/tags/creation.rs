//! `create-tag`.

use std::time::Duration;

use weir_paimon::ErrorKind;
use weir_paimon_spec::tags::parse_time_zone;

use super::*;

#[tokio::test]
async fn a_tag_is_a_copy_of_its_snapshot() {
    let table = TestTable::with_history().await;
    let path = "snapshot/snapshot-3";
    let odd = String::from_utf8(table.storage().read(path).await.unwrap().to_vec()).unwrap();
    let odd = odd.replacen('{', r#"{ "fromTheFuture" : [1, 2.50],"#, 1);
    table.storage().overwrite(path, odd.clone().into()).await.unwrap();
    assert_eq!(
        create(&table.storage(), "plain", TagSource::Snapshot(3)).await.unwrap(),
        CreateTagOutcome::Created
    );
    assert_eq!(table.storage().read("tag/tag-plain").await.unwrap(), odd.as_bytes());

    let shanghai = parse_time_zone("Asia/Shanghai").unwrap();
    let timed = CreateTag {
        time_retained: Some(Duration::from_hours(1)),
        time_zone: shanghai.clone(),
        ..creation("timed", TagSource::Snapshot(3))
    };
    let before = jiff::Timestamp::now().to_zoned(shanghai.clone()).datetime();
    assert_eq!(
        timed.run(&table.storage(), &mut CreateTagReport::default()).await.unwrap(),
        CreateTagOutcome::Created
    );
    let tag = table.tag_file("timed").await.unwrap();
    let made = tag.create_time().unwrap().unwrap();
    assert!(before <= made && made <= jiff::Timestamp::now().to_zoned(shanghai).datetime(), "{made}");
    assert_eq!(tag.time_retained().unwrap(), Some(Duration::from_hours(1)));
    assert_eq!(tag.snapshot.other["fromTheFuture"].to_string(), "[1,2.5]");
}

#[tokio::test]
async fn the_tables_retention_is_that_of_a_tag_without_its_own() {
    let table = TestTable::with_history().await;
    let request = CreateTag {
        options: options(&[("tag.default-time-retained", "2 d")]),
        ..creation("kept", TagSource::Latest)
    };
    let mut report = CreateTagReport::default();
    assert_eq!(request.run(&table.storage(), &mut report).await.unwrap(), CreateTagOutcome::Created);
    assert_eq!((report.snapshot, report.time_retained_seconds), (Some(6), Some(172_800)));
    let retained = table.tag_file("kept").await.unwrap().time_retained().unwrap();
    assert_eq!(retained, Some(Duration::from_hours(48)));
}

#[tokio::test]
async fn a_snapshot_is_found_by_time_and_watermark() {
    let table = TestTable::with_history().await;
    // Snapshot n was committed at second n.
    table.set_times(&[(1, 1000), (2, 2000), (3, 3000), (4, 4000)]).await;
    let at = |millis| TagSource::Timestamp(jiff::Timestamp::from_millisecond(millis).unwrap());
    for (source, snapshot) in [
        (at(0), 1),
        (at(2000), 2),
        (at(2001), 3),
        (at(5500), 6),
        (TagSource::Watermark(-1), 1),
        (TagSource::Watermark(3000), 3),
        (TagSource::Watermark(3001), 4),
        (TagSource::Latest, 6),
    ] {
        let request = CreateTag { dry_run: true, ..creation("t", source) };
        let mut report = CreateTagReport::default();
        assert_eq!(request.run(&table.storage(), &mut report).await.unwrap(), CreateTagOutcome::Planned);
        assert_eq!(report.snapshot, Some(snapshot), "{source:?}");
    }
    for source in [at(6001), TagSource::Watermark(4001), TagSource::Snapshot(7)] {
        let error = create(&table.storage(), "t", source).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    }
    assert!(table.tag_names().await.is_empty());
}

#[tokio::test]
async fn another_tag_serves_when_the_snapshot_has_expired() {
    let table = with_tags_of_expired_snapshots(&[("a", 2), ("b", 4)]).await;
    let rows = table.all_versions().await;
    let at = |millis| TagSource::Timestamp(jiff::Timestamp::from_millisecond(millis).unwrap());
    for (name, source, like) in
        [("c", TagSource::Snapshot(2), "tag a"), ("d", at(1500), "tag a"), ("e", at(2001), "tag b")]
    {
        assert_eq!(create(&table.storage(), name, source).await.unwrap(), CreateTagOutcome::Created);
        assert_eq!(table.all_versions().await[&format!("tag {name}")], rows[like]);
    }
    let error = create(&table.storage(), "f", TagSource::Snapshot(3)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    // The second tag keeps the files when the first goes.
    let (deleted, report) = delete(&table.storage(), &["a"]).await;
    assert_eq!((deleted.unwrap(), report.files), (DeleteTagsOutcome::Deleted, vec![]));
    assert_eq!(table.all_versions().await["tag c"], rows["tag a"]);
}

#[tokio::test]
async fn a_name_belongs_to_one_snapshot() {
    let table = TestTable::with_history().await;
    let storage = table.storage();
    assert_eq!(create(&storage, "x", TagSource::Snapshot(2)).await.unwrap(), CreateTagOutcome::Created);
    assert_eq!(create(&storage, "x", TagSource::Snapshot(2)).await.unwrap(), CreateTagOutcome::Exists);
    let error = create(&storage, "x", TagSource::Snapshot(3)).await.unwrap_err();
    assert!(error.to_string().contains("has a tag x already, of snapshot 2"), "{error}");
    assert_eq!(error.kind(), ErrorKind::Invalid);
    for name in ["", "  ", "a/b", "a\\b", "success-file", "a\nb"] {
        assert_eq!(create(&storage, name, TagSource::Latest).await.unwrap_err().kind(), ErrorKind::Invalid);
    }
    for name in ["2026-11-20 05", "v1.0", "größe", "100%", "a=b"] {
        assert_eq!(
            create(&storage, name, TagSource::Latest).await.unwrap(),
            CreateTagOutcome::Created,
            "{name}"
        );
        assert!(table.tag_names().await.contains(&name.to_owned()), "{name}");
    }
}

#[tokio::test]
async fn a_second_automatic_tag_on_a_snapshot_is_refused() {
    let table = TestTable::with_history().await;
    let automatic = options(&[("tag.automatic-creation", "process-time")]);
    let request =
        |name: &str| CreateTag { options: automatic.clone(), ..creation(name, TagSource::Snapshot(2)) };
    for (name, is_made) in [("2026-11-20", true), ("2026-11-21", false), ("mine", true)] {
        let made = request(name).run(&table.storage(), &mut CreateTagReport::default()).await;
        assert_eq!(made.is_ok(), is_made, "{name}: {made:?}");
    }
    assert_eq!(table.tag_names().await, ["2026-11-20", "mine"]);
}

#[tokio::test]
async fn what_something_else_must_follow_is_refused() {
    let table = TestTable::with_history().await;
    for option in [("tag.callbacks", "a.B"), ("metastore.tag-to-partition", "dt")] {
        let request = CreateTag { options: options(&[option]), ..creation("t", TagSource::Latest) };
        let error = request.run(&table.storage(), &mut CreateTagReport::default()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains(option.0), "{error}");
    }
    assert!(table.tag_names().await.is_empty());
}

#[tokio::test]
async fn a_success_file_comes_and_goes_with_its_tag() {
    let table = TestTable::with_history().await;
    let request = CreateTag {
        options: options(&[("tag.create-success-file", "true")]),
        ..creation("t", TagSource::Latest)
    };
    assert_eq!(
        request.run(&table.storage(), &mut CreateTagReport::default()).await.unwrap(),
        CreateTagOutcome::Created
    );
    let path = "tag/tag-success-file/t_SUCCESS";
    let content: serde_json::Value =
        serde_json::from_slice(&table.storage().read(path).await.unwrap()).unwrap();
    assert!(content["creationTime"].is_i64() && content["creationTime"] == content["modificationTime"]);
    assert_eq!(table.tag_names().await, ["t"]);
    assert_eq!(delete(&table.storage(), &["t"]).await.0.unwrap(), DeleteTagsOutcome::Deleted);
    assert_eq!(table.storage().stat(path).await.unwrap(), None);
}

/// Hazard 3: an expiry takes the snapshot while it is being tagged.
#[tokio::test]
async fn hazard_3_a_snapshot_that_expires_while_it_is_tagged_gets_no_tag() {
    let original = with_tags_of_expired_snapshots(&[]).await;
    let table = original.copy();
    let other = table.storage();
    let storage = before_put(&table, "tag/tag-late", move || {
        elsewhere(|| expire(&other, 1));
    });
    let error = create(&storage, "late", TagSource::Snapshot(7)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert!(
        error.to_string().contains("snapshot 7") && error.to_string().contains("deleted again"),
        "{error}"
    );
    assert!(table.tag_names().await.is_empty());
    assert_eq!(table.files().await, table.reachable_and_hints().await);
}

/// Hazard 3, as Java's expiry does it: files go before their snapshot.
#[tokio::test]
async fn hazard_3_a_snapshot_that_has_lost_a_file_gets_no_tag() {
    let original = with_tags_of_expired_snapshots(&[]).await;
    let needed = original.reachable().await.into_iter();
    let needed: Vec<String> =
        needed.filter(|path| path.starts_with("manifest/") || path.starts_with("bucket-0/")).collect();
    let opened = original.open().await;
    let snapshot = opened.snapshot(8).await.unwrap();
    let mut tried = 0;
    for path in needed {
        let table = original.copy();
        let file = table.path(&path);
        let storage = before_put(&table, "tag/tag-late", move || {
            std::fs::remove_file(&file).unwrap();
        });
        let made = create(&storage, "late", TagSource::Snapshot(8)).await;
        let Err(error) = made else {
            // The lists of the other snapshot are nothing to this one.
            let table = table.open().await;
            assert_eq!(table.live_files(&snapshot).await.unwrap().entries.len(), 2);
            continue;
        };
        tried += 1;
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{path}: {error}");
        assert!(error.to_string().contains(path.rsplit('/').next().unwrap()), "{path}: {error}");
        assert!(table.tag_names().await.is_empty(), "{path}");
    }
    assert!(tried >= 5, "lists, manifests and data files: {tried}");
}

#[tokio::test]
async fn what_cannot_be_kept_is_refused_before_a_tag_is_written() {
    let table = TestTable::with_history().await;
    let damaged = table.copy();
    let list = damaged.open().await.snapshot(3).await.unwrap().delta_manifest_list;
    std::fs::remove_file(damaged.path(&format!("manifest/{list}"))).unwrap();
    for dry_run in [false, true] {
        let storage = damaged.storage();
        let request = CreateTag { dry_run, ..creation("t", TagSource::Snapshot(3)) };
        let error = request.run(&storage, &mut CreateTagReport::default()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert!(error.to_string().contains(&list), "{error}");
        assert_eq!((storage.requests().put, storage.requests().delete), (0, 0));
    }
}

#[tokio::test]
async fn the_creation_of_a_tag_survives_a_fault_at_every_call() {
    let original = TestTable::with_history().await;
    let rows = original.all_versions().await["snapshot 2"].clone();
    let request = CreateTag {
        options: options(&[("tag.create-success-file", "true"), ("tag.default-time-retained", "1 d")]),
        ..creation("t", TagSource::Snapshot(2))
    };
    let clean = original.copy();
    let (storage, calls) = clean.faulty(0, None);
    assert_eq!(
        request.run(&storage, &mut CreateTagReport::default()).await.unwrap(),
        CreateTagOutcome::Created
    );
    for call in 1..=calls.calls() {
        for fault in FAULTS {
            let table = original.copy();
            let (storage, _) = table.faulty(call, Some(fault));
            let outcome = request.run(&storage, &mut CreateTagReport::default()).await;
            let context = format!("{fault:?} at call {call}: {outcome:?}");
            if let Some(found) = table.all_versions().await.get("tag t") {
                assert_eq!(found, &rows, "{context}");
            }
            let again = request.run(&table.storage(), &mut CreateTagReport::default()).await;
            assert!(
                matches!(again, Ok(CreateTagOutcome::Created | CreateTagOutcome::Exists)),
                "{context}, {again:?}"
            );
            assert_eq!(table.all_versions().await["tag t"], rows, "{context}");
            assert!(table.path("tag/tag-success-file/t_SUCCESS").exists(), "{context}");
        }
    }
}
