//! Carrying out the plan of one bucket.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::task::JoinSet;
use uuid::Uuid;
use weir_columnar::{
    BoxError, Codec, ColumnSource, Control, InputFile, MergeSpec, OrderColumn, OutputOptions, OutputStream,
    Section, Sink, SortedRun, Source,
};
use weir_paimon_spec::options::{MemorySize, SortOrder, keys};
use weir_paimon_spec::paths::FileNames;
use weir_paimon_spec::{DataFileMeta, TableSchema};
use weir_storage::{StagedObject, Storage, Upload};

use super::append;
use super::file_schema::KeyValueColumns;
use super::plan::{BucketPlan, Task};
use super::sections::FileSection;
use super::statistics;
use crate::table::BucketKey;
use crate::table::commit::BucketChange;
use crate::{Error, ErrorKind, Result, Table};

/// What the work on one bucket produced.
#[derive(Clone, Debug)]
pub(crate) struct BucketRewrite {
    /// The change to commit.
    pub(crate) change: BucketChange,
    /// Paths of new files, for clean-up if they are never committed.
    pub(crate) written: Vec<String>,
    /// Rows of new files whose row groups were copied without being decoded.
    pub(crate) spliced_rows: u64,
}

/// New files of one task.
pub(in crate::compaction) struct Rewritten {
    /// The files as manifests describe them.
    pub(in crate::compaction) files: Vec<Arc<DataFileMeta>>,
    /// As in [`BucketRewrite`].
    pub(in crate::compaction) spliced_rows: u64,
}

impl BucketRewrite {
    /// Whether a file of the change was written by it, not only upgraded.
    pub(crate) fn is_new(&self, file: &DataFileMeta) -> bool {
        !self.change.deletes.iter().any(|deleted| deleted.file_name == file.file_name)
    }
}

/// Rewrites and upgrades as `plan` says. On failure the new files are deleted again: no snapshot refers to them.
pub(crate) async fn rewrite(table: &Table, plan: &BucketPlan, control: &Control) -> Result<BucketRewrite> {
    let written = Arc::new(Mutex::new(Vec::new()));
    let uploads = Uploads::default();
    let result = rewrite_tasks(table, plan, control, &written, &uploads).await;
    // Nothing is discarded that may still appear. An upload that failed is why the rest did.
    let result = uploads.finish().await.and(result);
    let written = written.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match result {
        Ok((change, spliced_rows)) => Ok(BucketRewrite { change, written, spliced_rows }),
        Err(error) => {
            discard(table.storage(), &written).await;
            Err(error.while_doing(format!(
                "compacting {}",
                table.bucket_path(&plan.key.partition, plan.key.bucket)?
            )))
        }
    }
}

/// Deletes files that no snapshot refers to. What stays is found by orphan cleaning.
pub(crate) async fn discard(storage: &Storage, files: &[String]) {
    for error in storage.delete(files).await.into_iter().filter_map(Result::err) {
        tracing::warn!(%error, "a data file that was never committed stays behind");
    }
}

async fn rewrite_tasks(
    table: &Table,
    plan: &BucketPlan,
    control: &Control,
    written: &Arc<Mutex<Vec<String>>>,
    uploads: &Uploads,
) -> Result<(BucketChange, u64)> {
    let sink = BucketSink {
        storage: table.storage().clone(),
        directory: table.bucket_path(&plan.key.partition, plan.key.bucket)?,
        names: FileNames::new(Uuid::new_v4().to_string()),
        prefix: table.options().get(&keys::DATA_FILE_PREFIX)?,
        written: Arc::clone(written),
        uploads: uploads.clone(),
    };
    let mut change = BucketChange {
        key: plan.key.clone(),
        total_buckets: plan.total_buckets,
        deletes: plan.upgrades().chain(plan.inputs()).cloned().collect(),
        adds: Vec::new(),
    };
    let mut spliced_rows = 0;
    for task in &plan.tasks {
        let rewritten = match task {
            Task::Upgrade(file) => {
                change.adds.push(Arc::new(file.upgrade(plan.output_level)?));
                continue;
            }
            Task::Rewrite(sections) => {
                let bucket = BucketWriter { table, columns: KeyValueColumns::new(table.schema())? };
                bucket.merge(plan, sections, &sink, control).await?
            }
            Task::Concat(files) => append::concat(table, plan, files, &sink, control).await?,
        };
        change.adds.extend(rewritten.files);
        spliced_rows += rewritten.spliced_rows;
    }
    Ok((change, spliced_rows))
}

