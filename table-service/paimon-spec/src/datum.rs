//! A value of a scalar type, and the order in which Paimon puts values.

use std::cmp::Ordering;

use crate::types::TypeKind;

/// One value of a scalar type, as it stands in partitions, keys and statistics.
///
/// Values are ordered as Paimon's generated comparators order them (format §5.2): nulls first, `false` before
/// `true`, floating-point numbers as Java's `compare` (−0.0 before 0.0, NaN last), decimals by number,
/// strings and bytes as unsigned bytes. Equality follows that order.
#[derive(Debug, Clone)]
pub enum Datum {
    /// SQL `NULL`.
    Null,
    /// `BOOLEAN`.
    Boolean(bool),
    /// `TINYINT`.
    TinyInt(i8),
    /// `SMALLINT`.
    SmallInt(i16),
    /// `INT`.
    Int(i32),
    /// `BIGINT`.
    BigInt(i64),
    /// `FLOAT`.
    Float(f32),
    /// `DOUBLE`.
    Double(f64),
    /// `DECIMAL(precision, scale)`: the number `unscaled × 10^-scale`.
    Decimal {
        /// The number without its decimal point.
        unscaled: i128,
        /// Digits in all, 1 to 38.
        precision: u8,
        /// Digits after the decimal point.
        scale: u8,
    },
    /// `CHAR`, `VARCHAR` and `STRING`.
    String(String),
    /// `BINARY`, `VARBINARY` and `BYTES`.
    Bytes(Vec<u8>),
    /// `DATE`: days since 1970-01-01.
    Date(i32),
    /// `TIME`: milliseconds of the day.
    Time(i32),
    /// `TIMESTAMP` and `TIMESTAMP WITH LOCAL TIME ZONE`.
    Timestamp {
        /// Milliseconds since 1970-01-01 00:00:00.
        millis: i64,
        /// Nanoseconds within the millisecond, 0 to 999,999.
        nanos: i32,
    },
}

impl Datum {
    /// Whether this is `NULL`.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Paimon's order of two values of one column (format §5.2).
    ///
    /// Values of different types never meet in a column; they are put in the order of the enum's variants so
    /// that the order is total.
    pub fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Boolean(a), Self::Boolean(b)) => a.cmp(b),
            (Self::TinyInt(a), Self::TinyInt(b)) => a.cmp(b),
            (Self::SmallInt(a), Self::SmallInt(b)) => a.cmp(b),
            (Self::Int(a), Self::Int(b))
            | (Self::Date(a), Self::Date(b))
            | (Self::Time(a), Self::Time(b)) => a.cmp(b),
            (Self::BigInt(a), Self::BigInt(b)) => a.cmp(b),
            (Self::Float(a), Self::Float(b)) => compare_floats(f64::from(*a), f64::from(*b)),
            (Self::Double(a), Self::Double(b)) => compare_floats(*a, *b),
            (Self::Decimal { unscaled: a, scale: s, .. }, Self::Decimal { unscaled: b, scale: t, .. }) => {
                compare_decimals(*a, *s, *b, *t)
            }
            (Self::String(a), Self::String(b)) => a.as_bytes().cmp(b.as_bytes()),
            (Self::Bytes(a), Self::Bytes(b)) => a.cmp(b),
            (Self::Timestamp { millis: a, nanos: m }, Self::Timestamp { millis: b, nanos: n }) => {
                (a, m).cmp(&(b, n))
            }
            (a, b) => a.rank().cmp(&b.rank()),
        }
    }

    /// Whether a column of this type can hold the value; `NULL` fits every type.
    pub fn fits(&self, kind: &TypeKind) -> bool {
        match (self, kind) {
            (Self::Null, _)
            | (Self::Boolean(_), TypeKind::Boolean)
            | (Self::TinyInt(_), TypeKind::TinyInt)
            | (Self::SmallInt(_), TypeKind::SmallInt)
            | (Self::Int(_), TypeKind::Int)
            | (Self::BigInt(_), TypeKind::BigInt)
            | (Self::Float(_), TypeKind::Float)
            | (Self::Double(_), TypeKind::Double)
            | (Self::String(_), TypeKind::Char { .. } | TypeKind::VarChar { .. })
            | (Self::Bytes(_), TypeKind::Binary { .. } | TypeKind::VarBinary { .. })
            | (Self::Date(_), TypeKind::Date)
            | (Self::Time(_), TypeKind::Time { .. })
            | (Self::Timestamp { .. }, TypeKind::Timestamp { .. } | TypeKind::LocalZonedTimestamp { .. }) => {
                true
            }
            (Self::Decimal { precision, scale, .. }, TypeKind::Decimal { precision: p, scale: s }) => {
                precision == p && scale == s
            }
            _ => false,
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Boolean(_) => 1,
            Self::TinyInt(_) => 2,
            Self::SmallInt(_) => 3,
            Self::Int(_) => 4,
            Self::BigInt(_) => 5,
            Self::Float(_) => 6,
            Self::Double(_) => 7,
            Self::Decimal { .. } => 8,
            Self::String(_) => 9,
            Self::Bytes(_) => 10,
            Self::Date(_) => 11,
            Self::Time(_) => 12,
            Self::Timestamp { .. } => 13,
        }
    }
}

impl PartialEq for Datum {
    fn eq(&self, other: &Self) -> bool {
        self.compare(other) == Ordering::Equal
    }
}

impl Eq for Datum {}

impl PartialOrd for Datum {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Datum {
    fn cmp(&self, other: &Self) -> Ordering {
        self.compare(other)
    }
}

/// Compares two rows field by field, as Paimon compares keys.
pub fn compare_rows(a: &[Datum], b: &[Datum]) -> Ordering {
    a.iter().cmp(b.iter())
}

/// Java's `Double.compare`: every NaN is the same and the greatest number.
fn compare_floats(a: f64, b: f64) -> Ordering {
    match (a.is_nan(), b.is_nan()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => a.total_cmp(&b),
    }
}

fn compare_decimals(a: i128, a_scale: u8, b: i128, b_scale: u8) -> Ordering {
    if a_scale > b_scale {
        return compare_decimals(b, b_scale, a, a_scale).reverse();
    }
    let raise = 10_i128.checked_pow(u32::from(b_scale - a_scale));
    match raise.and_then(|factor| a.checked_mul(factor)) {
        Some(raised) => raised.cmp(&b),
        // A product beyond 128 bits is further from zero than any 128-bit number; zero never overflows it.
        None if a == 0 => 0.cmp(&b),
        None => a.cmp(&0),
    }
}

#[cfg(test)]
mod tests;
