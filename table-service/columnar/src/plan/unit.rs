use std::ops::Range;

use crate::Value;

/// Greatest number of runs that a step can name.
pub(crate) const MAX_RUNS: usize = 1 << 15;

/// The part of a merge that becomes one output row group.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Unit {
    /// One step per input row, in key order: run index, and in the lowest bit whether it is kept.
    steps: Vec<u16>,
    /// Per run, the rows that the steps take, counted across the run's files.
    pub(crate) slices: Vec<Range<u64>>,
    /// Rows kept.
    pub(crate) rows: usize,
    /// Kept rows of kind -U or -D.
    pub(crate) deletes: u64,
    /// Least and greatest sequence number of the kept rows.
    pub(crate) sequences: Option<(i64, i64)>,
    /// Rows left out because another record of their key won.
    pub(crate) superseded_rows: u64,
    /// Keys left out because their result was a retract.
    pub(crate) dropped_deletes: u64,
    /// Key of the first kept row.
    pub(crate) first_key: Vec<Option<Value>>,
    /// Key of the last kept row.
    pub(crate) last_key: Vec<Option<Value>>,
}

impl Unit {
    /// Appends a row that is not kept so far; returns its position.
    pub(crate) fn push(&mut self, run: usize) -> usize {
        // At most `MAX_RUNS` runs are merged, so the run fits 15 bits.
        #[expect(clippy::cast_possible_truncation, reason = "runs are bounded by MAX_RUNS")]
        self.steps.push((run as u16) << 1);
        self.steps.len() - 1
    }

    /// Keeps the row at a position.
    pub(crate) fn keep(&mut self, position: usize) {
        self.steps[position] |= 1;
        self.rows += 1;
    }

    /// Run of every input row in key order, and whether it is kept.
    pub(crate) fn steps(&self) -> impl Iterator<Item = (usize, bool)> + '_ {
        self.steps.iter().map(|step| (usize::from(step >> 1), step & 1 == 1))
    }

    /// Input rows of the unit.
    pub(crate) fn input_rows(&self) -> usize {
        self.steps.len()
    }
}
