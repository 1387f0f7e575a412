//! Carrying out a plan: the column tasks of one unit after the other, and the files that they fill.

use std::sync::Arc;

use parquet::schema::types::TypePtr;

use crate::leaf::Leaf;
use crate::plan::{CopyPlanner, Planner, Unit};
use crate::read::Run;
use crate::task::ColumnTask;
use crate::write::{ColumnEncoder, Output, add_statistics, unwritable, writer_properties};
use crate::{Control, Error, OutputOptions, Progress, Result, Rewrite, Sink};

/// Compressed bytes of a unit that are fetched together, at least one column.
const FETCH_BYTES: u64 = 8 << 20;

/// Where the units of a rewrite come from.
pub(crate) enum Units<'a> {
    /// From a merge of all runs.
    Merged(Planner<'a>),
    /// From one run of which every row is kept.
    Copied(CopyPlanner),
}

impl Units<'_> {
    async fn next(&mut self) -> Result<Option<Unit>> {
        match self {
            Self::Merged(planner) => planner.next_unit().await,
            Self::Copied(planner) => Ok(planner.next_unit()),
        }
    }
}

/// Carries units out and writes what they keep.
pub(crate) struct Rewriter<'a> {
    options: &'a OutputOptions,
    leaves: &'a [Leaf],
    runs: &'a [Run],
    control: &'a Control,
    output: Output<'a>,
    rewrite: Rewrite,
    /// Input rows of the units that are complete.
    done_rows: u64,
}

impl<'a> Rewriter<'a> {
    pub(crate) fn new(
        schema: &TypePtr,
        options: &'a OutputOptions,
        leaves: &'a [Leaf],
        runs: &'a [Run],
        sink: &'a dyn Sink,
        control: &'a Control,
    ) -> Result<Self> {
        let properties = writer_properties(options, leaves, runs)?;
        Ok(Self {
            options,
            leaves,
            runs,
            control,
            output: Output::new(sink, schema, leaves, properties),
            rewrite: Rewrite { input_rows: runs.iter().map(Run::rows).sum(), ..Rewrite::default() },
            done_rows: 0,
        })
    }

    /// Carries out all units. On failure the open file is aborted.
    pub(crate) async fn run(mut self, units: Units<'_>) -> Result<Rewrite> {
        match self.write(units).await {
            Ok(()) => Ok(self.rewrite),
            Err(error) => {
                self.output.abort().await;
                Err(error)
            }
        }
    }

    async fn write(&mut self, mut units: Units<'_>) -> Result<()> {
        while let Some(mut unit) = units.next().await? {
            self.control.check()?;
            self.rewrite.output_rows += unit.rows() as u64;
            self.rewrite.superseded_rows += unit.superseded_rows;
            self.rewrite.dropped_deletes += unit.dropped_deletes;
            tracing::debug!(
                input_rows = unit.input_rows,
                rows = unit.rows(),
                superseded_rows = unit.superseded_rows,
                "planned a unit"
            );
            if unit.rows() > 0 {
                self.write_row_group(&mut unit).await?;
            } else {
                self.skip(&unit);
            }
            self.done_rows += unit.input_rows as u64;
            self.output.roll(self.options.target_file_bytes).await?;
        }
        self.rewrite.files = self.output.finish().await?;
        self.rewrite.read_bytes = read_bytes(self.runs);
        self.check_rows()
    }

