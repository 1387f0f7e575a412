//! The merge, run once over the columns that decide it.
//!
//! A [`Planner`] decodes key, order, sequence and kind columns of every run, merges them by key
//! and yields [`Unit`]s: run and row of every kept row in key order, at most one output row group
//! each. The merge itself ([`merger`]) is free of I/O: it says which run it needs rows of.

mod columns;
mod copy;
mod cursor;
mod keys;
mod merger;
mod round;
mod run_state;
mod sizing;
mod sortable;
mod stretch;
mod unit;

pub(crate) use columns::PlanColumns;
pub(crate) use copy::CopyPlanner;
pub(crate) use sizing::unit_rows;
pub(crate) use stretch::{SpliceRules, SplicedGroup, Stretch, copy_stretches, merge_stretches};
pub(crate) use unit::{Kept, Unit};

use std::ops::Range;
use std::sync::Arc;

use futures::future::try_join_all;

use crate::pool::Pool;
use crate::read::Run;
use crate::spec::MergeSpec;
use crate::{Error, Result};
use cursor::{Next, RunCursor};
use keys::{IntegerKeys, RowKeys};
use merger::{Merger, Rules, Step, UnitMerger};

/// Yields the units of a merge in key order.
pub(crate) struct Planner {
    cursors: Vec<RunCursor>,
    merger: Box<dyn UnitMerger>,
}

/// What stops a planner.
enum Stop {
    /// A unit is complete.
    Unit(Unit),
    /// A run has no bytes left to decode.
    Bytes,
    /// The end.
    End,
}

/// How much of a rewrite is planned at once, in rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PlanSize {
    /// Output rows after which a unit is closed.
    pub(crate) unit: usize,
    /// The same for the first unit, for which all encoders wait; each one after it has up to twice as many.
    pub(crate) first_unit: usize,
    /// About as many has the last unit, behind which one encoder after the other runs out of work; the ones before it
    /// get smaller from one to the next.
    pub(crate) last_unit: usize,
    /// Input rows after which it is closed, so that it reads a bounded part of runs that share most keys.
    pub(crate) input: u64,
    /// Rows of a run whose plan columns are fetched at once.
    pub(crate) window: u64,
}

impl PlanSize {
    /// Makes units half as large.
    pub(crate) fn halve(&mut self) {
        self.unit /= 2;
        self.first_unit /= 2;
        self.last_unit /= 2;
        self.input /= 2;
    }
}

impl Planner {
    /// Plans over some rows of every run.
    pub(crate) fn new(
        runs: &[Run],
        rows: &[Range<u64>],
        spec: &MergeSpec,
        columns: &Arc<PlanColumns>,
        size: PlanSize,
    ) -> Result<Self> {
        if runs.len() > unit::MAX_RUNS {
            return Err(Error::unsupported(format!(
                "{} sorted runs overlap, at most {} can be merged at once; compact some of them first",
                runs.len(),
                unit::MAX_RUNS
            )));
        }
        let rules = Rules {
            ignore_deletes: spec.ignore_deletes,
            drop_deletes: spec.drop_deletes,
            rows: rows.iter().map(|rows| rows.end - rows.start).sum(),
            first_unit_rows: size.first_unit,
            unit_rows: size.unit,
            last_unit_rows: size.last_unit,
            input_rows: usize::try_from(size.input).unwrap_or(usize::MAX),
        };
        let starts: Vec<u64> = rows.iter().map(|rows| rows.start).collect();
        let merger: Box<dyn UnitMerger> = match IntegerKeys::for_key(&columns.key_leaves()) {
            Some(keys) => Box::new(Merger::new(keys, &starts, columns, rules)),
            None => Box::new(Merger::new(RowKeys::for_key(&columns.key_leaves())?, &starts, columns, rules)),
        };
        let cursors = runs
            .iter()
            .zip(rows)
            .map(|(run, rows)| RunCursor::new(run, rows, columns, size.window))
            .collect();
        Ok(Self { cursors, merger })
    }

    /// The next unit, and the planner again; `None` after the last. Decoding and merging run in the pool.
    pub(crate) async fn next_unit(mut self, pool: &Pool) -> Result<Option<(Unit, Self)>> {
        loop {
            let (planner, stop) = pool
                .run(move || {
                    let stop = self.advance();
                    (self, stop)
                })
                .await?;
            self = planner;
            match stop? {
                Stop::Unit(unit) => return Ok(Some((unit, self))),
                Stop::End => return Ok(None),
                // All runs that will soon need bytes get them now, so that they wait together.
                Stop::Bytes => {
                    let low = self.cursors.iter_mut().filter(|cursor| cursor.is_low());
                    try_join_all(low.map(RunCursor::fetch)).await?;
                }
            }
        }
    }

    fn advance(&mut self) -> Result<Stop> {
        loop {
            match self.merger.advance()? {
                Step::Unit(unit) => return Ok(Stop::Unit(unit)),
                Step::End => return Ok(Stop::End),
                Step::Rows(run) => match self.cursors[run].next()? {
                    Next::Rows(batch) => self
                        .merger
                        .push(run, *batch)
                        .map_err(|error| error.with_file(self.cursors[run].file_name()))?,
                    Next::Bytes => return Ok(Stop::Bytes),
                    Next::End => self.merger.end(run),
                },
            }
        }
    }
}
