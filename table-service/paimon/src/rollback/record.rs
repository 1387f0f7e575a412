//! The record of a rollback: what was removed, to look at or to put back by hand.

use serde::Serialize;
use uuid::Uuid;
use weir_storage::{Create, Storage};

use super::plan::{Plan, RemovedRoot};
use crate::{Error, Result};

/// Directory of records below the table's root.
const DIRECTORY: &str = ".weir/rollbacks";

/// Version of the record's layout.
const VERSION: u32 = 1;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    version: u32,
    /// RFC 3339.
    created_at: String,
    /// Snapshot that was rolled back to.
    target: i64,
    /// Newest snapshot before.
    latest: i64,
    /// What was, or was about to be, removed.
    removed: Vec<&'a RemovedRoot>,
}

/// Writes the record of a plan; answers with its path.
pub(super) async fn write(storage: &Storage, plan: &Plan) -> Result<String> {
    let now = jiff::Timestamp::now();
    let record = Record {
        version: VERSION,
        created_at: now.to_string(),
        target: plan.target.id,
        latest: plan.latest,
        removed: plan.removed().collect(),
    };
    let content = serde_json::to_vec_pretty(&record)
        .map_err(|error| Error::internal(format!("the record of a rollback is not JSON: {error}")))?;
    let path = format!("{DIRECTORY}/{}-{}.json", now.strftime("%Y%m%dT%H%M%SZ"), Uuid::new_v4());
    match storage.create(&path, content.into()).await? {
        Create::Created => Ok(path),
        Create::Exists(_) => Err(Error::internal(format!("the record {path} exists already"))),
        Create::Unclear(error) => Err(error.into()),
    }
}
