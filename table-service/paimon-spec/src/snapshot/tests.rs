use serde_json::json;

use super::*;
use crate::error::ErrorKind;

fn compact_snapshot() -> Value {
    json!({
        "version": 3, "uuid": "5f0c", "id": 42, "schemaId": 3,
        "baseManifestList": "manifest-list-u-0", "baseManifestListSize": 1021,
        "deltaManifestList": "manifest-list-u-1", "deltaManifestListSize": 995,
        "changelogManifestList": "manifest-list-u-2", "changelogManifestListSize": 990,
        "indexManifest": "index-manifest-v-0", "commitUser": "8d1b", "writerVersion": "java-2",
        "commitIdentifier": i64::MAX, "commitKind": "COMPACT", "timeMillis": 1_766_000_000_000_i64,
        "totalRecordCount": 1000, "deltaRecordCount": -40, "changelogRecordCount": 60,
        "watermark": i64::MIN, "statistics": "stat-x-0", "properties": {"a": "b"}, "nextRowId": 0,
        "operation": "WRITE"
    })
}

fn bytes(value: &Value) -> Vec<u8> {
    serde_json::to_vec(value).unwrap()
}

#[test]
fn round_trips_every_member() {
    let json = compact_snapshot();
    let snapshot = Snapshot::parse(&bytes(&json)).unwrap();
    assert_eq!(snapshot.commit_kind, CommitKind::Compact);
    assert_eq!(snapshot.commit_identifier, BATCH_COMMIT_IDENTIFIER);
    assert_eq!(snapshot.delta_record_count, Some(-40));
    assert!(snapshot.other.is_empty());
    let written: Value = serde_json::from_slice(&snapshot.to_json().unwrap()).unwrap();
    assert_eq!(written, json);
    let lists: Vec<&str> = snapshot.manifest_lists().collect();
    assert_eq!(lists, ["manifest-list-u-0", "manifest-list-u-1", "manifest-list-u-2"]);
    let sizes: Vec<Option<i64>> = lists.iter().map(|list| snapshot.manifest_list_size(list)).collect();
    assert_eq!(sizes, [Some(1021), Some(995), Some(990)]);
    assert_eq!(snapshot.manifest_list_size("another"), None);
}

#[test]
fn keeps_members_it_does_not_know() {
    let mut json = compact_snapshot();
    json["fromTheFuture"] = json!({"deep": [1, 2]});
    let snapshot = Snapshot::parse(&bytes(&json)).unwrap();
    let written: Value = serde_json::from_slice(&snapshot.to_json().unwrap()).unwrap();
    assert_eq!(written, json);
}

#[test]
fn reads_the_least_that_old_releases_wrote() {
    let json = json!({
        "id": 1, "schemaId": 0, "baseManifestList": "b", "deltaManifestList": "d", "commitUser": "u",
        "commitIdentifier": 7, "commitKind": "APPEND", "timeMillis": 5, "watermark": null
    });
    let snapshot = Snapshot::parse(&bytes(&json)).unwrap();
    assert_eq!((snapshot.version, snapshot.watermark, snapshot.total_record_count), (1, None, None));
    assert_eq!(snapshot.manifest_lists().count(), 2);
}

#[test]
fn refuses_newer_versions_and_unknown_kinds() {
    for (member, value) in [("version", json!(4)), ("commitKind", json!("REPLACE"))] {
        let mut json = compact_snapshot();
        json[member] = value;
        assert_eq!(Snapshot::parse(&bytes(&json)).unwrap_err().kind, ErrorKind::Unsupported, "{member}");
        assert_eq!(Tag::parse(&bytes(&json)).unwrap_err().kind, ErrorKind::Unsupported, "{member}");
    }
}

#[test]
fn takes_broken_files_for_corrupt() {
    let mut lacking = compact_snapshot();
    lacking.as_object_mut().unwrap().remove("deltaManifestList");
    for broken in [&b""[..], b"{", b"[]", b"3", &bytes(&lacking)] {
        assert_eq!(Snapshot::parse(broken).unwrap_err().kind, ErrorKind::Corrupt);
    }
}

#[test]
fn round_trips_tags() {
    let mut json = compact_snapshot();
    json["tagCreateTime"] = json!([2026, 11, 20, 1, 2, 3, 456_000_000]);
    json["tagTimeRetained"] = json!(86400.5);
    json["fromTheFuture"] = json!(true);
    let tag = Tag::parse(&bytes(&json)).unwrap();
    assert_eq!(tag.snapshot.id, 42);
    assert_eq!(tag.snapshot.other.len(), 1);
    let written: Value = serde_json::from_slice(&tag.to_json().unwrap()).unwrap();
    assert_eq!(written, json);
}

#[test]
fn reads_consumers_and_refuses_broken_ones() {
    let consumer = Consumer::parse(b"{\n  \"nextSnapshot\" : 42, \"other\": 1\n}").unwrap();
    assert_eq!(consumer.next_snapshot, 42);
    assert_eq!(Consumer::parse(&consumer.to_json().unwrap()).unwrap(), consumer);
    for broken in [&b""[..], b"{}", b"{\"nextSnapshot\": \"x\"}"] {
        assert_eq!(Consumer::parse(broken).unwrap_err().kind, ErrorKind::Corrupt);
    }
}
