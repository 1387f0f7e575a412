use std::ops::Range;
use std::sync::Arc;

use arrow::array::ArrayRef;

use super::stretch::SplicedGroup;
use crate::Value;
use crate::read::OpenInput;

/// Greatest number of runs that a plan can name.
pub(crate) const MAX_RUNS: usize = 1 << 16;

/// The part of a merge that becomes one output row group.
#[derive(Default)]
pub(crate) struct Unit {
    /// Which rows are kept.
    kept: Kept,
    /// Output columns whose kept values the plan knows, so that they need not be gathered.
    pub(crate) values: Vec<(usize, ArrayRef)>,
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

/// The rows that a unit keeps, in the order of the output.
pub(crate) enum Kept {
    /// Every row that it takes, run by run.
    All,
    /// Every row of one row group, whose column chunks are copied as they are.
    Spliced {
        /// The file.
        file: Arc<OpenInput>,
        /// The row group.
        row_group: usize,
    },
    /// Some rows.
    Picked {
        /// Run of every kept row.
        runs: Vec<u16>,
        /// Row of every kept row, counted from the first row that the unit takes of its run.
        rows: Vec<u32>,
    },
}

impl Default for Kept {
    fn default() -> Self {
        Self::Picked { runs: Vec::new(), rows: Vec::new() }
    }
}

impl Unit {
    /// A unit that copies a row group of one of `runs` runs; `rows` are counted in that run.
    pub(crate) fn spliced(group: &SplicedGroup, runs: usize) -> Self {
        let mut slices = vec![0..0; runs];
        slices[group.run] = group.rows.clone();
        let kept = Kept::Spliced { file: Arc::clone(&group.file), row_group: group.row_group };
        Self { kept, ..Self::of_all(slices) }
    }

    /// A unit that keeps all rows of its slices, run by run.
    pub(crate) fn of_all(slices: Vec<Range<u64>>) -> Self {
        let rows: u64 = slices.iter().map(|rows| rows.end - rows.start).sum();
        let input_rows = usize::try_from(rows).unwrap_or(usize::MAX);
        Self { kept: Kept::All, slices, input_rows, ..Self::default() }
    }

    /// Makes room for as many kept rows, and no more.
    pub(crate) fn reserve(&mut self, rows_to_keep: usize) {
        if let Kept::Picked { runs, rows } = &mut self.kept {
            runs.reserve_exact(rows_to_keep);
            rows.reserve_exact(rows_to_keep);
        }
    }

    /// Keeps rows of these runs.
    pub(crate) fn keep(&mut self, picked: impl Iterator<Item = (u16, u32)> + Clone) {
        if let Kept::Picked { runs, rows } = &mut self.kept {
            runs.extend(picked.clone().map(|(run, _)| run));
            rows.extend(picked.map(|(_, row)| row));
        }
    }

    /// Every run that the unit takes rows of, with their positions in the output when all are kept.
    pub(crate) fn outputs(&self) -> impl Iterator<Item = (usize, Range<usize>)> + '_ {
        let mut at = 0;
        self.slices.iter().enumerate().map(move |(run, rows)| {
            let from = at;
            at += usize::try_from(rows.end - rows.start).unwrap_or(usize::MAX);
            (run, from..at)
        })
    }

    /// The kept values of an output column, if the plan knows them.
    pub(crate) fn known(&self, column: usize) -> Option<&ArrayRef> {
        self.values.iter().find(|(known, _)| *known == column).map(|(_, values)| values)
    }

    /// Which rows are kept.
    pub(crate) fn kept(&self) -> &Kept {
        &self.kept
    }

    /// Number of kept rows.
    pub(crate) fn rows(&self) -> usize {
        match &self.kept {
            Kept::All | Kept::Spliced { .. } => self.input_rows,
            Kept::Picked { rows, .. } => rows.len(),
        }
    }
}
