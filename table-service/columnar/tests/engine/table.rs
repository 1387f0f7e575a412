//! Tables of a test: columns, rows, and how the engine is told about them.

use std::sync::Arc;

use parquet::schema::types::{Type, TypePtr};
use weir_columnar::{MergeSpec, OrderColumn, OutputOptions, Value};

use crate::column::ColumnType;

/// One row, a value per column.
pub(crate) type Row = Vec<Option<Value>>;

/// A column of an output schema.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) stored: ColumnType,
    pub(crate) optional: bool,
}

/// The output schema of a merge and the roles of its columns: keys first, then sequence and kind,
/// then values.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) columns: Vec<Column>,
    pub(crate) keys: usize,
    /// The first values are the keys again, read from the columns of the keys.
    pub(crate) repeats_keys: bool,
    pub(crate) order_by: Vec<OrderColumn>,
    pub(crate) ignore_deletes: bool,
    pub(crate) drop_deletes: bool,
}

impl Table {
    /// A table of these key and value columns.
    pub(crate) fn new(keys: &[(ColumnType, bool)], values: &[(ColumnType, bool)]) -> Self {
        let column = |prefix: &str, (at, (stored, optional)): (usize, &(ColumnType, bool))| Column {
            name: format!("{prefix}{at}"),
            stored: *stored,
            optional: *optional,
        };
        let mut columns: Vec<Column> = keys.iter().enumerate().map(|key| column("k", key)).collect();
        columns.push(column("sequence", (0, &(ColumnType::Int64, false))));
        columns.push(column("kind", (0, &(ColumnType::Int8, false))));
        columns.extend(values.iter().enumerate().map(|value| column("v", value)));
        Self {
            columns,
            keys: keys.len(),
            repeats_keys: false,
            order_by: Vec::new(),
            ignore_deletes: false,
            drop_deletes: false,
        }
    }

    /// BIGINT key, one optional string value.
    pub(crate) fn simple() -> Self {
        Self::new(&[(ColumnType::Int64, false)], &[(ColumnType::Utf8, true)])
    }

    pub(crate) fn sequence(&self) -> usize {
        self.keys
    }

    pub(crate) fn kind(&self) -> usize {
        self.keys + 1
    }

    pub(crate) fn first_value(&self) -> usize {
        self.keys + 2
    }

    pub(crate) fn schema(&self) -> TypePtr {
        schema(&self.columns)
    }

    pub(crate) fn spec(&self, output: OutputOptions) -> MergeSpec {
        MergeSpec {
            schema: self.schema(),
            key: (0..self.keys).collect(),
            sequence: self.sequence(),
            kind: self.kind(),
            order_by: self.order_by.clone(),
            ignore_deletes: self.ignore_deletes,
            drop_deletes: self.drop_deletes,
            output,
        }
    }
}

/// The message type of some columns; field ids count from 100.
pub(crate) fn schema(columns: &[Column]) -> TypePtr {
    let fields = columns
        .iter()
        .zip(100..)
        .map(|(column, id)| column.stored.leaf(&column.name, id, column.optional))
        .collect();
    Arc::new(Type::group_type_builder("test_schema").with_fields(fields).build().unwrap())
}

/// A row of [`Table::simple`].
pub(crate) fn simple_row(key: i64, sequence: i64, kind: i64, value: &str) -> Row {
    vec![
        Some(Value::Integer(key)),
        Some(Value::Integer(sequence)),
        Some(Value::Integer(kind)),
        Some(text(value)),
    ]
}

pub(crate) fn text(value: &str) -> Value {
    Value::Bytes(value.as_bytes().to_vec().into())
}
