//! Records as a container that Java reads.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryArray, Int32Array, Int64Array, ListArray, RecordBatch, StringArray, StructArray,
    TimestampMillisecondArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{Field, Fields, Schema};
use arrow_avro::schema::SCHEMA_METADATA_KEY;
use arrow_avro::writer::{AvroWriter, WriterBuilder};

use super::compression::Compression;
use super::container;
use super::record::AvroRecord;
use crate::error::{Error, Result};

/// Records per block: enough to compress well, few enough to decode in little memory.
const RECORDS_PER_BLOCK: usize = 1024;

/// Writes records as a container, in order.
pub(super) fn records<T: AvroRecord>(entries: &[T], compression: Compression) -> Result<Vec<u8>> {
    let template = T::schema(entries);
    let schema: String = template.split_whitespace().collect();
    let arrow_schema = columns::<T>(&[], template)?.schema(&schema);
    let mut writer: AvroWriter<Vec<u8>> = WriterBuilder::new(arrow_schema.clone())
        .with_compression(compression.codec())
        .build(Vec::new())
        .map_err(fault)?;
    let sync =
        *writer.sync_marker().ok_or_else(|| Error::invalid("the Avro container has no sync marker"))?;
    let arrow_schema = Arc::new(arrow_schema);
    for chunk in entries.chunks(RECORDS_PER_BLOCK) {
        let arrays = columns(chunk, template)?.arrays;
        let batch = RecordBatch::try_new(Arc::clone(&arrow_schema), arrays).map_err(fault)?;
        writer.write(&batch).map_err(fault)?;
    }
    writer.finish().map_err(fault)?;
    with_header(&writer.into_inner(), &schema, compression, &sync)
}

/// Puts the schema as Java writes it in place of the header, where the names of records are lost.
fn with_header(written: &[u8], schema: &str, compression: Compression, sync: &[u8; 16]) -> Result<Vec<u8>> {
    let blocks = container::parse(written)?.blocks;
    let mut bytes = container::header(schema, compression.avro_name(), sync)?;
    for block in blocks {
        bytes.extend_from_slice(block.framed);
    }
    Ok(bytes)
}

fn columns<T: AvroRecord>(entries: &[T], schema: &str) -> Result<Columns> {
    let mut columns = Columns::default();
    columns.ints("_VERSION", entries.iter().map(|_| T::VERSION));
    T::write(entries, schema, &mut columns)?;
    Ok(columns)
}

fn fault(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::invalid("the records cannot be written as Avro").caused_by(error)
}

/// Columns of records, in the order of the Avro schema.
#[derive(Default)]
pub(super) struct Columns {
    fields: Vec<Field>,
    arrays: Vec<ArrayRef>,
}

impl Columns {
    fn schema(&self, avro: &str) -> Schema {
        Schema::new(self.fields.clone()).with_metadata(
            [(SCHEMA_METADATA_KEY.to_owned(), avro.to_owned())]
                .into_iter()
                .collect::<std::collections::HashMap<_, _>>(),
        )
    }

    fn push(&mut self, name: &str, array: impl Array + 'static, nullable: bool) {
        self.fields.push(Field::new(name, array.data_type().clone(), nullable));
        self.arrays.push(Arc::new(array));
    }

    pub(super) fn ints(&mut self, name: &str, values: impl Iterator<Item = i32>) {
        self.push(name, Int32Array::from_iter_values(values), false);
    }

    pub(super) fn optional_ints(&mut self, name: &str, values: impl Iterator<Item = Option<i32>>) {
        self.push(name, values.collect::<Int32Array>(), true);
    }

    pub(super) fn longs(&mut self, name: &str, values: impl Iterator<Item = i64>) {
        self.push(name, Int64Array::from_iter_values(values), false);
    }

    pub(super) fn optional_longs(&mut self, name: &str, values: impl Iterator<Item = Option<i64>>) {
        self.push(name, values.collect::<Int64Array>(), true);
    }

    pub(super) fn optional_millis(&mut self, name: &str, values: impl Iterator<Item = Option<i64>>) {
        self.push(name, values.collect::<TimestampMillisecondArray>().with_timezone("+00:00"), true);
    }

