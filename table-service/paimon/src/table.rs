//! A table as its own metadata describes it: schema, snapshots, live files, references; and commits to it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use weir_paimon_spec::paths::{BranchPaths, DataPaths};
use weir_paimon_spec::support::{self, Purpose, Refusal};
use weir_paimon_spec::{TableOptions, TableSchema};
use weir_storage::{Location, Storage};

use crate::{Error, ErrorKind, Result};

pub mod commit;
mod live_files;
mod references;
mod snapshots;

pub(crate) use live_files::within_table;
pub use live_files::{BucketKey, LiveFiles};
pub use references::{BranchReferences, References, Root, RootKind};

/// Requests of one kind for metadata that are on the wire at the same time.
pub(crate) const CONCURRENT_REQUESTS: usize = 16;

/// Roots whose metadata is read and decoded together, and requests for it; two such groups at a time.
pub(crate) const READ_TOGETHER: usize = CONCURRENT_REQUESTS / 2;

/// A Paimon table: where it is, what its newest schema says, and how its options are set for this run.
///
/// Manifests are immutable and shared by snapshots, so each is read at most once by one `Table`.
#[derive(Debug)]
pub struct Table {
    storage: Storage,
    schema: Arc<TableSchema>,
    options: TableOptions,
    main: BranchPaths,
    data: DataPaths,
    /// Schemas that were read, by path.
    schemas: Mutex<HashMap<String, Arc<TableSchema>>>,
    manifests: live_files::ManifestCache,
}

impl Table {
    /// Opens the table at the storage's location with its newest schema; `overrides` are table options for this
    /// run only. [`ErrorKind::NotFound`] when there is no schema file.
    pub async fn open(storage: Storage, overrides: &BTreeMap<String, String>) -> Result<Self> {
        let schema = latest_schema(&storage, &BranchPaths::main()).await?.ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                format!(
                    "there is no Paimon table at {}: it has no schema file; check the location",
                    storage.location()
                ),
            )
        })?;
        let options = TableOptions::new(schema.options.clone())
            .with_overrides(overrides.iter().map(|(key, value)| (key.as_str(), value.as_str())));
        let data = DataPaths::new(&schema, &options)?;
        let schemas =
            Mutex::new(HashMap::from([(BranchPaths::main().schema(schema.id), Arc::clone(&schema))]));
        let manifests = live_files::ManifestCache::default();
        Ok(Self { storage, schema, options, main: BranchPaths::main(), data, schemas, manifests })
    }

    /// The table's objects.
    pub const fn storage(&self) -> &Storage {
        &self.storage
    }

    /// The table's root.
    pub const fn location(&self) -> &Location {
        self.storage.location()
    }

    /// The schema that was the newest when the table was opened.
    pub fn schema(&self) -> &TableSchema {
        &self.schema
    }

    /// The newest schema's options with this run's overrides.
    pub const fn options(&self) -> &TableOptions {
        &self.options
    }

    /// The schema with the given id.
    pub async fn schema_of(&self, id: i64) -> Result<Arc<TableSchema>> {
        self.schema_in(&self.main, id).await
    }

    /// The schema with the given id of a branch.
    pub(crate) async fn schema_in(&self, branch: &BranchPaths, id: i64) -> Result<Arc<TableSchema>> {
        let path = branch.schema(id);
        if let Some(schema) = self.schemas.lock().unwrap_or_else(PoisonError::into_inner).get(&path) {
            return Ok(Arc::clone(schema));
        }
        let schema = read_schema(&self.storage, &path).await?;
        self.schemas.lock().unwrap_or_else(PoisonError::into_inner).insert(path, Arc::clone(&schema));
        Ok(schema)
    }

    /// Id of the newest schema now, which a writer may have changed since the table was opened.
    pub async fn latest_schema_id(&self) -> Result<i64> {
        let id = schema_ids(&self.storage, &self.main).await?.into_iter().max();
        id.ok_or_else(|| Error::corrupt(format!("{} has lost its schema files", self.location())))
    }

    /// What keeps a service from working on the table.
    pub fn refusals(&self, purpose: Purpose) -> Vec<Refusal> {
        support::check(&self.schema, &self.options, purpose)
    }

    /// Names and places of the main branch's metadata.
    pub const fn main(&self) -> &BranchPaths {
        &self.main
    }

    /// Places of data files.
    pub const fn data(&self) -> &DataPaths {
        &self.data
    }

    /// Fails with [`ErrorKind::Unsupported`], naming every feature that keeps a service from working on the table.
    pub fn require_support(&self, purpose: Purpose) -> Result<()> {
        let refusals = self.refusals(purpose);
        if refusals.is_empty() {
            return Ok(());
        }
        let reasons: Vec<String> = refusals
            .iter()
            .map(|refusal| format!("{}: {}; {}", refusal.feature, refusal.reason, refusal.remedy))
            .collect();
        Err(Error::new(
            ErrorKind::Unsupported,
            format!("{} cannot be worked on; nothing was changed: {}", self.location(), reasons.join("; ")),
        ))
    }
}

/// Ids of the schema files of a branch.
async fn schema_ids(storage: &Storage, branch: &BranchPaths) -> Result<Vec<i64>> {
    let listing = storage.list_directory(&branch.schema_dir()).await?;
    Ok(listing.files.iter().filter_map(|file| BranchPaths::schema_id(file.name())).collect())
}

/// The newest schema of a branch; `None` when it has none.
async fn latest_schema(storage: &Storage, branch: &BranchPaths) -> Result<Option<Arc<TableSchema>>> {
    match schema_ids(storage, branch).await?.into_iter().max() {
        Some(id) => read_schema(storage, &branch.schema(id)).await.map(Some),
        None => Ok(None),
    }
}

async fn read_schema(storage: &Storage, path: &str) -> Result<Arc<TableSchema>> {
    let content = storage.read(path).await?;
    Ok(Arc::new(TableSchema::parse(&content).map_err(|error| error.at(path))?))
}
