use std::fs::File;
use std::io::Write;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use parquet::file::reader::{FileReader, SerializedFileReader};
use weir_columnar::{
    BoxError, ColumnSource, Control, InputFile, MergeSpec, OutputOptions, OutputStream, Section, Sink,
    SortedRun, Source, merge,
};

use crate::AnyError;
use crate::usage::Usage;

/// Merges files of Paimon's key-value shape, each a sorted run, the last listed the newest. A memory of 0
/// MiB is no bound.
pub(crate) fn rewrite(
    directory: &Path,
    threads: NonZeroUsize,
    memory_mib: u64,
    files: &[PathBuf],
) -> Result<(), AnyError> {
    std::fs::create_dir_all(directory)?;
    let usage = Usage::start()?;
    let spec = spec(files.first().ok_or("no file to merge")?)?;
    let columns = |spec: &MergeSpec| {
        spec.schema.get_fields().iter().map(|field| ColumnSource::Named(field.name().to_owned())).collect()
    };
    let mut runs = Vec::new();
    for path in files {
        let source = Arc::new(FileSource::open(path)?);
        runs.push(SortedRun { files: vec![InputFile { source, columns: columns(&spec) }] });
    }
    let sink = DirectorySink { directory: directory.to_owned(), created: AtomicUsize::new(0) };
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let mut control = Control::new().with_threads(threads)?;
    if memory_mib > 0 {
        control = control.with_memory(memory_mib << 20);
    }
    let rewrite = runtime.block_on(merge(vec![Section { runs }], &spec, &sink, &control))?;
    let bytes: u64 = rewrite.files.iter().map(|file| file.bytes).sum();
    println!(
        r#"{{"rows":{},"output_rows":{},"output_files":{},"output_bytes":{bytes},"read_bytes":{},{}}}"#,
        rewrite.input_rows,
        rewrite.output_rows,
        rewrite.files.len(),
        rewrite.read_bytes,
        usage.json()?
    );
    Ok(())
}

fn spec(file: &Path) -> Result<MergeSpec, AnyError> {
    let reader = SerializedFileReader::new(File::open(file)?)?;
    let schema = reader.metadata().file_metadata().schema_descr().root_schema_ptr();
    let names: Vec<&str> = schema.get_fields().iter().map(|field| field.name()).collect();
    let position = |name: &str| {
        names.iter().position(|column| *column == name).ok_or_else(|| format!("{name} is missing"))
    };
    Ok(MergeSpec {
        key: (0..names.len()).filter(|column| names[*column].starts_with("_KEY_")).collect(),
        sequence: position("_SEQUENCE_NUMBER")?,
        kind: position("_VALUE_KIND")?,
        schema,
        order_by: Vec::new(),
        ignore_deletes: false,
        drop_deletes: true,
        output: OutputOptions::default(),
    })
}

struct FileSource {
    name: String,
    file: File,
    size: u64,
}

impl FileSource {
    fn open(path: &Path) -> Result<Self, AnyError> {
        let file = File::open(path)?;
        Ok(Self { name: path.display().to_string(), size: file.metadata()?.len(), file })
    }
}

#[async_trait]
impl Source for FileSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn size(&self) -> u64 {
        self.size
    }

    async fn read(&self, ranges: &[Range<u64>]) -> Result<Vec<Bytes>, BoxError> {
        ranges
            .iter()
            .map(|range| {
                let mut bytes = vec![0; usize::try_from(range.end - range.start)?];
                self.file.read_exact_at(&mut bytes, range.start)?;
                Ok(bytes.into())
            })
            .collect()
    }
}

struct DirectorySink {
    directory: PathBuf,
    created: AtomicUsize,
}

#[async_trait]
impl Sink for DirectorySink {
    async fn create(&self) -> Result<Box<dyn OutputStream>, BoxError> {
        let path =
            self.directory.join(format!("merged-{}.parquet", self.created.fetch_add(1, Ordering::Relaxed)));
        let file = File::create(&path)?;
        Ok(Box::new(FileStream { name: path.display().to_string(), path, file }))
    }
}

struct FileStream {
    name: String,
    path: PathBuf,
    file: File,
}

#[async_trait]
impl OutputStream for FileStream {
    fn name(&self) -> &str {
        &self.name
    }

    async fn write(&mut self, bytes: Bytes) -> Result<(), BoxError> {
        Ok(self.file.write_all(&bytes)?)
    }

    async fn finish(self: Box<Self>) -> Result<u64, BoxError> {
        Ok(self.file.metadata()?.len())
    }

    async fn abort(self: Box<Self>) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            eprintln!("{} stays behind: {error}", self.name);
        }
    }
}
