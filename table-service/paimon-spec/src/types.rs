//! Data types: what a column holds (format §3.2, Paimon `DataType`).

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

mod parse;
mod print;

/// The length of `STRING` and `BYTES`: Java's greatest `int`.
pub const MAX_LENGTH: u32 = i32::MAX as u32;

/// The type of a column: what it holds and whether it may be `NULL`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DataType {
    /// Whether the column may hold `NULL`.
    pub nullable: bool,
    /// What the column holds.
    pub kind: TypeKind,
}

/// What a column holds, apart from nullability.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TypeKind {
    /// `BOOLEAN`.
    Boolean,
    /// `TINYINT`: 8 bits, signed.
    TinyInt,
    /// `SMALLINT`: 16 bits, signed.
    SmallInt,
    /// `INT`: 32 bits, signed.
    Int,
    /// `BIGINT`: 64 bits, signed.
    BigInt,
    /// `FLOAT`: 32 bits.
    Float,
    /// `DOUBLE`: 64 bits.
    Double,
    /// `DECIMAL(precision, scale)`.
    Decimal {
        /// Digits in all, 1 to 38.
        precision: u8,
        /// Digits after the decimal point, at most `precision`.
        scale: u8,
    },
    /// `CHAR(length)`, in code points.
    Char {
        /// Code points.
        length: u32,
    },
    /// `VARCHAR(length)`, in code points; `STRING` is the longest.
    VarChar {
        /// Greatest number of code points.
        length: u32,
    },
    /// `BINARY(length)`, in bytes.
    Binary {
        /// Bytes.
        length: u32,
    },
    /// `VARBINARY(length)`, in bytes; `BYTES` is the longest.
    VarBinary {
        /// Greatest number of bytes.
        length: u32,
    },
    /// `DATE`.
    Date,
    /// `TIME(precision)`.
    Time {
        /// Digits of the second's fraction, 0 to 9.
        precision: u8,
    },
    /// `TIMESTAMP(precision)`: a wall-clock time without a zone.
    Timestamp {
        /// Digits of the second's fraction, 0 to 9.
        precision: u8,
    },
    /// `TIMESTAMP(precision) WITH LOCAL TIME ZONE`: an instant.
    LocalZonedTimestamp {
        /// Digits of the second's fraction, 0 to 9.
        precision: u8,
    },
    /// `VARIANT`: semi-structured data.
    Variant,
    /// `BLOB`: large bytes that may live in files of their own.
    Blob,
    /// `GEOMETRY(…)` with its arguments as written.
    Geometry(Option<String>),
    /// `GEOGRAPHY(…)` with its arguments as written.
    Geography(Option<String>),
    /// `ARRAY` of an element type.
    Array(Box<DataType>),
    /// `MULTISET` of an element type.
    Multiset(Box<DataType>),
    /// `MAP` of key and value types.
    Map(Box<DataType>, Box<DataType>),
    /// `ROW` of named fields.
    Row(Vec<DataField>),
    /// `VECTOR`: a fixed number of elements.
    Vector {
        /// The type of each element.
        element: Box<DataType>,
        /// How many elements.
        length: u32,
    },
}

/// A named column or member of a `ROW` (Paimon `DataField`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DataField {
    /// The id that follows the column through renames; unique in the schema, nested fields included.
    pub id: i32,
    /// The column's name.
    pub name: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub data_type: DataType,
    /// A comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The value that writers put in when none is given; readers never use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_value: Option<String>,
}

impl DataType {
    /// A type that may hold `NULL`.
    pub fn nullable(kind: TypeKind) -> Self {
        Self { nullable: true, kind }
    }

    /// A type that never holds `NULL`.
    pub fn not_null(kind: TypeKind) -> Self {
        Self { nullable: false, kind }
    }

    /// Whether its values are [`crate::Datum`]s, in contrast to nested and semi-structured values.
    pub fn is_scalar(&self) -> bool {
        !matches!(
            self.kind,
            TypeKind::Variant
                | TypeKind::Blob
                | TypeKind::Geometry(_)
                | TypeKind::Geography(_)
                | TypeKind::Array(_)
                | TypeKind::Multiset(_)
                | TypeKind::Map(..)
                | TypeKind::Row(_)
                | TypeKind::Vector { .. }
        )
    }

    /// The type's first word in SQL, such as `DECIMAL`, for messages and refusals.
    pub fn name(&self) -> &'static str {
        print::name(&self.kind)
    }

    /// Calls `visit` with this type and every type inside it.
    pub fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a DataType)) {
        visit(self);
        match &self.kind {
            TypeKind::Array(element) | TypeKind::Multiset(element) | TypeKind::Vector { element, .. } => {
                element.walk(visit);
            }
            TypeKind::Map(key, value) => {
                key.walk(visit);
                value.walk(visit);
            }
            TypeKind::Row(fields) => fields.iter().for_each(|field| field.data_type.walk(visit)),
            _ => {}
        }
    }
}

impl Serialize for DataType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for DataType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = serde_json::Value::deserialize(deserializer)?;
        Self::from_json(&json).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests;
