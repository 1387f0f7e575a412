//! Column types, and their values in Parquet's own low-level representation.

use parquet::basic::{LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::{ByteArray, DataType, FixedLenByteArray, Int96};
use parquet::schema::types::{Type, TypePtr};
use weir_columnar::Value;

/// A type of a scalar leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColumnType {
    Boolean,
    Int8,
    Int16,
    Int32,
    Int64,
    Date,
    TimeMillis,
    TimestampMillis,
    TimestampMicros,
    TimestampNanos,
    Int96,
    Float,
    Double,
    /// DECIMAL(9, 2) in INT32.
    Decimal32,
    /// DECIMAL(18, 3) in INT64.
    Decimal64,
    /// DECIMAL with precision and scale in a fixed array of so many bytes.
    DecimalFixed(i32, i32, i32),
    Utf8,
    Binary,
    Fixed(i32),
}

impl ColumnType {
    /// The leaf of a column of this type.
    pub(crate) fn leaf(self, name: &str, id: i32, optional: bool) -> TypePtr {
        let timestamp = |unit| Some(LogicalType::timestamp(false, unit));
        let (physical, logical, length, precision, scale) = match self {
            Self::Boolean => (Physical::BOOLEAN, None, -1, -1, -1),
            Self::Int8 => (Physical::INT32, Some(LogicalType::integer(8, true)), -1, -1, -1),
            Self::Int16 => (Physical::INT32, Some(LogicalType::integer(16, true)), -1, -1, -1),
            Self::Int32 => (Physical::INT32, None, -1, -1, -1),
            Self::Int64 => (Physical::INT64, None, -1, -1, -1),
            Self::Date => (Physical::INT32, Some(LogicalType::Date), -1, -1, -1),
            Self::TimeMillis => {
                (Physical::INT32, Some(LogicalType::time(true, TimeUnit::MILLIS)), -1, -1, -1)
            }
            Self::TimestampMillis => (Physical::INT64, timestamp(TimeUnit::MILLIS), -1, -1, -1),
            Self::TimestampMicros => (Physical::INT64, timestamp(TimeUnit::MICROS), -1, -1, -1),
            Self::TimestampNanos => (Physical::INT64, timestamp(TimeUnit::NANOS), -1, -1, -1),
            Self::Int96 => (Physical::INT96, None, -1, -1, -1),
            Self::Float => (Physical::FLOAT, None, -1, -1, -1),
            Self::Double => (Physical::DOUBLE, None, -1, -1, -1),
            Self::Decimal32 => (Physical::INT32, Some(LogicalType::decimal(2, 9)), -1, 9, 2),
            Self::Decimal64 => (Physical::INT64, Some(LogicalType::decimal(3, 18)), -1, 18, 3),
            Self::DecimalFixed(precision, scale, length) => (
                Physical::FIXED_LEN_BYTE_ARRAY,
                Some(LogicalType::decimal(scale, precision)),
                length,
                precision,
                scale,
            ),
            Self::Utf8 => (Physical::BYTE_ARRAY, Some(LogicalType::String), -1, -1, -1),
            Self::Binary => (Physical::BYTE_ARRAY, None, -1, -1, -1),
            Self::Fixed(length) => (Physical::FIXED_LEN_BYTE_ARRAY, None, length, -1, -1),
        };
        Type::primitive_type_builder(name, physical)
            .with_repetition(if optional { Repetition::OPTIONAL } else { Repetition::REQUIRED })
            .with_logical_type(logical)
            .with_length(length)
            .with_precision(precision)
            .with_scale(scale)
            .with_id(Some(id))
            .build()
            .unwrap()
            .into()
    }

    fn is_decimal(self) -> bool {
        matches!(self, Self::Decimal32 | Self::Decimal64 | Self::DecimalFixed(..))
    }

    fn value(self, raw: Raw) -> Value {
        match raw {
            Raw::Boolean(value) => Value::Boolean(value),
            Raw::Integer(value) if self.is_decimal() => Value::Decimal(i128::from(value)),
            Raw::Integer(value) => Value::Integer(value),
            Raw::Float(value) => Value::Float(value),
            Raw::Double(value) => Value::Double(value),
            Raw::Int96(value) => {
                let words = value.data();
                Value::Int96 {
                    julian_day: words[2].cast_signed(),
                    nanos: (i64::from(words[1]) << 32) | i64::from(words[0]),
                }
            }
            Raw::Bytes(value) if self.is_decimal() => Value::Decimal(from_be(&value)),
            Raw::Bytes(value) => Value::Bytes(value.into()),
        }
    }
}

enum Raw {
    Boolean(bool),
    Integer(i64),
    Float(f32),
    Double(f64),
    Int96(Int96),
    Bytes(Vec<u8>),
}

