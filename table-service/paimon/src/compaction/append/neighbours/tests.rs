use proptest::prelude::{prop, prop_assert, prop_assert_eq, prop_oneof, proptest};

use super::*;
use crate::compaction::append::settings::Arrangement;

fn settings(strategy: Strategy) -> AppendSettings {
    AppendSettings::of_test(strategy, Arrangement::Ordered)
}

fn files(sizes: &[i64]) -> Vec<Arc<DataFileMeta>> {
    sizes.iter().map(|size| Arc::new(DataFileMeta::append("data.parquet", *size, 1))).collect()
}

fn picked(sizes: &[i64], settings: &AppendSettings) -> Vec<Range<usize>> {
    pick(&files(sizes), settings)
}

/// Sizes of the files after the ranges were joined, with files of at most the target size.
fn joined(sizes: &[i64], ranges: &[Range<usize>], target: i64) -> Vec<i64> {
    let mut after = Vec::new();
    let mut next = 0;
    for range in ranges {
        after.extend(&sizes[next..range.start]);
        let mut rest: i64 = sizes[range.clone()].iter().sum();
        while rest > target {
            after.push(target);
            rest -= target;
        }
        after.push(rest);
        next = range.end;
    }
    after.extend(&sizes[next..]);
    after
}

#[test]
fn as_many_neighbours_as_the_option_says_are_joined() {
    let auto = settings(Strategy::Auto);
    assert_eq!(picked(&[10, 10, 10, 10], &auto), [0..0; 0]);
    assert_eq!(picked(&[10, 10, 10, 10, 10], &auto), vec![0..5]);
}

#[test]
fn a_stretch_of_small_files_ends_at_a_large_one() {
    let auto = settings(Strategy::Auto);
    assert_eq!(picked(&[10, 10, 10, 10, 10, 699, 700, 10, 10, 10, 10], &auto), vec![0..6]);
    assert_eq!(picked(&[900, 10, 10, 10, 10, 10, 5000, 1, 2, 3, 4, 5], &auto), vec![1..6, 7..12]);
    assert_eq!(picked(&[1000; 9], &auto), [0..0; 0]);
}

#[test]
fn a_full_compaction_passes_large_files_at_the_head_and_needs_three_mostly_small_files() {
    let full = settings(Strategy::Full);
    assert_eq!(picked(&[10, 10], &full), [0..0; 0]);
    assert_eq!(picked(&[10, 10, 10], &full), vec![0..3]);
    assert_eq!(picked(&[900, 900, 10, 10, 10], &full), vec![2..5]);
    assert_eq!(picked(&[900, 900, 10, 10], &full), [0..0; 0]);
    assert_eq!(picked(&[10, 900, 10, 900], &full), [0..0; 0]);
    assert_eq!(picked(&[10, 900, 10, 10, 900], &full), vec![0..4]);
    assert_eq!(picked(&[900, 900, 900], &full), [0..0; 0]);
}

proptest! {
    #[test]
    fn a_second_run_finds_nothing_to_join(
        sizes in prop::collection::vec(prop_oneof![1..100_i64, 100..1000_i64, 1000..5000_i64], 0..60),
        min_files in 2..7_usize,
        is_full: bool,
    ) {
        let strategy = if is_full { Strategy::Full } else { Strategy::Auto };
        let settings = AppendSettings { min_files, ..settings(strategy) };
        let ranges = picked(&sizes, &settings);
        let after = joined(&sizes, &ranges, 1000);
        prop_assert_eq!(after.iter().sum::<i64>(), sizes.iter().sum::<i64>());
        let small = |sizes: &[i64]| sizes.iter().filter(|size| **size < 700).count();
        for range in &ranges {
            prop_assert!(small(&sizes[range.clone()]) >= 2);
        }
        let again = picked(&after, &settings);
        prop_assert!(again.is_empty(), "{:?} became {:?}, then {:?}", sizes, after, again);
    }
}
