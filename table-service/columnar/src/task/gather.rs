use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef};
use arrow::compute::interleave;

use crate::leaf::Leaf;
use crate::plan::Unit;
use crate::read::{ColumnDecoder, InputColumns, Run};
use crate::{Error, Result};

/// Yields the kept values of one column of a unit, in key order.
pub(crate) struct Gather<'a> {
    steps: Box<dyn Iterator<Item = (usize, bool)> + Send + 'a>,
    readers: Vec<RunReader<'a>>,
    /// Decoded arrays that the batch being built takes values from.
    arrays: Vec<ArrayRef>,
    /// Array and row of every value of the batch being built.
    picked: Vec<(usize, usize)>,
    batch_rows: usize,
}

/// The rows of one run that the unit takes.
struct RunReader<'a> {
    parts: VecDeque<(&'a Arc<InputColumns>, Range<u64>)>,
    decoder: Option<ColumnDecoder>,
    column: usize,
    leaf: &'a Leaf,
    batch_rows: usize,
    /// Where the current array lies in [`Gather::arrays`], its length and the next row in it.
    array: usize,
    length: usize,
    at: usize,
}

impl<'a> Gather<'a> {
    pub(crate) fn new(
        runs: &'a [Run],
        unit: &'a Unit,
        column: usize,
        leaf: &'a Leaf,
        batch_rows: usize,
    ) -> Self {
        let readers = runs
            .iter()
            .zip(&unit.slices)
            .map(|(run, rows)| RunReader {
                parts: run.parts(rows).into(),
                decoder: None,
                column,
                leaf,
                batch_rows,
                array: 0,
                length: 0,
                at: 0,
            })
            .collect();
        Self {
            steps: Box::new(unit.steps()),
            readers,
            arrays: Vec::new(),
            picked: Vec::with_capacity(batch_rows),
            batch_rows,
        }
    }

    /// The next values, at most a batch; `None` after the last.
    pub(crate) fn next_batch(&mut self) -> Result<Option<ArrayRef>> {
        while self.picked.len() < self.batch_rows {
            let Some((run, keep)) = self.steps.next() else { break };
            let reader = &mut self.readers[run];
            if reader.at == reader.length {
                let array = reader.next_array()?;
                reader.array = self.arrays.len();
                reader.length = array.len();
                reader.at = 0;
                self.arrays.push(array);
            }
            if keep {
                self.picked.push((reader.array, reader.at));
            }
            reader.at += 1;
        }
        if self.picked.is_empty() {
            return Ok(None);
        }
        let batch = self.picked_values()?;
        self.picked.clear();
        self.forget_used_arrays();
        Ok(Some(batch))
    }

    fn picked_values(&self) -> Result<ArrayRef> {
        if let Some((array, rows)) = self.picked_slice() {
            return Ok(self.arrays[array].slice(rows.start, rows.end - rows.start));
        }
        let arrays: Vec<&dyn Array> = self.arrays.iter().map(AsRef::as_ref).collect();
        interleave(&arrays, &self.picked)
            .map_err(|error| Error::internal("values cannot be gathered").with_source(error))
    }

    /// The array and the rows in it when all picked values lie one after the other.
    fn picked_slice(&self) -> Option<(usize, Range<usize>)> {
        let (array, first) = *self.picked.first()?;
        let (last_array, last) = *self.picked.last()?;
        let one_after_the_other = array == last_array
            && last - first + 1 == self.picked.len()
            && self.picked.iter().all(|(picked, _)| *picked == array);
        one_after_the_other.then_some((array, first..last + 1))
    }

    fn forget_used_arrays(&mut self) {
        let mut kept = Vec::with_capacity(self.readers.len());
        for reader in &mut self.readers {
            if reader.at < reader.length {
                kept.push(Arc::clone(&self.arrays[reader.array]));
                reader.array = kept.len() - 1;
            } else {
                reader.length = 0;
                reader.at = 0;
            }
        }
        self.arrays = kept;
    }
}

impl RunReader<'_> {
    fn next_array(&mut self) -> Result<ArrayRef> {
        loop {
            if let Some(decoder) = &mut self.decoder
                && let Some(array) = decoder.next_batch()?
            {
                return Ok(array);
            }
            let (file, rows) = self
                .parts
                .pop_front()
                .ok_or_else(|| Error::internal("a plan takes more rows of a run than it said"))?;
            self.decoder = Some(ColumnDecoder::open(file, self.column, self.leaf, &rows, self.batch_rows)?);
        }
    }
}
