//! Key-disjoint parts of a compaction.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use weir_paimon_spec::datum::compare_rows;
use weir_paimon_spec::{BinaryRow, DataFileMeta, DataType, Datum};

use crate::Result;

/// Files whose keys overlap, directly or through others, packed into as few sorted runs as possible.
pub(crate) type FileSection = Vec<Vec<Arc<DataFileMeta>>>;

/// Key bounds of a file, ordered as Paimon orders keys.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Key(Vec<Datum>);

impl Ord for Key {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        compare_rows(&self.0, &other.0)
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Splits files into sections in key order (Paimon `IntervalPartition`, format §8.5).
pub(crate) fn partition(files: &[Arc<DataFileMeta>], key_types: &[DataType]) -> Result<Vec<FileSection>> {
    let mut ranges = files
        .iter()
        .map(|file| {
            let min = Key(BinaryRow::decode(&file.min_key, key_types)?);
            let max = Key(BinaryRow::decode(&file.max_key, key_types)?);
            Ok((min, max, file))
        })
        .collect::<Result<Vec<_>>>()?;
    ranges.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.cmp(&b.1)));
    let mut sections = Vec::new();
    let mut open: Vec<(Key, Key, &Arc<DataFileMeta>)> = Vec::new();
    let mut bound: Option<Key> = None;
    for range in ranges {
        if bound.as_ref().is_some_and(|bound| range.0 > *bound) {
            sections.push(pack(std::mem::take(&mut open)));
        }
        bound = bound.max(Some(range.1.clone()));
        open.push(range);
    }
    if !open.is_empty() {
        sections.push(pack(open));
    }
    Ok(sections)
}

/// Packs files, ordered by their least key, into the least number of runs: each goes to the run that ended first.
fn pack(files: Vec<(Key, Key, &Arc<DataFileMeta>)>) -> FileSection {
    let mut runs: FileSection = Vec::new();
    let mut ends: BinaryHeap<Reverse<(Key, usize)>> = BinaryHeap::new();
    for (min, max, file) in files {
        let free = ends.peek().is_some_and(|Reverse((end, _))| min > *end);
        let run = if free { ends.pop().map(|Reverse((_, run))| run) } else { None };
        let run = run.unwrap_or_else(|| {
            runs.push(Vec::new());
            runs.len() - 1
        });
        if let Some(files) = runs.get_mut(run) {
            files.push(Arc::clone(file));
        }
        ends.push(Reverse((max, run)));
    }
    runs
}

#[cfg(test)]
mod tests;
