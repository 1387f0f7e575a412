use std::collections::BTreeSet;

use proptest::prelude::*;
use weir_paimon_spec::manifest::MergedEntries;
use weir_paimon_spec::{BinaryRow, Datum, TypeKind};

use super::*;
use crate::testing::file;

const SETTINGS: MergeSettings = MergeSettings { target_bytes: 100, min_count: 3, full_bytes: 1_000_000 };

fn types() -> Vec<DataType> {
    vec![DataType::nullable(TypeKind::Int)]
}

fn entry(kind: FileKind, name: &str, partition: Option<i32>) -> ManifestEntry {
    let value = partition.map_or(Datum::Null, Datum::Int);
    ManifestEntry {
        kind,
        partition: BinaryRow::encode(&[value], &types()).unwrap(),
        bucket: 0,
        total_buckets: 1,
        file: Arc::new(file(name, 0, (0, 9))),
    }
}

fn add(name: &str) -> ManifestEntry {
    entry(FileKind::Add, name, Some(0))
}

fn delete(name: &str) -> ManifestEntry {
    entry(FileKind::Delete, name, Some(0))
}

fn manifest(name: &str, bytes: i64, entries: Vec<ManifestEntry>) -> Manifest {
    let meta = ManifestFileMeta::from_entries(name, bytes, &entries, &types(), 0).unwrap();
    Manifest { meta, entries: Arc::new(entries), rewritable: true }
}

/// Parts as text: a kept manifest by its name, new ones as `[+file -file]`.
fn shown(manifests: &[Manifest], settings: &MergeSettings) -> Option<Vec<String>> {
    let parts = merged(manifests, settings, &types()).unwrap()?;
    let line = |entry: &ManifestEntry| {
        let sign = if entry.kind == FileKind::Add { '+' } else { '-' };
        format!("{sign}{}", entry.file.file_name.trim_end_matches(".parquet"))
    };
    let shown = parts.iter().map(|part| match part {
        Part::Keep(meta) => meta.file_name.clone(),
        Part::Write(entries) => format!("[{}]", entries.iter().map(line).collect::<Vec<_>>().join(" ")),
    });
    Some(shown.collect())
}

#[test]
fn few_small_manifests_stay() {
    let manifests = [manifest("a", 10, vec![add("1")]), manifest("b", 10, vec![delete("1")])];
    assert_eq!(shown(&manifests, &SETTINGS), None);
    assert_eq!(shown(&[], &SETTINGS), None);
    assert_eq!(shown(&[], &MergeSettings { min_count: 0, ..SETTINGS }), None);
}

#[test]
fn many_small_manifests_become_one_in_which_adds_and_deletes_cancel() {
    let manifests = [
        manifest("a", 10, vec![add("1"), add("2")]),
        manifest("b", 10, vec![delete("1"), delete("0")]),
        manifest("c", 10, vec![add("3")]),
    ];
    assert_eq!(shown(&manifests, &SETTINGS).unwrap(), ["[-0 +2 +3]"]);
}

#[test]
fn neighbours_are_joined_as_soon_as_they_reach_the_target_size() {
    let manifests = [
        manifest("a", 60, vec![add("1")]),
        manifest("b", 60, vec![add("2")]),
        manifest("large", 100, vec![add("3")]),
        manifest("c", 10, vec![add("4")]),
    ];
    assert_eq!(shown(&manifests, &SETTINGS).unwrap(), ["[+1 +2]", "large", "c"]);
}

#[test]
fn a_full_merge_drops_every_delete_and_keeps_large_manifests_that_lose_nothing() {
    let settings = MergeSettings { full_bytes: 50, ..SETTINGS };
    let manifests = [
        manifest("hit", 100, vec![add("1"), add("2")]),
        manifest("kept", 100, vec![add("3")]),
        manifest("other", 100, vec![entry(FileKind::Add, "4", Some(7))]),
        manifest("small", 60, vec![add("5"), delete("1"), delete("gone")]),
    ];
    assert_eq!(shown(&manifests, &settings).unwrap(), ["other", "kept", "[+2 +5]"]);
    assert_eq!(shown(&manifests, &MergeSettings { full_bytes: 61, ..SETTINGS }), None);
}

#[test]
fn one_manifest_alone_is_never_merged() {
    let settings = MergeSettings { full_bytes: 1, ..SETTINGS };
    assert_eq!(shown(&[manifest("a", 10, vec![add("1"), delete("0")])], &settings), None);
}

