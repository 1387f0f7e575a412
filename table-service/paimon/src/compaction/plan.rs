//! What a compaction will do, as a value.

use serde::{Deserialize, Serialize};
use std::sync::Arc;
use weir_paimon_spec::{DataFileMeta, DataType};

use super::levels::Levels;
use super::sections::{self, FileSection};
use super::universal::{self, Pick, UniversalSettings};
use crate::Result;
use crate::table::{BucketKey, LiveFiles};

/// How files are picked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// What the table needs: for primary keys the same as [`Strategy::Minor`].
    #[default]
    Auto,
    /// Universal compaction with the table's options, as Paimon's dedicated job does with `--compact_strategy minor`.
    Minor,
    /// Everything into the highest level.
    Full,
}

/// The work of one run, over all buckets that need it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CompactionPlan {
    /// One entry for each bucket with work, most sorted runs first.
    pub buckets: Vec<BucketPlan>,
}

/// The work on one bucket.
#[derive(Clone, Debug, PartialEq)]
pub struct BucketPlan {
    /// The bucket.
    pub key: BucketKey,
    /// `_TOTAL_BUCKETS` of its entries.
    pub total_buckets: i32,
    /// Sorted runs before the compaction.
    pub sorted_runs: usize,
    /// Level of all results.
    pub output_level: i32,
    /// Whether results of kind -U and -D are left out: nothing older can be below them.
    pub drop_deletes: bool,
    /// The work, in key order.
    pub tasks: Vec<Task>,
}

/// One piece of work on a bucket.
#[derive(Clone, Debug, PartialEq)]
pub enum Task {
    /// Move a file to the output level in metadata.
    Upgrade(Arc<DataFileMeta>),
    /// Merge the sections, in key order, into new files.
    Rewrite(Vec<FileSection>),
    /// Copy the rows of the files, one after the other, into new files: append tables.
    Concat(Vec<Arc<DataFileMeta>>),
}

impl Task {
    /// Files that are rewritten.
    fn inputs(&self) -> Vec<&Arc<DataFileMeta>> {
        match self {
            Self::Upgrade(_) => Vec::new(),
            Self::Rewrite(sections) => sections.iter().flatten().flatten().collect(),
            Self::Concat(files) => files.iter().collect(),
        }
    }
}

impl BucketPlan {
    /// Files that are rewritten.
    pub fn inputs(&self) -> impl Iterator<Item = &Arc<DataFileMeta>> {
        self.tasks.iter().flat_map(Task::inputs)
    }

    /// Size of the files that are rewritten.
    pub fn input_bytes(&self) -> u64 {
        self.inputs().map(|file| u64::try_from(file.file_size).unwrap_or(0)).sum()
    }

    /// Rows of the files that are rewritten.
    pub fn input_rows(&self) -> u64 {
        self.inputs().map(|file| u64::try_from(file.row_count).unwrap_or(0)).sum()
    }

    /// Files that are upgraded.
    pub fn upgrades(&self) -> impl Iterator<Item = &Arc<DataFileMeta>> {
        self.tasks.iter().filter_map(|task| match task {
            Task::Upgrade(file) => Some(file),
            Task::Rewrite(_) | Task::Concat(_) => None,
        })
    }
}

/// What planning needs to know about the table, apart from its live files.
#[derive(Clone, Debug)]
pub(crate) struct PlanSettings {
    pub(crate) strategy: Strategy,
    /// `num-levels`.
    pub(crate) num_levels: i32,
    /// Settings of universal compaction; `optimization_due` is decided for each bucket.
    pub(crate) universal: UniversalSettings,
    /// `compaction.optimization-interval` in milliseconds.
    pub(crate) optimization_interval: Option<i64>,
    /// Now, in the clock of `_CREATION_TIME`: local time as milliseconds as if it were UTC.
    pub(crate) local_now: i64,
    /// Files that are smaller are rewritten with their neighbours instead of upgraded.
    pub(crate) small_file_bytes: u64,
    pub(crate) key_types: Vec<DataType>,
}

/// Plans the buckets that `wanted` accepts.
pub(crate) fn plan(
    live: &LiveFiles,
    settings: &PlanSettings,
    wanted: impl Fn(&BucketKey) -> Result<bool>,
) -> Result<CompactionPlan> {
    let mut buckets = Vec::new();
    for (key, (total_buckets, files)) in live.by_bucket() {
        if wanted(&key)? {
            buckets.extend(plan_bucket(key, total_buckets, &files, settings)?);
        }
    }
    buckets.sort_by_key(|bucket| std::cmp::Reverse(bucket.sorted_runs));
    Ok(CompactionPlan { buckets })
}

