//! What a run has decided to delete, written before the first deletion.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use weir_storage::{Create, Storage};

use super::candidates::PlannedFile;
use crate::{Error, ErrorKind, Result};

/// Directory of journals below the table's root.
const DIRECTORY: &str = ".weir/journal";

/// Version of the journal's layout.
const VERSION: u32 = 1;

/// The deletions of one run. While its file exists they are not finished; once the snapshots are gone nothing else
/// tells which files are left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Journal {
    /// [`VERSION`].
    pub(crate) version: u32,
    /// Who wrote it: the verb.
    pub(crate) operation: String,
    /// When, RFC 3339.
    pub(crate) created_at: String,
    /// Snapshots to delete, ascending.
    pub(crate) snapshots: Vec<i64>,
    /// Long-lived changelogs to delete, ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) changelogs: Vec<i64>,
    /// Files to delete afterwards, in this order.
    pub(crate) files: Vec<PlannedFile>,
}

impl Journal {
    /// A journal of `operation`, a verb.
    pub(crate) fn new(operation: &str, snapshots: Vec<i64>, files: Vec<PlannedFile>) -> Self {
        Self {
            version: VERSION,
            operation: operation.to_owned(),
            created_at: jiff::Timestamp::now().to_string(),
            snapshots,
            changelogs: Vec::new(),
            files,
        }
    }

    /// The same with changelogs that go.
    pub(crate) fn with_changelogs(self, changelogs: Vec<i64>) -> Self {
        Self { changelogs, ..self }
    }

    /// Removes a journal whose deletions have not begun and are not to be made.
    pub(crate) async fn discard(storage: &Storage, path: String) -> Result<()> {
        Ok(storage.delete(&[path]).await.into_iter().collect::<Result<(), weir_storage::Error>>()?)
    }

    /// Writes a new journal; answers with its path.
    pub(crate) async fn write(&self, storage: &Storage) -> Result<String> {
        let path = format!("{DIRECTORY}/{}-{}.json", self.operation, Uuid::new_v4());
        match storage.create(&path, self.content()?).await? {
            Create::Created => Ok(path),
            Create::Exists(_) => Err(Error::internal(format!("journal {path} exists already"))),
            Create::Unclear(error) => Err(error.into()),
        }
    }

    /// Replaces a journal by what is left to do.
    pub(crate) async fn rewrite(&self, storage: &Storage, path: &str) -> Result<()> {
        Ok(storage.overwrite(path, self.content()?).await?)
    }

    fn content(&self) -> Result<bytes::Bytes> {
        let json = serde_json::to_vec(self)
            .map_err(|error| Error::internal(format!("a journal is not JSON: {error}")))?;
        Ok(json.into())
    }
}

/// Journals that earlier runs have not finished, with their paths. One that was not written to its end began nothing.
pub(crate) async fn unfinished(storage: &Storage) -> Result<Vec<(String, Journal)>> {
    let mut journals = Vec::new();
    for file in storage.list_directory(DIRECTORY).await?.files {
        if file.is_hidden() {
            continue;
        }
        let Some(content) = storage.read_opt(&file.path).await? else { continue };
        let journal: Journal = serde_json::from_slice(&content).map_err(|error| {
            Error::corrupt(format!(
                "journal {} cannot be read ({error}); remove it after a look at it",
                file.path
            ))
        })?;
        if journal.version != VERSION {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!(
                    "journal {} was written by another release of weir; run that one to finish it",
                    file.path
                ),
            ));
        }
        journals.push((file.path, journal));
    }
    Ok(journals)
}
