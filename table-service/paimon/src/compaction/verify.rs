//! Comparing the outputs of a rewrite, row for row, with an independent merge of its inputs, before the commit.
//!
//! Nothing of the columnar engine is used: files are read through Parquet's ordinary record reader, and records are
//! merged one at a time with a heap over the sorted runs of a section; rows without a key follow each other. A row group
//! of each run of one section is held in memory, compressed, with a batch of decoded rows.

use std::sync::Arc;
use weir_columnar::Control;
use weir_paimon_spec::DataFileMeta;

use self::layout::Layout;
pub(super) use self::memory::require_memory;
use self::merge::MergedRows;
use self::rows::{Head, RunRows, StoredFile};
use super::plan::{BucketPlan, Task};
use super::rewrite::BucketRewrite;
use super::sections::FileSection;
use crate::{Error, ErrorKind, Result, Table};

mod layout;
mod memory;
mod merge;
mod rows;

/// Checks the outputs of a rewrite. [`ErrorKind::Corrupt`] names the first key, or row without a key, at which they
/// differ from what the inputs merge to.
pub(super) async fn verify(
    table: &Table,
    plan: &BucketPlan,
    rewrite: &BucketRewrite,
    control: &Control,
) -> Result<()> {
    let directory = table.bucket_path(&plan.key.partition, plan.key.bucket)?;
    let layout = Layout::new(table, plan)?;
    let outputs = rewrite.change.adds.iter().filter(|file| rewrite.is_new(file));
    let outputs = outputs.map(|file| stored(table, plan, file)).collect::<Result<_>>()?;
    let mut found = RunRows::of_outputs(table, &layout, outputs);
    let mut rows: u64 = 0;
    for task in &plan.tasks {
        for mut expected in expected(table, plan, &layout, task)? {
            while let Some(expected) = expected.next().await? {
                if control.is_cancelled() {
                    return Err(Error::new(ErrorKind::Cancelled, "the verification was stopped"));
                }
                let is_equal = found.head().await?.is_some_and(|found| found.row() == expected.row());
                if !is_equal {
                    let found = found.head().await?.map_or_else(|| "nothing".to_owned(), |head| head.shown());
                    return Err(differ(
                        &directory,
                        &format!("{} was expected, {found} was written", expected.shown()),
                    ));
                }
                found.advance().await?;
                rows += 1;
            }
        }
    }
    if let Some(extra) = found.head().await? {
        return Err(differ(
            &directory,
            &format!("nothing was expected any more, {} was written", extra.shown()),
        ));
    }
    tracing::info!(rows, directory, "the outputs are what the inputs merge to");
    Ok(())
}

/// What a task must write.
enum Expected<'a> {
    /// What runs merge to.
    Merged(MergedRows<'a>),
    /// The rows of files, one after the other.
    Copied(RunRows<'a>),
}

impl Expected<'_> {
    async fn next(&mut self) -> Result<Option<Head>> {
        match self {
            Self::Merged(merged) => merged.next().await,
            Self::Copied(rows) => {
                let head = rows.head().await?;
                rows.advance().await?;
                Ok(head)
            }
        }
    }
}

fn expected<'a>(
    table: &'a Table,
    plan: &BucketPlan,
    layout: &'a Layout,
    task: &Task,
) -> Result<Vec<Expected<'a>>> {
    match task {
        Task::Upgrade(_) => Ok(Vec::new()),
        Task::Rewrite(sections) => {
            let merged = |section: &FileSection| {
                let runs = open_runs(table, plan, layout, section)?;
                Ok(Expected::Merged(MergedRows::new(layout, runs)))
            };
            sections.iter().map(merged).collect()
        }
        Task::Concat(files) => {
            let files = files.iter().map(|file| stored(table, plan, file)).collect::<Result<_>>()?;
            Ok(vec![Expected::Copied(RunRows::of_inputs(table, layout, files))])
        }
    }
}

fn open_runs<'a>(
    table: &'a Table,
    plan: &BucketPlan,
    layout: &'a Layout,
    section: &[Vec<Arc<DataFileMeta>>],
) -> Result<Vec<RunRows<'a>>> {
    let run = |files: &Vec<Arc<DataFileMeta>>| {
        let files = files.iter().map(|file| stored(table, plan, file)).collect::<Result<_>>()?;
        Ok(RunRows::of_inputs(table, layout, files))
    };
    section.iter().map(run).collect()
}

fn stored(table: &Table, plan: &BucketPlan, file: &DataFileMeta) -> Result<StoredFile> {
    let path = table.data_file_path(&plan.key.partition, plan.key.bucket, file)?;
    let size = u64::try_from(file.file_size)
        .map_err(|_| Error::corrupt(format!("file {path} has the size {}", file.file_size)))?;
    Ok(StoredFile { path, size, schema_id: file.schema_id })
}

fn differ(directory: &str, what: &str) -> Error {
    Error::corrupt(format!(
        "verification failed, nothing was committed: the outputs in {directory} differ from an independent merge of their inputs: {what}"
    ))
}
