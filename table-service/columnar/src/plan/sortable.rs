//! Arrays whose natural arrow order is the order of keys.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, FixedSizeBinaryArray, FixedSizeBinaryBuilder};
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use arrow::error::ArrowError;

use crate::leaf::{INT96_BYTES, Leaf, Meaning, Physical};
use crate::{Error, Result as EngineResult};

/// Rewrites values so that arrow's row format orders them as the leaf's values order. Works both
/// ways: applied to its own result it gives the original back, except that NaNs are made equal.
pub(crate) fn sortable(leaf: &Leaf, array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    match (leaf.physical, leaf.meaning) {
        (Physical::Float, _) => Ok(Arc::new(
            array
                .as_primitive::<Float32Type>()
                .unary::<_, Float32Type>(|value| if value.is_nan() { f32::NAN } else { value }),
        )),
        (Physical::Double, _) => Ok(Arc::new(
            array
                .as_primitive::<Float64Type>()
                .unary::<_, Float64Type>(|value| if value.is_nan() { f64::NAN } else { value }),
        )),
        (Physical::Fixed(width), Meaning::Decimal { .. }) => {
            map_fixed(array.as_fixed_size_binary(), width, flip_sign)
        }
        (Physical::Int96, _) => map_fixed(array.as_fixed_size_binary(), INT96_BYTES, |value| {
            // Stored as little-endian (nanos, day), ordered as big-endian (day, nanos).
            value.reverse();
            flip_sign(value);
        }),
        _ => Ok(Arc::clone(array)),
    }
}

/// The numbers of a column that the user orders by: both zeros are equal, and NaN has no place among them (Paimon's
/// generated comparators take it for equal to every number).
pub(crate) fn comparable(leaf: &Leaf, array: &ArrayRef) -> EngineResult<ArrayRef> {
    let comparable: (ArrayRef, bool) = match leaf.physical {
        Physical::Float => {
            let numbers = array.as_primitive::<Float32Type>();
            let positive_zero = numbers.unary::<_, Float32Type>(|value| value + 0.0);
            (Arc::new(positive_zero), numbers.iter().flatten().any(f32::is_nan))
        }
        Physical::Double => {
            let numbers = array.as_primitive::<Float64Type>();
            let positive_zero = numbers.unary::<_, Float64Type>(|value| value + 0.0);
            (Arc::new(positive_zero), numbers.iter().flatten().any(f64::is_nan))
        }
        _ => return Ok(Arc::clone(array)),
    };
    match comparable {
        (_, true) => Err(Error::unsupported(
            "a column that decides which row of a key is the newest holds NaN, which has no place in an order",
        )),
        (numbers, false) => Ok(numbers),
    }
}

/// Takes [`sortable`] back.
pub(crate) fn original(leaf: &Leaf, array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    match leaf.physical {
        Physical::Int96 => map_fixed(array.as_fixed_size_binary(), INT96_BYTES, |value| {
            flip_sign(value);
            value.reverse();
        }),
        _ => sortable(leaf, array),
    }
}

/// The type of a sortable array of the leaf.
pub(crate) fn sortable_type(leaf: &Leaf) -> DataType {
    leaf.arrow_type()
}

fn flip_sign(value: &mut [u8]) {
    if let Some(first) = value.first_mut() {
        *first ^= 0x80;
    }
}

fn map_fixed(
    array: &FixedSizeBinaryArray,
    width: i32,
    change: impl Fn(&mut [u8]),
) -> Result<ArrayRef, ArrowError> {
    let mut builder = FixedSizeBinaryBuilder::with_capacity(array.len(), width);
    let mut changed = Vec::new();
    for value in array {
        match value {
            Some(value) => {
                changed.clear();
                changed.extend_from_slice(value);
                change(&mut changed);
                builder.append_value(&changed)?;
            }
            None => builder.append_null(),
        }
    }
    Ok(Arc::new(builder.finish()))
}
