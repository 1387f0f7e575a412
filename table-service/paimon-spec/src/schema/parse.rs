//! Reading schema files, old versions included (format §3.1).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{CURRENT_VERSION, TableSchema};
use crate::error::{Error, Result};
use crate::types::DataField;

/// The file as it stands; fields are read apart, so that an unknown type is told from a broken file.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SchemaFile {
    version: Option<i32>,
    id: i64,
    fields: Vec<Value>,
    highest_field_id: i32,
    #[serde(default)]
    partition_keys: Vec<String>,
    #[serde(default)]
    primary_keys: Vec<String>,
    #[serde(default)]
    options: BTreeMap<String, String>,
    #[serde(default)]
    comment: Option<String>,
    #[serde(default)]
    time_millis: i64,
    #[serde(flatten)]
    other: Map<String, Value>,
}

pub(super) fn schema(bytes: &[u8]) -> Result<TableSchema> {
    let value: Value = serde_json::from_slice(bytes)
        .map_err(|error| Error::corrupt("the schema is not JSON").caused_by(error))?;
    let version = value.get("version").and_then(Value::as_i64).unwrap_or(1);
    if version > i64::from(CURRENT_VERSION) {
        return Err(Error::unsupported(format!(
            "schema version {version} is newer than {CURRENT_VERSION}, the newest known"
        )));
    }
    let file: SchemaFile = serde_json::from_value(value)
        .map_err(|error| Error::corrupt("the JSON is not a schema").caused_by(error))?;
    let version = file.version.unwrap_or(1);
    let fields = file.fields.iter().map(DataField::from_json).collect::<Result<Vec<_>>>()?;
    let mut options = file.options;
    if version <= 1 {
        options.entry("bucket".to_owned()).or_insert_with(|| "1".to_owned());
    }
    if version <= 2 {
        options.entry("file.format".to_owned()).or_insert_with(|| "orc".to_owned());
    }
    let schema = TableSchema {
        version,
        id: file.id,
        fields,
        highest_field_id: file.highest_field_id,
        partition_keys: file.partition_keys,
        primary_keys: file.primary_keys,
        options,
        comment: file.comment,
        time_millis: file.time_millis,
        other: file.other,
    };
    check_keys(&schema)?;
    Ok(schema)
}

fn check_keys(schema: &TableSchema) -> Result<()> {
    schema.partition_fields()?;
    let key = schema.trimmed_primary_keys()?;
    if schema.has_primary_key() && key.is_empty() {
        return Err(Error::corrupt(
            "every primary key column is a partition key: no key is left in a bucket",
        )
        .at(format!("schema-{}", schema.id)));
    }
    Ok(())
}
