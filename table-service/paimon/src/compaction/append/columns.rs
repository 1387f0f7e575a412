//! Columns of a data file of an append table.

use parquet::schema::types::TypePtr;
use weir_columnar::ColumnSource;
use weir_paimon_spec::TableSchema;

use crate::Result;
use crate::compaction::file_schema;

/// The columns of an output file: those of the table, in order (format §7.1).
#[derive(Clone, Debug)]
pub(crate) struct AppendColumns {
    /// The Parquet message type, with field ids.
    pub(crate) message: TypePtr,
}

impl AppendColumns {
    /// The layout for a schema.
    pub(crate) fn new(schema: &TableSchema) -> Result<Self> {
        let leaves =
            schema.fields.iter().map(|field| file_schema::leaf(&field.name, field.id, &field.data_type));
        Ok(Self { message: file_schema::message(leaves.collect::<Result<_>>()?)? })
    }

    /// Where a file of schema `file` has each column of `table`: columns follow their field id through renames, and a
    /// file older than a column has null in every row (format §3.4). A column whose type was changed is refused.
    pub(crate) fn sources(table: &TableSchema, file: &TableSchema) -> Result<Vec<ColumnSource>> {
        table.fields.iter().map(|field| file_schema::source_of(field, file)).collect()
    }
}
