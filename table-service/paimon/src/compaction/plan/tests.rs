use weir_paimon_spec::{FileKind, ManifestEntry};

use super::*;
use crate::testing::{file, key_types, names};

fn settings(strategy: Strategy) -> PlanSettings {
    PlanSettings {
        strategy,
        num_levels: 6,
        universal: UniversalSettings {
            trigger: 5,
            max_size_amplification_percent: 200,
            size_ratio: 1,
            force_up_level0: false,
            total_size_threshold: None,
            incremental_size_threshold: None,
            optimization_due: false,
        },
        optimization_interval: None,
        local_now: 1_000_000,
        small_file_bytes: 500,
        key_types: key_types(),
    }
}

fn planned(files: &[DataFileMeta], settings: &PlanSettings) -> Option<BucketPlan> {
    let entries = files.iter().map(|file| ManifestEntry {
        kind: FileKind::Add,
        partition: Vec::new(),
        bucket: 0,
        total_buckets: 1,
        file: Arc::new(file.clone()),
    });
    plan(&LiveFiles { entries: entries.collect() }, settings, |_| Ok(true)).unwrap().buckets.pop()
}

/// Tasks as text: `^a` upgrades, `[a|b, c]` merges the runs `a` and `b, c`.
fn shown(plan: &BucketPlan) -> Vec<String> {
    let run = |files: &Vec<Arc<DataFileMeta>>| names(files).join(", ");
    plan.tasks
        .iter()
        .map(|task| match task {
            Task::Upgrade(file) => format!("^{}", names([file])[0]),
            Task::Rewrite(sections) => {
                let shown: Vec<String> = sections
                    .iter()
                    .map(|section| section.iter().map(run).collect::<Vec<_>>().join("|"))
                    .collect();
                format!("[{}]", shown.join("]["))
            }
            Task::Concat(files) => format!("[{}]", run(files)),
        })
        .collect()
}

#[test]
fn a_bucket_that_is_one_run_at_the_highest_level_needs_nothing() {
    assert_eq!(planned(&[file("a", 5, (0, 9)), file("b", 5, (10, 19))], &settings(Strategy::Full)), None);
    assert_eq!(planned(&[], &settings(Strategy::Full)), None);
}

#[test]
fn large_files_that_overlap_nothing_are_upgraded() {
    let plan = planned(&[file("a", 0, (0, 9)), file("b", 0, (10, 19))], &settings(Strategy::Full)).unwrap();
    assert_eq!(shown(&plan), ["^a", "^b"]);
    assert_eq!((plan.output_level, plan.drop_deletes), (5, true));
}

#[test]
fn overlapping_files_are_merged_and_their_neighbours_are_not() {
    let files = [file("a", 0, (0, 9)), file("b", 0, (5, 14)), file("c", 0, (20, 29)), file("d", 5, (30, 39))];
    let plan = planned(&files, &settings(Strategy::Full)).unwrap();
    assert_eq!(shown(&plan), ["[a|b]", "^c"]);
}

#[test]
fn small_files_join_the_merge_around_them() {
    let small = |name, keys| DataFileMeta { file_size: 100, ..file(name, 0, keys) };
    let files = [file("a", 0, (0, 9)), file("b", 0, (5, 14)), small("c", (20, 29)), small("d", (30, 39))];
    assert_eq!(shown(&planned(&files, &settings(Strategy::Full)).unwrap()), ["[a|b][c][d]"]);
}

#[test]
fn a_small_file_alone_is_upgraded() {
    let small = DataFileMeta { file_size: 100, ..file("a", 0, (0, 9)) };
    assert_eq!(shown(&planned(&[small], &settings(Strategy::Full)).unwrap()), ["^a"]);
}

#[test]
fn a_file_with_deletes_is_rewritten_on_its_way_to_the_highest_level() {
    let deletes = DataFileMeta { delete_row_count: Some(1), ..file("a", 0, (0, 9)) };
    let unknown = DataFileMeta { delete_row_count: None, ..file("b", 0, (20, 29)) };
    assert_eq!(shown(&planned(&[deletes, unknown], &settings(Strategy::Full)).unwrap()), ["[a]", "[b]"]);
}

#[test]
fn deletes_stay_while_older_data_lies_below() {
    let mut files: Vec<_> = (0..5).map(|i| file(&format!("n{i}"), 0, (0, 9))).collect();
    let old = DataFileMeta { file_size: 1_000_000, ..file("old", 5, (0, 9)) };
    files.push(old);
    let plan = planned(&files, &settings(Strategy::Auto)).unwrap();
    assert_eq!((plan.output_level, plan.drop_deletes), (4, false));
    assert_eq!(plan.inputs().count(), 5, "the large old run is not rewritten");
}

#[test]
fn the_optimization_interval_is_measured_from_the_youngest_file_of_the_highest_level() {
    let full = |created| DataFileMeta { creation_time: Some(created), ..file("old", 5, (0, 9)) };
    let with = |interval| PlanSettings { optimization_interval: Some(interval), ..settings(Strategy::Auto) };
    let files = |created| [file("new", 0, (0, 9)), full(created)];
    assert!(planned(&files(999_000), &with(2000)).is_none());
    assert!(planned(&files(997_000), &with(2000)).is_some());
}

#[test]
fn buckets_with_most_sorted_runs_come_first_and_unwanted_ones_are_left_out() {
    let entry = |bucket, name: &str| ManifestEntry {
        kind: FileKind::Add,
        partition: Vec::new(),
        bucket,
        total_buckets: 3,
        file: Arc::new(file(name, 0, (0, 9))),
    };
    let live = LiveFiles {
        entries: vec![
            entry(0, "a"),
            entry(1, "b"),
            entry(1, "c"),
            entry(1, "d"),
            entry(2, "e"),
            entry(2, "f"),
        ],
    };
    let plan = plan(&live, &settings(Strategy::Full), |key| Ok(key.bucket != 2)).unwrap();
    let order: Vec<(i32, usize)> =
        plan.buckets.iter().map(|bucket| (bucket.key.bucket, bucket.sorted_runs)).collect();
    assert_eq!(order, [(1, 3), (0, 1)]);
}
