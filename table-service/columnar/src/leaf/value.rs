use std::cmp::Ordering;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Float32Type, Float64Type, Int32Type, Int64Type};
use bytes::Bytes;

use super::{Leaf, Meaning, Physical};
use crate::Value;

/// The value of one row, `None` when it is null. `array` has the leaf's arrow type.
pub(crate) fn value_at(leaf: &Leaf, array: &dyn Array, row: usize) -> Option<Value> {
    if array.is_null(row) {
        return None;
    }
    Some(match leaf.physical {
        Physical::Boolean => Value::Boolean(array.as_boolean().value(row)),
        Physical::Int32 => integer(leaf, i64::from(array.as_primitive::<Int32Type>().value(row))),
        Physical::Int64 => integer(leaf, array.as_primitive::<Int64Type>().value(row)),
        Physical::Float => Value::Float(array.as_primitive::<Float32Type>().value(row)),
        Physical::Double => Value::Double(array.as_primitive::<Float64Type>().value(row)),
        Physical::Int96 => int96(array.as_fixed_size_binary().value(row)),
        Physical::Bytes => bytes(leaf, array.as_binary_view().value(row)),
        Physical::Fixed(_) => bytes(leaf, array.as_fixed_size_binary().value(row)),
    })
}

/// An integer of a leaf: a decimal if the leaf says so.
pub(crate) fn integer(leaf: &Leaf, value: i64) -> Value {
    match leaf.meaning {
        Meaning::Decimal { .. } => Value::Decimal(i128::from(value)),
        _ => Value::Integer(value),
    }
}

/// Bytes of a leaf: a decimal if the leaf says so and the value fits 128 bits.
pub(crate) fn bytes(leaf: &Leaf, value: &[u8]) -> Value {
    match leaf.meaning {
        Meaning::Decimal { .. } => match decimal_from_be(value) {
            Some(unscaled) => Value::Decimal(unscaled),
            None => Value::Bytes(Bytes::copy_from_slice(value)),
        },
        _ => Value::Bytes(Bytes::copy_from_slice(value)),
    }
}

/// Reads a two's complement big-endian number; `None` when it needs more than 128 bits.
pub(crate) fn decimal_from_be(bytes: &[u8]) -> Option<i128> {
    let negative = bytes.first().is_some_and(|byte| byte & 0x80 != 0);
    let sign = if negative { 0xff } else { 0x00 };
    let (extension, low) = bytes.split_at(bytes.len().saturating_sub(16));
    if extension.iter().any(|byte| *byte != sign) {
        return None;
    }
    let mut full = [sign; 16];
    full[16 - low.len()..].copy_from_slice(low);
    let value = i128::from_be_bytes(full);
    // A cut-off sign that the remaining bits contradict means that the value did not fit.
    ((value < 0) == negative).then_some(value)
}

/// Splits an INT96 timestamp as it is stored: nanoseconds of the day, then the Julian day.
pub(crate) fn int96_parts(stored: &[u8]) -> (i32, i64) {
    let mut nanos = [0; 8];
    let mut day = [0; 4];
    nanos.copy_from_slice(&stored[..8]);
    day.copy_from_slice(&stored[8..12]);
    (i32::from_le_bytes(day), i64::from_le_bytes(nanos))
}

/// The stored form of an INT96 timestamp.
pub(crate) fn int96_bytes(julian_day: i32, nanos: i64) -> [u8; 12] {
    let mut stored = [0; 12];
    stored[..8].copy_from_slice(&nanos.to_le_bytes());
    stored[8..].copy_from_slice(&julian_day.to_le_bytes());
    stored
}

fn int96(stored: &[u8]) -> Value {
    let (julian_day, nanos) = int96_parts(stored);
    Value::Int96 { julian_day, nanos }
}

/// Orders two values of one type.
pub(crate) fn compare_values(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Boolean(left), Value::Boolean(right)) => left.cmp(right),
        (Value::Integer(left), Value::Integer(right)) => left.cmp(right),
        (Value::Float(left), Value::Float(right)) => left.total_cmp(right),
        (Value::Double(left), Value::Double(right)) => left.total_cmp(right),
        (Value::Decimal(left), Value::Decimal(right)) => left.cmp(right),
        (Value::Bytes(left), Value::Bytes(right)) => left.cmp(right),
        _ => Ordering::Equal,
    }
}
