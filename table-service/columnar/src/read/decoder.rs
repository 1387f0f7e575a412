use std::cell::Cell;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, new_null_array};
use arrow::datatypes::{DataType, Field, Fields};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, RowGroups, RowSelection, RowSelector};
use parquet::arrow::{FieldLevels, ProjectionMask, parquet_to_arrow_field_levels};
use parquet::basic::{Encoding, Repetition};
use parquet::column::page::PageIterator;
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, RowGroupMetaData};
use parquet::schema::types::{SchemaDescriptor, Type};

use super::fetch::Fetched;
use super::guard::guarded;
use super::input::{InputColumn, OpenInput};
use super::int96::Int96Reader;
use super::pages::{Chunks, LeafBytes, open_chunk};
use crate::leaf::{Leaf, Physical};
use crate::{Error, Result};

/// Decodes consecutive rows of one file for one output column, in the output leaf's arrow type.
///
/// The bytes of a batch must have been fetched before it is decoded.
pub(crate) struct ColumnDecoder {
    file: Arc<OpenInput>,
    column: usize,
    required: bool,
    path: String,
    remaining: u64,
    /// Rows that come before the first wanted one.
    unwanted: usize,
    reader: LeafReader,
}

enum LeafReader {
    Arrow(Box<ParquetRecordBatchReader>),
    Int96(Box<Int96Reader>),
    Null { arrow_type: DataType, batch_rows: usize },
}

impl ColumnDecoder {
    /// Opens `column` at the first of `rows`, over fetched bytes.
    pub(crate) fn open(
        bytes: &Fetched,
        column: usize,
        output: &Leaf,
        rows: &Range<u64>,
        batch_rows: usize,
    ) -> Result<Self> {
        let file = bytes.file();
        let (reader, unwanted) = match file.column(column) {
            None => (LeafReader::Null { arrow_type: output.arrow_type(), batch_rows }, 0),
            Some(input) => guarded(|| open_leaf(bytes, input, rows, batch_rows))
                .map_err(|error| undecodable(file, &input.leaf.path, error))?,
        };
        Ok(Self {
            file: Arc::clone(file),
            column,
            required: output.required,
            path: file.column(column).map_or_else(|| output.path.clone(), |input| input.leaf.path.clone()),
            remaining: rows.end - rows.start,
            unwanted,
            reader,
        })
    }

    /// The next rows, at most a batch; `None` after the last.
    pub(crate) fn next_batch(&mut self) -> Result<Option<ArrayRef>> {
        if self.remaining == 0 {
            return Ok(None);
        }
        let array = loop {
            let array =
                guarded(|| self.decode()).map_err(|error| undecodable(&self.file, &self.path, error))?;
            let Some(array) = array.filter(|array| !array.is_empty()) else {
                return Err(self.place(Error::corrupt("the column ends before its rows")));
            };
            let unwanted = self.unwanted.min(array.len());
            self.unwanted -= unwanted;
            if unwanted < array.len() {
                break array.slice(unwanted, array.len() - unwanted);
            }
        };
        self.remaining = self.remaining.saturating_sub(array.len() as u64);
        let array = match self.file.column(self.column) {
            Some(input) => input
                .conversion
                .apply(array)
                .map_err(|why| self.place(Error::corrupt(format!("a value cannot be converted: {why}"))))?,
            None => array,
        };
        if self.required && array.null_count() > 0 {
            return Err(self.place(Error::corrupt("a value is null where the output allows none")));
        }
        Ok(Some(array))
    }

    fn decode(&mut self) -> ParquetResult<Option<ArrayRef>> {
        match &mut self.reader {
            LeafReader::Arrow(reader) => match reader.next() {
                Some(batch) => Ok(batch?.columns().first().map(Arc::clone)),
                None => Ok(None),
            },
            LeafReader::Int96(reader) => reader.next_batch(),
            LeafReader::Null { arrow_type, batch_rows } => {
                let rows = usize::try_from(self.remaining).unwrap_or(usize::MAX).min(*batch_rows);
                Ok(Some(new_null_array(arrow_type, rows)))
            }
        }
    }

    fn place(&self, error: Error) -> Error {
        error.with_file(self.file.name()).with_column(&self.path)
    }
}

