use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryViewBuilder, FixedSizeBinaryBuilder, Int32Array, Int64Array,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int32Type, Int64Type};
use arrow::error::ArrowError;

use super::value::{decimal_from_be, int96_bytes, int96_parts};
use super::{INT96_BYTES, Leaf, Meaning, Physical, Unit};

/// Julian day number of 1970-01-01.
const EPOCH_JULIAN_DAY: i64 = 2_440_588;
const NANOS_PER_DAY: i128 = 86_400_000_000_000;

/// How values of a file's leaf become values of an output leaf that means the same.
///
/// Every conversion is exact: a value that the output leaf cannot hold is an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Conversion {
    /// Both leaves store values alike.
    None,
    /// An integer of another width: narrowed only if the value fits so many bits.
    Integer { to: Physical, bits: u8 },
    /// A time or timestamp of another unit.
    Rescale { to: Physical, from_unit: Unit, to_unit: Unit },
    /// A timestamp stored as an integer, to INT96.
    ToInt96 { unit: Unit },
    /// An INT96 timestamp, to an integer.
    FromInt96 { unit: Unit },
    /// A decimal of another physical type or width.
    Decimal { to: Physical },
    /// Binary of fixed length, to binary of any length.
    FixedToBytes,
}

impl Conversion {
    /// The conversion from a file's leaf to an output leaf, `None` when they mean different things.
    pub(crate) fn between(from: &Leaf, to: &Leaf) -> Option<Self> {
        use Meaning::{Date, Decimal, Integer, Plain, Time, Timestamp};
        let same = from.physical == to.physical;
        match (from.meaning, to.meaning) {
            (Integer(have), Integer(want)) if same && have <= want => Some(Self::None),
            (Integer(_), Integer(bits)) => Some(Self::Integer { to: to.physical, bits }),
            (Date, Date) => same.then_some(Self::None),
            (Time(have), Time(want)) | (Timestamp(have), Timestamp(want)) => Some(if same && have == want {
                Self::None
            } else {
                Self::Rescale { to: to.physical, from_unit: have, to_unit: want }
            }),
            (Timestamp(unit), Plain) if to.physical == Physical::Int96 => Some(Self::ToInt96 { unit }),
            (Plain, Timestamp(unit)) if from.physical == Physical::Int96 => Some(Self::FromInt96 { unit }),
            (
                Decimal { precision: have, scale: from_scale },
                Decimal { precision: want, scale: to_scale },
            ) if from_scale == to_scale && have <= want => {
                Some(if same { Self::None } else { Self::Decimal { to: to.physical } })
            }
            (Plain, Plain) => match (from.physical, to.physical) {
                (have, want) if have == want => Some(Self::None),
                (Physical::Fixed(_), Physical::Bytes) => Some(Self::FixedToBytes),
                _ => None,
            },
            _ => None,
        }
    }

    /// Converts an array of the file leaf's arrow type. The error says which value did not fit.
    pub(crate) fn apply(self, array: ArrayRef) -> Result<ArrayRef, String> {
        match self {
            Self::None => Ok(array),
            Self::Integer { to, bits } => {
                let limit = 1_i64.checked_shl(u32::from(bits) - 1).filter(|limit| *limit > 0);
                integers(&array, to, |value| match limit {
                    Some(limit) if value < -limit || value >= limit => {
                        Err(format!("{value} does not fit {bits} bits"))
                    }
                    _ => Ok(value),
                })
            }
            Self::Rescale { to, from_unit, to_unit } => {
                integers(&array, to, |value| rescale(value, from_unit, to_unit))
            }
            Self::ToInt96 { unit } => to_int96(&array, unit),
            Self::FromInt96 { unit } => from_int96(&array, unit),
            Self::Decimal { to } => decimals(&array, to),
            Self::FixedToBytes => fixed_to_bytes(&array),
        }
    }
}

fn rescale(value: i64, from: Unit, to: Unit) -> Result<i64, String> {
    let (have, want) = (from.per_second(), to.per_second());
    if want >= have {
        value
            .checked_mul(want / have)
            .ok_or_else(|| format!("{value} in {from:?} does not fit 64 bits in {to:?}"))
    } else if value % (have / want) == 0 {
        Ok(value / (have / want))
    } else {
        Err(format!("{value} in {from:?} is not a whole number in {to:?}"))
    }
}

fn integers(
    array: &ArrayRef,
    to: Physical,
    convert: impl Fn(i64) -> Result<i64, String>,
) -> Result<ArrayRef, String> {
    let wide = cast(array, &DataType::Int64).map_err(in_words)?;
    let converted = wide.as_primitive::<Int64Type>().try_unary::<_, Int64Type, String>(convert)?;
    match to {
        Physical::Int64 => Ok(Arc::new(converted)),
        _ => converted
            .try_unary::<_, Int32Type, String>(|value| {
                i32::try_from(value).map_err(|_| format!("{value} does not fit 32 bits"))
            })
            .map(|narrow: Int32Array| Arc::new(narrow) as ArrayRef),
    }
}

