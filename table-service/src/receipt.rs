//! The receipt of a run: its result, and the plan with every file that was touched.

use bytes::Bytes;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
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
    pub(crate) details: &'a Details,
}

/// A service's report as JSON in one line. It may name every file of a table: as a tree of values it would take many
/// times the memory.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Details(Option<Box<RawValue>>);

impl Details {
    /// The details that `report` gives.
    pub(crate) fn of(report: &impl Serialize) -> Result<Self, serde_json::Error> {
        Ok(Self(Some(to_raw_value(report)?)))
    }
}

impl Receipt<'_> {
    /// The receipt as it is stored: the result line by line, for people, and the details in one line.
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

/// Stores a receipt below the table's root, and removes old ones. A failure is logged: the run has happened either way.
pub(crate) async fn store(storage: &Storage, path: &str, receipt: &Receipt<'_>) {
    let Ok(content) = receipt.content() else { return };
    let (stored, pruned) = tokio::join!(storage.overwrite(path, content), prune(storage, path));
    if let Err(error) = stored {
        tracing::warn!(%error, "the receipt could not be stored");
    }
    if let Err(error) = pruned {
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

/// Removes all receipts but the newest, among which is the one at `path`, whether it is there already or not. On a file
/// system, a receipt that is being written has a hidden name until it is whole.
async fn prune(storage: &Storage, path: &str) -> Result<(), weir_storage::Error> {
    let mut others: Vec<String> = storage
        .list_directory(DIRECTORY)
        .await?
        .files
        .into_iter()
        .filter(|file| !file.is_hidden() && file.path != path)
        .map(|file| file.path)
        .collect();
    others.sort_unstable();
    let old = (others.len() + 1).saturating_sub(KEPT);
    storage.delete(others.get(..old).unwrap_or_default()).await.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use serde_json::{Value, json};
    use weir_contract::{OperationKind, Outcome, Reason};

    use super::*;

    fn result() -> RunResult {
        RunResult {
            uid: String::new(),
            operation: OperationKind::Compact,
            outcome: Outcome::Succeeded,
            reason: Reason::Completed,
            message: String::new(),
            started_at: String::new(),
            finished_at: String::new(),
            snapshot_before: None,
            snapshot_after: None,
            compaction: None,
            expiry: None,
            cleanup: None,
            table: None,
            requests: weir_contract::RequestCounts::default(),
            report: None,
        }
    }

    fn path(number: u32) -> String {
        format!("{DIRECTORY}/{number:04}-compact.json")
    }

    /// Stores an empty receipt with each of these numbers.
    async fn store_each(storage: &Storage, numbers: Range<u32>) {
        let (result, details) = (result(), Details::default());
        for number in numbers {
            store(storage, &path(number), &Receipt { result: &result, details: &details }).await;
        }
    }

    async fn stored(storage: &Storage) -> Vec<String> {
        let listing = storage.list_directory(DIRECTORY).await.unwrap();
        let mut paths: Vec<String> = listing.files.into_iter().map(|file| file.path).collect();
        paths.sort_unstable();
        paths
    }

    #[test]
    fn a_receipt_says_the_same_to_people_and_to_programs() {
        let report = json!({"files": [{"path": "a\nb", "bytes": 1}, {}], "none": null});
        let (result, details) = (result(), Details::of(&report).unwrap());
        let receipt = Receipt { result: &result, details: &details };
        let mut expected = serde_json::to_value(&result).unwrap();
        let lines = serde_json::to_string_pretty(&expected).unwrap().lines().count();
        expected["details"] = report;
        let line = serde_json::to_string(&receipt).unwrap();
        assert_eq!(line.lines().count(), 1);
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), expected);
        let content = String::from_utf8(receipt.content().unwrap().to_vec()).unwrap();
        assert_eq!(content.lines().count(), lines + 1);
        assert_eq!(serde_json::from_str::<Value>(&content).unwrap(), expected);
    }

    #[tokio::test]
    async fn the_newest_hundred_receipts_are_kept_the_new_one_among_them() {
        let directory = tempfile::tempdir().unwrap();
        let storage = Storage::open(&directory.path().to_str().unwrap().parse().unwrap()).unwrap();
        store_each(&storage, 0..104).await;
        assert_eq!(stored(&storage).await, (4..104).map(path).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_receipt_that_another_run_is_writing_is_neither_counted_nor_removed() {
        let directory = tempfile::tempdir().unwrap();
        let storage = Storage::open(&directory.path().to_str().unwrap().parse().unwrap()).unwrap();
        let unfinished = format!("{DIRECTORY}/.0000-compact.json.5e9a.weir.tmp");
        storage.overwrite(&unfinished, Bytes::new()).await.unwrap();
        store_each(&storage, 1..101).await;
        let all: Vec<String> = [unfinished].into_iter().chain((1..101).map(path)).collect();
        assert_eq!(stored(&storage).await, all);
    }
}
