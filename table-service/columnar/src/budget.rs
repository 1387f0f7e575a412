//! How much a rewrite takes on at once, so that it stays within its memory.

use std::sync::Arc;

use crate::leaf::Leaf;
use crate::plan::{PlanColumns, PlanSize};
use crate::read::{OpenInput, Run, USUAL_PAGE};
use crate::{Error, Result};

const MIB: u64 = 1 << 20;

/// Memory of a process that does nothing (program, runtime, connections, metadata of the table), and what
/// the allocator keeps of what was freed.
pub(crate) const PROCESS: u64 = 48 * MIB;
/// Encoded bytes on their way to the store: those of a file that is written and of one that is being completed.
const UPLOAD: u64 = 48 * MIB;
/// An encoder: pages under construction, dictionary, compression.
const ENCODER: u64 = 6 * MIB;
/// Decoded values of all runs that a task holds, at most, unless one row takes more.
pub(crate) const BATCH: u64 = 16 * MIB;
/// Bytes of a page that holds longer values than others.
const WIDE_PAGE: u64 = 4 * USUAL_PAGE;
/// Rows of a decoded batch.
const BATCH_ROWS: u64 = 8192;
/// Bytes of a plan per kept row: run, row, key, sequence number and kind.
const PLAN_ROW: u64 = 26;
/// Input rows that are expected for an output row, at most.
const INPUT_PER_OUTPUT: u64 = 3;
/// Units that the inputs would fill at least where the first and the last one are smaller: a merge begins with one thread
/// that plans, and ends with one that encodes, and nothing to do for the others.
const MANY_UNITS: u64 = 4;
/// How many times smaller than the others the first and the last unit are then.
const EDGE_UNIT_PART: usize = 4;
/// Part of an estimate that the allocator adds.
const SLACK_PERCENT: u64 = 15;

/// How much is taken on at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Budget {
    /// Column tasks at the same time.
    pub(crate) threads: usize,
    /// Encoded columns that may wait for their turn.
    pub(crate) encode_ahead: usize,
    /// Groups of columns that are fetched ahead of the one that is encoded.
    pub(crate) fetch_ahead: usize,
    /// Compressed bytes that are fetched together, at least one column.
    pub(crate) fetch_bytes: u64,
    /// How much is planned at once.
    pub(crate) plan: PlanSize,
    /// Peak memory in bytes, without that of a process that does nothing.
    pub(crate) bytes: u64,
}

/// What is known of the inputs.
struct Facts {
    runs: u64,
    rows: u64,
    /// Bytes of footers and page indexes in memory.
    footers: u64,
    columns: Vec<Width>,
    /// Bytes of the plan columns per row, before compression, and of one page of each of them in every run.
    plan_row: u64,
    plan_pages: u64,
    /// Bytes of the key columns per row, after compression.
    key_row: u64,
}

/// How wide a column is.
#[derive(Clone, Copy, Default)]
struct Width {
    /// Bytes per row on average, before and after compression, rounded up.
    decoded: u64,
    encoded: u64,
    /// The largest pages of all runs together.
    pages: u64,
    /// The largest page of any run.
    largest_page: u64,
    /// Pages with very long values that rows of one batch can come from, of all runs together.
    wide: u64,
}