    pub(super) fn texts<'a>(&mut self, name: &str, values: impl Iterator<Item = &'a str>) {
        self.push(name, StringArray::from_iter_values(values), false);
    }

    pub(super) fn optional_texts<'a>(&mut self, name: &str, values: impl Iterator<Item = Option<&'a str>>) {
        self.push(name, values.collect::<StringArray>(), true);
    }

    pub(super) fn blobs<'a>(&mut self, name: &str, values: impl Iterator<Item = &'a [u8]>) {
        self.push(name, BinaryArray::from_iter_values(values), false);
    }

    pub(super) fn optional_blobs<'a>(&mut self, name: &str, values: impl Iterator<Item = Option<&'a [u8]>>) {
        self.push(name, values.collect::<BinaryArray>(), true);
    }

    pub(super) fn record(&mut self, name: &str, members: Self) -> Result<()> {
        let array = members.into_struct(None)?;
        self.push(name, array, false);
        Ok(())
    }

    /// Records of which some are null; the members of those hold anything.
    pub(super) fn optional_record(&mut self, name: &str, members: Self, valid: Vec<bool>) -> Result<()> {
        let array = members.into_struct(Some(NullBuffer::from(valid)))?;
        self.push(name, array, true);
        Ok(())
    }

    pub(super) fn text_lists<'a>(
        &mut self,
        name: &str,
        lists: impl Iterator<Item = Option<&'a [String]>>,
        nullable: bool,
    ) -> Result<()> {
        let shape = Shape::of(lists, |items| items.iter().map(String::as_str));
        self.list(
            name,
            StringArray::from_iter_values(shape.items),
            false,
            shape.lengths,
            nullable.then_some(shape.valid),
        )
    }

    pub(super) fn optional_long_lists<'a>(
        &mut self,
        name: &str,
        lists: impl Iterator<Item = Option<&'a [i64]>>,
    ) -> Result<()> {
        let shape = Shape::of(lists, |items| items.iter().copied());
        self.list(name, Int64Array::from_iter_values(shape.items), false, shape.lengths, Some(shape.valid))
    }

    pub(super) fn optional_int_lists<'a>(
        &mut self,
        name: &str,
        lists: impl Iterator<Item = Option<&'a [i32]>>,
    ) -> Result<()> {
        let shape = Shape::of(lists, |items| items.iter().copied());
        self.list(name, Int32Array::from_iter_values(shape.items), false, shape.lengths, Some(shape.valid))
    }

    /// Lists of numbers that may themselves be null.
    pub(super) fn optional_lists_of_optional_longs<'a>(
        &mut self,
        name: &str,
        lists: impl Iterator<Item = Option<&'a [Option<i64>]>>,
    ) -> Result<()> {
        let shape = Shape::of(lists, |items| items.iter().copied());
        self.list(
            name,
            shape.items.into_iter().collect::<Int64Array>(),
            true,
            shape.lengths,
            Some(shape.valid),
        )
    }

    /// Lists of records that may themselves be null in the schema, but are not.
    pub(super) fn optional_record_lists(
        &mut self,
        name: &str,
        members: Self,
        lengths: Vec<usize>,
        valid: Vec<bool>,
    ) -> Result<()> {
        let items = members.into_struct(None)?;
        self.list(name, items, true, lengths, Some(valid))
    }

    fn list(
        &mut self,
        name: &str,
        items: impl Array + 'static,
        nullable_items: bool,
        lengths: Vec<usize>,
        valid: Option<Vec<bool>>,
    ) -> Result<()> {
        let nullable = valid.is_some();
        let item = Arc::new(Field::new("item", items.data_type().clone(), nullable_items));
        let array = ListArray::try_new(
            item,
            OffsetBuffer::from_lengths(lengths),
            Arc::new(items),
            valid.map(NullBuffer::from),
        )
        .map_err(fault)?;
        self.push(name, array, nullable);
        Ok(())
    }

    fn into_struct(self, nulls: Option<NullBuffer>) -> Result<StructArray> {
        StructArray::try_new(Fields::from(self.fields), self.arrays, nulls).map_err(fault)
    }
}

/// Lists laid out one after another.
struct Shape<T> {
    items: Vec<T>,
    lengths: Vec<usize>,
    valid: Vec<bool>,
}

impl<T> Shape<T> {
    fn of<L, I: Iterator<Item = T>>(lists: impl Iterator<Item = Option<L>>, items: impl Fn(L) -> I) -> Self {
        let mut shape = Self { items: Vec::new(), lengths: Vec::new(), valid: Vec::new() };
        for list in lists {
            let before = shape.items.len();
            shape.valid.push(list.is_some());
            shape.items.extend(list.into_iter().flat_map(&items));
            shape.lengths.push(shape.items.len() - before);
        }
        shape
    }
}
