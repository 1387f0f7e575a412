//! Writing rows as Java does (Paimon `BinaryRowWriter`).

use super::{
    ARITY_PREFIX, COMPACT_DECIMAL_PRECISION, COMPACT_TIMESTAMP_PRECISION, INLINE_MARK, MAX_INLINE, null_bit,
    null_bits_width, reserved_for_null,
};
use crate::datum::Datum;
use crate::error::{Error, Result};
use crate::types::{DataType, TypeKind};

pub(super) fn serialized(values: &[Datum], types: &[DataType]) -> Result<Vec<u8>> {
    let arity = u32::try_from(values.len()).map_err(|_| Error::invalid("a row has too many fields"))?;
    let row = bare(values, types)?;
    let mut bytes = Vec::with_capacity(ARITY_PREFIX + row.len());
    bytes.extend_from_slice(&arity.to_be_bytes());
    bytes.extend_from_slice(&row);
    Ok(bytes)
}

pub(super) fn bare(values: &[Datum], types: &[DataType]) -> Result<Vec<u8>> {
    if values.len() != types.len() {
        return Err(Error::invalid(format!("a row of {} values for {} fields", values.len(), types.len())));
    }
    let slots = null_bits_width(values.len());
    let mut row = Writer { bytes: vec![0; slots + 8 * values.len()], slots };
    for (field, (value, data_type)) in values.iter().zip(types).enumerate() {
        row.write(field, value, &data_type.kind)?;
    }
    Ok(row.bytes)
}

struct Writer {
    bytes: Vec<u8>,
    /// Where the fixed slots start.
    slots: usize,
}

impl Writer {
    fn write(&mut self, field: usize, value: &Datum, kind: &TypeKind) -> Result<()> {
        if !value.fits(kind) {
            return Err(Error::invalid(format!("{value:?} is not a value of type {kind}"))
                .at(format!("field {field}")));
        }
        match value {
            Datum::Null => return self.write_null(field, kind),
            Datum::Boolean(value) => self.fill(field, &[u8::from(*value)]),
            Datum::TinyInt(value) => self.fill(field, &value.to_le_bytes()),
            Datum::SmallInt(value) => self.fill(field, &value.to_le_bytes()),
            Datum::Int(value) | Datum::Date(value) | Datum::Time(value) => {
                self.fill(field, &value.to_le_bytes());
            }
            Datum::BigInt(value) => self.fill(field, &value.to_le_bytes()),
            Datum::Float(value) => self.fill(field, &value.to_le_bytes()),
            Datum::Double(value) => self.fill(field, &value.to_le_bytes()),
            Datum::Decimal { unscaled, precision, .. } => {
                return self.write_decimal(field, *unscaled, *precision);
            }
            Datum::String(value) => return self.write_bytes(field, value.as_bytes()),
            Datum::Bytes(value) => return self.write_bytes(field, value),
            Datum::Timestamp { millis, nanos } => return self.write_timestamp(field, *millis, *nanos, kind),
        }
        Ok(())
    }

    fn fill(&mut self, field: usize, value: &[u8]) {
        let start = self.slots + 8 * field;
        self.bytes[start..start + value.len()].copy_from_slice(value);
    }

    fn write_null(&mut self, field: usize, kind: &TypeKind) -> Result<()> {
        let (byte, bit) = null_bit(field);
        self.bytes[byte] |= bit;
        match reserved_for_null(kind) {
            0 => Ok(()),
            room => self.append(field, &[], room, 0),
        }
    }

    fn write_bytes(&mut self, field: usize, value: &[u8]) -> Result<()> {
        if value.len() > MAX_INLINE {
            let length = u32::try_from(value.len()).map_err(|_| too_long())?;
            return self.append(field, value, value.len().next_multiple_of(8), length);
        }
        let mut slot = [0_u8; 8];
        slot[..value.len()].copy_from_slice(value);
        let length = u8::try_from(value.len()).map_err(|_| too_long())?;
        slot[MAX_INLINE] = INLINE_MARK | length;
        self.fill(field, &slot);
        Ok(())
    }

    fn write_decimal(&mut self, field: usize, unscaled: i128, precision: u8) -> Result<()> {
        if precision <= COMPACT_DECIMAL_PRECISION {
            let unscaled = i64::try_from(unscaled).map_err(|_| {
                Error::invalid(format!("{unscaled} has more than {precision} digits"))
                    .at(format!("field {field}"))
            })?;
            self.fill(field, &unscaled.to_le_bytes());
            return Ok(());
        }
        let bytes = unscaled.to_be_bytes();
        let digits = &bytes[redundant_sign_bytes(bytes)..];
        let length = u32::try_from(digits.len()).map_err(|_| too_long())?;
        self.append(field, digits, 16, length)
    }

    fn write_timestamp(&mut self, field: usize, millis: i64, nanos: i32, kind: &TypeKind) -> Result<()> {
        match kind {
            TypeKind::Timestamp { precision } | TypeKind::LocalZonedTimestamp { precision }
                if *precision > COMPACT_TIMESTAMP_PRECISION =>
            {
                let nanos = u32::try_from(nanos)
                    .map_err(|_| Error::invalid("negative nanoseconds").at(format!("field {field}")))?;
                self.append(field, &millis.to_le_bytes(), 8, nanos)
            }
            _ => {
                self.fill(field, &millis.to_le_bytes());
                Ok(())
            }
        }
    }

    /// Appends `value` in `room` bytes and points the field's slot there; `low` is the slot's lower half.
    fn append(&mut self, field: usize, value: &[u8], room: usize, low: u32) -> Result<()> {
        let offset = u32::try_from(self.bytes.len()).map_err(|_| too_long())?;
        let end = self.bytes.len() + room;
        self.bytes.extend_from_slice(value);
        self.bytes.resize(end, 0);
        self.fill(field, &((u64::from(offset) << 32) | u64::from(low)).to_le_bytes());
        Ok(())
    }
}

fn too_long() -> Error {
    Error::invalid("a row is longer than 4 GiB")
}

/// Leading bytes of a big-endian number that only repeat its sign.
fn redundant_sign_bytes(bytes: [u8; 16]) -> usize {
    let redundant = |pair: &[u8]| matches!((pair[0], pair[1] & 0x80), (0, 0) | (0xff, 0x80));
    bytes.windows(2).take_while(|pair| redundant(pair)).count()
}
