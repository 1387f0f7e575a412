use serde_json::{Value, json};

/// A change of a table's schema, in the words of `ALTER TABLE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SchemaChange {
    /// A new last column with a type as in a schema file.
    AddColumn(&'static str, &'static str),
    /// Another name for a column.
    RenameColumn(&'static str, &'static str),
    /// A column is gone.
    DropColumn(&'static str),
    /// Another type for a column.
    AlterColumn(&'static str, &'static str),
    /// A table option gets a value.
    SetOption(&'static str, String),
    /// A table option falls back to its default.
    RemoveOption(&'static str),
}

impl SchemaChange {
    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::AddColumn(name, data_type) => json!({"addColumn": name, "type": data_type}),
            Self::RenameColumn(name, to) => json!({"renameColumn": name, "to": to}),
            Self::DropColumn(name) => json!({"dropColumn": name}),
            Self::AlterColumn(name, data_type) => json!({"alterColumn": name, "type": data_type}),
            Self::SetOption(key, value) => json!({"setOption": key, "value": value}),
            Self::RemoveOption(key) => json!({"removeOption": key}),
        }
    }
}
