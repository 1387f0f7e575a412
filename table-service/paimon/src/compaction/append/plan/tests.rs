use weir_paimon_spec::{FileKind, ManifestEntry};

use super::*;
use crate::compaction::plan::Strategy;

fn settings(arrangement: Arrangement) -> AppendSettings {
    let settings = AppendSettings::of_test(Strategy::Auto, arrangement);
    AppendSettings { min_files: 2, open_file_bytes: 0, ..settings }
}

/// An entry with `rows` rows from a sequence number, 10 bytes long.
fn entry(partition: u8, bucket: i32, name: &str, first_sequence: i64) -> ManifestEntry {
    ManifestEntry {
        kind: FileKind::Add,
        partition: vec![partition],
        bucket,
        total_buckets: 4,
        file: Arc::new(DataFileMeta {
            min_sequence_number: first_sequence,
            max_sequence_number: first_sequence + 9,
            ..DataFileMeta::append(name, 10, 10)
        }),
    }
}

fn planned(
    entries: Vec<ManifestEntry>,
    settings: &AppendSettings,
    shard: Option<Shard>,
) -> Vec<(u8, i32, Vec<Vec<String>>)> {
    let plan = plan(&LiveFiles { entries }, settings, shard, |_| Ok(true)).unwrap();
    let names = |files: &Vec<Arc<DataFileMeta>>| files.iter().map(|file| file.file_name.clone()).collect();
    plan.buckets
        .iter()
        .map(|bucket| {
            let tasks = bucket.tasks.iter().filter_map(|task| match task {
                Task::Concat(files) => Some(names(files)),
                _ => None,
            });
            (bucket.key.partition[0], bucket.key.bucket, tasks.collect())
        })
        .collect()
}

#[test]
fn files_of_a_bucket_are_joined_in_the_order_of_their_rows() {
    let entries = vec![entry(0, 1, "c", 20), entry(0, 1, "a", 0), entry(0, 2, "d", 0), entry(0, 1, "b", 10)];
    let expected = vec![(0, 1, vec![vec!["a".to_owned(), "b".to_owned(), "c".to_owned()]])];
    assert_eq!(planned(entries, &settings(Arrangement::Ordered), None), expected);
}

#[test]
fn files_of_equal_numbers_stay_in_the_order_of_the_manifests() {
    let entries = vec![entry(0, 0, "z", 0), entry(0, 0, "a", 0), entry(0, 0, "m", 0)];
    let expected = vec![(0, 0, vec![vec!["z".to_owned(), "a".to_owned(), "m".to_owned()]])];
    assert_eq!(planned(entries.clone(), &settings(Arrangement::Bucketed), None), expected);
    assert_eq!(planned(entries, &settings(Arrangement::Loose), None), expected);
}

#[test]
fn partitions_are_not_mixed_and_the_one_with_most_files_comes_first() {
    let entries = vec![
        entry(1, 0, "a", 0),
        entry(2, 0, "b", 0),
        entry(1, 0, "c", 0),
        entry(2, 0, "d", 0),
        entry(2, 0, "e", 0),
    ];
    let buckets: Vec<u8> = planned(entries, &settings(Arrangement::Loose), None)
        .iter()
        .map(|(partition, ..)| *partition)
        .collect();
    assert_eq!(buckets, [2, 1]);
}

/// Numbers of files of each rewrite of 11 files.
fn parts_of_eleven(settings: &AppendSettings) -> Vec<usize> {
    let entries: Vec<_> = (0..11).map(|i| entry(0, 0, &format!("{i:02}"), 0)).collect();
    let planned = planned(entries, settings, None);
    let names: Vec<String> = planned.iter().flat_map(|(_, _, tasks)| tasks).flatten().cloned().collect();
    assert_eq!(names, (0..11).map(|i| format!("{i:02}")).collect::<Vec<_>>());
    planned.iter().map(|(_, _, tasks)| tasks[0].len()).collect()
}

#[test]
fn a_rewrite_reads_a_bounded_number_of_files_and_bytes() {
    let settings = settings(Arrangement::Loose);
    assert_eq!(parts_of_eleven(&settings), [11]);
    assert_eq!(parts_of_eleven(&AppendSettings { max_inputs: 4, ..settings.clone() }), [4, 4, 3]);
    assert_eq!(parts_of_eleven(&AppendSettings { max_input_bytes: 31, ..settings.clone() }), [4, 4, 3]);
    // The last file is no part of its own.
    assert_eq!(parts_of_eleven(&AppendSettings { max_inputs: 5, ..settings }), [5, 6]);
}

#[test]
fn shards_share_the_files_of_a_table_without_buckets() {
    let entries: Vec<_> = (0..40).map(|i| entry(0, 0, &format!("data-{i}"), 0)).collect();
    let mut names: Vec<String> = (0..3)
        .flat_map(|index| {
            let shard = Some(Shard::new(index, 3).unwrap());
            let own = planned(entries.clone(), &settings(Arrangement::Loose), shard);
            assert!(own[0].2[0].len() < 40, "shard {index} has only its part");
            own.into_iter().flat_map(|(_, _, tasks)| tasks).flatten().collect::<Vec<_>>()
        })
        .collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 40, "every file is one shard's");
}

#[test]
fn shards_share_the_buckets_of_a_bucketed_table() {
    let entries: Vec<_> = (0..40).flat_map(|b| [entry(0, b, "a", 0), entry(0, b, "b", 10)]).collect();
    let mut buckets: Vec<i32> = (0..3)
        .flat_map(|index| {
            let own = planned(entries.clone(), &settings(Arrangement::Ordered), Shard::new(index, 3).ok());
            own.into_iter().map(|(_, bucket, tasks)| {
                assert_eq!(tasks, [["a", "b"]], "a bucket is never cut");
                bucket
            })
        })
        .collect();
    buckets.sort_unstable();
    assert_eq!(buckets, (0..40).collect::<Vec<i32>>());
}
