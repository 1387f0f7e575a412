use std::cmp::Ordering;
use std::ops::Range;

use super::keys::Keys;
use super::run_state::RunState;

/// Records that are sorted together, at most, unless there are very many runs. As many fit a core's own cache.
const ROUND_ROWS: usize = 16 * 1024;

/// Records of each run that a round looks at, at least. A round ends with the least of the last keys that it looks at:
/// with one record of each of thousands of runs, that would be after the first.
const LEAST_QUOTA: usize = 64;

/// Records of all runs between two keys, in the order of their keys, records of one key in the order of their runs.
#[derive(Default)]
pub(crate) struct Round {
    entries: Vec<Entry>,
    /// The first one that is not decided.
    next: usize,
}

/// One record.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    /// What [`Keys::head`] is of its key.
    pub(crate) head: u64,
    row: u32,
    pub(crate) run: u16,
}

impl Entry {
    /// Its row, counted in the rows of its run that are at hand.
    pub(crate) fn row(self) -> usize {
        self.row as usize
    }

    /// Its run.
    pub(crate) fn run(self) -> usize {
        usize::from(self.run)
    }
}

impl Round {
    /// Takes the next rows of every run, as many as are sure to come before all rows that are not at hand. Every
    /// run that has not ended must have rows at hand.
    pub(crate) fn begin<K: Keys>(&mut self, runs: &mut [RunState<K>]) {
        self.entries.clear();
        self.next = 0;
        let loaded = runs.iter().filter(|run| run.batch.is_some()).count();
        let quota = (ROUND_ROWS / loaded.max(1)).max(LEAST_QUOTA);
        let furthest = (0..runs.len()).filter_map(|run| {
            let state = &runs[run];
            entry(state, run, (state.at + quota).min(state.rows()).checked_sub(1)?)
        });
        let Some(bound) = furthest.min_by(|left, right| compare(runs, *left, *right)) else { return };
        for run in 0..runs.len() {
            let state = &runs[run];
            let rows = state.at..(state.at + quota).min(state.rows());
            let is_within = |row| {
                entry(state, run, row).is_some_and(|entry| compare(runs, entry, bound) != Ordering::Greater)
            };
            let rows = rows.start..partition_point(rows, is_within);
            self.entries.extend(rows.clone().filter_map(|row| entry(state, run, row)));
            runs[run].at = rows.end;
        }
        let runs = &*runs;
        self.entries.sort_by(|left, right| compare(runs, *left, *right));
    }

    /// Whether all records are decided.
    pub(crate) fn is_over(&self) -> bool {
        self.next == self.entries.len()
    }

    /// Takes the records of the next key.
    pub(crate) fn next_key<K: Keys>(&mut self, runs: &[RunState<K>]) -> Option<Range<usize>> {
        let (first, others) = self.entries.get(self.next..)?.split_first()?;
        let same = others.iter().take_while(|entry| compare(runs, *first, **entry).is_eq()).count();
        let start = self.next;
        self.next += 1 + same;
        Some(start..self.next)
    }

    /// Some of its records.
    pub(crate) fn entries(&self, range: Range<usize>) -> &[Entry] {
        &self.entries[range]
    }

    /// How many records of each run are not decided.
    pub(crate) fn undecided(&self, runs: usize) -> Vec<usize> {
        let mut undecided = vec![0; runs];
        for entry in &self.entries[self.next..] {
            undecided[entry.run()] += 1;
        }
        undecided
    }
}

fn entry<K: Keys>(state: &RunState<K>, run: usize, row: usize) -> Option<Entry> {
    let head = K::head(&state.batch.as_ref()?.keys, row);
    Some(Entry { head, row: u32::try_from(row).ok()?, run: u16::try_from(run).ok()? })
}

fn compare<K: Keys>(runs: &[RunState<K>], left: Entry, right: Entry) -> Ordering {
    left.head.cmp(&right.head).then_with(|| {
        let keys =
            |entry: Entry| runs.get(entry.run())?.batch.as_ref().map(|batch| (&batch.keys, entry.row()));
        let both = keys(left).zip(keys(right));
        both.map_or(Ordering::Equal, |(left, right)| K::compare_tails(left, right))
    })
}

/// The first row of the range that is not within, where those within come first.
fn partition_point(mut rows: Range<usize>, is_within: impl Fn(usize) -> bool) -> usize {
    while !rows.is_empty() {
        let middle = usize::midpoint(rows.start, rows.end);
        if is_within(middle) {
            rows.start = middle + 1;
        } else {
            rows.end = middle;
        }
    }
    rows.start
}
