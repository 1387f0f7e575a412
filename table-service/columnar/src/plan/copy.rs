use std::ops::Range;

use crate::plan::Unit;

/// Yields units that keep every row of one run, in order.
pub(crate) struct CopyPlanner {
    next_row: u64,
    rows: u64,
    unit_rows: u64,
}

impl CopyPlanner {
    /// Plans over rows of the run, at most `unit_rows` of them in a unit.
    pub(crate) fn new(rows: Range<u64>, unit_rows: usize) -> Self {
        Self { next_row: rows.start, rows: rows.end, unit_rows: (unit_rows as u64).max(1) }
    }

    /// The next unit; `None` after the last.
    pub(crate) fn next_unit(&mut self) -> Option<Unit> {
        if self.next_row >= self.rows {
            return None;
        }
        // Units of equal size: a last one of a few rows would be a row group of a few rows.
        let rest = self.rows - self.next_row;
        let end = self.next_row + rest.div_ceil(rest.div_ceil(self.unit_rows));
        let slice = std::mem::replace(&mut self.next_row, end)..end;
        Some(Unit::of_all(vec![slice]))
    }
}
