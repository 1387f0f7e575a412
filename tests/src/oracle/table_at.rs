use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use weir_contract::env;

/// How an engine reaches the storage of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Storage(Option<S3>);

/// An S3 server, addressed by path.
#[derive(Clone, Debug, PartialEq, Eq)]
struct S3 {
    endpoint: String,
    access_key: String,
    secret_key: String,
}

const REGION: &str = "us-east-1";

impl Storage {
    /// Paths of this machine.
    pub const fn local() -> Self {
        Self(None)
    }

    /// An S3 server, addressed by path.
    pub fn s3(endpoint: &str, access_key: &str, secret_key: &str) -> Self {
        let [endpoint, access_key, secret_key] = [endpoint, access_key, secret_key].map(str::to_owned);
        Self(Some(S3 { endpoint, access_key, secret_key }))
    }

    /// Options of Paimon's file systems; Java and Python read them under these names.
    fn options(&self) -> BTreeMap<&'static str, &str> {
        let Some(S3 { endpoint, access_key, secret_key }) = &self.0 else { return BTreeMap::new() };
        BTreeMap::from([
            ("s3.endpoint", endpoint.as_str()),
            ("s3.access-key", access_key),
            ("s3.secret-key", secret_key),
            ("s3.path.style.access", "true"),
            ("s3.region", REGION),
            // Java signs with this one and guesses wrong without it.
            ("s3.endpoint.region", REGION),
        ])
    }

    /// Environment variables with which `weir` reaches the same storage.
    pub fn environment(&self) -> BTreeMap<&'static str, &str> {
        let Some(S3 { endpoint, access_key, secret_key }) = &self.0 else { return BTreeMap::new() };
        BTreeMap::from([
            (env::AWS_ENDPOINT_URL, endpoint.as_str()),
            (env::AWS_ACCESS_KEY_ID, access_key),
            (env::AWS_SECRET_ACCESS_KEY, secret_key),
            (env::AWS_REGION, REGION),
            (env::AWS_ALLOW_HTTP, "true"),
            (env::AWS_VIRTUAL_HOSTED_STYLE_REQUEST, "false"),
        ])
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

    /// How its storage is reached.
    pub const fn storage(&self) -> &Storage {
        &self.storage
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
            "storage": self.storage.options(),
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
