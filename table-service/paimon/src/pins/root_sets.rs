use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// Number of a set in [`RootSets`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct SetId(u32);

/// Sets of roots, each kept once. A root is a number; snapshots that follow each other have numbers that do, so a set is
/// a few ranges, ascending and apart.
#[derive(Debug, Default)]
pub(super) struct RootSets {
    sets: Vec<Arc<[Range<u32>]>>,
    ids: HashMap<Arc<[Range<u32>]>, SetId>,
    unions: HashMap<(Option<SetId>, Range<u32>), SetId>,
}

impl RootSets {
    /// The union of a set, or of none, with a range that is not empty.
    pub(super) fn with(&mut self, set: Option<SetId>, range: Range<u32>) -> SetId {
        if let Some(&known) = self.unions.get(&(set, range.clone())) {
            return known;
        }
        let ranges = set.map_or_else(Vec::new, |set| self.ranges(set).to_vec());
        let union = self.intern(union(ranges, range.clone()));
        self.unions.insert((set, range), union);
        union
    }

    /// The ranges of a set.
    pub(super) fn ranges(&self, set: SetId) -> &[Range<u32>] {
        self.sets.get(set.0 as usize).map_or(&[], |ranges| ranges)
    }

    fn intern(&mut self, ranges: Vec<Range<u32>>) -> SetId {
        let ranges: Arc<[Range<u32>]> = ranges.into();
        if let Some(&id) = self.ids.get(&ranges) {
            return id;
        }
        // Fewer sets than files, and fewer files than the counter holds.
        let id = SetId(u32::try_from(self.sets.len()).unwrap_or(u32::MAX));
        self.sets.push(Arc::clone(&ranges));
        self.ids.insert(ranges, id);
        id
    }
}

/// Ranges, ascending and apart, with one more.
fn union(mut ranges: Vec<Range<u32>>, range: Range<u32>) -> Vec<Range<u32>> {
    ranges.push(range);
    ranges.sort_unstable_by_key(|range| (range.start, range.end));
    let mut joined: Vec<Range<u32>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_kept_once_whatever_the_order_of_its_parts() {
        let mut sets = RootSets::default();
        let first = sets.with(None, 0..2);
        let one = sets.with(Some(first), 5..6);
        let last = sets.with(None, 5..6);
        let other = sets.with(Some(last), 0..2);
        assert_eq!(one, other);
        assert_eq!(sets.ranges(one), [0..2, 5..6]);
    }

    #[test]
    fn neighbours_and_overlaps_join() {
        assert_eq!(union(vec![0..2, 4..5, 7..8], 2..4), [0..5, 7..8]);
        assert_eq!(union(vec![0..3, 8..9], 1..2), [0..3, 8..9]);
    }
}
