use std::ops::Range;

use crate::Value;

/// Greatest number of runs that a plan can name.
pub(crate) const MAX_RUNS: usize = 1 << 16;

/// The part of a merge that becomes one output row group.
#[derive(Debug, Default)]
pub(crate) struct Unit {
    /// Run of every kept row, in key order.
    runs: Vec<u16>,
    /// Row of every kept row, counted from the first row that the unit takes of its run.
    rows: Vec<u32>,
    /// Rows that the unit takes of every run, kept or not, counted across the run's files.
    pub(crate) slices: Vec<Range<u64>>,
    /// Rows that the unit takes of all runs.
    pub(crate) input_rows: usize,
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
    /// Keeps a row.
    pub(crate) fn keep(&mut self, run: u16, row: u32) {
        self.runs.push(run);
        self.rows.push(row);
    }

    /// Number of kept rows.
    pub(crate) fn rows(&self) -> usize {
        self.rows.len()
    }

    /// Run and row of some kept rows, by their position in the output.
    pub(crate) fn kept(&self, output: Range<usize>) -> impl Iterator<Item = (usize, usize)> + '_ {
        let rows = self.rows[output.clone()].iter().map(|row| *row as usize);
        self.runs[output].iter().map(|run| usize::from(*run)).zip(rows)
    }
}
