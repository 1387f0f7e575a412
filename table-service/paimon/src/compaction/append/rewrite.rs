//! Writing the rows of some files of an append table as fewer files.

use std::sync::Arc;
use weir_columnar::{ConcatSpec, Control, InputFile, Sink};
use weir_paimon_spec::DataFileMeta;

use super::columns::AppendColumns;
use super::{sequences, settings};
use crate::compaction::plan::BucketPlan;
use crate::compaction::rewrite::{self, Rewritten, local_now, output_options};
use crate::compaction::statistics;
use crate::{Result, Table};

/// Copies the rows of `files`, in order, into new files of the same bucket.
pub(in crate::compaction) async fn concat(
    table: &Table,
    plan: &BucketPlan,
    files: &[Arc<DataFileMeta>],
    sink: &dyn Sink,
    control: &Control,
) -> Result<Rewritten> {
    let spec = ConcatSpec {
        schema: AppendColumns::new(table.schema())?.message,
        output: output_options(table, None)?,
    };
    let mut inputs = Vec::with_capacity(files.len());
    for file in files {
        inputs.push(input(table, plan, file).await?);
    }
    let rewrite = weir_columnar::concat(inputs, &spec, sink, control).await?;
    let now = local_now();
    let written: Vec<DataFileMeta> = rewrite
        .files
        .iter()
        .map(|file| statistics::describe(file, table.schema(), table.options(), 0, None, now))
        .collect::<Result<_>>()?;
    let rows: Vec<i64> = written.iter().map(|file| file.row_count).collect();
    let numbers = sequences::number(settings::arrangement(table)?, files, &rows);
    let numbered = written.into_iter().zip(numbers).map(|(file, (min, max))| {
        Arc::new(DataFileMeta { min_sequence_number: min, max_sequence_number: max, ..file })
    });
    Ok(Rewritten { files: numbered.collect(), spliced_rows: rewrite.spliced_rows })
}

async fn input(table: &Table, plan: &BucketPlan, file: &DataFileMeta) -> Result<InputFile> {
    let schema = table.schema_of(file.schema_id).await?;
    let columns = AppendColumns::sources(table.schema(), &schema)?;
    rewrite::input_file(table, &plan.key, file, columns)
}
