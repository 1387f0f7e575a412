use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef};
use arrow::compute::interleave;
use arrow::datatypes::{Float32Type, Float64Type, Int32Type, Int64Type};

use super::UnitBytes;
use super::numbers::gather_numbers;
use crate::leaf::{Leaf, Physical};
use crate::plan::{Kept, Unit};
use crate::read::{ColumnDecoder, Fetched};
use crate::{Error, Result};

/// Yields the kept values of one column of a unit, in key order.
pub(crate) struct Gather<'a> {
    unit: &'a Unit,
    /// Values yielded so far.
    at: usize,
    readers: Vec<RunReader<'a>>,
    /// Decoded arrays that the batch being built takes values from.
    arrays: Vec<ArrayRef>,
    /// Array and row of every value of the batch being built.
    picked: Vec<(usize, usize)>,
    batch_rows: usize,
    physical: Physical,
}

/// The rows of one run that the unit takes.
pub(super) struct RunReader<'a> {
    parts: VecDeque<&'a (Fetched, Range<u64>)>,
    decoder: Option<ColumnDecoder>,
    column: usize,
    leaf: &'a Leaf,
    batch_rows: usize,
    /// The array that was decoded last, and the rows it holds, counted from the run's first row in
    /// the unit.
    pub(super) array: Option<ArrayRef>,
    pub(super) rows: Range<usize>,
    /// Where the array lies in [`Gather::arrays`], once a value of it is picked.
    place: Option<usize>,
}

impl<'a> Gather<'a> {
    pub(crate) fn new(
        bytes: &'a UnitBytes,
        unit: &'a Unit,
        column: usize,
        leaf: &'a Leaf,
        batch_rows: usize,
    ) -> Self {
        let readers = bytes
            .parts()
            .map(|parts| RunReader {
                parts: parts.iter().collect(),
                decoder: None,
                column,
                leaf,
                batch_rows,
                array: None,
                rows: 0..0,
                place: None,
            })
            .collect();
        Self {
            unit,
            at: 0,
            readers,
            arrays: Vec::new(),
            picked: Vec::with_capacity(batch_rows),
            batch_rows,
            physical: leaf.physical,
        }
    }

    /// The next values, at most a batch; `None` after the last.
    pub(crate) fn next_batch(&mut self) -> Result<Option<ArrayRef>> {
        let end = self.unit.rows().min(self.at + self.batch_rows);
        if self.at == end {
            return Ok(None);
        }
        match self.unit.kept() {
            Kept::All | Kept::Spliced { .. } => self.all_values(end).map(Some),
            Kept::Picked { runs, rows } => {
                let range = std::mem::replace(&mut self.at, end)..end;
                self.some_values(&runs[range.clone()], &rows[range]).map(Some)
            }
        }
    }

    fn some_values(&mut self, runs: &[u16], rows: &[u32]) -> Result<ArrayRef> {
        match self.physical {
            Physical::Int32 => gather_numbers::<Int32Type>(&mut self.readers, runs, rows),
            Physical::Int64 => gather_numbers::<Int64Type>(&mut self.readers, runs, rows),
            Physical::Float => gather_numbers::<Float32Type>(&mut self.readers, runs, rows),
            Physical::Double => gather_numbers::<Float64Type>(&mut self.readers, runs, rows),
            _ => {
                self.pick(runs, rows)?;
                self.picked_values()
            }
        }
    }

    /// The next values of runs of which every row is kept: as they are decoded, up to `end`.
    fn all_values(&mut self, end: usize) -> Result<ArrayRef> {
        let taken = |(_, rows): &(usize, Range<usize>)| rows.contains(&self.at);
        let Some((run, rows)) = self.unit.outputs().find(taken) else {
            return Err(Error::internal("a unit keeps more rows than it takes"));
        };
        let reader = &mut self.readers[run];
        let row = self.at - rows.start;
        if row >= reader.rows.end {
            reader.advance_to(row)?;
        }
        let array = reader.array.as_ref().ok_or_else(|| Error::internal("a decoded array is gone"))?;
        let from = row - reader.rows.start;
        let length = (array.len() - from).min(end - self.at);
        self.at += length;
        Ok(array.slice(from, length))
    }

    /// Notes where the picked values are, decoding up to them.
    fn pick(&mut self, runs: &[u16], rows: &[u32]) -> Result<()> {
        self.arrays.clear();
        self.picked.clear();
        for reader in &mut self.readers {
            reader.place = None;
        }
        for (run, row) in runs.iter().zip(rows) {
            let (run, row) = (usize::from(*run), *row as usize);
            let reader = &mut self.readers[run];
            if row >= reader.rows.end {
                reader.advance_to(row)?;
            }
            let place = match reader.place {
                Some(place) => place,
                None => reader.place_array(&mut self.arrays)?,
            };
            self.picked.push((place, row - reader.rows.start));
        }
        Ok(())
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
        let one_after_the_other = self.arrays.len() == 1
            && array == last_array
            && last.checked_sub(first).is_some_and(|distance| distance + 1 == self.picked.len());
        one_after_the_other.then_some((array, first..last + 1))
    }
}

impl RunReader<'_> {
    /// Decodes up to the array that holds `row`.
    pub(super) fn advance_to(&mut self, row: usize) -> Result<()> {
        if row < self.rows.end {
            return Err(Error::internal("a plan goes back in a run"));
        }
        while row >= self.rows.end {
            let array = self.next_array()?;
            self.rows = self.rows.end..self.rows.end + array.len();
            self.array = Some(array);
            self.place = None;
        }
        Ok(())
    }

    fn place_array(&mut self, arrays: &mut Vec<ArrayRef>) -> Result<usize> {
        let array = self.array.as_ref().ok_or_else(|| Error::internal("a plan goes back in a run"))?;
        arrays.push(Arc::clone(array));
        let place = arrays.len() - 1;
        self.place = Some(place);
        Ok(place)
    }

    fn next_array(&mut self) -> Result<ArrayRef> {
        loop {
            if let Some(decoder) = &mut self.decoder
                && let Some(array) = decoder.next_batch()?
            {
                return Ok(array);
            }
            let (bytes, rows) = self
                .parts
                .pop_front()
                .ok_or_else(|| Error::internal("a plan takes more rows of a run than it said"))?;
            self.decoder = Some(ColumnDecoder::open(bytes, self.column, self.leaf, rows, self.batch_rows)?);
        }
    }
}
