//! How much memory a comparison takes. What is too much is refused before the rewrite: its outputs would be of no use.

use std::sync::Arc;

use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, RowGroupMetaData};
use weir_paimon_spec::DataFileMeta;

use super::rows::{BATCH_ROWS, footer};
use super::stored;
use crate::compaction::plan::{BucketPlan, Task};
use crate::{Error, ErrorKind, Result, Table};

const MIB: u64 = 1 << 20;

/// Memory of the process beside what is compared.
const PROCESS: u64 = 64 * MIB;

/// A data page of most writers, in bytes before compression.
const USUAL_PAGE: u64 = MIB;

/// What reading a column takes beside its values.
const READER: u64 = 24 << 10;

/// How much larger than by the average a batch is expected to be.
const UNEVEN: u64 = 4;

/// Times that a batch of rows is in memory: as pages, as arrays, and in a form that can be compared.
const COPIES: u64 = 3;

/// Part of an estimate that the allocator adds.
const SLACK_PERCENT: u64 = 15;

/// What reading a run takes, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Need {
    /// A compressed row group.
    group: u64,
    /// A batch of its rows.
    batch: u64,
}

impl Need {
    fn max(self, other: Self) -> Self {
        Self { group: self.group.max(other.group), batch: self.batch.max(other.batch) }
    }
}

/// Makes sure that `memory` bytes of the process are enough to compare the outputs of `plan` with its inputs.
/// [`ErrorKind::Invalid`] tells how much is.
pub(in crate::compaction) async fn require_memory(
    table: &Table,
    plan: &BucketPlan,
    memory: Option<u64>,
) -> Result<()> {
    let Some(memory) = memory else { return Ok(()) };
    let target = table.options().target_file_size(table.schema().has_primary_key())?.bytes();
    for task in &plan.tasks {
        let sections: Vec<Vec<&[Arc<DataFileMeta>]>> = match task {
            Task::Upgrade(_) => Vec::new(),
            Task::Rewrite(sections) => {
                sections.iter().map(|runs| runs.iter().map(Vec::as_slice).collect()).collect()
            }
            Task::Concat(files) => vec![vec![files.as_slice()]],
        };
        for runs in sections {
            let mut needs = Vec::with_capacity(runs.len());
            for files in &runs {
                needs.push(need_of_run(table, plan, files).await?);
            }
            let need = total(&needs, target);
            if need > memory {
                return Err(Error::new(
                    ErrorKind::Invalid,
                    format!(
                        "comparing what {} sorted runs with row groups of up to {} MiB merge to takes at least {} MiB, {} MiB are allowed; raise the limit, compact fewer runs at once, or leave --verify out",
                        needs.len(),
                        needs.iter().map(|need| need.group).max().unwrap_or(0).div_ceil(MIB),
                        need.div_ceil(MIB),
                        memory / MIB
                    ),
                ));
            }
        }
    }
    Ok(())
}

/// Memory of the process while it reads runs and the output, whose row groups are no larger than a file is meant to be.
fn total(runs: &[Need], target_file_bytes: u64) -> u64 {
    let groups: u64 = runs.iter().map(|run| run.group).sum();
    let batches: u64 = runs.iter().map(|run| run.batch).sum();
    let widest = runs.iter().map(|run| run.batch).max().unwrap_or(0);
    let variable = groups + groups.min(target_file_bytes) + COPIES * (batches + widest);
    PROCESS + variable + variable * SLACK_PERCENT / 100
}

async fn need_of_run(table: &Table, plan: &BucketPlan, files: &[Arc<DataFileMeta>]) -> Result<Need> {
    let mut need = Need::default();
    for file in files {
        need = need.max(need_of_file(&footer(table, &stored(table, plan, file)?).await?));
    }
    Ok(need)
}

fn need_of_file(metadata: &ParquetMetaData) -> Need {
    metadata.row_groups().iter().map(need_of_group).fold(Need::default(), Need::max)
}

fn need_of_group(group: &RowGroupMetaData) -> Need {
    let size = |number: i64| u64::try_from(number).unwrap_or(0);
    let rows = size(group.num_rows()).max(1);
    let batch = |column: &ColumnChunkMetaData| {
        let all = size(column.uncompressed_size());
        let by_average = all.div_ceil(rows).saturating_mul(UNEVEN * BATCH_ROWS as u64);
        READER + all.min(by_average.max(USUAL_PAGE))
    };
    Need { group: size(group.compressed_size()), batch: group.columns().iter().map(batch).sum() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_read_beside_each_other_and_beside_the_output() {
        let run = |group, batch| Need { group: group * MIB, batch: batch * MIB };
        assert_eq!(total(&[], 128 * MIB), PROCESS);
        assert_eq!(total(&[run(20, 0), run(80, 0)], 128 * MIB), PROCESS + 230 * MIB);
        assert_eq!(total(&[run(200, 0), run(200, 0)], 100 * MIB), PROCESS + 575 * MIB);
        assert_eq!(total(&[run(0, 10), run(0, 30)], 128 * MIB), PROCESS + 210 * MIB + 63 * MIB / 2);
    }
}
