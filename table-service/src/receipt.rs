//! The receipt of a run: its result, and the plan with every file that was touched.

use bytes::Bytes;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use weir_contract::RunResult;
use weir_storage::{Location, Storage};

/// Directory of receipts below the table's root.
const DIRECTORY: &str = ".weir/receipts";

/// Receipts that a table keeps; older ones are removed.
const KEPT: usize = 100;

/// Result and details of one run: what `--json` prints and what is stored.
#[derive(Debug, Serialize)]
pub(crate) struct Receipt<'a> {
    /// The result, as in the termination message.
    #[serde(flatten)]
    pub(crate) result: &'a RunResult,
    /// The service's own report.
    pub(crate) details: &'a Value,
}

impl Receipt<'_> {
    fn content(&self) -> Result<Bytes, serde_json::Error> {
        Ok(serde_json::to_vec_pretty(self)?.into())
    }
}

/// Where a receipt of `verb` goes by default; names sort by time.
pub(crate) fn default_path(verb: &str, run_uid: &str) -> String {
    let time = Timestamp::now().strftime("%Y%m%dT%H%M%S%.3fZ");
    let run = if run_uid.is_empty() { String::new() } else { format!("-{run_uid}") };
    format!("{DIRECTORY}/{time}-{verb}{run}.json")
}

/// Stores a receipt below the table's root. A failure is logged: the run has happened either way.
pub(crate) async fn store(storage: &Storage, path: &str, receipt: &Receipt<'_>) {
    let Ok(content) = receipt.content() else { return };
    if let Err(error) = storage.overwrite(path, content).await {
        tracing::warn!(%error, "the receipt could not be stored");
        return;
    }
    if let Err(error) = prune(storage).await {
        tracing::warn!(%error, "old receipts could not be removed");
    }
}

/// Stores a receipt at a URI that the user has chosen.
pub(crate) async fn store_at(uri: &str, receipt: &Receipt<'_>) -> Result<(), weir_storage::Error> {
    let (directory, name) = uri.trim_end_matches('/').rsplit_once('/').unwrap_or((".", uri));
    let storage = Storage::open(&directory.parse::<Location>()?)?;
    let Ok(content) = receipt.content() else { return Ok(()) };
    storage.overwrite(name, content).await
}

async fn prune(storage: &Storage) -> Result<(), weir_storage::Error> {
    let mut paths: Vec<String> =
        storage.list_directory(DIRECTORY).await?.files.into_iter().map(|file| file.path).collect();
    paths.sort_unstable();
    let old = paths.len().saturating_sub(KEPT);
    storage.delete(paths.get(..old).unwrap_or_default()).await.into_iter().collect()
}
