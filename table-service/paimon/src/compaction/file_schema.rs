//! Columns of a data file: what is written, and where an older file has it.

use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::schema::types::{Type, TypePtr};
use weir_columnar::ColumnSource;
use weir_paimon_spec::schema::special_fields;
use weir_paimon_spec::{DataField, DataType, TableSchema, TypeKind};

use crate::{Error, ErrorKind, Result};

/// Name of the Parquet message, as Paimon's writers call it.
const MESSAGE_NAME: &str = "paimon_schema";

/// The columns of an output file: keys, sequence number, row kind, then the table's columns (format §6.1).
#[derive(Clone, Debug)]
pub(crate) struct KeyValueColumns {
    /// The Parquet message type, with field ids.
    pub(crate) message: TypePtr,
    /// Leaf indexes of the key.
    pub(crate) key: Vec<usize>,
    /// Leaf index of the sequence number.
    pub(crate) sequence: usize,
    /// Leaf index of the row kind.
    pub(crate) kind: usize,
    /// Leaf index of the table's first column.
    pub(crate) first_value: usize,
}

impl KeyValueColumns {
    /// The layout for a schema.
    pub(crate) fn new(schema: &TableSchema) -> Result<Self> {
        let keys = schema.trimmed_primary_keys()?;
        let mut fields = Vec::new();
        for key in &keys {
            let (name, id) =
                (special_fields::key_field_name(&key.name), special_fields::key_field_id(key.id)?);
            fields.push(leaf(&name, id, &key.data_type)?);
        }
        let (sequence, kind) = (keys.len(), keys.len() + 1);
        let sequence_type = DataType::not_null(TypeKind::BigInt);
        let kind_type = DataType::not_null(TypeKind::TinyInt);
        fields.push(leaf(
            special_fields::SEQUENCE_NUMBER,
            special_fields::SEQUENCE_NUMBER_ID,
            &sequence_type,
        )?);
        fields.push(leaf(special_fields::VALUE_KIND, special_fields::VALUE_KIND_ID, &kind_type)?);
        for field in &schema.fields {
            fields.push(leaf(&field.name, field.id, &field.data_type)?);
        }
        Ok(Self {
            message: message(fields)?,
            key: (0..keys.len()).collect(),
            sequence,
            kind,
            first_value: kind + 1,
        })
    }

    /// Where a file of schema `file` has each output column of `table`: columns follow their field id through
    /// renames, and a file older than a column has null in every row (format §3.4).
    ///
    /// Keys are read from the value columns, as Java does: files in thin mode have no others. A column whose type
    /// was changed is refused.
    pub(crate) fn sources(&self, table: &TableSchema, file: &TableSchema) -> Result<Vec<ColumnSource>> {
        let mut sources = Vec::with_capacity(self.first_value + table.fields.len());
        for key in table.trimmed_primary_keys()? {
            sources.push(source_of(key, file)?);
        }
        sources.push(ColumnSource::Named(special_fields::SEQUENCE_NUMBER.into()));
        sources.push(ColumnSource::Named(special_fields::VALUE_KIND.into()));
        for field in &table.fields {
            sources.push(source_of(field, file)?);
        }
        Ok(sources)
    }
}

/// The message type of a data file with these leaves.
pub(super) fn message(leaves: Vec<Type>) -> Result<TypePtr> {
    let message = Type::group_type_builder(MESSAGE_NAME)
        .with_fields(leaves.into_iter().map(Arc::new).collect())
        .build()
        .map_err(|error| Error::internal(format!("no Parquet schema can be made of the table's: {error}")))?;
    Ok(Arc::new(message))
}

/// Where a file of schema `file` has a column of the table. A column whose type was changed is refused.
pub(super) fn source_of(field: &DataField, file: &TableSchema) -> Result<ColumnSource> {
    match file.fields.iter().find(|old| old.id == field.id) {
        None => Ok(ColumnSource::Null),
        Some(old) if keeps_values(&old.data_type.kind, &field.data_type.kind) => {
            Ok(ColumnSource::Named(old.name.clone()))
        }
        Some(old) => Err(Error::new(
            ErrorKind::Unsupported,
            format!(
                "column {} was {} in schema {} and is {} now; files of a changed type cannot be compacted yet; rewrite them with INSERT OVERWRITE",
                field.name,
                old.data_type.name(),
                file.id,
                field.data_type.name(),
            ),
        )),
    }
}

