//! Reading rows of any writer; malformed bytes are an error, never a panic.

use super::{
    ARITY_PREFIX, COMPACT_DECIMAL_PRECISION, COMPACT_TIMESTAMP_PRECISION, INLINE_MARK, MAX_INLINE, null_bit,
    null_bits_width,
};
use crate::datum::Datum;
use crate::error::{At, Error, Result};
use crate::types::{DataType, TypeKind};

const MAX_NANOS_OF_MILLI: i32 = 999_999;

pub(super) fn arity(bytes: &[u8]) -> Result<usize> {
    let prefix: [u8; ARITY_PREFIX] =
        array(bytes, 0).ok_or_else(|| Error::corrupt("a serialised row is shorter than its arity"))?;
    let arity = i32::from_be_bytes(prefix);
    usize::try_from(arity).map_err(|_| Error::corrupt(format!("a serialised row with arity {arity}")))
}

pub(super) fn serialized(bytes: &[u8], types: &[DataType]) -> Result<Vec<Datum>> {
    let arity = arity(bytes)?;
    if arity != types.len() {
        return Err(Error::corrupt(format!("a serialised row has {arity} fields, expected {}", types.len())));
    }
    let bytes = &bytes[ARITY_PREFIX..];
    let slots = null_bits_width(arity);
    if bytes.len() < slots + 8 * arity {
        return Err(Error::corrupt(format!("a row of {arity} fields in {} bytes", bytes.len())));
    }
    let row = Reader { bytes, slots };
    types
        .iter()
        .enumerate()
        .map(|(field, data_type)| row.read(field, &data_type.kind).at(|| format!("field {field}")))
        .collect()
}

fn array<const N: usize>(bytes: &[u8], start: usize) -> Option<[u8; N]> {
    bytes.get(start..start.checked_add(N)?)?.try_into().ok()
}

/// A row whose fixed part is known to be whole.
struct Reader<'a> {
    bytes: &'a [u8],
    slots: usize,
}

impl<'a> Reader<'a> {
    fn read(&self, field: usize, kind: &TypeKind) -> Result<Datum> {
        let (byte, bit) = null_bit(field);
        if self.bytes[byte] & bit != 0 {
            return Ok(Datum::Null);
        }
        let slot = self.slot(field);
        let [a, b, c, d, ..] = slot;
        let int = i32::from_le_bytes([a, b, c, d]);
        Ok(match kind {
            TypeKind::Boolean => Datum::Boolean(a != 0),
            TypeKind::TinyInt => Datum::TinyInt(i8::from_le_bytes([a])),
            TypeKind::SmallInt => Datum::SmallInt(i16::from_le_bytes([a, b])),
            TypeKind::Int => Datum::Int(int),
            TypeKind::Date => Datum::Date(int),
            TypeKind::Time { .. } => Datum::Time(int),
            TypeKind::BigInt => Datum::BigInt(i64::from_le_bytes(slot)),
            TypeKind::Float => Datum::Float(f32::from_le_bytes([a, b, c, d])),
            TypeKind::Double => Datum::Double(f64::from_le_bytes(slot)),
            TypeKind::Decimal { precision, scale } => Datum::Decimal {
                unscaled: self.decimal(slot, *precision)?,
                precision: *precision,
                scale: *scale,
            },
            TypeKind::Char { .. } | TypeKind::VarChar { .. } => Datum::String(self.text(field, slot)?),
            TypeKind::Binary { .. } | TypeKind::VarBinary { .. } => {
                Datum::Bytes(self.variable(field, slot)?.to_vec())
            }
            TypeKind::Timestamp { precision } | TypeKind::LocalZonedTimestamp { precision } => {
                self.timestamp(slot, *precision)?
            }
            other => return Err(Error::unsupported(format!("a row with a value of type {other}"))),
        })
    }

    fn slot(&self, field: usize) -> [u8; 8] {
        array(self.bytes, self.slots + 8 * field).unwrap_or_default()
    }

    fn at_offset(&self, offset: u32, length: usize) -> Result<&'a [u8]> {
        usize::try_from(offset)
            .ok()
            .and_then(|start| self.bytes.get(start..start.checked_add(length)?))
            .ok_or_else(|| {
                Error::corrupt(format!(
                    "a value of {length} bytes at {offset} is beyond the row's {} bytes",
                    self.bytes.len()
                ))
            })
    }

    fn variable(&self, field: usize, slot: [u8; 8]) -> Result<&'a [u8]> {
        let mark = slot[MAX_INLINE];
        if mark & INLINE_MARK == 0 {
            let (offset, length) = halves(slot);
            return self.at_offset(offset, usize::try_from(length).unwrap_or(usize::MAX));
        }
        let length = usize::from(mark & !INLINE_MARK);
        let start = self.slots + 8 * field;
        if length > MAX_INLINE {
            return Err(Error::corrupt(format!("{length} bytes in a slot of {MAX_INLINE}")));
        }
        Ok(&self.bytes[start..start + length])
    }

    fn text(&self, field: usize, slot: [u8; 8]) -> Result<String> {
        String::from_utf8(self.variable(field, slot)?.to_vec())
            .map_err(|error| Error::corrupt("text is not UTF-8").caused_by(error))
    }

    fn decimal(&self, slot: [u8; 8], precision: u8) -> Result<i128> {
        if precision <= COMPACT_DECIMAL_PRECISION {
            return Ok(i128::from(i64::from_le_bytes(slot)));
        }
        let (offset, length) = halves(slot);
        if !(1..=16).contains(&length) {
            return Err(Error::corrupt(format!("a decimal of {length} bytes")));
        }
        let digits = self.at_offset(offset, usize::try_from(length).unwrap_or(usize::MAX))?;
        let sign = if digits[0] & 0x80 == 0 { 0 } else { 0xff };
        let mut bytes = [sign; 16];
        bytes[16 - digits.len()..].copy_from_slice(digits);
        Ok(i128::from_be_bytes(bytes))
    }

    fn timestamp(&self, slot: [u8; 8], precision: u8) -> Result<Datum> {
        if precision <= COMPACT_TIMESTAMP_PRECISION {
            return Ok(Datum::Timestamp { millis: i64::from_le_bytes(slot), nanos: 0 });
        }
        let (offset, nanos) = halves(slot);
        let nanos = i32::try_from(nanos)
            .ok()
            .filter(|nanos| *nanos <= MAX_NANOS_OF_MILLI)
            .ok_or_else(|| Error::corrupt(format!("{nanos} nanoseconds in a millisecond")))?;
        let millis = self.at_offset(offset, 8)?;
        Ok(Datum::Timestamp { millis: i64::from_le_bytes(array(millis, 0).unwrap_or_default()), nanos })
    }
}

/// A variable field's slot: offset from the row's start, and length.
fn halves(slot: [u8; 8]) -> (u32, u32) {
    let [lower @ .., _, _, _, _] = slot;
    let [_, _, _, _, upper @ ..] = slot;
    (u32::from_le_bytes(upper), u32::from_le_bytes(lower))
}
