//! `DataFileMeta` of a file that the engine has written.

use weir_columnar::{ColumnStatistics, OutputFile, Value};
use weir_paimon_spec::options::keys;
use weir_paimon_spec::stats::{self, ColumnStats, StatsMode, StatsModes};
use weir_paimon_spec::{
    BinaryRow, DataFileMeta, DataType, Datum, FileSource, TableOptions, TableSchema, TypeKind,
};

use crate::{Error, Result};

/// Julian day of 1970-01-01, from which INT96 timestamps count days.
const JULIAN_EPOCH: i64 = 2_440_588;

const MILLIS_PER_DAY: i64 = 86_400_000;

/// Describes an output file of a compaction (format §4.4, §6.2). The table's columns are its leaves from `first_value`,
/// its keys those at the start; files of append tables have no `level`. `local_now` is its `_CREATION_TIME`.
pub(crate) fn describe(
    file: &OutputFile,
    schema: &TableSchema,
    options: &TableOptions,
    first_value: usize,
    level: Option<i32>,
    local_now: i64,
) -> Result<DataFileMeta> {
    let key_types = schema.key_types()?;
    let key_columns = column_stats(file.columns.get(..key_types.len()), &key_types)?;
    let value_types: Vec<DataType> = schema.fields.iter().map(|field| field.data_type.clone()).collect();
    let value_columns = column_stats(file.columns.get(first_value..), &value_types)?;
    let modes = level
        .map_or_else(|| StatsModes::for_append(options), |level| StatsModes::for_level(options, level))?
        .resolve(schema.fields.iter().map(|field| field.name.as_str()), &[]);
    let value_columns: Vec<ColumnStats> = value_columns
        .into_iter()
        .zip(&modes)
        .zip(file.columns.iter().skip(first_value))
        .map(
            |((stats, mode), engine)| {
                if needs_exact(*mode) && !engine.exact { counts_only(&stats) } else { stats }
            },
        )
        .collect();
    let value_stats = stats::value_stats(
        &schema.fields,
        &value_columns,
        &modes,
        options.get(&keys::METADATA_STATS_DENSE_STORE)?,
    )?;
    Ok(DataFileMeta {
        file_name: file.name.clone(),
        file_size: signed(file.bytes)?,
        row_count: signed(file.rows)?,
        min_key: key_row(&file.first_key, &key_types)?,
        max_key: key_row(&file.last_key, &key_types)?,
        key_stats: stats::key_stats(&key_columns, &key_types)?,
        value_stats: value_stats.stats,
        min_sequence_number: file.min_sequence,
        max_sequence_number: file.max_sequence,
        schema_id: schema.id,
        level: level.unwrap_or(0),
        extra_files: Vec::new(),
        creation_time: Some(local_now),
        delete_row_count: Some(signed(file.deletes)?),
        embedded_file_index: None,
        file_source: Some(FileSource::Compact),
        value_stats_cols: value_stats.columns,
        external_path: None,
        first_row_id: None,
        write_cols: None,
        write_cols_sequences: None,
    })
}

/// The engine cuts values that are longer than any truncating mode keeps; mode `full` promises whole ones.
fn needs_exact(mode: StatsMode) -> bool {
    matches!(mode, StatsMode::Full)
}

fn counts_only(stats: &ColumnStats) -> ColumnStats {
    ColumnStats { min: Datum::Null, max: Datum::Null, null_count: stats.null_count }
}

fn key_row(values: &[Option<Value>], types: &[DataType]) -> Result<Vec<u8>> {
    let row = values
        .iter()
        .zip(types)
        .map(|(value, data_type)| datum(value.as_ref(), data_type))
        .collect::<Result<Vec<_>>>()?;
    Ok(BinaryRow::encode(&row, types)?)
}

fn column_stats(columns: Option<&[ColumnStatistics]>, types: &[DataType]) -> Result<Vec<ColumnStats>> {
    columns
        .unwrap_or_default()
        .iter()
        .zip(types)
        .map(|(column, data_type)| {
            let null_count = Some(signed(column.null_count)?);
            if !column.exact && !can_be_cut(data_type) {
                return Ok(ColumnStats { null_count, ..ColumnStats::unknown() });
            }
            Ok(ColumnStats {
                min: datum(column.min.as_ref(), data_type).unwrap_or(Datum::Null),
                max: datum(column.max.as_ref(), data_type).unwrap_or(Datum::Null),
                null_count,
            })
        })
        .collect()
}

