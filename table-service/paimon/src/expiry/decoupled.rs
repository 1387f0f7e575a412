//! Snapshots that live on as long-lived changelogs.

use futures::{StreamExt, TryStreamExt, stream};
use weir_paimon_spec::Snapshot;

use super::candidates::Leaving;
use crate::deletion::rolled_back;
use crate::table::CONCURRENT_REQUESTS;
use crate::{Error, Result, Table};

/// Copies the files of snapshots to changelogs, byte for byte, and points the changelogs' `LATEST` hint at the last
/// one; answers with their ids. A snapshot that another expiry has removed meanwhile was copied by that one.
pub(super) async fn write_changelogs(table: &Table, leaving: &[Leaving]) -> Result<Vec<i64>> {
    let written: Vec<Option<i64>> = stream::iter(leaving.iter().filter(|leaving| leaving.stays_as_changelog))
        .map(|leaving| write_changelog(table, &leaving.snapshot))
        .buffered(CONCURRENT_REQUESTS)
        .try_collect()
        .await?;
    let written: Vec<i64> = written.into_iter().flatten().collect();
    let (Some(&latest), path) = (written.last(), table.main().changelog_latest_hint()) else {
        return Ok(written);
    };
    if table.hint(&path).await?.is_none_or(|hint| hint < latest) {
        table.storage().overwrite(&path, latest.to_string().into()).await?;
    }
    Ok(written)
}

async fn write_changelog(table: &Table, snapshot: &Snapshot) -> Result<Option<i64>> {
    let path = table.main().snapshot(snapshot.id);
    let Some(content) = table.storage().read_opt(&path).await? else { return Ok(None) };
    let found = Snapshot::parse(&content).map_err(|error| Error::from(error.at(path)))?;
    if found != *snapshot {
        return Err(rolled_back(table));
    }
    table.storage().overwrite(&table.main().changelog(snapshot.id), content).await?;
    Ok(Some(snapshot.id))
}