fn undecodable(file: &OpenInput, path: &str, error: ParquetError) -> Error {
    let kind = match error {
        ParquetError::NYI(_) => Error::unsupported("the column's layout cannot be decoded"),
        _ => Error::corrupt("the column cannot be decoded"),
    };
    kind.with_file(file.name()).with_column(path).with_source(error)
}

fn open_leaf(
    fetched: &Fetched,
    input: &InputColumn,
    rows: &Range<u64>,
    batch_rows: usize,
) -> ParquetResult<(LeafReader, usize)> {
    let file = fetched.file();
    let bytes = LeafBytes { bytes: fetched.clone(), leaf: input.index };
    let mut groups = file.row_groups(rows).into_iter();
    let (first, skip) = match groups.next() {
        Some((row_group, part)) => {
            let (pages, skip) = open_chunk(&bytes, row_group, part.start)?;
            (Some(pages), skip)
        }
        None => (None, 0),
    };
    let chunks = Chunks { bytes, first, rest: groups.map(|(row_group, _)| row_group).collect() };
    let count = |rows: u64| {
        usize::try_from(rows).map_err(|_| ParquetError::General(format!("{rows} rows are too many")))
    };
    let (skip, rows) = (count(skip)?, count(rows.end - rows.start)?);
    if input.leaf.physical == Physical::Int96 {
        let descriptor = Arc::clone(&input.leaf.descriptor);
        let reader = Int96Reader::new(chunks, descriptor, skip, rows, batch_rows);
        return Ok((LeafReader::Int96(Box::new(reader)), 0));
    }
    // The library's decoder of delta encodings fails to skip over some valid values (parquet 60.1:
    // "delta*n overflow in skip"), so they are decoded and left out instead.
    let unwanted = if is_delta_encoded(file, input) { skip } else { 0 };
    let selection =
        RowSelection::from(vec![RowSelector::skip(skip - unwanted), RowSelector::select(rows + unwanted)]);
    let groups = OneLeaf { chunks: Cell::new(Some(chunks)), file: Arc::clone(file), rows: skip + rows };
    let reader = ParquetRecordBatchReader::try_new_with_row_groups(
        &bare_levels(&input.leaf)?,
        &groups,
        batch_rows,
        Some(selection),
    )?;
    Ok((LeafReader::Arrow(Box::new(reader)), unwanted))
}

fn is_delta_encoded(file: &OpenInput, input: &InputColumn) -> bool {
    let chunks = file.metadata().row_groups().iter().map(|group| group.column(input.index));
    chunks.flat_map(ColumnChunkMetaData::encodings).any(|encoding| {
        matches!(
            encoding,
            Encoding::DELTA_BINARY_PACKED | Encoding::DELTA_LENGTH_BYTE_ARRAY | Encoding::DELTA_BYTE_ARRAY
        )
    })
}

/// The leaf without its annotations, so that it decodes to its physical type.
fn bare_levels(leaf: &Leaf) -> ParquetResult<FieldLevels> {
    let repetition = if leaf.required { Repetition::REQUIRED } else { Repetition::OPTIONAL };
    let column = Type::primitive_type_builder("column", leaf.descriptor.physical_type())
        .with_repetition(repetition)
        .with_length(leaf.descriptor.type_length())
        .build()?;
    let message = Type::group_type_builder("message").with_fields(vec![Arc::new(column)]).build()?;
    let hint = Fields::from(vec![Field::new("column", leaf.arrow_type(), !leaf.required)]);
    parquet_to_arrow_field_levels(
        &SchemaDescriptor::new(Arc::new(message)),
        ProjectionMask::all(),
        Some(&hint),
    )
}

/// One leaf of some row groups, presented as a file of one column.
struct OneLeaf {
    chunks: Cell<Option<Chunks>>,
    file: Arc<OpenInput>,
    rows: usize,
}

impl RowGroups for OneLeaf {
    fn num_rows(&self) -> usize {
        self.rows
    }

    fn column_chunks(&self, _column: usize) -> ParquetResult<Box<dyn PageIterator>> {
        match self.chunks.take() {
            Some(chunks) => Ok(Box::new(chunks)),
            None => Err(ParquetError::General("a column is read once only".to_owned())),
        }
    }

    fn row_groups(&self) -> Box<dyn Iterator<Item = &RowGroupMetaData> + '_> {
        Box::new(self.file.metadata().row_groups().iter())
    }

    fn metadata(&self) -> &ParquetMetaData {
        self.file.metadata()
    }
}
