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
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::{ColumnChunkMetaData, ColumnChunkMetaDataBuilder};
use parquet::file::properties::WriterPropertiesPtr;
use parquet::file::statistics::Statistics;
use parquet::file::writer::{
    SerializedFileWriter, SerializedPageWriter, SerializedRowGroupWriter, TrackedWrite,
};
use parquet::schema::types::{ColumnDescPtr, Type, TypePtr};

use super::file::Buffer;
use crate::leaf::{Leaf, Physical};
use crate::{Error, Result};

/// Rows that are given to the low-level column writer at once.
const INT96_ROWS: usize = 8192;

/// Bytes that a file begins with.
const MAGIC: usize = 4;

/// Encodes one column of a row group.
pub(crate) struct ColumnEncoder {
    encoder: Encoder,
    /// Set when another column takes the same bytes.
    scratch: Option<Scratch>,
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
    scratch: Option<Scratch>,
}

/// What a file is made with that takes a column's bytes and is never read.
#[derive(Clone)]
struct Scratch {
    schema: TypePtr,
    properties: WriterPropertiesPtr,
}

impl EncoderFactory {
    /// For a column; `is_repeated` says that another one takes the same bytes, see [`EncodedColumn::repeated`].
    pub(crate) fn new(leaf: &Leaf, properties: &WriterPropertiesPtr, is_repeated: bool) -> Result<Self> {
        let column = leaf.descriptor.self_type_ptr();
        let schema =
            Type::group_type_builder("column").with_fields(vec![column]).build().map_err(unencodable)?;
        let schema = Arc::new(schema);
        let file = SerializedFileWriter::new(io::sink(), Arc::clone(&schema), Arc::clone(properties));
        let fields = Schema::new(vec![field(leaf)]);
        let arrow = ArrowRowGroupWriterFactory::new(&file.map_err(unencodable)?, Arc::new(fields));
        let scratch = is_repeated.then(|| Scratch { schema, properties: Arc::clone(properties) });
        Ok(Self { leaf: leaf.clone(), properties: Arc::clone(properties), arrow: Arc::new(arrow), scratch })
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
        let scratch = self.scratch.clone();
        Ok(ColumnEncoder { encoder, scratch, rows: 0, nulls: 0, has_nan: false })
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
            Encoder::Arrow { writer, .. } => {
                let chunk = writer.close().map_err(unencodable)?;
                match self.scratch {
                    Some(scratch) => scratch.raw(chunk).map_err(unencodable)?,
                    None => Chunk::Arrow(Box::new(chunk)),
                }
            }
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

    /// The same values as another column: its pages, under the name of `leaf`. Of an encoder that was made for it, with
    /// the properties of the other column, and without a dictionary.
    pub(crate) fn repeated(&self, leaf: &Leaf) -> Result<Self> {
        let Chunk::Raw { bytes, close } = &self.chunk else {
            return Err(Error::internal("a column cannot be repeated"));
        };
        let metadata = chunk_metadata(&close.metadata, leaf, 0)
            .set_definition_level_histogram(close.metadata.definition_level_histogram().cloned())
            .build()
            .map_err(unencodable)?;
        let close = ColumnCloseResult { metadata, ..ColumnCloseResult::clone(close) };
        let chunk = Chunk::Raw { bytes: bytes.clone(), close: Box::new(close) };
        Ok(Self { rows: self.rows, nulls: self.nulls, has_nan: self.has_nan, chunk })
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

impl Scratch {
    /// The bytes of a column without a dictionary, which the chunk itself does not show.
    fn raw(&self, chunk: ArrowColumnChunk) -> ParquetResult<Chunk> {
        let close = Box::new(chunk.close().clone());
        let length = usize::try_from(close.bytes_written).unwrap_or(0);
        let bytes = Vec::with_capacity(length + MAGIC);
        let (schema, properties) = (Arc::clone(&self.schema), Arc::clone(&self.properties));
        let mut file = SerializedFileWriter::new(bytes, schema, properties)?;
        chunk.append_to_row_group(&mut file.next_row_group()?)?;
        file.flush()?;
        let bytes = Bytes::from(std::mem::take(file.inner_mut()));
        if close.metadata.dictionary_page_offset().is_some() || bytes.len() != length + MAGIC {
            return Err(ParquetError::General("a repeated column has more than data pages".to_owned()));
        }
        Ok(Chunk::Raw { bytes: bytes.slice(MAGIC..), close })
    }
}

/// What the footer will say of a chunk as a column of the output; `start` is where its offsets are counted from.
pub(crate) fn chunk_metadata(
    chunk: &ColumnChunkMetaData,
    leaf: &Leaf,
    start: i64,
) -> ColumnChunkMetaDataBuilder {
    let mut builder = ColumnChunkMetaData::builder(Arc::clone(&leaf.descriptor))
        .set_compression_codec(chunk.compression_codec())
        .set_encodings_mask(*chunk.encodings_mask())
        .set_num_values(chunk.num_values())
        .set_total_compressed_size(chunk.compressed_size())
        .set_total_uncompressed_size(chunk.uncompressed_size())
        .set_data_page_offset(chunk.data_page_offset() - start)
        .set_dictionary_page_offset(chunk.dictionary_page_offset().map(|offset| offset - start))
        .set_unencoded_byte_array_data_bytes(chunk.unencoded_byte_array_data_bytes());
    if let Some(statistics) = chunk.statistics() {
        builder = builder.set_statistics(statistics.clone());
    }
    if let Some(pages) = chunk.page_encoding_stats() {
        builder = builder.set_page_encoding_stats(pages.clone());
    }
    builder
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

fn unencodable(error: ParquetError) -> Error {
    Error::internal("the column cannot be encoded").with_source(error)
}