/// Whether a prefix of a value of this type is a value of it.
fn can_be_cut(data_type: &DataType) -> bool {
    matches!(
        data_type.kind,
        TypeKind::Char { .. }
            | TypeKind::VarChar { .. }
            | TypeKind::Binary { .. }
            | TypeKind::VarBinary { .. }
    )
}

/// The value of a leaf as a value of the column's type.
pub(crate) fn datum(value: Option<&Value>, data_type: &DataType) -> Result<Datum> {
    let Some(value) = value else { return Ok(Datum::Null) };
    let narrow = |integer: i64| i32::try_from(integer).map_err(|_| mismatch(value, data_type));
    Ok(match (value, &data_type.kind) {
        (Value::Boolean(boolean), TypeKind::Boolean) => Datum::Boolean(*boolean),
        (Value::Integer(integer), TypeKind::TinyInt) => {
            Datum::TinyInt(i8::try_from(*integer).map_err(|_| mismatch(value, data_type))?)
        }
        (Value::Integer(integer), TypeKind::SmallInt) => {
            Datum::SmallInt(i16::try_from(*integer).map_err(|_| mismatch(value, data_type))?)
        }
        (Value::Integer(integer), TypeKind::Int) => Datum::Int(narrow(*integer)?),
        (Value::Integer(integer), TypeKind::BigInt) => Datum::BigInt(*integer),
        (Value::Integer(integer), TypeKind::Date) => Datum::Date(narrow(*integer)?),
        (Value::Integer(integer), TypeKind::Time { .. }) => Datum::Time(narrow(*integer)?),
        (
            Value::Integer(integer),
            TypeKind::Timestamp { precision } | TypeKind::LocalZonedTimestamp { precision },
        ) => timestamp(*integer, *precision),
        (
            Value::Int96 { julian_day, nanos },
            TypeKind::Timestamp { .. } | TypeKind::LocalZonedTimestamp { .. },
        ) => {
            let days = i64::from(*julian_day) - JULIAN_EPOCH;
            let millis = days * MILLIS_PER_DAY + nanos.div_euclid(1_000_000);
            Datum::Timestamp { millis, nanos: narrow(nanos.rem_euclid(1_000_000))? }
        }
        (Value::Float(float), TypeKind::Float) => Datum::Float(*float),
        (Value::Double(double), TypeKind::Double) => Datum::Double(*double),
        (Value::Decimal(unscaled), TypeKind::Decimal { precision, scale }) => {
            Datum::Decimal { unscaled: *unscaled, precision: *precision, scale: *scale }
        }
        (Value::Bytes(bytes), TypeKind::Char { .. } | TypeKind::VarChar { .. }) => {
            Datum::String(String::from_utf8(bytes.to_vec()).map_err(|_| mismatch(value, data_type))?)
        }
        (Value::Bytes(bytes), TypeKind::Binary { .. } | TypeKind::VarBinary { .. }) => {
            Datum::Bytes(bytes.to_vec())
        }
        _ => return Err(mismatch(value, data_type)),
    })
}

/// A timestamp leaf counts milliseconds up to precision 3 and microseconds up to 6.
fn timestamp(integer: i64, precision: u8) -> Datum {
    if precision <= 3 {
        return Datum::Timestamp { millis: integer, nanos: 0 };
    }
    let micros = i32::try_from(integer.rem_euclid(1000)).unwrap_or(0);
    Datum::Timestamp { millis: integer.div_euclid(1000), nanos: micros * 1000 }
}

fn mismatch(value: &Value, data_type: &DataType) -> Error {
    Error::corrupt(format!("a value of a column of type {} is {value:?}", data_type.name()))
}

fn signed(count: u64) -> Result<i64> {
    i64::try_from(count)
        .map_err(|_| Error::internal(format!("{count} does not fit the format's 64-bit counters")))
}

#[cfg(test)]
mod tests;
