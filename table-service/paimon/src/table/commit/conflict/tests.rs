use weir_paimon_spec::{FileKind, ManifestEntry};

use super::*;
use crate::testing::{file, key_types, shared};

fn live(files: &[DataFileMeta]) -> LiveFiles {
    let entries = files.iter().map(|file| ManifestEntry {
        kind: FileKind::Add,
        partition: Vec::new(),
        bucket: 0,
        total_buckets: 2,
        file: Arc::new(file.clone()),
    });
    LiveFiles { entries: entries.collect() }
}

fn reason(live_files: &[DataFileMeta], deletes: &[DataFileMeta], adds: &[DataFileMeta]) -> Option<String> {
    let change = BucketChange {
        key: BucketKey { partition: Vec::new(), bucket: 0 },
        total_buckets: 2,
        deletes: shared(deletes),
        adds: shared(adds),
    };
    find(&live(live_files), &[change], &key_types()).unwrap().pop().map(|conflict| conflict.reason)
}

#[test]
fn a_change_of_files_that_are_still_there_applies_beside_new_files() {
    let (old, new, appended) = (file("old", 0, (0, 9)), file("new", 5, (0, 9)), file("appended", 0, (0, 9)));
    assert_eq!(reason(&[old.clone(), appended], &[old], &[new]), None);
}

#[test]
fn an_upgrade_is_a_delete_and_an_add_of_one_file() {
    let old = file("old", 0, (0, 9));
    assert_eq!(
        reason(std::slice::from_ref(&old), std::slice::from_ref(&old), &[old.upgrade(5).unwrap()]),
        None
    );
}

#[test]
fn a_file_that_another_commit_removed_is_a_conflict() {
    let (old, new) = (file("old", 0, (0, 9)), file("new", 5, (0, 9)));
    let reason = reason(&[], &[old], &[new]).unwrap();
    assert_eq!(reason, "file old.parquet was removed by another commit");
}

#[test]
fn a_file_whose_entry_another_commit_replaced_is_a_conflict() {
    let old = file("old", 0, (0, 9));
    let indexed = DataFileMeta { extra_files: vec!["old.parquet.index".into()], ..old.clone() };
    assert!(reason(&[indexed], &[old], &[]).unwrap().contains("was replaced by another commit"));
}

#[test]
fn a_result_that_overlaps_its_level_is_a_conflict() {
    let (old, foreign) = (file("old", 0, (0, 9)), file("foreign", 5, (9, 12)));
    let reason = reason(&[old.clone(), foreign], &[old], &[file("new", 5, (0, 9))]).unwrap();
    assert_eq!(reason, "files new.parquet and foreign.parquet would overlap at level 5");
}

#[test]
fn files_without_keys_may_share_a_level() {
    let append = |name: &str| DataFileMeta { level: 1, ..DataFileMeta::append(name, 10, 1) };
    let (a, b, joined) = (append("a"), append("b"), append("joined"));
    let key = BucketKey { partition: Vec::new(), bucket: 0 };
    let change = |deletes: &[DataFileMeta]| BucketChange {
        key: key.clone(),
        total_buckets: 2,
        deletes: shared(deletes),
        adds: shared(std::slice::from_ref(&joined)),
    };
    let live = live(&[a.clone(), b.clone()]);
    assert_eq!(find(&live, &[change(&[a])], &[]).unwrap(), []);
    let gone = append("gone");
    let conflicts = find(&live, &[change(&[b, gone])], &[]).unwrap();
    assert_eq!(conflicts[0].reason, "file gone was removed by another commit");
}

#[test]
fn a_rescaled_partition_is_a_conflict() {
    let old = file("old", 0, (0, 9));
    let mut live = live(std::slice::from_ref(&old));
    live.entries[0].total_buckets = 4;
    let key = BucketKey { partition: Vec::new(), bucket: 0 };
    let change = BucketChange { key, total_buckets: 2, deletes: shared(&[old]), adds: vec![] };
    let conflicts = find(&live, &[change], &key_types()).unwrap();
    assert_eq!(conflicts[0].reason, "the partition was rescaled from 2 to 4 buckets");
}
