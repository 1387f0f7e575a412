use bytes::Bytes;

/// One value of a leaf, in the leaf's own unit.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// BOOLEAN.
    Boolean(bool),
    /// INT32 and INT64: integers, dates (days), times and timestamps in the unit of the leaf.
    Integer(i64),
    /// FLOAT.
    Float(f32),
    /// DOUBLE.
    Double(f64),
    /// Unscaled value of a DECIMAL leaf of any physical type.
    Decimal(i128),
    /// `BYTE_ARRAY` and `FIXED_LEN_BYTE_ARRAY`: strings and binary.
    Bytes(Bytes),
    /// INT96 timestamp.
    Int96 {
        /// Julian day number.
        julian_day: i32,
        /// Nanoseconds of the day.
        nanos: i64,
    },
}