    /// Runs the column tasks of a unit in column order.
    async fn write_row_group(&mut self, unit: &mut Unit) -> Result<()> {
        let groups = fetch_groups(&expected_bytes(self.runs, unit, self.leaves.len()));
        let properties = Arc::clone(self.output.properties());
        let finished_bytes = self.output.finished_bytes();
        let open = self.output.open_file().await?;
        let bytes_before = open.bytes();
        let mut writers = open.column_writers()?.into_iter();
        let (file, target, statistics) = open.parts();
        let mut row_group = file.next_row_group().map_err(unwritable)?;
        for columns in groups {
            ColumnTask::fetch(self.runs, unit, &columns).await?;
            for column in columns {
                let leaf = &self.leaves[column];
                let writer = writers
                    .next()
                    .ok_or_else(|| Error::internal("the output has fewer columns than its schema"))?;
                let task = ColumnTask { column, leaf, unit, runs: self.runs, control: self.control };
                let encoded = task.run(ColumnEncoder::new(leaf, writer, &properties))?;
                add_statistics(&mut statistics[column], leaf, &encoded);
                encoded.append(&mut row_group)?;
                target.drain().await?;
                ColumnTask::release(self.runs, unit, column);
                let done = unit.input_rows * (column + 1) / self.leaves.len();
                self.control.report(&Progress {
                    input_rows: self.done_rows + done as u64,
                    total_rows: self.rewrite.input_rows,
                    read_bytes: read_bytes(self.runs),
                    written_bytes: finished_bytes + target.written(),
                });
            }
        }
        row_group.close().map_err(unwritable)?;
        target.drain().await?;
        open.add_unit(unit, bytes_before);
        Ok(())
    }

    /// Passes over a unit of which no row is kept.
    fn skip(&self, unit: &Unit) {
        for column in 0..self.leaves.len() {
            ColumnTask::release(self.runs, unit, column);
        }
        self.control.report(&Progress {
            input_rows: self.done_rows + unit.input_rows as u64,
            total_rows: self.rewrite.input_rows,
            read_bytes: read_bytes(self.runs),
            written_bytes: self.output.written_bytes(),
        });
    }

    /// Every input row must be accounted for.
    fn check_rows(&self) -> Result<()> {
        let rewrite = &self.rewrite;
        let accounted = rewrite.output_rows + rewrite.superseded_rows + rewrite.dropped_deletes;
        let in_files: u64 = rewrite.files.iter().map(|file| file.rows).sum();
        if accounted == rewrite.input_rows && in_files == rewrite.output_rows {
            return Ok(());
        }
        Err(Error::internal(format!(
            "{} rows went in, {} were written to files, {} were planned, {} superseded and {} dropped",
            rewrite.input_rows,
            in_files,
            rewrite.output_rows,
            rewrite.superseded_rows,
            rewrite.dropped_deletes
        )))
    }
}

/// Compressed bytes that each column of a unit takes from the inputs, by the average row of its
/// files.
fn expected_bytes(runs: &[Run], unit: &Unit, columns: usize) -> Vec<u64> {
    let mut bytes = vec![0; columns];
    for (run, rows) in runs.iter().zip(&unit.slices) {
        for (file, part) in run.parts(rows) {
            for (column, bytes) in bytes.iter_mut().enumerate() {
                let share = u128::from(file.compressed_bytes(column)) * u128::from(part.end - part.start);
                *bytes += u64::try_from(share / u128::from(file.rows().max(1))).unwrap_or(u64::MAX);
            }
        }
    }
    bytes
}

/// Splits columns into groups that are fetched together.
fn fetch_groups(bytes: &[u64]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut sum = 0;
    for (column, bytes) in bytes.iter().enumerate() {
        match groups.last_mut() {
            Some(group) if sum + bytes <= FETCH_BYTES => {
                group.push(column);
                sum += bytes;
            }
            _ => {
                groups.push(vec![column]);
                sum = *bytes;
            }
        }
    }
    groups
}

fn read_bytes(runs: &[Run]) -> u64 {
    runs.iter().flat_map(Run::files).map(|file| file.read_bytes()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fetches_small_columns_together_and_large_ones_alone() {
        let mebibytes = |sizes: &[u64]| sizes.iter().map(|size| size << 20).collect::<Vec<_>>();
        let groups = fetch_groups(&mebibytes(&[1, 2, 3, 4, 20, 1, 1]));
        assert_eq!(groups, vec![vec![0, 1, 2], vec![3], vec![4], vec![5, 6]]);
    }
}
