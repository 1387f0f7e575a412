use std::time::Duration;

use futures::future::join;
use futures::{StreamExt, TryStreamExt, stream};
use weir_paimon_spec::Snapshot;
use weir_paimon_spec::paths::BranchPaths;

use crate::table::CONCURRENT_READS;
use crate::{Error, Result, Table};

/// Times that a file is read that cannot be parsed, and the pause between them: as Paimon's readers do.
const PARSE_ATTEMPTS: u32 = 10;
const PARSE_PAUSE: Duration = Duration::from_millis(200);

impl Table {
    /// The newest snapshot; `None` for a table that was never committed to.
    ///
    /// The `LATEST` hint is only trusted when its snapshot exists and the one after it does not; otherwise the
    /// directory is listed (format §2.4).
    pub async fn latest_snapshot(&self) -> Result<Option<Snapshot>> {
        if let Some(hint) = self.hint(&self.main().latest_hint()).await? {
            let after = self.main().snapshot(hint + 1);
            let (hinted, next) = join(self.snapshot_opt(hint), self.storage().stat(&after)).await;
            if next?.is_none()
                && let Some(snapshot) = hinted?
            {
                return Ok(Some(snapshot));
            }
        }
        match self.snapshot_ids().await?.last() {
            Some(&id) => self.snapshot(id).await.map(Some),
            None => Ok(None),
        }
    }

    /// Ids of all retained snapshots, ascending. There may be gaps.
    pub async fn snapshot_ids(&self) -> Result<Vec<i64>> {
        self.ids_in(&self.main().snapshot_dir()).await
    }

    /// Ids of the `snapshot-<id>` files in a directory, ascending.
    pub(crate) async fn ids_in(&self, directory: &str) -> Result<Vec<i64>> {
        let listing = self.storage().list_directory(directory).await?;
        let mut ids: Vec<i64> =
            listing.files.iter().filter_map(|file| BranchPaths::snapshot_id(file.name())).collect();
        ids.sort_unstable();
        Ok(ids)
    }

    /// A snapshot that must exist.
    pub async fn snapshot(&self, id: i64) -> Result<Snapshot> {
        match self.snapshot_opt(id).await? {
            Some(snapshot) => Ok(snapshot),
            None => Err(Error::corrupt(format!("snapshot {id} of {} does not exist", self.location()))),
        }
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
        let mut attempts = 1;
        loop {
            let Some(content) = self.storage().read_opt(path).await? else { return Ok(None) };
            match parse(&content) {
                Ok(parsed) => return Ok(Some(parsed)),
                Err(error)
                    if error.kind == weir_paimon_spec::ErrorKind::Corrupt && attempts < PARSE_ATTEMPTS =>
                {
                    attempts += 1;
                    tokio::time::sleep(PARSE_PAUSE).await;
                }
                Err(error) => return Err(error.at(path).into()),
            }
        }
    }

    /// Snapshots by id, in the order given; one that has vanished meanwhile is left out.
    pub async fn snapshots(&self, ids: &[i64]) -> Result<Vec<Snapshot>> {
        let found: Vec<Option<Snapshot>> = stream::iter(ids.iter().copied())
            .map(|id| self.snapshot_opt(id))
            .buffered(CONCURRENT_READS)
            .try_collect()
            .await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// The number in a hint file; `None` when there is no usable one. Writers replace hints while they are read, so a
    /// failed read means no more than a missing hint; only denied access will not mend by looking elsewhere.
    pub(crate) async fn hint(&self, path: &str) -> Result<Option<i64>> {
        let content = match self.storage().read_opt(path).await {
            Ok(content) => content,
            Err(error) if error.kind() == weir_storage::ErrorKind::Denied => return Err(error.into()),
            Err(_) => None,
        };
        Ok(content
            .and_then(|content| std::str::from_utf8(&content).ok()?.trim().parse().ok())
            .filter(|&id: &i64| id > 0))
    }
}
