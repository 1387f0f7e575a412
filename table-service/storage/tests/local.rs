//! The storage contract on the local file system, with and without faults.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::local::LocalFileSystem;
use tempfile::TempDir;
use weir_storage::faults::{Fault, FaultStore};
use weir_storage::{Create, ErrorKind, Location, Storage};

fn open() -> (TempDir, Storage) {
    let directory = TempDir::new().unwrap();
    let location: Location = directory.path().to_str().unwrap().parse().unwrap();
    (directory, Storage::open(&location).unwrap())
}

fn failing(fault: Fault) -> (TempDir, Storage) {
    let (directory, storage) = open();
    let store = FaultStore::new(Arc::new(LocalFileSystem::new()), [(1, fault)]);
    (directory, Storage::metered(Arc::new(store), 1, storage.location().clone()))
}

#[tokio::test]
async fn a_second_create_sees_the_first_ones_content() {
    let (_directory, storage) = open();
    assert!(matches!(storage.create("snapshot/snapshot-1", "a".into()).await.unwrap(), Create::Created));
    match storage.create("snapshot/snapshot-1", "b".into()).await.unwrap() {
        Create::Exists(content) => assert_eq!(content, "a"),
        other => panic!("{other:?}"),
    }
    assert_eq!(storage.read("snapshot/snapshot-1").await.unwrap(), "a");
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_is_recognised_as_ours() {
    let (_directory, storage) = failing(Fault::AppliedThenError);
    assert!(matches!(storage.create("snapshot/snapshot-1", "a".into()).await.unwrap(), Create::Created));
}

#[tokio::test]
async fn a_create_that_failed_and_left_nothing_is_unclear() {
    let (_directory, storage) = failing(Fault::Error);
    assert!(matches!(storage.create("snapshot/snapshot-1", "a".into()).await.unwrap(), Create::Unclear(_)));
}

#[tokio::test]
async fn a_denied_create_is_an_error() {
    let (_directory, storage) = failing(Fault::Denied);
    let error = storage.create("snapshot/snapshot-1", "a".into()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
}

#[tokio::test]
async fn escaped_directory_names_are_used_literally() {
    let (directory, storage) = open();
    storage.overwrite("dt=a%3Ab/bucket-0/x y", "1".into()).await.unwrap();
    assert!(directory.path().join("dt=a%3Ab/bucket-0/x y").exists());
    let listed: Vec<_> = storage.list("").try_collect().await.unwrap();
    assert_eq!(listed[0].path, "dt=a%3Ab/bucket-0/x y");
    assert_eq!(storage.list_directory("").await.unwrap().directories, ["dt=a%3Ab"]);
}

#[tokio::test]
async fn deleting_what_is_gone_succeeds_and_every_path_is_answered() {
    let (_directory, storage) = open();
    storage.overwrite("a", "1".into()).await.unwrap();
    let answers = storage.delete(&["a".into(), "never-there".into(), "bad//../path".into()]).await;
    assert!(answers[0].is_ok() && answers[1].is_ok());
    assert_eq!(answers[2].as_ref().unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(storage.stat("a").await.unwrap(), None);
}

#[tokio::test]
async fn an_upload_appears_whole_when_it_is_finished() {
    let (_directory, storage) = open();
    let piece = Bytes::from(vec![7; 5 << 20]);
    let mut upload = storage.upload("big").unwrap();
    for _ in 0..4 {
        upload.write(piece.clone()).await.unwrap();
    }
    assert_eq!(storage.stat("big").await.unwrap(), None);
    assert_eq!(upload.finish().await.unwrap(), 20 << 20);
    assert_eq!(storage.stat("big").await.unwrap().unwrap().size, 20 << 20);

    let mut aborted = storage.upload("aborted").unwrap();
    aborted.write(piece.clone()).await.unwrap();
    aborted.write(piece).await.unwrap();
    aborted.abort().await;
    assert_eq!(storage.stat("aborted").await.unwrap(), None);
}

#[tokio::test]
async fn what_a_killed_upload_leaves_is_hidden_from_engines_and_seen_by_listings() {
    let (_directory, storage) = open();
    let mut upload = storage.upload("bucket-0/big").unwrap();
    for _ in 0..2 {
        upload.write(Bytes::from(vec![7; 5 << 20])).await.unwrap();
    }
    std::mem::forget(upload);
    let listed = storage.list_all("").await.unwrap();
    assert_eq!(listed.len(), 1);
    let name = listed[0].name();
    assert!(name.starts_with(".big.") && name.ends_with(".weir.tmp"), "{name}");
    assert!(storage.delete(&[listed[0].path.clone()]).await[0].is_ok());
    assert_eq!(storage.list_all("").await.unwrap(), []);
}

#[tokio::test]
async fn requests_are_counted() {
    let (_directory, storage) = open();
    storage.overwrite("a", "12345".into()).await.unwrap();
    storage.read("a").await.unwrap();
    storage.stat("a").await.unwrap();
    storage.list_all("").await.unwrap();
    drop(storage.delete(&["a".into()]).await);
    let requests = storage.requests();
    assert_eq!((requests.put, requests.get, requests.list, requests.delete), (1, 2, 1, 1));
    assert_eq!((requests.bytes_written, requests.bytes_read), (5, 5));
}

#[tokio::test]
async fn conditional_writes_are_proved_once_and_then_cost_one_refused_request() {
    let (_directory, storage) = open();
    storage.require_conditional_writes().await.unwrap();
    let before = storage.requests().put;
    storage.require_conditional_writes().await.unwrap();
    assert_eq!(storage.requests().put - before, 1);
}

#[tokio::test]
async fn only_an_old_and_empty_directory_is_removed() {
    let (directory, storage) = open();
    for path in ["empty", "full"] {
        std::fs::create_dir(directory.path().join(path)).unwrap();
    }
    storage.overwrite("full/file", "x".into()).await.unwrap();
    let (past, future) = (jiff::Timestamp::UNIX_EPOCH, jiff::Timestamp::MAX);
    assert!(!storage.remove_empty_directory("empty", past).await.unwrap(), "it is young");
    assert!(!storage.remove_empty_directory("full", future).await.unwrap());
    assert!(!storage.remove_empty_directory("missing", future).await.unwrap());
    assert!(!storage.remove_empty_directory("full/file", future).await.unwrap());
    assert!(!storage.remove_empty_directory("", future).await.unwrap(), "the table itself stays");
    assert!(storage.remove_empty_directory("empty", future).await.unwrap());
    assert!(!directory.path().join("empty").exists() && directory.path().join("full/file").exists());
}
