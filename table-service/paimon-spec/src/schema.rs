//! Schema files: columns, keys and options of a table (format §3).

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::{At, Error, Result};
pub use crate::types::DataField;
use crate::types::DataType;

mod parse;
pub mod special_fields;

/// The newest version of the schema file that this release knows.
pub const CURRENT_VERSION: i32 = 3;

/// One version of a table's schema: the content of `schema/schema-<id>` (Paimon `TableSchema`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TableSchema {
    /// Version of the file's layout.
    pub version: i32,
    /// The schema's number, from 0.
    pub id: i64,
    /// Columns, in order.
    pub fields: Vec<DataField>,
    /// The greatest field id ever given out, nested fields included.
    pub highest_field_id: i32,
    /// Columns by whose values files are put in directories.
    pub partition_keys: Vec<String>,
    /// Columns that identify a row; empty for append tables.
    pub primary_keys: Vec<String>,
    /// Table options as stored, with the defaults that old versions imply (format §3.1).
    pub options: BTreeMap<String, String>,
    /// A comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// When the schema was made, in milliseconds since the epoch; the first releases did not say.
    pub time_millis: i64,
    /// Members that this release does not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// How rows find their bucket (Paimon `BucketMode`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BucketMode {
    /// A fixed number of buckets: by hash of the bucket key, or in order of arrival for append tables.
    HashFixed,
    /// Primary key, `bucket = -1`: an index says in which bucket a key is.
    HashDynamic,
    /// The same when the primary key does not hold all partition keys: a key may move between partitions.
    KeyDynamic,
    /// No primary key, `bucket = -1`: everything is in bucket 0 and order does not matter.
    BucketUnaware,
    /// Primary key, `bucket = -2`: rows wait in a staging bucket.
    Postpone,
}

impl TableSchema {
    /// Reads a schema file. A version or type that this release does not know is `Unsupported`.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        parse::schema(bytes)
    }

    /// The column called `name`.
    pub fn field(&self, name: &str) -> Option<&DataField> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The column called `name`, or an error that says which list named it.
    fn named_field(&self, name: &str, list: &str) -> Result<&DataField> {
        self.field(name).ok_or_else(|| {
            Error::corrupt(format!("{list} name column '{name}', which the schema does not have"))
                .at(format!("schema-{}", self.id))
        })
    }

    /// Primary key columns that are not partition keys, in the order of the primary key: the key by which
    /// rows are sorted within a bucket.
    pub fn trimmed_primary_keys(&self) -> Result<Vec<&DataField>> {
        self.primary_keys
            .iter()
            .filter(|key| !self.partition_keys.contains(key))
            .map(|key| self.named_field(key, "primaryKeys"))
            .collect()
    }

    /// Partition columns, in order.
    pub fn partition_fields(&self) -> Result<Vec<&DataField>> {
        self.partition_keys.iter().map(|key| self.named_field(key, "partitionKeys")).collect()
    }

    /// Types of the partition columns, in order: the row type of `_PARTITION`.
    pub fn partition_types(&self) -> Result<Vec<DataType>> {
        Ok(self.partition_fields()?.into_iter().map(|field| field.data_type.clone()).collect())
    }

    /// Types of the trimmed primary key, in order: the row type of `_MIN_KEY` and `_MAX_KEY`.
    pub fn key_types(&self) -> Result<Vec<DataType>> {
        Ok(self.trimmed_primary_keys()?.into_iter().map(|field| field.data_type.clone()).collect())
    }

    /// Whether rows are identified by a primary key.
    pub fn has_primary_key(&self) -> bool {
        !self.primary_keys.is_empty()
    }

    /// Whether a key can move between partitions, because some partition key is not in the primary key.
    pub fn is_cross_partition(&self) -> bool {
        self.has_primary_key() && !self.partition_keys.iter().all(|key| self.primary_keys.contains(key))
    }

    /// How rows find their bucket, given the number in option `bucket`.
    pub fn bucket_mode(&self, bucket: i32) -> Result<BucketMode> {
        match (bucket, self.has_primary_key()) {
            (1.., _) => Ok(BucketMode::HashFixed),
            (-1, true) if self.is_cross_partition() => Ok(BucketMode::KeyDynamic),
            (-1, true) => Ok(BucketMode::HashDynamic),
            (-1, false) => Ok(BucketMode::BucketUnaware),
            (-2, true) => Ok(BucketMode::Postpone),
            (other, _) => {
                let table = if self.has_primary_key() { "a primary-key table" } else { "an append table" };
                Err(Error::invalid(format!("bucket = {other} is not possible for {table}"))
                    .at("option bucket"))
            }
        }
    }

    /// Bucket key columns: those of option `bucket-key`, else the trimmed primary key.
    pub fn bucket_key_fields(&self, bucket_key: Option<&[String]>) -> Result<Vec<&DataField>> {
        match bucket_key {
            Some(names) => names
                .iter()
                .map(|name| self.named_field(name, "bucket-key"))
                .collect::<Result<_>>()
                .at(|| "option bucket-key"),
            None => self.trimmed_primary_keys(),
        }
    }
}

#[cfg(test)]
mod tests;
