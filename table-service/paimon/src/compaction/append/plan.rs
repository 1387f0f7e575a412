//! What a compaction of an append table will do.

use std::cmp::Reverse;
use std::sync::Arc;

use weir_paimon_spec::DataFileMeta;

use super::settings::{AppendSettings, Arrangement};
use super::{loose, neighbours};
use crate::Result;
use crate::compaction::plan::{BucketPlan, CompactionPlan, Task};
use crate::compaction::shard::Shard;
use crate::table::{BucketKey, LiveFiles};

/// Plans the buckets that `wanted` accepts, as far as they are the shard's: of a table without buckets its files, else
/// its buckets.
pub(in crate::compaction) fn plan(
    live: &LiveFiles,
    settings: &AppendSettings,
    shard: Option<Shard>,
    wanted: impl Fn(&BucketKey) -> Result<bool>,
) -> Result<CompactionPlan> {
    let mut buckets = Vec::new();
    for (key, (total_buckets, files)) in live.by_bucket() {
        if wanted(&key)? {
            buckets.extend(plan_bucket(&key, total_buckets, files, settings, shard));
        }
    }
    buckets.sort_by_key(|bucket| Reverse(bucket.sorted_runs));
    Ok(CompactionPlan { buckets })
}

/// Why an automatic compaction of `selected` buckets found nothing to do, for people.
pub(in crate::compaction) fn why_nothing(
    live: &LiveFiles,
    settings: &AppendSettings,
    selected: usize,
) -> String {
    let small = |files: &[Arc<DataFileMeta>]| match settings.arrangement {
        Arrangement::Loose => loose::small(files, settings).len(),
        Arrangement::Bucketed | Arrangement::Ordered => neighbours::most_small(files, settings),
    };
    let most = live.by_bucket().into_values().map(|(_, files)| small(&in_order(files))).max().unwrap_or(0);
    format!(
        "none of {selected} buckets needs compaction: the most files below {} bytes to be joined in one are {most}, compaction.min.file-num is {}",
        settings.small_file_bytes, settings.min_files
    )
}

/// The files of a bucket in the order of their rows. Readers sort by the same number and leave files of equal numbers in
/// the order of the manifests.
fn in_order(mut files: Vec<Arc<DataFileMeta>>) -> Vec<Arc<DataFileMeta>> {
    files.sort_by_key(|file| file.min_sequence_number);
    files
}

fn plan_bucket(
    key: &BucketKey,
    total_buckets: i32,
    files: Vec<Arc<DataFileMeta>>,
    settings: &AppendSettings,
    shard: Option<Shard>,
) -> Vec<BucketPlan> {
    let sorted_runs = files.len();
    let joined: Vec<Vec<Arc<DataFileMeta>>> = match settings.arrangement {
        Arrangement::Loose => {
            let own = files.iter().filter(|file| shard.is_none_or(|shard| shard.has_file(&file.file_name)));
            vec![loose::pick(own, settings)]
        }
        Arrangement::Bucketed | Arrangement::Ordered => {
            if shard.is_some_and(|shard| !shard.has_bucket(key)) {
                return Vec::new();
            }
            let files = in_order(files);
            let ranges = neighbours::pick(&files, settings);
            ranges.into_iter().filter_map(|range| Some(files.get(range)?.to_vec())).collect()
        }
    };
    let part = |files| BucketPlan {
        key: key.clone(),
        total_buckets,
        sorted_runs,
        output_level: 0,
        drop_deletes: false,
        tasks: vec![Task::Concat(files)],
    };
    joined.into_iter().flat_map(|files| parts(files, settings)).map(part).collect()
}

/// Cuts a list of files into parts that are rewritten, committed and budgeted each for itself: a part ends when it has
/// `max_inputs` files or `max_input_bytes`. Each part may leave a small file.
fn parts(files: Vec<Arc<DataFileMeta>>, settings: &AppendSettings) -> Vec<Vec<Arc<DataFileMeta>>> {
    let mut parts: Vec<Vec<Arc<DataFileMeta>>> = Vec::new();
    let mut part_bytes = u64::MAX;
    let mut left = files.len();
    for file in files {
        let bytes = loose::bytes(&file);
        match parts.last_mut() {
            // A part of one file would be no work.
            Some(part)
                if left == 1 || part.len() < settings.max_inputs && part_bytes < settings.max_input_bytes =>
            {
                part.push(file);
                part_bytes += bytes;
            }
            _ => {
                parts.push(vec![file]);
                part_bytes = bytes;
            }
        }
        left -= 1;
    }
    parts.retain(|part| part.len() > 1);
    parts
}

#[cfg(test)]
mod tests;
