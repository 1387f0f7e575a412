use std::io;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{Field, Float32Type, Float64Type, Schema};
use bytes::Bytes;
use parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves,
};
use parquet::column::writer::{ColumnCloseResult, ColumnWriter, get_column_writer};
use parquet::data_type::Int96;
use parquet::errors::Result as ParquetResult;
use parquet::file::properties::WriterPropertiesPtr;
use parquet::file::statistics::Statistics;
use parquet::file::writer::{
    SerializedFileWriter, SerializedPageWriter, SerializedRowGroupWriter, TrackedWrite,
};
use parquet::schema::types::{ColumnDescPtr, Type};

use super::file::Buffer;
use crate::leaf::{Leaf, Physical};
use crate::{Error, Result};

/// Rows that are given to the low-level column writer at once.
const INT96_ROWS: usize = 8192;

/// Encodes one column of a row group.
pub(crate) struct ColumnEncoder {
    encoder: Encoder,
    rows: u64,
    nulls: u64,
    has_nan: bool,
}

enum Encoder {
    Arrow { writer: Box<ArrowColumnWriter>, field: Field },
    Int96(Int96Encoder),
}

/// An encoded column, ready to be appended to a row group.
pub(crate) struct EncodedColumn {
    pub(crate) rows: u64,
    pub(crate) nulls: u64,
    pub(crate) has_nan: bool,
    chunk: Chunk,
}

enum Chunk {
    Arrow(Box<ArrowColumnChunk>),
    /// Pages as they go into the file, offsets counted from the first of them.
    Raw {
        bytes: Bytes,
        close: Box<ColumnCloseResult>,
    },
}

/// Makes the encoders of one column.
#[derive(Clone)]
pub(crate) struct EncoderFactory {
    leaf: Leaf,
    properties: WriterPropertiesPtr,
    /// Of a file that has no other column.
    arrow: Arc<ArrowRowGroupWriterFactory>,
}

impl EncoderFactory {
    pub(crate) fn new(leaf: &Leaf, properties: &WriterPropertiesPtr) -> Result<Self> {
        let column = leaf.descriptor.self_type_ptr();
        let schema =
            Type::group_type_builder("column").with_fields(vec![column]).build().map_err(unencodable)?;
        let file = SerializedFileWriter::new(io::sink(), Arc::new(schema), Arc::clone(properties));
        let fields = Schema::new(vec![field(leaf)]);
        let arrow = ArrowRowGroupWriterFactory::new(&file.map_err(unencodable)?, Arc::new(fields));
        Ok(Self { leaf: leaf.clone(), properties: Arc::clone(properties), arrow: Arc::new(arrow) })
    }

    /// An encoder of the column's part of one row group.
    pub(crate) fn encoder(&self) -> Result<ColumnEncoder> {
        let encoder = if self.leaf.physical == Physical::Int96 {
            Encoder::Int96(Int96Encoder::new(&self.leaf.descriptor, &self.properties))
        } else {
            let writer = self.arrow.create_column_writers(0).map_err(unencodable)?.pop();
            let writer = writer.ok_or_else(|| Error::internal("a column has no writer"))?;
            Encoder::Arrow { writer: Box::new(writer), field: field(&self.leaf) }
        };
        Ok(ColumnEncoder { encoder, rows: 0, nulls: 0, has_nan: false })
    }
}

fn field(leaf: &Leaf) -> Field {
    Field::new(&leaf.path, leaf.arrow_type(), !leaf.required)
}

impl ColumnEncoder {
    /// Appends values.
    pub(crate) fn write(&mut self, array: &ArrayRef) -> Result<()> {
        self.rows += array.len() as u64;
        self.nulls += array.null_count() as u64;
        self.has_nan = self.has_nan || has_nan(array);
        match &mut self.encoder {
            Encoder::Arrow { writer, field } => compute_leaves(field, array)
                .and_then(|leaves| leaves.iter().try_for_each(|leaf| writer.write(leaf)))
                .map_err(unencodable),
            Encoder::Int96(encoder) => {
                encoder.push(array);
                Ok(())
            }
        }
    }

