use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanBufferBuilder, PrimitiveArray};
use arrow::buffer::NullBuffer;

use super::gather::RunReader;
use crate::Result;

/// What a run has at hand.
struct Decoded<'a, T: ArrowPrimitiveType> {
    /// Row of the first value, counted from the run's first row in the unit.
    first: u32,
    values: &'a [T::Native],
    nulls: Option<&'a NullBuffer>,
}

/// Gathers numbers straight from the arrays that the runs have at hand, decoding on where the picked rows
/// leave them. One look-up of a value says both what it is and whether it is there.
pub(super) fn gather_numbers<T: ArrowPrimitiveType>(
    readers: &mut [RunReader<'_>],
    runs: &[u16],
    rows: &[u32],
) -> Result<ArrayRef> {
    let mut values = vec![T::Native::default(); rows.len()];
    let mut validity = Validity::default();
    let mut at = 0;
    loop {
        let decoded: Vec<Decoded<'_, T>> = readers.iter().map(Decoded::of).collect();
        let mut end = at;
        for ((value, run), row) in values[at..].iter_mut().zip(&runs[at..]).zip(&rows[at..]) {
            let run = &decoded[usize::from(*run)];
            // A row before the first one wraps around, so that it is not found either.
            let Some(found) = run.values.get(row.wrapping_sub(run.first) as usize) else { break };
            *value = *found;
            end += 1;
        }
        validity.extend(&decoded, &runs[at..end], &rows[at..end], at);
        at = end;
        match (runs.get(at), rows.get(at)) {
            (Some(run), Some(row)) => readers[usize::from(*run)].advance_to(*row as usize)?,
            _ => break,
        }
    }
    Ok(Arc::new(PrimitiveArray::<T>::new(values.into(), validity.finish())))
}

impl<'a, T: ArrowPrimitiveType> Decoded<'a, T> {
    fn of(reader: &'a RunReader<'_>) -> Self {
        let array = reader.array.as_ref().and_then(|array| array.as_primitive_opt::<T>());
        Self {
            first: u32::try_from(reader.rows.start).unwrap_or(u32::MAX),
            values: array.map_or(&[], |array| array.values().as_ref()),
            nulls: array.and_then(|array| array.nulls().filter(|nulls| nulls.null_count() > 0)),
        }
    }
}

/// Which gathered values are null; nothing as long as all runs have only values at hand.
#[derive(Default)]
struct Validity(Option<BooleanBufferBuilder>);

impl Validity {
    /// Adds values that were found, after `before` others.
    fn extend<T: ArrowPrimitiveType>(
        &mut self,
        decoded: &[Decoded<'_, T>],
        runs: &[u16],
        rows: &[u32],
        before: usize,
    ) {
        if self.0.is_none() && decoded.iter().all(|run| run.nulls.is_none()) {
            return;
        }
        let bits = self.0.get_or_insert_with(|| {
            let mut bits = BooleanBufferBuilder::new(before + rows.len());
            bits.append_n(before, true);
            bits
        });
        for (run, row) in runs.iter().zip(rows) {
            let run = &decoded[usize::from(*run)];
            bits.append(run.nulls.is_none_or(|nulls| nulls.is_valid((row - run.first) as usize)));
        }
    }

    fn finish(self) -> Option<NullBuffer> {
        self.0.map(|mut bits| NullBuffer::new(bits.finish())).filter(|nulls| nulls.null_count() > 0)
    }
}
