use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use super::bytes::{SparseBytes, slice};
use super::input::OpenInput;
use super::ranges::{join, page_ranges};
use crate::Result;

/// Bytes of some leaves of one file, as far as they were fetched. Clones share them.
#[derive(Clone)]
pub(crate) struct Fetched {
    file: Arc<OpenInput>,
    leaves: Arc<BTreeMap<usize, Mutex<SparseBytes>>>,
}

/// A part of a leaf that has to be read.
struct Wanted {
    row_group: usize,
    leaf: usize,
    range: Range<u64>,
    /// Whether it is a whole chunk, because nobody knows where its pages lie.
    is_whole: bool,
}

impl Fetched {
    /// Nothing yet, of the leaves that feed some output columns.
    pub(crate) fn new(file: &Arc<OpenInput>, columns: &[usize]) -> Self {
        let leaves = columns.iter().filter_map(|column| file.column(*column)).map(|column| column.index);
        let leaves = leaves.map(|leaf| (leaf, Mutex::default())).collect();
        Self { file: Arc::clone(file), leaves: Arc::new(leaves) }
    }

    /// The file.
    pub(crate) fn file(&self) -> &Arc<OpenInput> {
        &self.file
    }

    /// Makes the bytes that decoding `rows` needs present, with one read.
    pub(crate) async fn fetch(&self, rows: &Range<u64>) -> Result<()> {
        let wanted = self.missing(rows);
        let ranges = join(wanted.iter().map(|part| part.range.clone()).collect());
        if ranges.is_empty() {
            return Ok(());
        }
        let buffers = self.file.read(&ranges).await?;
        for part in wanted {
            let after = ranges.partition_point(|read| read.start <= part.range.start);
            let Some((read, buffer)) = after.checked_sub(1).map(|at| (&ranges[at], &buffers[at])) else {
                continue;
            };
            let bytes = slice(buffer, part.range.start - read.start, part.range.end - read.start);
            self.insert(&part, bytes, rows);
        }
        Ok(())
    }

    /// The fetched bytes of a leaf from an offset on.
    pub(crate) fn from(&self, leaf: usize, start: u64) -> Option<Bytes> {
        self.with(leaf, |sparse| sparse.from(start)).flatten()
    }

    /// Forgets what rows before `row` needed and rows from it on do not.
    pub(crate) fn release_before(&self, row: u64) {
        for leaf in self.leaves.keys() {
            let mut keep = Vec::new();
            for (row_group, rows) in self.file.row_groups(&(row..self.file.rows().max(row))) {
                keep.extend(self.ranges(row_group, *leaf, &rows).1);
            }
            self.with(*leaf, |sparse| sparse.retain(&join(keep)));
        }
    }

    fn insert(&self, part: &Wanted, bytes: Bytes, rows: &Range<u64>) {
        if !part.is_whole {
            self.with(part.leaf, |sparse| sparse.insert(part.range.start, bytes));
            return;
        }
        self.file.places().learn(self.file.metadata(), part.row_group, part.leaf, &bytes);
        let groups = self.file.row_groups(rows);
        let Some((_, rows)) = groups.into_iter().find(|(row_group, _)| *row_group == part.row_group) else {
            return;
        };
        let (is_whole, needed) = self.ranges(part.row_group, part.leaf, &rows);
        let length: u64 = needed.iter().map(|range| range.end - range.start).sum();
        self.with(part.leaf, |sparse| {
            // A small part of a chunk must not keep all of it in memory.
            if is_whole || length * 2 > bytes.len() as u64 {
                sparse.insert(part.range.start, bytes);
                return;
            }
            for range in join(needed) {
                let from = range.start - part.range.start;
                let kept = slice(&bytes, from, from + (range.end - range.start));
                sparse.insert(range.start, Bytes::copy_from_slice(&kept));
            }
        });
    }

    fn missing(&self, rows: &Range<u64>) -> Vec<Wanted> {
        let mut missing = Vec::new();
        for (row_group, rows) in self.file.row_groups(rows) {
            for leaf in self.leaves.keys().copied() {
                let (is_whole, ranges) = self.ranges(row_group, leaf, &rows);
                let unread = ranges.into_iter().filter(|range| !self.take_from_tail(leaf, range)).collect();
                for range in join(unread) {
                    let parts = self.with(leaf, |sparse| sparse.missing(&range)).unwrap_or_default();
                    let wanted = |range| Wanted { row_group, leaf, range, is_whole };
                    missing.extend(parts.into_iter().map(wanted));
                }
            }
        }
        missing
    }

    /// The byte ranges that some rows of a row group need, page by page, and whether that is the
    /// whole chunk because its pages are not known.
    fn ranges(&self, row_group: usize, leaf: usize, rows: &Range<u64>) -> (bool, Vec<Range<u64>>) {
        let metadata = self.file.metadata();
        let places = self.file.places().of(metadata, row_group, leaf);
        let chunk = metadata.row_group(row_group).column(leaf).byte_range();
        (places.is_none(), page_ranges(chunk, places.as_deref(), rows))
    }

    /// Whether a range lies in the last bytes of the file, which are in memory.
    fn take_from_tail(&self, leaf: usize, range: &Range<u64>) -> bool {
        let Some(bytes) = self.file.tail_at(range) else { return false };
        self.with(leaf, |sparse| sparse.insert(range.start, bytes));
        true
    }

    fn with<T>(&self, leaf: usize, action: impl FnOnce(&mut SparseBytes) -> T) -> Option<T> {
        let sparse = self.leaves.get(&leaf)?;
        Some(action(&mut sparse.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}
