use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

/// How an engine reaches the storage of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Storage(BTreeMap<&'static str, String>);

impl Storage {
    /// Paths of this machine.
    pub fn local() -> Self {
        Self::default()
    }

    /// An S3 server, addressed by path.
    pub fn s3(endpoint: &str, access_key: &str, secret_key: &str) -> Self {
        Self(BTreeMap::from([
            ("s3.endpoint", endpoint.to_owned()),
            ("s3.access-key", access_key.to_owned()),
            ("s3.secret-key", secret_key.to_owned()),
            ("s3.path.style.access", "true".to_owned()),
            ("s3.region", "us-east-1".to_owned()),
        ]))
    }
}

/// A table and how to reach it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableAt {
    location: String,
    storage: Storage,
    branch: Option<String>,
    options: BTreeMap<String, String>,
}

impl TableAt {
    /// The table at `location`, a path or URI.
    pub fn new(location: impl Into<String>, storage: Storage) -> Self {
        Self { location: location.into(), storage, branch: None, options: BTreeMap::new() }
    }

    /// The table in a directory of this machine.
    pub fn local(directory: &Path) -> Self {
        Self::new(directory.to_string_lossy(), Storage::local())
    }

    /// Its path or URI.
    pub fn location(&self) -> &str {
        &self.location
    }

    /// One of its branches.
    #[must_use]
    pub fn branch(&self, name: &str) -> Self {
        Self { branch: Some(name.to_owned()), ..self.clone() }
    }

    /// The same table with a dynamic option, as a job of an engine sets it.
    #[must_use]
    pub fn with_option(&self, key: &str, value: &str) -> Self {
        let mut table = self.clone();
        table.options.insert(key.to_owned(), value.to_owned());
        table
    }

    /// A request about this table.
    pub(super) fn request(&self, operation: &str) -> Value {
        json!({
            "op": operation,
            "table": self.location,
            "storage": self.storage.0,
            "branch": self.branch,
            "options": self.options,
        })
    }
}

/// Which state of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Version {
    /// The latest snapshot.
    Latest,
    /// The snapshot with this id.
    Snapshot(u64),
    /// The tag with this name.
    Tag(String),
}

impl Version {
    /// Adds this to a request.
    pub(super) fn apply(&self, request: &mut Value) {
        match self {
            Self::Latest => {}
            Self::Snapshot(id) => request["snapshot"] = json!(id),
            Self::Tag(name) => request["tag"] = json!(name),
        }
    }
}
