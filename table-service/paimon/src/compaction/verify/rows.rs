//! The rows of a sorted run, one after the other, through Parquet's record reader.

use std::collections::VecDeque;
use std::fmt::Write;
use std::io::Cursor;
use std::sync::Arc;

use arrow::util::display::array_value_to_string;
use bytes::Bytes;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::{
    ColumnChunkMetaData, ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData,
};
use parquet::file::reader::{ChunkReader, Length};
use weir_columnar::ColumnSource;

use super::layout::{Decoded, Layout};
use crate::{Error, Result, Table};

/// Rows that are decoded at a time.
pub(super) const BATCH_ROWS: usize = 1024;

/// Columns by which a row without a key is told.
const SHOWN_COLUMNS: usize = 5;

/// Bytes at the end of a Parquet file: length of the footer, and a magic word.
const TAIL: u64 = 8;

/// A data file on storage.
pub(super) struct StoredFile {
    pub(super) path: String,
    pub(super) size: u64,
    pub(super) schema_id: i64,
}

/// The rows of the files of a run.
pub(super) struct RunRows<'a> {
    table: &'a Table,
    layout: &'a Layout,
    is_output: bool,
    files: VecDeque<StoredFile>,
    open: Option<OpenFile>,
    batch: Option<Arc<Decoded>>,
    position: usize,
}

/// A file that is being read.
struct OpenFile {
    file: StoredFile,
    sources: Vec<ColumnSource>,
    metadata: ArrowReaderMetadata,
    next_group: usize,
    reader: Option<ParquetRecordBatchReader>,
}

/// One row; cheap to keep.
#[derive(Clone)]
pub(super) struct Head {
    batch: Arc<Decoded>,
    position: usize,
}

impl Head {
    /// All columns, as bytes that are equal when the rows are.
    pub(super) fn row(&self) -> &[u8] {
        self.batch.whole.row(self.position).data()
    }

    /// The key, as bytes in the order of keys; none without a key.
    pub(super) fn key(&self) -> &[u8] {
        self.batch.key.as_ref().map_or(&[], |key| key.row(self.position).data())
    }

    /// What decides between records of one key: the greatest wins.
    pub(super) fn rank(&self) -> (&[u8], i64, bool) {
        let order = self.batch.order.as_ref().map_or(&[][..], |order| order.row(self.position).data());
        (order, self.batch.sequence.value(self.position), !self.is_delete())
    }

    /// Whether the record is a -U or -D.
    pub(super) fn is_delete(&self) -> bool {
        self.batch.kind.value(self.position) % 2 == 1
    }

    /// Key, sequence number and kind, or the first columns of a row without a key, for people.
    pub(super) fn shown(&self) -> String {
        let has_key = self.batch.key.is_some();
        let (mut text, columns) =
            if has_key { ("key (".to_owned(), self.batch.keys) } else { ("row (".to_owned(), SHOWN_COLUMNS) };
        for (i, column) in self.batch.columns.iter().take(columns).enumerate() {
            let value = array_value_to_string(column, self.position).unwrap_or_else(|_| "?".to_owned());
            // Writing to a string cannot fail.
            let _ = write!(text, "{}{value}", if i > 0 { ", " } else { "" });
        }
        if !has_key {
            text.push(')');
            return text;
        }
        let (sequence, kind) =
            (self.batch.sequence.value(self.position), self.batch.kind.value(self.position));
        let _ = write!(text, ") with sequence number {sequence} and kind {kind}");
        text
    }
}

impl<'a> RunRows<'a> {
    pub(super) fn of_inputs(table: &'a Table, layout: &'a Layout, files: VecDeque<StoredFile>) -> Self {
        Self { table, layout, is_output: false, files, open: None, batch: None, position: 0 }
    }

    pub(super) fn of_outputs(table: &'a Table, layout: &'a Layout, files: VecDeque<StoredFile>) -> Self {
        Self { is_output: true, ..Self::of_inputs(table, layout, files) }
    }

    /// The next row; `None` at the end.
    pub(super) async fn head(&mut self) -> Result<Option<Head>> {
        loop {
            if let Some(batch) = &self.batch
                && self.position < batch.sequence.len()
            {
                return Ok(Some(Head { batch: Arc::clone(batch), position: self.position }));
            }
            self.batch = self.next_batch().await?.map(Arc::new);
            self.position = 0;
            if self.batch.is_none() {
                return Ok(None);
            }
        }
    }

    /// Passes the next row.
    pub(super) async fn advance(&mut self) -> Result<()> {
        let before = self.head().await?;
        self.position += 1;
        if let (Some(before), Some(next)) = (before, self.head().await?)
            && before.batch.key.is_some()
            && before.key() >= next.key()
        {
            let path = self.open.as_ref().map_or("a file", |open| open.file.path.as_str());
            return Err(Error::corrupt(format!(
                "verification failed, nothing was committed: {path} does not ascend by key at {}",
                next.shown()
            )));
        }
        Ok(())
    }

