use std::time::{Duration, Instant};

use uuid::Uuid;
use weir_paimon_spec::Snapshot;

use super::COMMIT_USER_PREFIX;
use crate::{Result, Table};

/// How long a rename may take once its writer has looked; a temporary file that stays longer has no writer any more.
const LIMIT: Duration = Duration::from_secs(2);
/// First wait before looking again; each one is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(2);

/// Whether a file in the snapshot directory is the content of `snapshot-<id>` on its way to that name:
/// `.snapshot-<id>.<uuid>.tmp` by Paimon (`Path.createTempPath`), `snapshot-<id><uuid>.tmp` by pypaimon.
fn is_on_its_way(file_name: &str, id: i64) -> bool {
    let snapshot = format!("snapshot-{id}");
    let unique = |name: &str, prefix: &str| {
        let rest = name.strip_prefix(prefix)?.strip_prefix(&snapshot)?.strip_suffix(".tmp")?;
        Uuid::parse_str(rest.strip_prefix('.').unwrap_or(rest)).ok()
    };
    unique(file_name, ".").or_else(|| unique(file_name, "")).is_some()
}

impl Table {
    /// The newest snapshot to commit upon. One of another Weir may still be renamed over, and a commit upon it would
    /// then hide the writer's.
    pub(super) async fn settled_snapshot(&self) -> Result<Option<Snapshot>> {
        let latest = self.latest_snapshot().await?;
        match &latest {
            Some(snapshot) if snapshot.commit_user.starts_with(COMMIT_USER_PREFIX) => {
                if self.wait_for_renames(snapshot.id).await {
                    self.latest_snapshot().await
                } else {
                    Ok(latest)
                }
            }
            _ => Ok(latest),
        }
    }

    /// Waits while a writer may be about to rename over `snapshot-<id>`, which is there; whether any was.
    ///
    /// Where nothing protects commits, Paimon writes a temporary file, looks whether the snapshot is there, and renames
    /// (`FileIO.tryToWriteAtomic`). A writer that has looked before the snapshot appeared has left its temporary file
    /// before that; one whose file appears later will see the snapshot. So the snapshot is safe as soon as no
    /// temporary file is left.
    pub(super) async fn wait_for_renames(&self, id: i64) -> bool {
        let end = Instant::now() + LIMIT;
        let mut wait = FIRST_WAIT;
        let mut waited = false;
        while self.is_being_renamed_over(id).await {
            if Instant::now() > end {
                tracing::warn!(
                    snapshot = id,
                    "a temporary file of a snapshot stays behind; its writer seems to be gone"
                );
                break;
            }
            waited = true;
            tokio::time::sleep(wait).await;
            wait *= 2;
        }
        waited
    }

    /// A directory that cannot be listed tells nothing, and the snapshot is read back in any case.
    async fn is_being_renamed_over(&self, id: i64) -> bool {
        match self.storage().list_directory(&self.main().snapshot_dir()).await {
            Ok(listing) => listing
                .files
                .iter()
                .filter_map(|file| file.path.rsplit('/').next())
                .any(|name| is_on_its_way(name, id)),
            Err(error) => {
                tracing::warn!(%error, "writers that commit at the same time could not be looked for");
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognises_what_writers_are_about_to_rename() {
        let unique = "8c4b1f3e-0000-4c43-9d7b-0123456789ab";
        assert!(is_on_its_way(&format!(".snapshot-5.{unique}.tmp"), 5));
        assert!(is_on_its_way(&format!("snapshot-5{unique}.tmp"), 5));
        assert!(!is_on_its_way(&format!(".snapshot-57.{unique}.tmp"), 5));
        assert!(!is_on_its_way(&format!("snapshot-57{unique}.tmp"), 5));
        assert!(!is_on_its_way("snapshot-5", 5));
        assert!(!is_on_its_way(".snapshot-5.tmp", 5));
    }
}