impl Budget {
    /// The largest budget up to `threads` threads and `unit_rows` output rows that fits `memory` bytes of
    /// the process. `plan` has the columns that decide a merge.
    pub(crate) fn new(
        memory: Option<u64>,
        threads: usize,
        unit_rows: usize,
        runs: &[Run],
        leaves: &[Leaf],
        plan: Option<&PlanColumns>,
    ) -> Result<Self> {
        let mut budget = Self {
            threads,
            encode_ahead: 2 + threads.min(2),
            fetch_ahead: 2,
            fetch_bytes: 8 * MIB,
            plan: PlanSize {
                unit: unit_rows,
                first_unit: unit_rows,
                last_unit: unit_rows,
                input: 1 << 24,
                window: 1 << 17,
            },
            bytes: 0,
        };
        let facts = Facts::of(runs, leaves.len(), plan);
        if threads > 1 && facts.rows >= MANY_UNITS * unit_rows as u64 {
            budget.plan.first_unit = (unit_rows / EDGE_UNIT_PART).max(1);
            budget.plan.last_unit = budget.plan.first_unit;
        }
        let Some(memory) = memory else {
            budget.bytes = budget.need(&facts).saturating_sub(PROCESS);
            return Ok(budget);
        };
        // Units of runs that share more keys than this are closed before they are full.
        budget.plan.input = INPUT_PER_OUTPUT * unit_rows as u64;
        while budget.need(&facts) > memory {
            if !budget.shrink() {
                return Err(Error::out_of_memory(format!(
                    "{} sorted runs of {} columns with pages of up to {} MiB take at least {} MiB on one thread, \
                     {} MiB are allowed; raise the limit or compact fewer runs at once",
                    facts.runs,
                    facts.columns.len(),
                    facts.columns.iter().map(|width| width.largest_page).max().unwrap_or(0).div_ceil(MIB),
                    budget.need(&facts).div_ceil(MIB),
                    memory / MIB
                )));
            }
        }
        budget.bytes = budget.need(&facts).saturating_sub(PROCESS);
        tracing::debug!(?budget, memory, "sized a rewrite");
        Ok(budget)
    }

    /// Peak memory of the process in bytes, by the averages of the inputs and their largest pages.
    fn need(&self, facts: &Facts) -> u64 {
        let rows = self.plan.input.min(facts.rows);
        let unit_rows = (self.plan.unit as u64).min(facts.rows);
        let threads = self.threads as u64;
        let (mut group, mut chunk, mut task) = (self.fetch_bytes, 0, 0);
        for width in &facts.columns {
            group = group.max(width.encoded * rows);
            chunk = chunk.max(width.encoded * unit_rows);
            let batches = BATCH.min(facts.runs * BATCH_ROWS * width.decoded).max(facts.runs * width.decoded);
            // Averages do not tell of a few values that are much longer than the others.
            let held = 2 * (batches + width.wide);
            let encoder = ENCODER + 2 * width.largest_page.max(width.wide);
            let one = width.pages + held + encoder + width.encoded * unit_rows;
            task = task.max(one);
        }
        let windows = (facts.runs * self.plan.window).min(facts.rows);
        let batches = (facts.runs * 3 * BATCH_ROWS).min(3 * facts.rows);
        let cursors = (windows + batches) * facts.plan_row + facts.plan_pages;
        let fetched = (self.fetch_ahead as u64 + 1) * group.min(facts.total());
        let encoded = threads * task + self.encode_ahead as u64 * chunk;
        let plans = 3 * unit_rows * PLAN_ROW;
        // The pages of a key wait for its value column, and are copied once for that.
        let repeated = 2 * unit_rows * facts.key_row;
        let variable = cursors + fetched + encoded + plans + repeated + facts.footers;
        PROCESS + UPLOAD.min(facts.decoded_total()) + variable + variable * SLACK_PERCENT / 100
    }

    /// Takes on less, what costs least first; `false` when there is nothing left to give up.
    fn shrink(&mut self) -> bool {
        let plan = &mut self.plan;
        if plan.window > 1 << 15 {
            plan.window /= 2;
        } else if self.fetch_bytes > MIB {
            self.fetch_bytes /= 2;
        } else if self.encode_ahead > 2 {
            self.encode_ahead -= 1;
        } else if self.fetch_ahead > 1 {
            self.fetch_ahead -= 1;
        } else if plan.unit > 1 << 17 {
            plan.halve();
        } else if self.encode_ahead > 0 {
            self.encode_ahead -= 1;
        } else if self.threads > 1 {
            // With nothing encoded ahead there are never more tasks than threads.
            self.threads -= 1;
        } else if plan.unit > 1 << 14 {
            plan.halve();
        } else if plan.window > BATCH_ROWS {
            plan.window /= 2;
        } else if plan.input > plan.unit as u64 {
            plan.input = plan.unit as u64;
        } else {
            return false;
        }
        true
    }
}

