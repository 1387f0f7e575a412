use std::ops::Range;

use arrow::array::{Int32Array, Int64Array};
use arrow::row::Rows;

use super::keys::Keys;

/// How far a run is merged, and its rows at hand.
pub(crate) struct RunState<K: Keys> {
    /// Rows at hand; none when more must be asked for, or the run has ended.
    pub(crate) batch: Option<Loaded<K>>,
    /// The first of them that no round has taken.
    pub(crate) at: usize,
    /// Key of the last row that was ever at hand.
    pub(crate) last: Option<K::Key>,
    /// Rows of the run before those at hand, and before the unit.
    batch_start: u64,
    unit_start: u64,
}

/// The plan columns of rows at hand.
pub(crate) struct Loaded<K: Keys> {
    pub(crate) keys: K::Batch,
    pub(crate) order: Option<Rows>,
    pub(crate) sequence: Int64Array,
    pub(crate) kind: Int32Array,
}

impl<K: Keys> RunState<K> {
    /// A run that is merged from a row on.
    pub(crate) fn new(start: u64) -> Self {
        Self { batch: None, at: 0, last: None, batch_start: start, unit_start: start }
    }

    /// Number of rows at hand, merged or not.
    pub(crate) fn rows(&self) -> usize {
        self.batch.as_ref().map_or(0, |batch| batch.sequence.len())
    }

    /// Number of rows that rounds have taken of it for the unit.
    pub(crate) fn unit_rows(&self) -> u64 {
        self.row_in_unit(self.at)
    }

    /// A row at hand, counted from the first one that the unit takes of the run.
    pub(crate) fn row_in_unit(&self, row: usize) -> u64 {
        self.batch_start + row as u64 - self.unit_start
    }

    /// Ends the unit before the last `undecided` rows that a round has taken; returns the rows of the run that it takes.
    pub(crate) fn end_unit(&mut self, undecided: usize) -> Range<u64> {
        let end = self.batch_start + (self.at - undecided) as u64;
        std::mem::replace(&mut self.unit_start, end)..end
    }

    /// Forgets the rows at hand, all of which are merged.
    pub(crate) fn unload(&mut self) {
        self.batch_start += self.at as u64;
        self.at = 0;
        self.batch = None;
    }
}
