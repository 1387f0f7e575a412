use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::join;
use futures::{StreamExt, TryStreamExt, stream};
use weir_paimon_spec::Snapshot;
use weir_paimon_spec::paths::BranchPaths;
use weir_storage::Storage;

use crate::table::CONCURRENT_REQUESTS;
use crate::{Error, Result, Table};

/// Times that a file is read that cannot be parsed, and the pause between them: as Paimon's readers do.
const PARSE_ATTEMPTS: u32 = 10;
const PARSE_PAUSE: Duration = Duration::from_millis(200);

impl Table {
    /// Opens the table as [`Table::open`] does, and reads its newest snapshot at the same time, which a newer schema
    /// than the table's may have been committed with.
    pub(crate) async fn open_with_latest(
        storage: Storage,
        overrides: &BTreeMap<String, String>,
    ) -> Result<(Self, Result<Option<Snapshot>>)> {
        let main = BranchPaths::main();
        let (table, latest) = join(Self::open(storage.clone(), overrides), latest(&storage, &main)).await;
        Ok((table?, latest))
    }

    /// The newest snapshot; `None` for a table that was never committed to.
    ///
    /// The `LATEST` hint is only trusted when its snapshot exists and the one after it does not; otherwise the
    /// directory is listed (format §2.4).
    pub async fn latest_snapshot(&self) -> Result<Option<Snapshot>> {
        latest(self.storage(), self.main()).await
    }

    /// Ids of all retained snapshots, ascending. There may be gaps.
    pub async fn snapshot_ids(&self) -> Result<Vec<i64>> {
        self.ids_in(&self.main().snapshot_dir()).await
    }

    /// Ids of the `snapshot-<id>` files in a directory, ascending.
    pub(crate) async fn ids_in(&self, directory: &str) -> Result<Vec<i64>> {
        ids_in(self.storage(), directory).await
    }

    /// A snapshot that must exist.
    pub async fn snapshot(&self, id: i64) -> Result<Snapshot> {
        existing(self.storage(), self.main(), id).await
    }

    /// A snapshot; `None` when it does not exist.
    pub async fn snapshot_opt(&self, id: i64) -> Result<Option<Snapshot>> {
        self.read_whole(&self.main().snapshot(id), &Snapshot::parse).await
    }

    /// Reads and parses a small file; `None` when it does not exist. Stores without atomic replacement show half of a
    /// file while it is written, so one that cannot be parsed is read again (maintenance §0.3).
    pub(crate) async fn read_whole<T>(
        &self,
        path: &str,
        parse: &impl Fn(&[u8]) -> weir_paimon_spec::Result<T>,
    ) -> Result<Option<T>> {
        read_whole(self.storage(), path, parse).await
    }

    /// Snapshots by id, in the order given; one that has vanished meanwhile is left out.
    pub async fn snapshots(&self, ids: &[i64]) -> Result<Vec<Snapshot>> {
        let found: Vec<Option<Snapshot>> = stream::iter(ids.iter().copied())
            .map(|id| self.snapshot_opt(id))
            .buffered(CONCURRENT_REQUESTS)
            .try_collect()
            .await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// The number in a hint file; `None` when there is no usable one.
    pub(crate) async fn hint(&self, path: &str) -> Result<Option<i64>> {
        hint(self.storage(), path).await
    }
}

async fn latest(storage: &Storage, main: &BranchPaths) -> Result<Option<Snapshot>> {
    if let Some(id) = hint(storage, &main.latest_hint()).await? {
        let (path, after) = (main.snapshot(id), main.snapshot(id.saturating_add(1)));
        let (hinted, next) = join(read_whole(storage, &path, &Snapshot::parse), storage.stat(&after)).await;
        if next?.is_none()
            && let Some(snapshot) = hinted?
        {
            return Ok(Some(snapshot));
        }
    }
    match ids_in(storage, &main.snapshot_dir()).await?.last() {
        Some(&id) => existing(storage, main, id).await.map(Some),
        None => Ok(None),
    }
}

async fn existing(storage: &Storage, main: &BranchPaths, id: i64) -> Result<Snapshot> {
    match read_whole(storage, &main.snapshot(id), &Snapshot::parse).await? {
        Some(snapshot) => Ok(snapshot),
        None => Err(Error::corrupt(format!("snapshot {id} of {} does not exist", storage.location()))),
    }
}

async fn ids_in(storage: &Storage, directory: &str) -> Result<Vec<i64>> {
    let listing = storage.list_directory(directory).await?;
    let mut ids: Vec<i64> =
        listing.files.iter().filter_map(|file| BranchPaths::snapshot_id(file.name())).collect();
    ids.sort_unstable();
    Ok(ids)
}

async fn read_whole<T>(
    storage: &Storage,
    path: &str,
    parse: &impl Fn(&[u8]) -> weir_paimon_spec::Result<T>,
) -> Result<Option<T>> {
    let mut attempts = 1;
    loop {
        let Some(content) = storage.read_opt(path).await? else { return Ok(None) };
        match parse(&content) {
            Ok(parsed) => return Ok(Some(parsed)),
            Err(error) if error.kind == weir_paimon_spec::ErrorKind::Corrupt && attempts < PARSE_ATTEMPTS => {
                attempts += 1;
                tokio::time::sleep(PARSE_PAUSE).await;
            }
            Err(error) => return Err(error.at(path).into()),
        }
    }
}

/// Writers replace hints while they are read, so a failed read means no more than a missing hint; only denied access
/// will not mend by looking elsewhere.
async fn hint(storage: &Storage, path: &str) -> Result<Option<i64>> {
    let content = match storage.read_opt(path).await {
        Ok(content) => content,
        Err(error) if error.kind() == weir_storage::ErrorKind::Denied => return Err(error.into()),
        Err(_) => None,
    };
    Ok(content
        .and_then(|content| std::str::from_utf8(&content).ok()?.trim().parse().ok())
        .filter(|&id: &i64| id > 0))
}
