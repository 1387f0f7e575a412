//! The merge, run once over the columns that decide it.
//!
//! A [`Planner`] decodes key, order, sequence and kind columns of every run, merges them by key
//! and yields [`Unit`]s: run and row of every kept row in key order, at most one output row group
//! each. The merge itself ([`merger`]) is free of I/O: it says which run it needs rows of.

mod copy;
mod cursor;
mod keys;
mod merger;
mod sizing;
mod sortable;
mod unit;

pub(crate) use copy::CopyPlanner;
pub(crate) use sizing::unit_rows;
pub(crate) use unit::{Kept, Unit};

use futures::future::try_join_all;

use crate::leaf::Leaf;
use crate::read::Run;
use crate::spec::MergeSpec;
use crate::{Error, Result};
use cursor::RunCursor;
use keys::{IntegerKeys, RowKeys};
use merger::{Merger, Rules, Step, UnitMerger};

/// Yields the units of a rewrite in key order.
pub(crate) struct Planner<'a> {
    cursors: Vec<RunCursor<'a>>,
    merger: Box<dyn UnitMerger>,
    primed: bool,
}

impl<'a> Planner<'a> {
    /// Plans over `runs`, closing a unit after `unit_rows` output rows.
    pub(crate) fn new(
        runs: &'a [Run],
        spec: &'a MergeSpec,
        leaves: &'a [Leaf],
        unit_rows: usize,
    ) -> Result<Self> {
        if runs.len() > unit::MAX_RUNS {
            return Err(Error::unsupported(format!(
                "{} sorted runs overlap, at most {} can be merged at once; compact some of them first",
                runs.len(),
                unit::MAX_RUNS
            )));
        }
        let key: Vec<Leaf> = spec.key.iter().map(|column| leaves[*column].clone()).collect();
        let rules = Rules { ignore_deletes: spec.ignore_deletes, drop_deletes: spec.drop_deletes, unit_rows };
        let merger: Box<dyn UnitMerger> = match IntegerKeys::for_key(&key) {
            Some(keys) => Box::new(Merger::new(keys, runs.len(), rules)),
            None => Box::new(Merger::new(RowKeys::for_key(&key)?, runs.len(), rules)),
        };
        let cursors = runs.iter().map(|run| RunCursor::new(run, spec, leaves)).collect::<Result<_>>()?;
        Ok(Self { cursors, merger, primed: false })
    }

    /// The next unit; `None` after the last.
    pub(crate) async fn next_unit(&mut self) -> Result<Option<Unit>> {
        if !self.primed {
            try_join_all(self.cursors.iter_mut().map(RunCursor::prime)).await?;
            self.primed = true;
        }
        loop {
            match self.merger.advance()? {
                Step::Unit(unit) => return Ok(Some(unit)),
                Step::End => return Ok(None),
                Step::Rows(run) => match self.cursors[run].next_batch().await? {
                    Some(batch) => self
                        .merger
                        .push(run, batch)
                        .map_err(|error| error.with_file(self.cursors[run].file_name()))?,
                    None => self.merger.end(run),
                },
            }
        }
    }
}