struct BucketWriter<'a> {
    table: &'a Table,
    columns: KeyValueColumns,
}

impl BucketWriter<'_> {
    async fn merge(
        &self,
        plan: &BucketPlan,
        sections: &[FileSection],
        sink: &dyn Sink,
        control: &Control,
    ) -> Result<Rewritten> {
        let mut inputs = Vec::with_capacity(sections.len());
        for section in sections {
            inputs.push(self.section(plan, section).await?);
        }
        let rewrite = weir_columnar::merge(inputs, &self.merge_spec(plan)?, sink, control).await?;
        let now = local_now();
        let files: Result<Vec<_>> = rewrite
            .files
            .iter()
            .map(|file| {
                statistics::describe(
                    file,
                    self.table.schema(),
                    self.table.options(),
                    self.columns.first_value,
                    Some(plan.output_level),
                    now,
                )
                .map(Arc::new)
            })
            .collect();
        Ok(Rewritten { files: files?, spliced_rows: rewrite.spliced_rows })
    }

    async fn section(&self, plan: &BucketPlan, section: &FileSection) -> Result<Section> {
        let mut runs = Vec::with_capacity(section.len());
        for run in section {
            let mut files = Vec::with_capacity(run.len());
            for file in run {
                files.push(self.input(plan, file).await?);
            }
            runs.push(SortedRun { files });
        }
        Ok(Section { runs })
    }

    async fn input(&self, plan: &BucketPlan, file: &DataFileMeta) -> Result<InputFile> {
        let schema = self.table.schema_of(file.schema_id).await?;
        input_file(self.table, &plan.key, file, self.columns.sources(self.table.schema(), &schema)?)
    }

    fn merge_spec(&self, plan: &BucketPlan) -> Result<MergeSpec> {
        let (options, schema) = (self.table.options(), self.table.schema());
        let descending = options.get(&keys::SEQUENCE_FIELD_SORT_ORDER)? == SortOrder::Descending;
        let order_by = options
            .sequence_fields()?
            .iter()
            .map(|name| {
                Ok(OrderColumn { column: self.columns.first_value + position(schema, name)?, descending })
            })
            .collect::<Result<_>>()?;
        Ok(MergeSpec {
            schema: Arc::clone(&self.columns.message),
            key: self.columns.key.clone(),
            sequence: self.columns.sequence,
            kind: self.columns.kind,
            order_by,
            ignore_deletes: options.get(&keys::IGNORE_DELETE)?,
            drop_deletes: plan.drop_deletes,
            output: output_options(self.table, Some(plan.output_level))?,
        })
    }
}

fn position(schema: &TableSchema, name: &str) -> Result<usize> {
    schema.fields.iter().position(|field| field.name == name).ok_or_else(|| {
        Error::new(
            ErrorKind::Invalid,
            format!("sequence.field names the column {name}, which the table does not have"),
        )
    })
}

/// How output files look; those of append tables have no `level`.
pub(super) fn output_options(table: &Table, level: Option<i32>) -> Result<OutputOptions> {
    let options = table.options();
    let compression = match level {
        Some(level) => options.file_compression(level)?,
        None => options.get(&keys::FILE_COMPRESSION)?.to_ascii_lowercase(),
    };
    let codec = match compression.as_str() {
        "zstd" => Codec::Zstd(options.get(&keys::FILE_COMPRESSION_ZSTD_LEVEL)?),
        "snappy" => Codec::Snappy,
        "gzip" => Codec::Gzip(6),
        "lz4_raw" | "lz4" => Codec::Lz4Raw,
        "none" | "uncompressed" => Codec::None,
        other => {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("file.compression = {other} cannot be written; use zstd, snappy, gzip, lz4 or none"),
            ));
        }
    };
    let default = OutputOptions::default();
    Ok(OutputOptions {
        target_file_bytes: options.target_file_size(table.schema().has_primary_key())?.bytes(),
        row_group_bytes: options
            .find(&keys::FILE_BLOCK_SIZE)?
            .map_or(default.row_group_bytes, MemorySize::bytes),
        codec,
        ..default
    })
}