#[test]
fn a_manifest_of_a_newer_release_keeps_its_neighbours_as_they_are() {
    let newer = Manifest { rewritable: false, ..manifest("newer", 10, vec![delete("1")]) };
    let manifests = [
        manifest("a", 10, vec![add("1")]),
        newer,
        manifest("b", 90, vec![add("2")]),
        manifest("c", 50, vec![add("3")]),
        manifest("d", 50, vec![add("4")]),
    ];
    for full_bytes in [1, 1_000_000] {
        let settings = MergeSettings { full_bytes, ..SETTINGS };
        assert_eq!(shown(&manifests, &settings).unwrap(), ["a", "newer", "b", "[+3 +4]"]);
    }
}

#[test]
fn partitions_of_deletes_are_told_apart_by_statistics() {
    let of = |partition| manifest("m", 100, vec![entry(FileKind::Add, "1", partition)]).meta;
    let deletes = [entry(FileKind::Delete, "1", Some(3)), entry(FileKind::Delete, "2", Some(5))];
    let types = types();
    let bounds = PartitionBounds::of(&deletes.iter().collect::<Vec<_>>(), &types).unwrap();
    let met: Vec<bool> = [Some(2), Some(3), Some(4), Some(6), None].map(|p| bounds.may_meet(&of(p))).into();
    assert_eq!(met, [false, true, true, false, false]);
    let null = entry(FileKind::Delete, "1", None);
    let bounds = PartitionBounds::of(&[&null], &types).unwrap();
    assert_eq!([Some(2), None].map(|p| bounds.may_meet(&of(p))), [false, true]);
    let with_null = [deletes[0].clone(), null];
    let bounds = PartitionBounds::of(&with_null.iter().collect::<Vec<_>>(), &types).unwrap();
    assert_eq!([Some(2), Some(3), None].map(|p| bounds.may_meet(&of(p))), [false, true, true]);
    assert!(!PartitionBounds::of(&[], &types).unwrap().may_meet(&of(Some(3))));
}

/// Adds and deletes of files as commits make them, cut into manifests of random sizes.
fn histories() -> impl Strategy<Value = Vec<Manifest>> {
    let step = (0..12_usize, prop::option::weighted(0.9, 0..4_i32), any::<bool>());
    let cut = (1..6_usize, 1..150_i64, prop::bool::weighted(0.95));
    (prop::collection::vec(step, 0..80), prop::collection::vec(cut, 80)).prop_map(|(steps, cuts)| {
        let mut live: Vec<ManifestEntry> = Vec::new();
        let mut entries = Vec::new();
        for (i, (victim, partition, deletes)) in steps.into_iter().enumerate() {
            if deletes && !live.is_empty() {
                let gone = live.remove(victim % live.len());
                entries.push(gone.to_delete());
            } else {
                let added = entry(FileKind::Add, &i.to_string(), partition);
                live.push(added.clone());
                entries.push(added);
            }
        }
        let mut manifests = Vec::new();
        let mut rest = entries.as_slice();
        for (i, (count, bytes, rewritable)) in cuts.into_iter().enumerate() {
            let (part, later) = rest.split_at(count.min(rest.len()));
            if part.is_empty() {
                break;
            }
            manifests.push(Manifest { rewritable, ..manifest(&i.to_string(), bytes, part.to_vec()) });
            rest = later;
        }
        manifests
    })
}

fn live(entries: impl Iterator<Item = ManifestEntry>) -> BTreeSet<String> {
    let live = merge(entries).and_then(MergedEntries::into_live).unwrap();
    let names: Vec<String> = live.iter().map(|entry| entry.file.file_name.clone()).collect();
    let distinct: BTreeSet<String> = names.iter().cloned().collect();
    assert_eq!(names.len(), distinct.len());
    distinct
}

proptest! {
    #[test]
    fn merging_never_changes_which_files_are_live(
        history in histories(),
        target_bytes in 1..300_u64,
        min_count in 0..10_usize,
        full_bytes in 1..2000_u64,
    ) {
        let before = live(history.iter().flat_map(|manifest| manifest.entries.iter().cloned()));
        let settings = MergeSettings { target_bytes, min_count, full_bytes };
        let parts = merged(&history, &settings, &types()).unwrap();
        let by_name = |name: &str| history.iter().find(|manifest| manifest.meta.file_name == name).unwrap();
        if let Some(parts) = parts {
            let after = parts.iter().flat_map(|part| match part {
                Part::Keep(meta) => by_name(&meta.file_name).entries.as_ref().clone(),
                Part::Write(entries) => entries.clone(),
            });
            prop_assert_eq!(live(after), before);
        }
    }
}
