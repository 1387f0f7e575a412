use std::ops::Range;
use std::sync::Arc;

use futures::stream::{self, StreamExt, TryStreamExt};

use crate::Result;
use crate::plan::Unit;
use crate::read::{CONCURRENT_READS, Fetched, Run};

/// The bytes that some columns of a unit are decoded from; freed when the last of their tasks ends.
pub(crate) struct UnitBytes {
    /// What the unit takes of every run: files and rows, in order.
    runs: Vec<Vec<(Fetched, Range<u64>)>>,
}

impl UnitBytes {
    /// Fetches the bytes, with at most one read per file.
    pub(crate) async fn fetch(runs: &[Run], unit: &Unit, columns: &[usize]) -> Result<Arc<Self>> {
        let parts = |(run, rows): (&Run, &Range<u64>)| {
            let parts = run.parts(rows).into_iter();
            parts.map(|(file, rows)| (Fetched::new(file, columns), rows)).collect()
        };
        let runs: Vec<Vec<(Fetched, Range<u64>)>> = runs.iter().zip(&unit.slices).map(parts).collect();
        let fetches: Vec<_> = runs.iter().flatten().cloned().map(fetch).collect();
        stream::iter(fetches).buffer_unordered(CONCURRENT_READS).try_collect::<()>().await?;
        Ok(Arc::new(Self { runs }))
    }

    /// The parts of a run.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &[(Fetched, Range<u64>)]> {
        self.runs.iter().map(Vec::as_slice)
    }

    /// Bytes that one decoded row of every run holds together, at most, by the averages of files.
    pub(crate) fn width_of_a_row(&self, column: usize) -> u64 {
        let width = |(bytes, _): &(Fetched, Range<u64>)| {
            bytes.file().uncompressed_bytes(column) / bytes.file().rows().max(1)
        };
        self.runs.iter().map(|parts| parts.iter().map(width).max().unwrap_or(0)).sum()
    }
}

async fn fetch((bytes, rows): (Fetched, Range<u64>)) -> Result<()> {
    bytes.fetch(&rows).await
}
