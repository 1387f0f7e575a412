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

#[tokio::test]
async fn a_deletion_that_fails_is_tried_again_and_counted() {
    for fault in [Fault::Error, Fault::AppliedThenError] {
        let (directory, storage) = failing(fault);
        for name in ["a", "b"] {
            std::fs::write(directory.path().join(name), "x").unwrap();
        }
        let answers = storage.delete(&["a".into(), "b".into()]).await;
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
        assert_eq!(storage.requests().retries, 2);
    }
}

#[tokio::test]
async fn a_denied_deletion_is_not_tried_again() {
    let (_directory, storage) = failing(Fault::Denied);
    let answers = storage.delete(&["a".into()]).await;
    assert_eq!(answers[0].as_ref().unwrap_err().kind(), ErrorKind::Denied);
    assert_eq!((storage.requests().delete, storage.requests().retries), (1, 0));
}

#[tokio::test]
async fn a_store_that_stays_away_is_asked_three_times() {
    let (_directory, storage) = failing(Fault::Crash);
    let answers = storage.delete(&["a".into()]).await;
    assert_eq!(answers[0].as_ref().unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(storage.requests().retries, 2);
}

#[tokio::test]
async fn only_what_has_failed_is_tried_again() {
    let (directory, storage) = open();
    std::fs::create_dir(directory.path().join("directory")).unwrap();
    storage.overwrite("a", "1".into()).await.unwrap();
    let answers = storage.delete(&["a".into(), "directory".into(), "never-there".into()]).await;
    assert!(answers[0].is_ok() && answers[2].is_ok());
    assert_eq!(answers[1].as_ref().unwrap_err().kind(), ErrorKind::Unavailable, "it is no file");
    assert_eq!(storage.requests().retries, 2);
}

#[tokio::test]
async fn each_of_many_deletions_is_answered_in_its_place() {
    let (directory, storage) = open();
    let names: Vec<String> = (0..1200).map(|number| format!("file-{number}")).collect();
    for name in &names {
        std::fs::write(directory.path().join(name), "x").unwrap();
    }
    let mut paths = names.clone();
    paths.insert(700, "bad//path".into());
    let answers = storage.delete(&paths).await;
    assert_eq!(answers.len(), 1201);
    assert_eq!(answers.iter().position(Result::is_err), Some(700));
    assert_eq!(answers.iter().filter(|answer| answer.is_err()).count(), 1);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    assert_eq!(storage.requests().delete, 1200);
}

#[tokio::test(flavor = "multi_thread")]
async fn small_and_large_files_are_read_whole() {
    let (_directory, storage) = open();
    for size in [0, 1, 256 << 10, (256 << 10) + 1, 3 << 20] {
        let content = Bytes::from(vec![7; size]);
        storage.overwrite("dt=a%3Ab/file", content.clone()).await.unwrap();
        assert_eq!(storage.read("dt=a%3Ab/file").await.unwrap(), content);
    }
    assert_eq!(storage.requests().bytes_read, 1 + (512 << 10) + 1 + (3 << 20));
    assert_eq!(storage.read("dt=a%3Ab").await.unwrap_err().kind(), ErrorKind::NotFound, "it is a directory");
    assert_eq!(storage.read("missing").await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(storage.read("dt=a%3Ab/file/x").await.unwrap_err().kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn a_directory_is_listed_as_the_store_beneath_lists_it() {
    let (directory, storage) = open();
    let at = |path: &str| directory.path().join(path);
    std::fs::create_dir_all(at("b/nested")).unwrap();
    std::fs::create_dir(at("a#1")).unwrap();
    for name in ["x", "y#1", "z#z", "dt=a%3Ab", "b/nested/deep"] {
        std::fs::write(at(name), name).unwrap();
    }
    std::os::unix::fs::symlink(at("x"), at("link")).unwrap();
    std::os::unix::fs::symlink(at("b"), at("linked-directory")).unwrap();
    std::os::unix::fs::symlink(at("nowhere"), at("broken-link")).unwrap();
    let beneath = Storage::metered(Arc::new(LocalFileSystem::new()), 1, storage.location().clone());
    for path in ["", "b", "b/nested", "a#1", "missing", "x"] {
        let (mut listed, mut expected) =
            (storage.list_directory(path).await.unwrap(), beneath.list_directory(path).await.unwrap());
        for files in [&mut listed.files, &mut expected.files] {
            files.sort_by(|a, b| a.path.cmp(&b.path));
        }
        assert_eq!(listed, expected, "{path}");
    }
    let names: Vec<String> =
        storage.list_directory("").await.unwrap().files.into_iter().map(|f| f.path).collect();
    assert_eq!(names.len(), 4, "{names:?}");
}
