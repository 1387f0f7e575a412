//! One column of one unit: decode, gather by plan, encode. Tasks of a unit share nothing but the
//! plan and the fetched bytes, so they can run in any order and beside each other.

mod bytes;
mod gather;
mod numbers;

use std::sync::Arc;

use arrow::array::ArrayRef;

use crate::budget::BATCH;
use crate::leaf::Leaf;
use crate::plan::Unit;
use crate::write::{ColumnEncoder, EncodedColumn};
use crate::{Control, Result};
pub(crate) use bytes::UnitBytes;
use gather::Gather;

/// Rows that are gathered and encoded at once, when values are small.
const BATCH_ROWS: usize = 8192;

/// Rewrites one column of a unit.
pub(crate) struct ColumnTask {
    pub(crate) column: usize,
    pub(crate) leaf: Leaf,
    pub(crate) unit: Arc<Unit>,
    /// The kept values, when the plan knows them.
    pub(crate) known: Option<ArrayRef>,
    pub(crate) bytes: Arc<UnitBytes>,
    pub(crate) control: Control,
}

impl ColumnTask {
    /// Runs the task over bytes that were fetched before.
    pub(crate) fn run(&self, mut encoder: ColumnEncoder) -> Result<EncodedColumn> {
        let done = match &self.known {
            Some(values) => self.encode_known(values, &mut encoder),
            None => self.encode_gathered(&mut encoder),
        };
        done.and_then(|()| encoder.close()).map_err(|error| error.with_column(&self.leaf.path))
    }

    fn encode_known(&self, values: &ArrayRef, encoder: &mut ColumnEncoder) -> Result<()> {
        for start in (0..values.len()).step_by(BATCH_ROWS) {
            self.control.check()?;
            encoder.write(&values.slice(start, BATCH_ROWS.min(values.len() - start)))?;
        }
        Ok(())
    }

    fn encode_gathered(&self, encoder: &mut ColumnEncoder) -> Result<()> {
        let mut gather = Gather::new(&self.bytes, &self.unit, self.column, &self.leaf, self.batch_rows());
        while let Some(array) = gather.next_batch()? {
            self.control.check()?;
            encoder.write(&array)?;
        }
        Ok(())
    }

    fn batch_rows(&self) -> usize {
        let fitting = BATCH / self.bytes.width_of_a_row(self.column).max(1);
        usize::try_from(fitting).unwrap_or(BATCH_ROWS).clamp(1, BATCH_ROWS)
    }
}