fn to_int96(array: &ArrayRef, unit: Unit) -> Result<ArrayRef, String> {
    let per_day = unit.per_second() * 86_400;
    let nanos_per_unit = 1_000_000_000 / unit.per_second();
    let wide = cast(array, &DataType::Int64).map_err(in_words)?;
    let mut builder = FixedSizeBinaryBuilder::with_capacity(array.len(), INT96_BYTES);
    for value in wide.as_primitive::<Int64Type>() {
        match value {
            None => builder.append_null(),
            Some(value) => {
                let day = i32::try_from(value.div_euclid(per_day) + EPOCH_JULIAN_DAY)
                    .map_err(|_| format!("{value} in {unit:?} is no date that INT96 can hold"))?;
                let nanos = value.rem_euclid(per_day) * nanos_per_unit;
                builder.append_value(int96_bytes(day, nanos)).map_err(in_words)?;
            }
        }
    }
    Ok(Arc::new(builder.finish()))
}

fn from_int96(array: &ArrayRef, unit: Unit) -> Result<ArrayRef, String> {
    let nanos_per_unit = i128::from(1_000_000_000 / unit.per_second());
    let converted = array
        .as_fixed_size_binary()
        .iter()
        .map(|value| {
            let Some(stored) = value else { return Ok(None) };
            let (julian_day, nanos) = int96_parts(stored);
            let total =
                i128::from(i64::from(julian_day) - EPOCH_JULIAN_DAY) * NANOS_PER_DAY + i128::from(nanos);
            if total % nanos_per_unit != 0 {
                return Err(format!("{nanos} ns of a day are not a whole number in {unit:?}"));
            }
            i64::try_from(total / nanos_per_unit)
                .map(Some)
                .map_err(|_| format!("Julian day {julian_day} does not fit 64 bits in {unit:?}"))
        })
        .collect::<Result<Int64Array, String>>()?;
    Ok(Arc::new(converted))
}

fn decimals(array: &ArrayRef, to: Physical) -> Result<ArrayRef, String> {
    let values = unscaled(array)?;
    let misfit = |value: i128| format!("decimal {value} does not fit {to:?}");
    match to {
        Physical::Int32 => {
            let narrow = values
                .into_iter()
                .map(|value| value.map(|v| i32::try_from(v).map_err(|_| misfit(v))).transpose())
                .collect::<Result<Int32Array, String>>()?;
            Ok(Arc::new(narrow))
        }
        Physical::Int64 => {
            let narrow = values
                .into_iter()
                .map(|value| value.map(|v| i64::try_from(v).map_err(|_| misfit(v))).transpose())
                .collect::<Result<Int64Array, String>>()?;
            Ok(Arc::new(narrow))
        }
        Physical::Fixed(width) => fixed_decimals(&values, width),
        Physical::Bytes => {
            let mut builder = BinaryViewBuilder::with_capacity(values.len());
            for value in values {
                builder.append_option(value.map(i128::to_be_bytes));
            }
            Ok(Arc::new(builder.finish()))
        }
        _ => Err(format!("a decimal cannot be stored as {to:?}")),
    }
}

fn fixed_decimals(values: &[Option<i128>], width: i32) -> Result<ArrayRef, String> {
    let length = usize::try_from(width).map_err(|_| format!("{width} is no length"))?;
    let mut builder = FixedSizeBinaryBuilder::with_capacity(values.len(), width);
    for value in values {
        let Some(value) = value else {
            builder.append_null();
            continue;
        };
        let full = value.to_be_bytes();
        let mut stored = vec![if *value < 0 { 0xff } else { 0x00 }; length.saturating_sub(16)];
        stored.extend_from_slice(&full[16 - length.min(16)..]);
        if decimal_from_be(&stored) != Some(*value) {
            return Err(format!("decimal {value} does not fit {width} bytes"));
        }
        builder.append_value(stored).map_err(in_words)?;
    }
    Ok(Arc::new(builder.finish()))
}

fn unscaled(array: &ArrayRef) -> Result<Vec<Option<i128>>, String> {
    let parse =
        |bytes: &[u8]| decimal_from_be(bytes).ok_or_else(|| "a decimal needs more than 128 bits".to_owned());
    match array.data_type() {
        DataType::Int32 => {
            Ok(array.as_primitive::<Int32Type>().iter().map(|value| value.map(i128::from)).collect())
        }
        DataType::Int64 => {
            Ok(array.as_primitive::<Int64Type>().iter().map(|value| value.map(i128::from)).collect())
        }
        DataType::BinaryView => {
            array.as_binary_view().iter().map(|value| value.map(parse).transpose()).collect()
        }
        _ => array.as_fixed_size_binary().iter().map(|value| value.map(parse).transpose()).collect(),
    }
}

fn fixed_to_bytes(array: &ArrayRef) -> Result<ArrayRef, String> {
    let binary = cast(array, &DataType::Binary).map_err(in_words)?;
    cast(&binary, &DataType::BinaryView).map_err(in_words)
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that `map_err` takes")]
fn in_words(error: ArrowError) -> String {
    error.to_string()
}
