use std::sync::Arc;

use arrow::array::{ArrayRef, FixedSizeBinaryBuilder};
use parquet::column::page::PageReader;
use parquet::column::reader::ColumnReaderImpl;
use parquet::data_type::{Int96, Int96Type};
use parquet::errors::{ParquetError, Result};
use parquet::schema::types::ColumnDescPtr;

use super::pages::Chunks;
use crate::leaf::INT96_BYTES;

/// Reads INT96 leaves as the bytes that are stored, because every arrow timestamp holds fewer
/// years than the type.
pub(crate) struct Int96Reader {
    chunks: Chunks,
    descriptor: ColumnDescPtr,
    current: Option<ColumnReaderImpl<Int96Type>>,
    /// Rows of the first chunk before the first wanted one.
    skip: usize,
    remaining: usize,
    batch_rows: usize,
}

impl Int96Reader {
    pub(crate) fn new(
        chunks: Chunks,
        descriptor: ColumnDescPtr,
        skip: usize,
        rows: usize,
        batch_rows: usize,
    ) -> Self {
        Self { chunks, descriptor, current: None, skip, remaining: rows, batch_rows }
    }

    /// The next rows, at most a batch; `None` after the last.
    pub(crate) fn next_batch(&mut self) -> Result<Option<ArrayRef>> {
        let wanted = self.remaining.min(self.batch_rows);
        if wanted == 0 {
            return Ok(None);
        }
        let mut builder = FixedSizeBinaryBuilder::with_capacity(wanted, INT96_BYTES);
        let mut read = 0;
        while read < wanted {
            read += self.read_from_chunk(wanted - read, &mut builder)?;
        }
        self.remaining -= read;
        Ok(Some(Arc::new(builder.finish())))
    }

    fn read_from_chunk(&mut self, rows: usize, builder: &mut FixedSizeBinaryBuilder) -> Result<usize> {
        let reader = if let Some(reader) = &mut self.current {
            reader
        } else {
            let pages: Box<dyn PageReader> = self.chunks.next().ok_or_else(ended)??;
            let mut reader = ColumnReaderImpl::new(ColumnDescPtr::clone(&self.descriptor), pages);
            let skip = std::mem::take(&mut self.skip);
            if reader.skip_records(skip)? != skip {
                return Err(ended());
            }
            self.current.insert(reader)
        };
        let mut levels = Vec::new();
        let mut values: Vec<Int96> = Vec::with_capacity(rows);
        let (records, _, _) = reader.read_records(rows, Some(&mut levels), None, &mut values)?;
        if records == 0 {
            self.current = None;
            return Ok(0);
        }
        if self.descriptor.max_def_level() == 0 {
            for value in &values {
                builder.append_value(stored(value))?;
            }
        } else {
            let mut values = values.iter();
            for level in levels {
                match (level > 0).then(|| values.next()).flatten() {
                    Some(value) => builder.append_value(stored(value))?,
                    None => builder.append_null(),
                }
            }
        }
        Ok(records)
    }
}

fn stored(value: &Int96) -> [u8; 12] {
    let mut bytes = [0; 12];
    for (word, part) in value.data().iter().zip(bytes.chunks_exact_mut(4)) {
        part.copy_from_slice(&word.to_le_bytes());
    }
    bytes
}

fn ended() -> ParquetError {
    ParquetError::EOF("the column ends before its rows".to_owned())
}