/// Whether every value of the old type is the same value of the new one, so that no cast is needed but a wider
/// layout (format §3.6).
fn keeps_values(old: &TypeKind, new: &TypeKind) -> bool {
    use TypeKind::{BigInt, Decimal, Int, SmallInt, TinyInt, VarBinary, VarChar};
    match (old, new) {
        (TinyInt, SmallInt | Int | BigInt) | (SmallInt, Int | BigInt) | (Int, BigInt) => true,
        (VarChar { length: old }, VarChar { length: new })
        | (VarBinary { length: old }, VarBinary { length: new }) => old <= new,
        (Decimal { precision: old, scale: old_scale }, Decimal { precision: new, scale: new_scale }) => {
            old_scale == new_scale && old <= new
        }
        _ => old == new,
    }
}

/// A Parquet leaf as Paimon's writers lay it out (format §6.3).
pub(super) fn leaf(name: &str, id: i32, data_type: &DataType) -> Result<Type> {
    let (physical, logical, length) = layout(name, &data_type.kind)?;
    let mut builder = Type::primitive_type_builder(name, physical)
        .with_repetition(if data_type.nullable { Repetition::OPTIONAL } else { Repetition::REQUIRED })
        .with_id(Some(id))
        .with_logical_type(logical)
        .with_length(length);
    if let TypeKind::Decimal { precision, scale } = data_type.kind {
        builder = builder.with_precision(i32::from(precision)).with_scale(i32::from(scale));
    }
    builder.build().map_err(|error| Error::internal(format!("column {name} has no Parquet layout: {error}")))
}

/// Physical type, logical type and, for fixed-length arrays, the length in bytes.
fn layout(name: &str, kind: &TypeKind) -> Result<(Physical, Option<LogicalType>, i32)> {
    let integer = |bit_width| Some(LogicalType::integer(bit_width, true));
    let timestamp = |precision: u8, is_instant| match precision {
        0..=3 => (Physical::INT64, Some(LogicalType::timestamp(is_instant, TimeUnit::MILLIS)), -1),
        4..=6 => (Physical::INT64, Some(LogicalType::timestamp(is_instant, TimeUnit::MICROS)), -1),
        _ => (Physical::INT96, None, -1),
    };
    Ok(match kind {
        TypeKind::Boolean => (Physical::BOOLEAN, None, -1),
        TypeKind::TinyInt => (Physical::INT32, integer(8), -1),
        TypeKind::SmallInt => (Physical::INT32, integer(16), -1),
        TypeKind::Int => (Physical::INT32, None, -1),
        TypeKind::BigInt => (Physical::INT64, None, -1),
        TypeKind::Float => (Physical::FLOAT, None, -1),
        TypeKind::Double => (Physical::DOUBLE, None, -1),
        TypeKind::Decimal { precision, scale } => {
            let logical = Some(LogicalType::decimal(i32::from(*scale), i32::from(*precision)));
            match precision {
                0..=9 => (Physical::INT32, logical, -1),
                10..=18 => (Physical::INT64, logical, -1),
                _ => (Physical::FIXED_LEN_BYTE_ARRAY, logical, decimal_bytes(*precision)),
            }
        }
        TypeKind::Char { .. } | TypeKind::VarChar { .. } => {
            (Physical::BYTE_ARRAY, Some(LogicalType::String), -1)
        }
        TypeKind::Binary { .. } | TypeKind::VarBinary { .. } => (Physical::BYTE_ARRAY, None, -1),
        TypeKind::Date => (Physical::INT32, Some(LogicalType::Date), -1),
        TypeKind::Time { .. } => (Physical::INT32, Some(LogicalType::time(true, TimeUnit::MILLIS)), -1),
        TypeKind::Timestamp { precision } => timestamp(*precision, false),
        TypeKind::LocalZonedTimestamp { precision } => timestamp(*precision, true),
        other => {
            let data_type = DataType::nullable(other.clone());
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("column {name} is of type {}, which cannot be compacted", data_type.name()),
            ));
        }
    })
}

/// Bytes of the least two's complement number that holds `precision` digits.
fn decimal_bytes(precision: u8) -> i32 {
    let bits = f64::from(precision) * std::f64::consts::LOG2_10;
    let mut bytes = 1;
    while f64::from(8 * bytes - 1) < bits {
        bytes += 1;
    }
    bytes
}

#[cfg(test)]
mod tests;