fn plan_bucket(
    key: BucketKey,
    total_buckets: i32,
    files: &[Arc<DataFileMeta>],
    settings: &PlanSettings,
) -> Result<Option<BucketPlan>> {
    let levels = Levels::new(files, settings.num_levels);
    let Some(pick) = pick(&levels, settings) else { return Ok(None) };
    let picked: Vec<Arc<DataFileMeta>> =
        levels.runs().iter().take(pick.runs).flat_map(|run| run.files.iter().cloned()).collect();
    if let [only] = picked.as_slice()
        && only.level == pick.output_level
    {
        return Ok(None);
    }
    let sections = sections::partition(&picked, &settings.key_types)?;
    let tasks = tasks(sections, pick.output_level, levels.max_level(), settings.small_file_bytes);
    let drop_deletes = pick.output_level != 0 && pick.output_level >= levels.highest_non_empty();
    Ok((!tasks.is_empty()).then_some(BucketPlan {
        key,
        total_buckets,
        sorted_runs: levels.runs().len(),
        output_level: pick.output_level,
        drop_deletes,
        tasks,
    }))
}

fn pick(levels: &Levels, settings: &PlanSettings) -> Option<Pick> {
    let sizes = levels.sizes();
    match settings.strategy {
        Strategy::Full => universal::pick_full(&sizes, levels.max_level()),
        Strategy::Auto | Strategy::Minor => {
            let optimization_due = settings
                .optimization_interval
                .is_some_and(|interval| is_optimization_due(levels, interval, settings.local_now));
            let universal = UniversalSettings { optimization_due, ..settings.universal.clone() };
            universal::pick(&sizes, levels.max_level(), &universal)
        }
    }
}

/// Whether the last full compaction, told by the youngest file of the highest level, is longer ago than `interval`.
fn is_optimization_due(levels: &Levels, interval: i64, local_now: i64) -> bool {
    let last_full = levels
        .runs()
        .iter()
        .filter(|run| run.level == levels.max_level())
        .flat_map(|run| &run.files)
        .filter_map(|file| file.creation_time)
        .max();
    last_full.is_none_or(|last| local_now - last > interval)
}

/// Turns sections into tasks, in key order (Paimon `MergeTreeCompactTask`, format §8.5): small files that stand
/// alone join the rewrite around them, large ones end it and are upgraded.
fn tasks(sections: Vec<FileSection>, output_level: i32, max_level: i32, small_file_bytes: u64) -> Vec<Task> {
    let mut tasks = Vec::new();
    let mut candidate: Vec<FileSection> = Vec::new();
    for section in sections {
        match <[Vec<Arc<DataFileMeta>>; 1]>::try_from(section) {
            Err(overlapping) => candidate.push(overlapping),
            Ok([run]) => {
                for file in run {
                    if u64::try_from(file.file_size).unwrap_or(0) < small_file_bytes {
                        candidate.push(vec![vec![file]]);
                    } else {
                        flush(&mut candidate, output_level, max_level, &mut tasks);
                        upgrade(file, output_level, max_level, &mut tasks);
                    }
                }
            }
        }
    }
    flush(&mut candidate, output_level, max_level, &mut tasks);
    tasks
}

fn flush(candidate: &mut Vec<FileSection>, output_level: i32, max_level: i32, tasks: &mut Vec<Task>) {
    match std::mem::take(candidate).as_mut_slice() {
        [] => {}
        [section] if section.len() == 1 => {
            for file in section.drain(..).flatten() {
                upgrade(file, output_level, max_level, tasks);
            }
        }
        sections => tasks.push(Task::Rewrite(sections.iter_mut().map(std::mem::take).collect())),
    }
}

/// A file that overlaps nothing moves in metadata, unless it may hold deletes that the highest level must not.
fn upgrade(file: Arc<DataFileMeta>, output_level: i32, max_level: i32, tasks: &mut Vec<Task>) {
    if output_level == max_level && file.may_have_deletes() {
        tasks.push(Task::Rewrite(vec![vec![vec![file]]]));
    } else if file.level != output_level {
        tasks.push(Task::Upgrade(file));
    }
}

#[cfg(test)]
mod tests;
