use std::collections::BTreeMap;
use std::ops::Range;

use bytes::Bytes;

/// The byte ranges of one column of one file that are in memory.
#[derive(Debug, Default)]
pub(crate) struct SparseBytes {
    /// Disjoint segments by the offset of their first byte.
    segments: BTreeMap<u64, Bytes>,
}

impl SparseBytes {
    /// The parts of `wanted` that are not in memory, ascending.
    pub(crate) fn missing(&self, wanted: &Range<u64>) -> Vec<Range<u64>> {
        let mut missing = Vec::new();
        let mut at = wanted.start;
        for (start, end) in self.spans_before(wanted.end) {
            if end <= at {
                continue;
            }
            if start > at {
                missing.push(at..start);
            }
            at = at.max(end);
        }
        if at < wanted.end {
            missing.push(at..wanted.end);
        }
        missing
    }

    /// Adds bytes that were missing.
    pub(crate) fn insert(&mut self, start: u64, bytes: Bytes) {
        self.segments.insert(start, bytes);
    }

    /// The bytes from `start` to the end of the segment that holds it.
    pub(crate) fn from(&self, start: u64) -> Option<Bytes> {
        let (segment_start, bytes) = self.segments.range(..=start).next_back()?;
        let skipped = usize::try_from(start - segment_start).ok()?;
        (skipped <= bytes.len()).then(|| bytes.slice(skipped..))
    }

    /// Forgets everything outside `keep`. What is kept of a segment is copied, so that the rest of
    /// its allocation is freed.
    pub(crate) fn retain(&mut self, keep: &[Range<u64>]) {
        let segments = std::mem::take(&mut self.segments);
        for (start, bytes) in segments {
            let end = start + bytes.len() as u64;
            for range in keep {
                let from = range.start.max(start);
                let to = range.end.min(end);
                if from == start && to == end {
                    self.segments.insert(start, bytes.clone());
                } else if from < to {
                    let part = slice(&bytes, from - start, to - start);
                    self.segments.insert(from, Bytes::copy_from_slice(&part));
                }
            }
        }
    }

    fn spans_before(&self, end: u64) -> impl Iterator<Item = (u64, u64)> {
        self.segments.range(..end).map(|(start, bytes)| (*start, start + bytes.len() as u64))
    }
}

/// A slice by 64-bit offsets that lie inside the bytes.
pub(crate) fn slice(bytes: &Bytes, from: u64, to: u64) -> Bytes {
    let clamp = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
    bytes.slice(clamp(from)..clamp(to))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(range: Range<u8>) -> Bytes {
        range.collect::<Vec<u8>>().into()
    }

    #[test]
    fn asks_only_for_what_is_not_in_memory() {
        let mut sparse = SparseBytes::default();
        sparse.insert(10, bytes(10..20));
        sparse.insert(30, bytes(30..40));

        assert_eq!(sparse.missing(&(0..50)), vec![0..10, 20..30, 40..50]);
        assert_eq!(sparse.missing(&(12..18)), Vec::<Range<u64>>::new());
        assert_eq!(sparse.missing(&(15..35)), vec![20..30]);
    }

    #[test]
    fn keeps_the_asked_parts_at_their_offsets() {
        let mut sparse = SparseBytes::default();
        sparse.insert(10, bytes(10..20));
        sparse.insert(30, bytes(30..40));

        sparse.retain(&[12..14, 18..u64::MAX]);

        assert_eq!(sparse.from(12), Some(bytes(12..14)));
        assert_eq!(sparse.from(19), Some(bytes(19..20)));
        assert_eq!(sparse.from(33), Some(bytes(33..40)));
        assert_eq!(sparse.missing(&(10..20)), vec![10..12, 14..18]);
    }
}