/// Writes a column chunk.
pub(crate) fn write_column(
    writer: &mut ColumnWriter<'_>,
    column: ColumnType,
    values: &[Option<Value>],
    optional: bool,
) {
    let levels: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
    let levels = optional.then_some(levels.as_slice());
    let present = values.iter().flatten();
    macro_rules! write {
        ($writer:expr, $convert:expr) => {{
            let values: Vec<_> = present.map($convert).collect();
            $writer.write_batch(&values, levels, None).unwrap();
        }};
    }
    match writer {
        ColumnWriter::BoolColumnWriter(writer) => {
            write!(writer, |value| matches!(value, Value::Boolean(true)));
        }
        ColumnWriter::Int32ColumnWriter(writer) => {
            write!(writer, |value| i32::try_from(number(value)).unwrap());
        }
        ColumnWriter::Int64ColumnWriter(writer) => {
            write!(writer, |value| i64::try_from(number(value)).unwrap());
        }
        ColumnWriter::Int96ColumnWriter(writer) => write!(writer, int96),
        ColumnWriter::FloatColumnWriter(writer) => write!(writer, |value| match value {
            Value::Float(value) => *value,
            other => panic!("{other:?} in a FLOAT column"),
        }),
        ColumnWriter::DoubleColumnWriter(writer) => write!(writer, |value| match value {
            Value::Double(value) => *value,
            other => panic!("{other:?} in a DOUBLE column"),
        }),
        ColumnWriter::ByteArrayColumnWriter(writer) => {
            write!(writer, |value| ByteArray::from(stored_bytes(column, value)));
        }
        ColumnWriter::FixedLenByteArrayColumnWriter(writer) => {
            write!(writer, |value| FixedLenByteArray::from(stored_bytes(column, value)));
        }
    }
}

/// Reads a column chunk of so many rows.
pub(crate) fn read_column(reader: ColumnReader, column: ColumnType, rows: usize) -> Vec<Option<Value>> {
    match reader {
        ColumnReader::BoolColumnReader(reader) => read(reader, rows, |v| column.value(Raw::Boolean(*v))),
        ColumnReader::Int32ColumnReader(reader) => {
            read(reader, rows, |v| column.value(Raw::Integer(i64::from(*v))))
        }
        ColumnReader::Int64ColumnReader(reader) => read(reader, rows, |v| column.value(Raw::Integer(*v))),
        ColumnReader::Int96ColumnReader(reader) => read(reader, rows, |v| column.value(Raw::Int96(*v))),
        ColumnReader::FloatColumnReader(reader) => read(reader, rows, |v| column.value(Raw::Float(*v))),
        ColumnReader::DoubleColumnReader(reader) => read(reader, rows, |v| column.value(Raw::Double(*v))),
        ColumnReader::ByteArrayColumnReader(reader) => {
            read(reader, rows, |v| column.value(Raw::Bytes(v.data().to_vec())))
        }
        ColumnReader::FixedLenByteArrayColumnReader(reader) => {
            read(reader, rows, |v| column.value(Raw::Bytes(v.data().to_vec())))
        }
    }
}

fn read<T: DataType>(
    mut reader: ColumnReaderImpl<T>,
    rows: usize,
    convert: impl Fn(&T::T) -> Value,
) -> Vec<Option<Value>> {
    let (mut levels, mut values) = (Vec::new(), Vec::new());
    let (records, _, _) = reader.read_records(rows, Some(&mut levels), None, &mut values).unwrap();
    assert_eq!(records, rows);
    if levels.is_empty() {
        return values.iter().map(|value| Some(convert(value))).collect();
    }
    let mut values = values.iter();
    levels.iter().map(|level| (*level > 0).then(|| convert(values.next().unwrap()))).collect()
}

fn number(value: &Value) -> i128 {
    match value {
        Value::Integer(value) => i128::from(*value),
        Value::Decimal(value) => *value,
        other => panic!("{other:?} in an integer column"),
    }
}

fn int96(value: &Value) -> Int96 {
    let Value::Int96 { julian_day, nanos } = value else { panic!("{value:?} in an INT96 column") };
    let mut stored = Int96::new();
    let nanos = nanos.cast_unsigned();
    stored.set_data(
        u32::try_from(nanos & 0xffff_ffff).unwrap(),
        u32::try_from(nanos >> 32).unwrap(),
        julian_day.cast_unsigned(),
    );
    stored
}

fn stored_bytes(column: ColumnType, value: &Value) -> Vec<u8> {
    match (value, column) {
        (Value::Bytes(bytes), _) => bytes.to_vec(),
        (Value::Decimal(unscaled), ColumnType::DecimalFixed(_, _, length)) => {
            unscaled.to_be_bytes()[16 - usize::try_from(length).unwrap()..].to_vec()
        }
        (other, column) => panic!("{other:?} in a column of {column:?}"),
    }
}

fn from_be(bytes: &[u8]) -> i128 {
    let start = if bytes[0] & 0x80 == 0 { 0 } else { -1 };
    bytes.iter().fold(start, |number, byte| (number << 8) | i128::from(*byte))
}
