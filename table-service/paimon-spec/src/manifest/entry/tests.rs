use proptest::prelude::*;

use super::*;
use crate::binary_row::EMPTY_ROW;
use crate::error::ErrorKind;

fn entry(kind: FileKind, name: &str, level: i32) -> ManifestEntry {
    ManifestEntry {
        kind,
        partition: EMPTY_ROW.to_vec(),
        bucket: 0,
        total_buckets: 1,
        file: DataFileMeta { level, ..DataFileMeta::append(name, 1, 1) }.into(),
    }
}

fn add(name: &str) -> ManifestEntry {
    entry(FileKind::Add, name, 0)
}

fn delete(name: &str) -> ManifestEntry {
    entry(FileKind::Delete, name, 0)
}

#[test]
fn adds_are_cancelled_by_later_deletes() {
    let merged = merge([add("a"), add("b"), delete("a"), add("c")]).unwrap();
    assert_eq!(merged.live, [add("b"), add("c")]);
    assert_eq!((merged.unmatched_deletes, merged.added_again), (vec![], vec![]));
}

#[test]
fn deletes_without_an_add_stay_in_order() {
    let merged = merge([delete("z"), add("b"), delete("a"), delete("z")]).unwrap();
    assert_eq!(merged.live, [add("b")]);
    assert_eq!(merged.unmatched_deletes, [delete("z"), delete("a")]);
}

#[test]
fn upgrades_keep_the_file_at_its_new_level() {
    let upgraded = entry(FileKind::Add, "a", 5);
    let merged = merge([add("a"), add("a").to_delete(), upgraded.clone()]).unwrap();
    assert_eq!(merged.live, [upgraded]);
    assert!(merged.added_again.is_empty());
}

#[test]
fn every_part_of_the_identifier_counts() {
    let base = add("a");
    let others = [
        ManifestEntry { bucket: 1, ..base.clone() },
        ManifestEntry { partition: vec![1], ..base.clone() },
        ManifestEntry {
            file: DataFileMeta { level: 1, ..base.file.as_ref().clone() }.into(),
            ..base.clone()
        },
        ManifestEntry {
            file: DataFileMeta { file_name: "b".into(), ..base.file.as_ref().clone() }.into(),
            ..base.clone()
        },
        ManifestEntry {
            file: DataFileMeta { extra_files: vec!["x".into()], ..base.file.as_ref().clone() }.into(),
            ..base.clone()
        },
        ManifestEntry {
            file: DataFileMeta { embedded_file_index: Some(vec![]), ..base.file.as_ref().clone() }.into(),
            ..base.clone()
        },
        ManifestEntry {
            file: DataFileMeta { external_path: Some("p".into()), ..base.file.as_ref().clone() }.into(),
            ..base.clone()
        },
    ];
    for other in others {
        assert_ne!(base.identifier(), other.identifier());
        let merged = merge([base.clone(), other.to_delete()]).unwrap();
        assert_eq!((merged.live.len(), merged.unmatched_deletes.len()), (1, 1));
    }
    let same = ManifestEntry {
        total_buckets: 9,
        file: DataFileMeta { file_size: 77, ..base.file.as_ref().clone() }.into(),
        ..base.clone()
    };
    assert_eq!(base.identifier(), same.identifier());
}

#[test]
fn files_added_again_are_told() {
    let merged = merge([add("a"), delete("a"), add("b"), add("a")]).unwrap();
    assert_eq!(merged.live, [add("b"), add("a")]);
    assert_eq!(merged.added_again, [add("a")]);
    assert_eq!(merged.into_live().unwrap_err().kind, ErrorKind::Unsupported);
    assert_eq!(merge([add("a"), add("b"), delete("a")]).unwrap().into_live().unwrap(), [add("b")]);
}

#[test]
fn refuses_a_file_added_twice() {
    assert_eq!(merge([add("a"), add("a")]).unwrap_err().kind, ErrorKind::Corrupt);
    assert_eq!(merge([delete("a"), add("a")]).unwrap_err().kind, ErrorKind::Corrupt);
}

#[test]
fn deletes_repeat_everything_else() {
    let original = add("a");
    assert_eq!(original.to_delete(), ManifestEntry { kind: FileKind::Delete, ..original });
}

#[test]
fn knows_the_codes_of_manifests() {
    for kind in [FileKind::Add, FileKind::Delete] {
        assert_eq!(FileKind::from_code(kind.code()).unwrap(), kind);
    }
    assert_eq!(FileKind::from_code(2).unwrap_err().kind, ErrorKind::Unsupported);
}

proptest! {
    /// Whatever the order of unrelated files, live = added − deleted.
    #[test]
    fn live_files_are_those_added_and_not_deleted(
        history in prop::collection::vec((0_u8..20, any::<bool>()), 0..60),
        split in any::<prop::sample::Index>(),
    ) {
        let mut present = std::collections::BTreeSet::new();
        let mut gone = std::collections::BTreeSet::new();
        let mut entries = Vec::new();
        for (file, wants_delete) in history {
            if present.contains(&file) && wants_delete {
                present.remove(&file);
                gone.insert(file);
                entries.push(delete(&file.to_string()));
            } else if !present.contains(&file) && !gone.contains(&file) {
                present.insert(file);
                entries.push(add(&file.to_string()));
            }
        }
        let names = |merged: &[ManifestEntry]| {
            merged.iter().map(|entry| entry.file.file_name.parse().unwrap()).collect::<std::collections::BTreeSet<u8>>()
        };
        let merged = merge(entries.clone()).unwrap();
        prop_assert_eq!(names(&merged.live), present.clone());
        prop_assert!(merged.unmatched_deletes.is_empty());
        // Merging a part first and the result with the rest comes to the same.
        let (first, rest) = entries.split_at(split.index(entries.len() + 1));
        let part = merge(rest.to_vec()).unwrap();
        let again = merge(first.iter().cloned().chain(part.unmatched_deletes).chain(part.live)).unwrap();
        prop_assert_eq!(names(&again.live), present);
    }
}
