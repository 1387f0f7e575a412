//! The files of consumers as they are.

use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use weir_paimon_spec::Consumer;
use weir_paimon_spec::paths::BranchPaths;

use crate::table::CONCURRENT_REQUESTS;
use crate::{Error, ErrorKind, Result, Table};

/// A consumer's file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ConsumerFile {
    /// The consumer.
    pub(super) id: String,
    /// Path relative to the table's root.
    pub(super) path: String,
    /// When it was written, by the store's clock.
    pub(super) modified: Timestamp,
    /// The next snapshot that the consumer will read, or why the file does not tell.
    pub(super) next_snapshot: std::result::Result<i64, String>,
}

/// All consumers of `main`, by id. A file that is broken is no error here: it is what a person looks for.
pub(super) async fn consumer_files(table: &Table) -> Result<Vec<ConsumerFile>> {
    let listing = table.storage().list_directory(&table.main().consumer_dir()).await?;
    let named = listing
        .files
        .into_iter()
        .filter_map(|file| Some((BranchPaths::consumer_id(file.name())?.to_owned(), file)));
    let mut files: Vec<ConsumerFile> = stream::iter(named)
        .map(|(id, file)| async move {
            let next_snapshot = match table.read_whole(&file.path, &Consumer::parse).await {
                Ok(Some(consumer)) => Ok(consumer.next_snapshot),
                Ok(None) => return Ok(None),
                Err(error) if error.kind() == ErrorKind::Corrupt => Err(error.to_string()),
                Err(error) => return Err(error),
            };
            Ok::<_, Error>(Some(ConsumerFile { id, path: file.path, modified: file.modified, next_snapshot }))
        })
        .buffered(CONCURRENT_REQUESTS)
        .try_filter_map(|file| async move { Ok(file) })
        .try_collect()
        .await?;
    files.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(files)
}
