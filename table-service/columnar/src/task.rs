//! One column of one unit: decode, gather by plan, encode. Tasks of a unit share nothing but the
//! plan and the fetched bytes, so they can run in any order and beside each other.

mod gather;

use std::ops::Range;

use futures::stream::{self, StreamExt, TryStreamExt};

use crate::leaf::Leaf;
use crate::plan::Unit;
use crate::read::{CONCURRENT_READS, OpenInput, Run};
use crate::write::{ColumnEncoder, EncodedColumn};
use crate::{Control, Result};
use gather::Gather;

/// Rows that are gathered and encoded at once, when values are small.
const BATCH_ROWS: usize = 8192;
/// Fewest rows that are gathered at once, however large the values are.
const LEAST_BATCH_ROWS: usize = 64;
/// Decoded bytes that the batches of all runs may hold together.
const BATCH_BYTES: u64 = 64 << 20;

/// Rewrites one column of a unit.
pub(crate) struct ColumnTask<'a> {
    pub(crate) column: usize,
    pub(crate) leaf: &'a Leaf,
    pub(crate) unit: &'a Unit,
    pub(crate) runs: &'a [Run],
    pub(crate) control: &'a Control,
}

impl ColumnTask<'_> {
    /// Runs the task over bytes that were fetched before.
    pub(crate) fn run(&self, mut encoder: ColumnEncoder) -> Result<EncodedColumn> {
        let mut gather = Gather::new(self.runs, self.unit, self.column, self.leaf, self.batch_rows());
        while let Some(array) = gather.next_batch()? {
            self.control.check()?;
            encoder.write(&array).map_err(|error| error.with_column(&self.leaf.path))?;
        }
        encoder.close().map_err(|error| error.with_column(&self.leaf.path))
    }

    /// Makes the bytes of some columns of a unit present, with at most one read per file.
    pub(crate) async fn fetch(runs: &[Run], unit: &Unit, columns: &[usize]) -> Result<()> {
        let parts = runs.iter().zip(&unit.slices).flat_map(|(run, rows)| run.parts(rows));
        let fetches: Vec<_> = parts.map(|(file, rows)| fetch(file, columns, rows)).collect();
        stream::iter(fetches).buffer_unordered(CONCURRENT_READS).try_collect().await
    }

    /// Forgets what the unit was the last to need of a column.
    pub(crate) fn release(runs: &[Run], unit: &Unit, column: usize) {
        for (run, rows) in runs.iter().zip(&unit.slices) {
            for (file, part) in run.parts(rows) {
                file.release(column, part.end);
            }
        }
    }

    fn batch_rows(&self) -> usize {
        let active = self.unit.slices.iter().filter(|rows| !rows.is_empty()).count() as u64;
        let widest = self
            .runs
            .iter()
            .flat_map(Run::files)
            .map(|file| file.uncompressed_bytes(self.column) / file.rows().max(1))
            .max()
            .unwrap_or(0);
        let fitting = BATCH_BYTES / active.max(1) / widest.max(1);
        usize::try_from(fitting).unwrap_or(BATCH_ROWS).clamp(LEAST_BATCH_ROWS, BATCH_ROWS)
    }
}

async fn fetch(file: &OpenInput, columns: &[usize], rows: Range<u64>) -> Result<()> {
    file.fetch(columns, &rows).await
}