/// A data file of a bucket, to be read with these columns.
pub(super) fn input_file(
    table: &Table,
    key: &BucketKey,
    file: &DataFileMeta,
    columns: Vec<ColumnSource>,
) -> Result<InputFile> {
    let path = table.data_file_path(&key.partition, key.bucket, file)?;
    let size = u64::try_from(file.file_size)
        .map_err(|_| Error::corrupt(format!("file {path} has the size {}", file.file_size)))?;
    Ok(InputFile { source: Arc::new(TableFile(table.storage().staged(&path, size))), columns })
}

/// Now as `_CREATION_TIME` counts it: the local wall clock in milliseconds, as if it were UTC (format §4.4).
pub(crate) fn local_now() -> i64 {
    let now = jiff::Zoned::now();
    now.timestamp().as_millisecond() + i64::from(now.offset().seconds()) * 1000
}

/// A data file of the table.
struct TableFile(StagedObject);

#[async_trait]
impl Source for TableFile {
    fn name(&self) -> &str {
        self.0.path()
    }

    fn size(&self) -> u64 {
        self.0.size()
    }

    async fn read(&self, ranges: &[Range<u64>]) -> Result<Vec<Bytes>, BoxError> {
        Ok(self.0.read_ranges(ranges).await?)
    }
}

/// Makes data files in a bucket's directory.
struct BucketSink {
    storage: Storage,
    directory: String,
    names: FileNames,
    prefix: String,
    written: Arc<Mutex<Vec<String>>>,
    uploads: Uploads,
}

#[async_trait]
impl Sink for BucketSink {
    async fn create(&self) -> Result<Box<dyn OutputStream>, BoxError> {
        let name = self.names.data(&self.prefix, "parquet");
        let path = format!("{}/{name}", self.directory);
        self.written.lock().unwrap_or_else(PoisonError::into_inner).push(path.clone());
        let upload = self.storage.upload(&path)?;
        Ok(Box::new(DataFileStream { name, upload, uploads: self.uploads.clone() }))
    }
}

struct DataFileStream {
    name: String,
    upload: Upload,
    uploads: Uploads,
}

#[async_trait]
impl OutputStream for DataFileStream {
    fn name(&self) -> &str {
        &self.name
    }

    async fn write(&mut self, bytes: Bytes) -> Result<(), BoxError> {
        Ok(self.upload.write(bytes).await?)
    }

    async fn finish(self: Box<Self>) -> Result<u64, BoxError> {
        let bytes = self.upload.bytes();
        self.uploads.add(self.upload).await?;
        Ok(bytes)
    }

    async fn abort(self: Box<Self>) {
        self.upload.abort().await;
    }
}

/// The upload that is being completed while the next file is written; one at a time. Clones share it.
#[derive(Clone, Default)]
struct Uploads(Arc<tokio::sync::Mutex<Completing>>);

/// What came of the uploads so far.
#[derive(Default)]
struct Completing {
    /// The one that is being completed; none or one task.
    upload: JoinSet<weir_storage::Result<u64>>,
    /// The first upload that could not be completed.
    failed: Option<Error>,
}

impl Uploads {
    /// Completes an upload once the one before it is complete. It is given up when that one failed, which
    /// [`Uploads::finish`] tells of.
    async fn add(&self, upload: Upload) -> std::result::Result<(), BoxError> {
        let mut completing = self.0.lock().await;
        completing.wait().await;
        if completing.failed.is_some() {
            upload.abort().await;
            return Err("the file before it could not be completed".into());
        }
        completing.upload.spawn(upload.finish());
        Ok(())
    }

    /// Waits until nothing is being completed; the error of the first upload that failed.
    async fn finish(&self) -> Result<()> {
        let mut completing = self.0.lock().await;
        completing.wait().await;
        completing.failed.take().map_or(Ok(()), Err)
    }
}

impl Completing {
    async fn wait(&mut self) {
        while let Some(completed) = self.upload.join_next().await {
            let failed = match completed {
                Ok(Ok(_)) => continue,
                Ok(Err(error)) => Error::from(error),
                Err(error) => Error::internal(format!("completing an upload: {error}")),
            };
            self.failed.get_or_insert(failed);
        }
    }
}