impl Facts {
    fn of(runs: &[Run], columns: usize, plan: Option<&PlanColumns>) -> Self {
        let files = || runs.iter().flat_map(Run::files);
        let rows: u64 = runs.iter().map(Run::rows).sum();
        let columns: Vec<Width> = (0..columns).map(|column| Width::of(runs, rows, column)).collect();
        let widths_of = |some: &[usize]| -> Vec<Width> {
            some.iter().filter_map(|column| columns.get(*column).copied()).collect()
        };
        let decisive = widths_of(plan.map_or(&[], |plan| &plan.all));
        let key = widths_of(plan.map_or(&[], |plan| &plan.key));
        Self {
            runs: runs.len() as u64,
            rows,
            footers: files().map(|file| file.metadata().memory_size() as u64).sum(),
            plan_row: decisive.iter().map(|width| width.decoded).sum(),
            plan_pages: decisive.iter().map(|width| 2 * width.pages).sum(),
            key_row: key.iter().map(|width| width.encoded).sum(),
            columns,
        }
    }

    /// Compressed bytes of all inputs.
    fn total(&self) -> u64 {
        self.columns.iter().map(|width| width.encoded).sum::<u64>() * self.rows
    }

    /// The same before compression, which outputs may be that are compressed less.
    fn decoded_total(&self) -> u64 {
        self.columns.iter().map(|width| width.decoded).sum::<u64>() * self.rows
    }
}

impl Width {
    fn of(runs: &[Run], rows: u64, column: usize) -> Self {
        let mut width = Self::default();
        let (mut decoded, mut encoded) = (0, 0);
        for run in runs {
            let files = || run.files().iter().map(AsRef::<OpenInput>::as_ref);
            decoded += files().map(|file| file.uncompressed_bytes(column)).sum::<u64>();
            encoded += files().map(|file| file.compressed_bytes(column)).sum::<u64>();
        }
        let batch_rows = (BATCH * rows.max(1) / decoded.max(1)).clamp(1, BATCH_ROWS);
        for run in runs {
            let pages: Vec<(u64, u64)> =
                run.files().iter().flat_map(|file| pages_in(run, file, column)).collect();
            let largest = pages.iter().map(|(_, bytes)| *bytes).max().unwrap_or(0);
            width.pages += largest;
            width.largest_page = width.largest_page.max(largest);
            width.wide += widest_batch(&pages, batch_rows);
        }
        width.decoded = decoded.div_ceil(rows.max(1));
        width.encoded = encoded.div_ceil(rows.max(1));
        width
    }
}

/// The pages of a file, with their first rows counted in its run.
fn pages_in(run: &Run, file: &Arc<OpenInput>, column: usize) -> Vec<(u64, u64)> {
    let start = run.first_row(file);
    file.pages(column).into_iter().map(|(row, bytes)| (start + row, bytes)).collect()
}

/// Bytes of the pages with very long values, given with their first rows, that so many consecutive rows touch at most.
/// The others are told by averages.
fn widest_batch(pages: &[(u64, u64)], rows: u64) -> u64 {
    let wide = |(_, bytes): &(u64, u64)| if *bytes > WIDE_PAGE { *bytes } else { 0 };
    let (mut most, mut sum, mut next) = (0, 0, 0);
    for (at, page) in pages.iter().enumerate() {
        // The batch that begins with the last row of this page.
        let end = pages.get(at + 1).map_or(u64::MAX, |(row, _)| row.saturating_add(rows - 1));
        while let Some(page) = pages.get(next).filter(|(row, _)| *row < end) {
            sum += wide(page);
            next += 1;
        }
        most = most.max(sum);
        sum -= wide(page);
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_touches_the_wide_pages_of_consecutive_rows() {
        let (small, wide) = (MIB, 100 * MIB);
        let pages = [(0, wide), (10, small), (20, wide), (21, wide), (40, small), (1000, wide)];
        assert_eq!(widest_batch(&pages, 1), wide);
        assert_eq!(widest_batch(&pages, 2), 2 * wide, "rows 20 and 21");
        assert_eq!(widest_batch(&pages, 11), 2 * wide);
        assert_eq!(widest_batch(&pages, 13), 3 * wide, "rows 9 to 21");
        assert_eq!(widest_batch(&pages, 5000), 4 * wide);
        assert_eq!(widest_batch(&pages[1..2], 10), 0);
        assert_eq!(widest_batch(&[], 10), 0);
    }
}
