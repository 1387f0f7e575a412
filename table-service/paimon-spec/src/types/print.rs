//! Types as schema files write them.

use std::fmt;

use serde_json::{Map, Value, json};

use super::{DataField, DataType, MAX_LENGTH, TypeKind};

impl DataType {
    /// The type as it stands in a schema file: a string, or an object for nested types (format §3.2).
    pub fn to_json(&self) -> Value {
        let mut object = Map::new();
        match &self.kind {
            TypeKind::Array(element) | TypeKind::Multiset(element) => {
                object.insert("element".into(), element.to_json());
            }
            TypeKind::Map(key, value) => {
                object.insert("key".into(), key.to_json());
                object.insert("value".into(), value.to_json());
            }
            TypeKind::Row(fields) => {
                object.insert("fields".into(), fields.iter().map(DataField::to_json).collect());
            }
            TypeKind::Vector { element, length } => {
                object.insert("element".into(), element.to_json());
                object.insert("length".into(), json!(length));
            }
            _ => return Value::String(self.to_string()),
        }
        object.insert("type".into(), format!("{}{}", self.name(), self.suffix()).into());
        Value::Object(object)
    }

    fn suffix(&self) -> &'static str {
        if self.nullable { "" } else { " NOT NULL" }
    }
}

impl DataField {
    /// The field as it stands in a schema file.
    pub fn to_json(&self) -> Value {
        let mut object = Map::new();
        object.insert("id".into(), self.id.into());
        object.insert("name".into(), self.name.clone().into());
        object.insert("type".into(), self.data_type.to_json());
        if let Some(description) = &self.description {
            object.insert("description".into(), description.clone().into());
        }
        if let Some(default) = &self.default_value {
            object.insert("defaultValue".into(), default.clone().into());
        }
        Value::Object(object)
    }
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.kind, self.suffix())
    }
}

impl fmt::Display for TypeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = name(self);
        match self {
            Self::Decimal { precision, scale } => write!(f, "{name}({precision}, {scale})"),
            Self::VarChar { length: MAX_LENGTH } => f.write_str("STRING"),
            Self::VarBinary { length: MAX_LENGTH } => f.write_str("BYTES"),
            Self::Char { length }
            | Self::VarChar { length }
            | Self::Binary { length }
            | Self::VarBinary { length } => write!(f, "{name}({length})"),
            Self::Time { precision } | Self::Timestamp { precision } => write!(f, "{name}({precision})"),
            Self::LocalZonedTimestamp { precision } => {
                write!(f, "{name}({precision}) WITH LOCAL TIME ZONE")
            }
            Self::Geometry(Some(arguments)) | Self::Geography(Some(arguments)) => {
                write!(f, "{name}({arguments})")
            }
            Self::Array(element) | Self::Multiset(element) => write!(f, "{name}<{element}>"),
            Self::Map(key, value) => write!(f, "{name}<{key}, {value}>"),
            Self::Vector { element, length } => write!(f, "{name}<{element}, {length}>"),
            Self::Row(fields) => {
                write!(f, "{name}<")?;
                for (i, field) in fields.iter().enumerate() {
                    let comma = if i == 0 { "" } else { ", " };
                    write!(f, "{comma}`{}` {}", field.name, field.data_type)?;
                }
                f.write_str(">")
            }
            _ => f.write_str(name),
        }
    }
}

pub(super) fn name(kind: &TypeKind) -> &'static str {
    match kind {
        TypeKind::Boolean => "BOOLEAN",
        TypeKind::TinyInt => "TINYINT",
        TypeKind::SmallInt => "SMALLINT",
        TypeKind::Int => "INT",
        TypeKind::BigInt => "BIGINT",
        TypeKind::Float => "FLOAT",
        TypeKind::Double => "DOUBLE",
        TypeKind::Decimal { .. } => "DECIMAL",
        TypeKind::Char { .. } => "CHAR",
        TypeKind::VarChar { .. } => "VARCHAR",
        TypeKind::Binary { .. } => "BINARY",
        TypeKind::VarBinary { .. } => "VARBINARY",
        TypeKind::Date => "DATE",
        TypeKind::Time { .. } => "TIME",
        TypeKind::Timestamp { .. } | TypeKind::LocalZonedTimestamp { .. } => "TIMESTAMP",
        TypeKind::Variant => "VARIANT",
        TypeKind::Blob => "BLOB",
        TypeKind::Geometry(_) => "GEOMETRY",
        TypeKind::Geography(_) => "GEOGRAPHY",
        TypeKind::Array(_) => "ARRAY",
        TypeKind::Multiset(_) => "MULTISET",
        TypeKind::Map(..) => "MAP",
        TypeKind::Row(_) => "ROW",
        TypeKind::Vector { .. } => "VECTOR",
    }
}
