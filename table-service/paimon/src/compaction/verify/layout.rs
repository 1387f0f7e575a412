//! How rows of a bucket's files are compared.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int8Array, Int64Array, RecordBatch, new_null_array};
use arrow::compute::{CastOptions, SortOptions, cast_with_options};
use arrow::datatypes::{DataType, Int8Type, Int64Type, SchemaRef};
use arrow::row::{RowConverter, Rows, SortField};
use parquet::arrow::parquet_to_arrow_schema;
use parquet::schema::types::{SchemaDescriptor, TypePtr};
use weir_columnar::ColumnSource;
use weir_paimon_spec::TableSchema;
use weir_paimon_spec::options::{SortOrder, keys};

use crate::compaction::append::AppendColumns;
use crate::compaction::file_schema::KeyValueColumns;
use crate::compaction::plan::BucketPlan;
use crate::{Error, Result, Table};

/// Columns, orders and rules of a bucket's merge.
pub(super) struct Layout {
    columns: Columns,
    schema: SchemaRef,
    whole: RowConverter,
    key: RowConverter,
    order: RowConverter,
    order_columns: Vec<usize>,
    /// `ignore-delete`.
    pub(super) ignore_deletes: bool,
    /// Whether results that are deletes are left out.
    pub(super) drop_deletes: bool,
}

/// Columns of outputs.
enum Columns {
    /// With a key, sequence number and row kind.
    KeyValue(KeyValueColumns),
    /// Those of the table alone.
    Append(AppendColumns),
}

impl Columns {
    fn new(schema: &TableSchema) -> Result<Self> {
        Ok(if schema.has_primary_key() {
            Self::KeyValue(KeyValueColumns::new(schema)?)
        } else {
            Self::Append(AppendColumns::new(schema)?)
        })
    }

    fn message(&self) -> &TypePtr {
        match self {
            Self::KeyValue(columns) => &columns.message,
            Self::Append(columns) => &columns.message,
        }
    }

    fn key(&self) -> &[usize] {
        match self {
            Self::KeyValue(columns) => &columns.key,
            Self::Append(_) => &[],
        }
    }

    /// The table's first column.
    fn first_value(&self) -> usize {
        match self {
            Self::KeyValue(columns) => columns.first_value,
            Self::Append(_) => 0,
        }
    }
}

/// Rows in the layout of outputs, ready to be compared.
pub(super) struct Decoded {
    /// The columns, for messages.
    pub(super) columns: Vec<ArrayRef>,
    /// Number of key columns, which come first.
    pub(super) keys: usize,
    /// Every column.
    pub(super) whole: Rows,
    /// The key, if rows have one.
    pub(super) key: Option<Rows>,
    /// User-defined sequence columns, if there are any.
    pub(super) order: Option<Rows>,
    /// Sequence numbers; 0 where rows have none.
    pub(super) sequence: Int64Array,
    /// Row kinds; 0 where rows have none.
    pub(super) kind: Int8Array,
}

impl Layout {
    pub(super) fn new(table: &Table, plan: &BucketPlan) -> Result<Self> {
        let (options, columns) = (table.options(), Columns::new(table.schema())?);
        let descriptor = SchemaDescriptor::new(Arc::clone(columns.message()));
        let schema = parquet_to_arrow_schema(&descriptor, None).map_err(|error| internal(&error))?;
        let fields = &table.schema().fields;
        let order_columns: Vec<usize> = options
            .sequence_fields()?
            .iter()
            .filter_map(|name| fields.iter().position(|field| field.name == *name))
            .map(|position| columns.first_value() + position)
            .collect();
        let descending = options.get(&keys::SEQUENCE_FIELD_SORT_ORDER)? == SortOrder::Descending;
        let of = |column: &usize, options| {
            SortField::new_with_options(schema.field(*column).data_type().clone(), options)
        };
        let ascending = SortOptions { descending: false, nulls_first: true };
        let converter = |fields: Vec<SortField>| RowConverter::new(fields).map_err(|error| internal(&error));
        let all: Vec<usize> = (0..schema.fields().len()).collect();
        Ok(Self {
            whole: converter(all.iter().map(|column| of(column, ascending)).collect())?,
            key: converter(columns.key().iter().map(|column| of(column, ascending)).collect())?,
            order: converter(
                order_columns
                    .iter()
                    .map(|column| of(column, SortOptions { descending, ..ascending }))
                    .collect(),
            )?,
            order_columns,
            ignore_deletes: options.get(&keys::IGNORE_DELETE)?,
            drop_deletes: plan.drop_deletes,
            schema: Arc::new(schema),
            columns,
        })
    }

    /// Where an input of schema `file` has the columns of outputs.
    pub(super) fn sources_of_input(
        &self,
        table: &TableSchema,
        file: &TableSchema,
    ) -> Result<Vec<ColumnSource>> {
        match &self.columns {
            Columns::KeyValue(columns) => columns.sources(table, file),
            Columns::Append(_) => AppendColumns::sources(table, file),
        }
    }

    /// Where outputs have them.
    pub(super) fn sources_of_output(&self) -> Vec<ColumnSource> {
        self.schema.fields().iter().map(|field| ColumnSource::Named(field.name().clone())).collect()
    }

    /// Brings rows of a file into the layout of outputs.
    pub(super) fn decode(&self, batch: &RecordBatch, sources: &[ColumnSource]) -> Result<Decoded, String> {
        let columns = self
            .schema
            .fields()
            .iter()
            .zip(sources)
            .map(|(field, source)| column(batch, source, field.data_type()))
            .collect::<Result<Vec<ArrayRef>, String>>()?;
        let rows = |converter: &RowConverter, which: &[usize]| {
            let chosen: Vec<ArrayRef> =
                which.iter().filter_map(|column| columns.get(*column).cloned()).collect();
            converter.convert_columns(&chosen).map_err(|error| error.to_string())
        };
        let all: Vec<usize> = (0..columns.len()).collect();
        let system = |position: usize| columns.get(position).ok_or("a system column is missing");
        let (sequence, kind) = match &self.columns {
            Columns::KeyValue(columns) => (
                system(columns.sequence)?.as_primitive::<Int64Type>().clone(),
                system(columns.kind)?.as_primitive::<Int8Type>().clone(),
            ),
            Columns::Append(_) => (vec![0; batch.num_rows()].into(), vec![0; batch.num_rows()].into()),
        };
        let key = self.columns.key();
        Ok(Decoded {
            whole: rows(&self.whole, &all)?,
            key: (!key.is_empty()).then(|| rows(&self.key, key)).transpose()?,
            order: (!self.order_columns.is_empty())
                .then(|| rows(&self.order, &self.order_columns))
                .transpose()?,
            sequence,
            kind,
            keys: key.len(),
            columns,
        })
    }
}

fn column(batch: &RecordBatch, source: &ColumnSource, wanted: &DataType) -> Result<ArrayRef, String> {
    let ColumnSource::Named(name) = source else { return Ok(new_null_array(wanted, batch.num_rows())) };
    let column = batch.column_by_name(name).ok_or_else(|| format!("there is no column {name}"))?;
    let strict = CastOptions { safe: false, ..CastOptions::default() };
    cast_with_options(column, wanted, &strict).map_err(|error| format!("column {name}: {error}"))
}

fn internal(error: &impl std::fmt::Display) -> Error {
    Error::internal(format!("rows cannot be compared for verification: {error}"))
}
