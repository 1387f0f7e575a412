use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use weir_paimon_spec::datum::compare_rows;
use weir_paimon_spec::{BinaryRow, DataFileMeta, DataType, Datum};

use super::BucketChange;
use crate::Result;
use crate::table::{BucketKey, LiveFiles};

/// Why the change of a bucket does not apply to the newest snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The bucket.
    pub key: BucketKey,
    /// What is in the way, for people.
    pub reason: String,
}

/// The changes that do not apply to `live` (format §14.4, checks 2 to 6). A conflict is never mended by leaving
/// entries out: another commit may have removed the rows on purpose.
pub(crate) fn find(
    live: &LiveFiles,
    changes: &[BucketChange],
    key_types: &[DataType],
) -> Result<Vec<Conflict>> {
    let buckets = live.by_bucket();
    let mut conflicts = Vec::new();
    for change in changes {
        let no_files = Vec::new();
        let (total_buckets, files) = buckets
            .get(&change.key)
            .map_or((change.total_buckets, &no_files), |(total, files)| (*total, files));
        if let Some(reason) = check(total_buckets, files, change, key_types)? {
            conflicts.push(Conflict { key: change.key.clone(), reason });
        }
    }
    Ok(conflicts)
}

fn check(
    total_buckets: i32,
    live: &[Arc<DataFileMeta>],
    change: &BucketChange,
    key_types: &[DataType],
) -> Result<Option<String>> {
    if total_buckets != change.total_buckets {
        return Ok(Some(format!(
            "the partition was rescaled from {} to {total_buckets} buckets",
            change.total_buckets
        )));
    }
    // A file is one entry at one level; upgrading moves it to another.
    let mut after: HashMap<(&str, i32), &Arc<DataFileMeta>> =
        live.iter().map(|file| ((file.file_name.as_str(), file.level), file)).collect();
    for file in &change.deletes {
        match after.remove(&(file.file_name.as_str(), file.level)) {
            Some(found) if found == file => {}
            Some(_) => {
                return Ok(Some(format!(
                    "the entry of file {} was replaced by another commit",
                    file.file_name
                )));
            }
            None => return Ok(Some(format!("file {} was removed by another commit", file.file_name))),
        }
    }
    for file in &change.adds {
        if after.insert((file.file_name.as_str(), file.level), file).is_some() {
            return Ok(Some(format!("file {} is live already", file.file_name)));
        }
    }
    overlap(after.into_values(), key_types)
}

/// Two files of one level above 0 that share keys, if there are any.
pub(crate) fn overlap<'a>(
    files: impl Iterator<Item = &'a Arc<DataFileMeta>>,
    key_types: &[DataType],
) -> Result<Option<String>> {
    // Files of append tables have no keys and may overlap at every level.
    if key_types.is_empty() {
        return Ok(None);
    }
    let mut levels = BTreeMap::<i32, Vec<(Vec<Datum>, Vec<Datum>, &str)>>::new();
    for file in files.filter(|file| file.level > 0) {
        let min = BinaryRow::decode(&file.min_key, key_types)?;
        let max = BinaryRow::decode(&file.max_key, key_types)?;
        levels.entry(file.level).or_default().push((min, max, &file.file_name));
    }
    for (level, mut ranges) in levels {
        ranges.sort_by(|a, b| compare_rows(&a.0, &b.0));
        for pair in ranges.windows(2) {
            if let [(_, max, first), (min, _, second)] = pair
                && compare_rows(max, min).is_ge()
            {
                return Ok(Some(format!("files {first} and {second} would overlap at level {level}")));
            }
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests;
