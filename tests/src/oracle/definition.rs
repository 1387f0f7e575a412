use std::collections::BTreeMap;

use serde_json::{Value, json};

/// What a table is like: columns, keys and options, in the words of `CREATE TABLE`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableDefinition {
    columns: Vec<(String, Value)>,
    primary_keys: Vec<String>,
    partition_keys: Vec<String>,
    options: BTreeMap<String, String>,
}

impl TableDefinition {
    /// A table without columns.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a column; the type as in a schema file (`DECIMAL(18, 2) NOT NULL`, a JSON object for nested types).
    #[must_use]
    pub fn column(mut self, name: &str, data_type: impl Into<Value>) -> Self {
        self.columns.push((name.to_owned(), data_type.into()));
        self
    }

    /// Columns of the primary key.
    #[must_use]
    pub fn primary_key<'a>(mut self, columns: impl IntoIterator<Item = &'a str>) -> Self {
        self.primary_keys = columns.into_iter().map(str::to_owned).collect();
        self
    }

    /// Columns that partition the table.
    #[must_use]
    pub fn partitioned_by<const N: usize>(mut self, columns: [&str; N]) -> Self {
        self.partition_keys = columns.map(str::to_owned).to_vec();
        self
    }

    /// Sets a table option.
    #[must_use]
    pub fn option(mut self, key: &str, value: &str) -> Self {
        self.options.insert(key.to_owned(), value.to_owned());
        self
    }

    /// A table whose writers leave compaction to others.
    #[must_use]
    pub fn write_only(self) -> Self {
        self.option("write-only", "true")
    }

    /// Names of the columns, in order.
    pub fn column_names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(name, _)| name.as_str())
    }

    /// Adds this to a request that creates a table.
    pub(super) fn apply(&self, request: &mut Value) {
        let columns = self.columns.iter().map(|(name, data_type)| json!({"name": name, "type": data_type}));
        request["columns"] = columns.collect();
        request["primaryKeys"] = json!(self.primary_keys);
        request["partitionKeys"] = json!(self.partition_keys);
        request["tableOptions"] = json!(self.options);
    }
}
