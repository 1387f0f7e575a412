//! Paimon's binary rows: the bytes of partitions, keys and statistics (format §5).

use crate::datum::Datum;
use crate::error::Result;
use crate::types::{DataType, TypeKind};

mod bucket;
mod decode;
mod encode;

pub use bucket::{default_bucket, hash, mod_bucket};

/// Serialised row without fields: arity 0 and eight zero bytes.
pub const EMPTY_ROW: [u8; 12] = [0; 12];

/// Bytes of the arity that stands before a serialised row.
const ARITY_PREFIX: usize = 4;
/// Bits of the header, which holds the row kind, before the null bits.
const HEADER_BITS: usize = 8;
/// Longest decimal that fits a fixed slot.
const COMPACT_DECIMAL_PRECISION: u8 = 18;
/// Most digits of a second's fraction with which a timestamp fits a fixed slot.
const COMPACT_TIMESTAMP_PRECISION: u8 = 3;
/// Longest text or bytes that stand in the fixed slot.
const MAX_INLINE: usize = 7;
/// Set in the last byte of a slot that holds its text or bytes itself.
const INLINE_MARK: u8 = 0x80;

/// The row format; rows are plain bytes, this is where their functions live.
#[derive(Debug, Clone, Copy)]
pub struct BinaryRow;

impl BinaryRow {
    /// Serialises a row: its arity as four big-endian bytes, then the row (format §5.3).
    ///
    /// The bytes are those that Java writes, with room kept for null `DECIMAL(>18)` and `TIMESTAMP(>3)`.
    /// Values that do not fit `types` are `Invalid`; so are types whose values are no [`Datum`].
    pub fn encode(values: &[Datum], types: &[DataType]) -> Result<Vec<u8>> {
        encode::serialized(values, types)
    }

    /// The row without its arity: what Paimon hashes to find a bucket.
    pub fn encode_bare(values: &[Datum], types: &[DataType]) -> Result<Vec<u8>> {
        encode::bare(values, types)
    }

    /// The values of a serialised row with fields of these types, as any writer writes it.
    ///
    /// Bytes that are no such row are `Corrupt`; a value of a type without a [`Datum`] is `Unsupported`,
    /// unless it is null.
    pub fn decode(bytes: &[u8], types: &[DataType]) -> Result<Vec<Datum>> {
        decode::serialized(bytes, types)
    }

    /// How many fields a serialised row has.
    pub fn arity(bytes: &[u8]) -> Result<usize> {
        decode::arity(bytes)
    }
}

/// Bytes of the header and null bits of a row.
fn null_bits_width(arity: usize) -> usize {
    (arity + 63 + HEADER_BITS) / 64 * 8
}

/// Byte and bit of a field's null bit.
fn null_bit(field: usize) -> (usize, u8) {
    ((field + HEADER_BITS) / 8, 1 << ((field + HEADER_BITS) % 8))
}

/// Variable bytes that a null of this type still takes in Java's form.
fn reserved_for_null(kind: &TypeKind) -> usize {
    match kind {
        TypeKind::Decimal { precision, .. } if *precision > COMPACT_DECIMAL_PRECISION => 16,
        TypeKind::Timestamp { precision } | TypeKind::LocalZonedTimestamp { precision }
            if *precision > COMPACT_TIMESTAMP_PRECISION =>
        {
            8
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests;
