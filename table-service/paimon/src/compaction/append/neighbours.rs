//! Which neighbouring files of a bucket to join.

use std::ops::Range;
use std::sync::Arc;

use weir_paimon_spec::DataFileMeta;

use super::loose::bytes;
use super::settings::AppendSettings;
use crate::compaction::plan::Strategy;

/// Files that a full compaction of a bucket joins at least (Paimon `FULL_COMPACT_MIN_FILE`).
const FULL_MIN_FILES: usize = 3;

/// The neighbours to join, as ranges of `files`, which are in the order of their rows (Paimon
/// `BucketedAppendCompactManager`).
///
/// A range begins and ends with a small file and leaves at most one, its last: a second run has nothing to do.
pub(super) fn pick(files: &[Arc<DataFileMeta>], settings: &AppendSettings) -> Vec<Range<usize>> {
    let small = small(files, settings);
    match settings.strategy {
        Strategy::Full => full(&small).into_iter().collect(),
        Strategy::Auto | Strategy::Minor => {
            stretches(&small).filter(|range| range.len() >= settings.min_files).collect()
        }
    }
}

/// Length of the longest stretch of small files.
pub(super) fn most_small(files: &[Arc<DataFileMeta>], settings: &AppendSettings) -> usize {
    stretches(&small(files, settings)).map(|range| range.len()).max().unwrap_or(0)
}

fn small(files: &[Arc<DataFileMeta>], settings: &AppendSettings) -> Vec<bool> {
    files.iter().map(|file| bytes(file) < settings.small_file_bytes).collect()
}

/// Everything behind the large files at the head, when most of it is small.
fn full(small: &[bool]) -> Option<Range<usize>> {
    let first = small.iter().position(|is_small| *is_small)?;
    let last = small.iter().rposition(|is_small| *is_small)?;
    let rest = small.get(first..)?;
    let number = rest.iter().filter(|is_small| **is_small).count();
    (rest.len() >= FULL_MIN_FILES && number > rest.len() - number).then_some(first..last + 1)
}

/// Maximal ranges of small files.
///
/// Paimon joins `compaction.min.file-num` neighbours at once, whose last may be large, and joins what that leaves with
/// the following ones in its next run; a stretch is what such runs come to.
fn stretches(small: &[bool]) -> impl Iterator<Item = Range<usize>> {
    small
        .chunk_by(|a, b| a == b)
        .scan(0, |start, chunk| {
            let range = *start..*start + chunk.len();
            *start = range.end;
            Some((chunk.first() == Some(&true)).then_some(range))
        })
        .flatten()
}

#[cfg(test)]
mod tests;
