//! What a leaf column holds: its physical type, what the bytes mean, and the arrow type the engine
//! carries it in.
//!
//! Arrays inside the engine follow the *physical* type of the output leaf, so that decoding,
//! gathering and encoding never look at a logical annotation: INT32 → `Int32`, INT64 → `Int64`,
//! FLOAT, DOUBLE, BOOLEAN likewise, `BYTE_ARRAY` → `BinaryView`, `FIXED_LEN_BYTE_ARRAY(n)` →
//! `FixedSizeBinary(n)`, INT96 → `FixedSizeBinary(12)` in the bytes of the file.

mod conversion;
mod value;

#[cfg(test)]
mod tests;

pub(crate) use conversion::Conversion;
pub(crate) use value::{bytes, compare_values, integer, value_at};

use arrow::datatypes::DataType;
use parquet::basic::{ConvertedType, LogicalType, TimeUnit as ParquetUnit, Type as ParquetType};
use parquet::schema::types::{ColumnDescPtr, ColumnDescriptor};

/// Bytes of an INT96 value.
pub(crate) const INT96_BYTES: i32 = 12;

/// One leaf column of an output schema or of an input file.
#[derive(Clone, Debug)]
pub(crate) struct Leaf {
    pub(crate) path: String,
    pub(crate) descriptor: ColumnDescPtr,
    pub(crate) physical: Physical,
    pub(crate) meaning: Meaning,
    pub(crate) required: bool,
}

/// How values are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Physical {
    Boolean,
    Int32,
    Int64,
    Int96,
    Float,
    Double,
    Bytes,
    Fixed(i32),
}

/// What values mean, as far as the engine orders or converts by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Nothing beyond the physical type.
    Plain,
    /// A signed integer of this many bits.
    Integer(u8),
    Date,
    Time(Unit),
    Timestamp(Unit),
    Decimal {
        precision: i32,
        scale: i32,
    },
}

/// Unit of a time or timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Millis,
    Micros,
    Nanos,
}

impl Unit {
    pub(crate) fn per_second(self) -> i64 {
        match self {
            Self::Millis => 1_000,
            Self::Micros => 1_000_000,
            Self::Nanos => 1_000_000_000,
        }
    }
}

impl Leaf {
    /// Reads a leaf from its descriptor; the error says what about it is not supported.
    pub(crate) fn new(descriptor: &ColumnDescPtr) -> Result<Self, String> {
        if descriptor.max_rep_level() > 0 || descriptor.max_def_level() > 1 {
            return Err("it is nested in a repeated or optional group".to_owned());
        }
        let physical = physical(descriptor);
        Ok(Self {
            path: descriptor.path().string(),
            meaning: meaning(descriptor, physical)?,
            physical,
            required: descriptor.max_def_level() == 0,
            descriptor: ColumnDescPtr::clone(descriptor),
        })
    }

    /// The type the engine carries the leaf in.
    pub(crate) fn arrow_type(&self) -> DataType {
        match self.physical {
            Physical::Boolean => DataType::Boolean,
            Physical::Int32 => DataType::Int32,
            Physical::Int64 => DataType::Int64,
            Physical::Int96 => DataType::FixedSizeBinary(INT96_BYTES),
            Physical::Float => DataType::Float32,
            Physical::Double => DataType::Float64,
            Physical::Bytes => DataType::BinaryView,
            Physical::Fixed(width) => DataType::FixedSizeBinary(width),
        }
    }

    /// The leaf's type in words, for errors.
    pub(crate) fn describe(&self) -> String {
        match self.meaning {
            Meaning::Plain => format!("{:?}", self.physical),
            meaning => format!("{:?} as {meaning:?}", self.physical),
        }
    }
}

fn physical(descriptor: &ColumnDescriptor) -> Physical {
    match descriptor.physical_type() {
        ParquetType::BOOLEAN => Physical::Boolean,
        ParquetType::INT32 => Physical::Int32,
        ParquetType::INT64 => Physical::Int64,
        ParquetType::INT96 => Physical::Int96,
        ParquetType::FLOAT => Physical::Float,
        ParquetType::DOUBLE => Physical::Double,
        ParquetType::BYTE_ARRAY => Physical::Bytes,
        ParquetType::FIXED_LEN_BYTE_ARRAY => Physical::Fixed(descriptor.type_length()),
    }
}

fn meaning(descriptor: &ColumnDescriptor, physical: Physical) -> Result<Meaning, String> {
    let decimal =
        || Meaning::Decimal { precision: descriptor.type_precision(), scale: descriptor.type_scale() };
    let plain = match physical {
        Physical::Int32 => Meaning::Integer(32),
        Physical::Int64 => Meaning::Integer(64),
        _ => Meaning::Plain,
    };
    match descriptor.logical_type_ref() {
        Some(LogicalType::Integer(int)) if int.is_signed => {
            Ok(Meaning::Integer(u8::try_from(int.bit_width).unwrap_or(64)))
        }
        Some(LogicalType::Decimal(decimal)) => {
            Ok(Meaning::Decimal { precision: decimal.precision, scale: decimal.scale })
        }
        Some(LogicalType::Date) => Ok(Meaning::Date),
        Some(LogicalType::Time(time)) => Ok(Meaning::Time(unit(time.unit))),
        Some(LogicalType::Timestamp(timestamp)) => Ok(Meaning::Timestamp(unit(timestamp.unit))),
        Some(LogicalType::String | LogicalType::Json | LogicalType::Bson | LogicalType::Enum) => Ok(plain),
        Some(other) => Err(format!("its logical type {other:?} is not supported")),
        None => match descriptor.converted_type() {
            ConvertedType::INT_8 => Ok(Meaning::Integer(8)),
            ConvertedType::INT_16 => Ok(Meaning::Integer(16)),
            ConvertedType::DATE => Ok(Meaning::Date),
            ConvertedType::TIME_MILLIS => Ok(Meaning::Time(Unit::Millis)),
            ConvertedType::TIME_MICROS => Ok(Meaning::Time(Unit::Micros)),
            ConvertedType::TIMESTAMP_MILLIS => Ok(Meaning::Timestamp(Unit::Millis)),
            ConvertedType::TIMESTAMP_MICROS => Ok(Meaning::Timestamp(Unit::Micros)),
            ConvertedType::DECIMAL => Ok(decimal()),
            ConvertedType::UINT_8
            | ConvertedType::UINT_16
            | ConvertedType::UINT_32
            | ConvertedType::UINT_64
            | ConvertedType::INTERVAL => {
                Err(format!("its type {} is not supported", descriptor.converted_type()))
            }
            _ => Ok(plain),
        },
    }
}

fn unit(unit: ParquetUnit) -> Unit {
    match unit {
        ParquetUnit::MILLIS => Unit::Millis,
        ParquetUnit::MICROS => Unit::Micros,
        ParquetUnit::NANOS => Unit::Nanos,
    }
}
