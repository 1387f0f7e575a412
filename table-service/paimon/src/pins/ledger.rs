use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;

use super::Totals;
use super::root_sets::{RootSets, SetId};

/// Files that exactly the same roots reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    /// Those roots, as ranges that ascend and are apart.
    pub(super) roots: Vec<Range<u32>>,
    /// The files.
    pub(super) totals: Totals,
}

/// Every file with its size and the roots that reach it. A path is kept as its digest: 128 bits, keyed at random for
/// each run, so that a table can name files by the million.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    files: HashMap<u128, (u64, SetId)>,
    sets: RootSets,
    keys: (RandomState, RandomState),
}

impl Ledger {
    /// The digest of a path.
    pub(super) fn digest(&self, path: &str) -> u128 {
        u128::from(self.keys.0.hash_one(path)) << 64 | u128::from(self.keys.1.hash_one(path))
    }

    /// Notes that `roots` reach a file of `bytes`.
    pub(super) fn hold(&mut self, digest: u128, bytes: u64, roots: Range<u32>) {
        let known = self.files.get(&digest).map(|(_, set)| *set);
        let set = self.sets.with(known, roots);
        self.files.insert(digest, (bytes, set));
    }

    /// All files, by the roots that reach them.
    pub(super) fn groups(&self) -> Vec<Group> {
        let mut totals: HashMap<SetId, Totals> = HashMap::new();
        for (bytes, set) in self.files.values() {
            let totals = totals.entry(*set).or_default();
            totals.files += 1;
            totals.bytes += bytes;
        }
        totals
            .into_iter()
            .map(|(set, totals)| Group { roots: self.sets.ranges(set).to_vec(), totals })
            .collect()
    }
}