    /// Ends the column.
    pub(crate) fn close(self) -> Result<EncodedColumn> {
        let chunk = match self.encoder {
            Encoder::Arrow { writer, .. } => Chunk::Arrow(Box::new(writer.close().map_err(unencodable)?)),
            Encoder::Int96(encoder) => encoder.close().map_err(unencodable)?,
        };
        Ok(EncodedColumn { rows: self.rows, nulls: self.nulls, has_nan: self.has_nan, chunk })
    }
}

impl EncodedColumn {
    /// A column chunk of another file.
    pub(crate) fn copied(
        rows: u64,
        nulls: u64,
        may_have_nan: bool,
        bytes: Bytes,
        close: ColumnCloseResult,
    ) -> Self {
        Self { rows, nulls, has_nan: may_have_nan, chunk: Chunk::Raw { bytes, close: Box::new(close) } }
    }

    /// The statistics that the footer will carry.
    pub(crate) fn statistics(&self) -> Option<&Statistics> {
        match &self.chunk {
            Chunk::Arrow(chunk) => chunk.close().metadata.statistics(),
            Chunk::Raw { close, .. } => close.metadata.statistics(),
        }
    }

    /// Appends the column to a row group; columns come in the order of the schema.
    pub(crate) fn append(self, row_group: &mut SerializedRowGroupWriter<'_, Buffer>) -> Result<()> {
        match self.chunk {
            Chunk::Arrow(chunk) => chunk.append_to_row_group(row_group),
            Chunk::Raw { bytes, close } => row_group.append_column(&bytes, *close),
        }
        .map_err(unencodable)
    }
}

/// Encodes INT96 through the low-level writer, because arrow has no type for it.
struct Int96Encoder {
    descriptor: ColumnDescPtr,
    properties: WriterPropertiesPtr,
    values: Vec<Int96>,
    levels: Vec<i16>,
}

impl Int96Encoder {
    fn new(descriptor: &ColumnDescPtr, properties: &WriterPropertiesPtr) -> Self {
        Self {
            descriptor: Arc::clone(descriptor),
            properties: Arc::clone(properties),
            values: Vec::new(),
            levels: Vec::new(),
        }
    }

    fn push(&mut self, array: &ArrayRef) {
        for value in array.as_fixed_size_binary() {
            self.levels.push(i16::from(value.is_some()));
            self.values.extend(value.map(int96));
        }
    }

    fn close(self) -> ParquetResult<Chunk> {
        let mut sink = TrackedWrite::new(Vec::new());
        let pages = Box::new(SerializedPageWriter::new(&mut sink));
        let mut writer = get_column_writer(Arc::clone(&self.descriptor), self.properties, pages);
        if let ColumnWriter::Int96ColumnWriter(typed) = &mut writer {
            let optional = self.descriptor.max_def_level() > 0;
            let mut at = 0;
            for levels in self.levels.chunks(INT96_ROWS) {
                let present = levels.iter().filter(|level| **level > 0).count();
                let values = &self.values[at..at + present];
                typed.write_batch(values, optional.then_some(levels), None)?;
                at += present;
            }
        }
        let close = Box::new(writer.close()?);
        Ok(Chunk::Raw { bytes: sink.into_inner()?.into(), close })
    }
}

fn int96(stored: &[u8]) -> Int96 {
    let word = |at: usize| {
        let mut word = [0; 4];
        word.copy_from_slice(&stored[at..at + 4]);
        u32::from_le_bytes(word)
    };
    let mut value = Int96::new();
    value.set_data(word(0), word(4), word(8));
    value
}

fn has_nan(array: &ArrayRef) -> bool {
    // The values of null rows are looked at too, which is fast, and only believed when they are not
    // null.
    if let Some(floats) = array.as_primitive_opt::<Float32Type>() {
        return floats.values().iter().any(|value| value.is_nan())
            && floats.iter().flatten().any(f32::is_nan);
    }
    if let Some(doubles) = array.as_primitive_opt::<Float64Type>() {
        return doubles.values().iter().any(|value| value.is_nan())
            && doubles.iter().flatten().any(f64::is_nan);
    }
    false
}

fn unencodable(error: parquet::errors::ParquetError) -> Error {
    Error::internal("the column cannot be encoded").with_source(error)
}
