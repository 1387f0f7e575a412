use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterPropertiesPtr;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::TypePtr;

use super::encoder::EncodedColumn;
use super::statistics::StatisticsBuilder;
use crate::leaf::Leaf;
use crate::plan::Unit;
use crate::{Error, OutputFile, OutputStream, Result, Sink, Value};

/// Bytes that are handed to the stream at once.
const WRITE_BYTES: usize = 1 << 20;

/// Encoded bytes on their way from the Parquet writer to a stream, in pieces of [`WRITE_BYTES`].
#[derive(Clone, Default)]
pub(crate) struct Buffer(Arc<Mutex<VecDeque<Vec<u8>>>>);

impl Buffer {
    /// The first piece, if it is full or the bytes end with it.
    fn take(&self, is_last: bool) -> Option<Bytes> {
        let mut pieces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_ready = is_last || pieces.front().is_some_and(|piece| piece.len() >= WRITE_BYTES);
        is_ready.then(|| pieces.pop_front()).flatten().map(Bytes::from)
    }
}

impl io::Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut pieces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut rest = bytes;
        while !rest.is_empty() {
            match pieces.back_mut().filter(|piece| piece.len() < WRITE_BYTES) {
                Some(piece) => {
                    let (fitting, after) = rest.split_at(rest.len().min(WRITE_BYTES - piece.len()));
                    piece.extend_from_slice(fitting);
                    rest = after;
                }
                None => pieces.push_back(Vec::with_capacity(WRITE_BYTES)),
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes the output files of a rewrite, one after the other.
pub(crate) struct Output<'a> {
    sink: &'a dyn Sink,
    schema: TypePtr,
    columns: usize,
    properties: WriterPropertiesPtr,
    open: Option<OpenOutput>,
    files: Vec<OutputFile>,
}

/// An output file that takes row groups.
pub(crate) struct OpenOutput {
    writer: SerializedFileWriter<Buffer>,
    target: Target,
    statistics: Vec<StatisticsBuilder>,
    rows: u64,
    deletes: u64,
    sequences: Option<(i64, i64)>,
    first_key: Vec<Option<Value>>,
    last_key: Vec<Option<Value>>,
    last_row_group_bytes: u64,
}

/// Where the bytes of an open file go.
pub(crate) struct Target {
    stream: Box<dyn OutputStream>,
    buffer: Buffer,
    written: u64,
}

impl Target {
    /// Bytes given to the stream so far.
    pub(crate) fn written(&self) -> u64 {
        self.written
    }

    /// Hands full pieces of encoded bytes to the stream.
    pub(crate) async fn drain(&mut self) -> Result<()> {
        self.write(false).await
    }

    async fn write(&mut self, all: bool) -> Result<()> {
        while let Some(bytes) = self.buffer.take(all) {
            self.written += bytes.len() as u64;
            self.stream
                .write(bytes)
                .await
                .map_err(|error| Error::io("writing an output file", error).with_file(self.stream.name()))?;
        }
        Ok(())
    }
}

impl<'a> Output<'a> {
    pub(crate) fn new(
        sink: &'a dyn Sink,
        schema: &TypePtr,
        columns: usize,
        properties: WriterPropertiesPtr,
    ) -> Self {
        Self { sink, schema: Arc::clone(schema), columns, properties, open: None, files: Vec::new() }
    }

    /// The file that takes the next row group.
    pub(crate) async fn open_file(&mut self) -> Result<&mut OpenOutput> {
        let open = match self.open.take() {
            Some(open) => open,
            None => self.create().await?,
        };
        Ok(self.open.insert(open))
    }

    /// Bytes of the files that are finished.
    pub(crate) fn finished_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// Bytes given to streams so far.
    pub(crate) fn written_bytes(&self) -> u64 {
        self.finished_bytes() + self.open.as_ref().map_or(0, |open| open.target.written)
    }

    /// Closes the open file when another row group would take it further from the target size.
    pub(crate) async fn roll(&mut self, target_bytes: u64) -> Result<()> {
        let is_near = self
            .open
            .as_ref()
            .is_some_and(|open| open.bytes() + open.last_row_group_bytes / 2 >= target_bytes);
        if is_near { self.finish_file().await } else { Ok(()) }
    }

    /// Closes the last file; returns all files.
    pub(crate) async fn finish(&mut self) -> Result<Vec<OutputFile>> {
        self.finish_file().await?;
        Ok(std::mem::take(&mut self.files))
    }

    /// Gives the open file up.
    pub(crate) async fn abort(&mut self) {
        if let Some(open) = self.open.take() {
            open.target.stream.abort().await;
        }
    }

    async fn create(&mut self) -> Result<OpenOutput> {
        let stream = self.sink.create().await.map_err(|error| Error::io("creating an output file", error))?;
        let buffer = Buffer::default();
        let writer =
            SerializedFileWriter::new(buffer.clone(), Arc::clone(&self.schema), Arc::clone(&self.properties));
        let writer = match writer {
            Ok(writer) => writer,
            Err(error) => {
                stream.abort().await;
                return Err(unwritable(error));
            }
        };
        Ok(OpenOutput {
            writer,
            target: Target { stream, buffer, written: 0 },
            statistics: vec![StatisticsBuilder::default(); self.columns],
            rows: 0,
            deletes: 0,
            sequences: None,
            first_key: Vec::new(),
            last_key: Vec::new(),
            last_row_group_bytes: 0,
        })
    }

    async fn finish_file(&mut self) -> Result<()> {
        let Some(open) = &mut self.open else { return Ok(()) };
        open.writer.finish().map_err(unwritable)?;
        open.target.write(true).await?;
        // From here on the stream is not aborted any more: finishing is the sink's own affair.
        let Some(open) = self.open.take() else { return Ok(()) };
        let name = open.target.stream.name().to_owned();
        let bytes = open
            .target
            .stream
            .finish()
            .await
            .map_err(|error| Error::io("finishing an output file", error).with_file(&name))?;
        if bytes != open.target.written {
            return Err(Error::io(
                "finishing an output file",
                format!("{} bytes were written, the file has {bytes}", open.target.written).into(),
            )
            .with_file(&name));
        }
        let (min_sequence, max_sequence) = open.sequences.unwrap_or_default();
        self.files.push(OutputFile {
            name,
            bytes,
            rows: open.rows,
            deletes: open.deletes,
            min_sequence,
            max_sequence,
            first_key: open.first_key,
            last_key: open.last_key,
            columns: open.statistics.into_iter().map(StatisticsBuilder::build).collect(),
        });
        Ok(())
    }
}

impl OpenOutput {
    /// The statistics that the columns of the open row group are added to.
    pub(crate) fn parts(
        &mut self,
    ) -> (&mut SerializedFileWriter<Buffer>, &mut Target, &mut [StatisticsBuilder]) {
        (&mut self.writer, &mut self.target, &mut self.statistics)
    }

    /// Takes over what is known of a unit whose row group is complete.
    pub(crate) fn add_unit(&mut self, unit: &Unit, bytes_before: u64) {
        self.rows += unit.rows() as u64;
        self.deletes += unit.deletes;
        if let Some((least, greatest)) = unit.sequences {
            let (min, max) = self.sequences.unwrap_or((least, greatest));
            self.sequences = Some((min.min(least), max.max(greatest)));
        }
        if self.first_key.is_empty() {
            self.first_key.clone_from(&unit.first_key);
        }
        self.last_key.clone_from(&unit.last_key);
        self.last_row_group_bytes = self.bytes() - bytes_before;
    }

    /// Bytes of the file so far, written or on their way.
    pub(crate) fn bytes(&self) -> u64 {
        self.writer.bytes_written() as u64
    }
}

/// Adds a column to the statistics of its file.
pub(crate) fn add_statistics(builder: &mut StatisticsBuilder, leaf: &Leaf, column: &EncodedColumn) {
    builder.add(leaf, column.statistics(), column.rows, column.nulls, column.has_nan);
}

pub(crate) fn unwritable(error: ParquetError) -> Error {
    Error::internal("an output file cannot be assembled").with_source(error)
}