    async fn next_batch(&mut self) -> Result<Option<Decoded>> {
        loop {
            let Some(open) = &mut self.open else {
                let Some(file) = self.files.pop_front() else { return Ok(None) };
                self.open = Some(self.open(file).await?);
                continue;
            };
            if let Some(batch) = open.reader.as_mut().and_then(Iterator::next) {
                let decoded = batch
                    .map_err(|error| error.to_string())
                    .and_then(|batch| self.layout.decode(&batch, &open.sources));
                return decoded.map(Some).map_err(|error| unreadable(&open.file.path, &error));
            }
            open.reader = open.next_reader(self.table).await?;
            if open.reader.is_none() {
                self.open = None;
            }
        }
    }

    async fn open(&self, file: StoredFile) -> Result<OpenFile> {
        let sources = if self.is_output {
            self.layout.sources_of_output()
        } else {
            let schema = self.table.schema_of(file.schema_id).await?;
            self.layout.sources_of_input(self.table.schema(), &schema)?
        };
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let metadata = ArrowReaderMetadata::try_new(Arc::new(footer(self.table, &file).await?), options)
            .map_err(|error| unreadable(&file.path, &error))?;
        Ok(OpenFile { file, sources, metadata, next_group: 0, reader: None })
    }
}

impl OpenFile {
    /// The rows of the next row group; `None` after the last.
    async fn next_reader(&mut self, table: &Table) -> Result<Option<ParquetRecordBatchReader>> {
        let (path, group) = (&self.file.path, self.next_group);
        let metadata = Arc::clone(self.metadata.metadata());
        let Some(columns) = metadata.row_groups().get(group).map(RowGroupMetaData::columns) else {
            return Ok(None);
        };
        let ranges = columns.iter().map(ColumnChunkMetaData::byte_range);
        let (start, end) = ranges.fold((u64::MAX, 0), |(start, end), (offset, length)| {
            (start.min(offset), end.max(offset.saturating_add(length)))
        });
        if start > end || end > self.file.size {
            return Err(unreadable(path, &"a row group lies outside of the file"));
        }
        let bytes = read(table, path, start, end).await?;
        let window = Window { start, bytes, file_size: self.file.size };
        self.next_group += 1;
        ParquetRecordBatchReaderBuilder::new_with_metadata(window, self.metadata.clone())
            .with_row_groups(vec![group])
            .with_batch_size(BATCH_ROWS)
            .build()
            .map(Some)
            .map_err(|error| unreadable(path, &error))
    }
}

pub(super) async fn footer(table: &Table, file: &StoredFile) -> Result<ParquetMetaData> {
    let too_short = || unreadable(&file.path, &"it is too short");
    let tail_start = file.size.checked_sub(TAIL).ok_or_else(too_short)?;
    let tail = read(table, &file.path, tail_start, file.size).await?;
    let length = tail.first_chunk::<4>().map(|length| u64::from(u32::from_le_bytes(*length)));
    let start = length.and_then(|length| tail_start.checked_sub(length)).ok_or_else(too_short)?;
    let content = read(table, &file.path, start, tail_start).await?;
    ParquetMetaDataReader::decode_metadata(&content).map_err(|error| unreadable(&file.path, &error))
}

async fn read(table: &Table, path: &str, start: u64, end: u64) -> Result<Bytes> {
    let parts = table.storage().read_ranges(path, std::slice::from_ref(&(start..end))).await?;
    parts.into_iter().next().ok_or_else(|| unreadable(path, &"the store answered with nothing"))
}

fn unreadable(path: &str, error: &impl std::fmt::Display) -> Error {
    Error::corrupt(format!("verification failed, nothing was committed: {path} cannot be read: {error}"))
}

/// A part of a file that is in memory.
struct Window {
    start: u64,
    bytes: Bytes,
    file_size: u64,
}

impl Window {
    fn from(&self, start: u64) -> Result<Bytes, ParquetError> {
        let offset = start.checked_sub(self.start).and_then(|offset| usize::try_from(offset).ok());
        offset
            .filter(|offset| *offset <= self.bytes.len())
            .map(|offset| self.bytes.slice(offset..))
            .ok_or_else(|| ParquetError::General(format!("byte {start} lies outside of the row group")))
    }
}

impl Length for Window {
    fn len(&self) -> u64 {
        self.file_size
    }
}

impl ChunkReader for Window {
    type T = Cursor<Bytes>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        self.from(start).map(Cursor::new)
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let bytes = self.from(start)?;
        if bytes.len() < length {
            return Err(ParquetError::General(format!("{length} bytes at {start} exceed the row group")));
        }
        Ok(bytes.slice(..length))
    }
}
