//! The files that a tag keeps, and whether they are there.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, TryStreamExt, stream};
use weir_paimon_spec::{Snapshot, paths};

use crate::table::{CONCURRENT_REQUESTS, within_table};
use crate::{Result, Table};

/// Needed files of a directory from which on it is listed rather than asked for each.
const LISTED_FROM: usize = 16;

/// Paths of everything that a reader of a snapshot opens. Changelogs are not among them: tags keep the state only
/// (maintenance §3.10).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Needs(BTreeSet<String>);

impl Needs {
    /// What the snapshot's metadata names.
    pub(super) async fn of(table: &Table, snapshot: &Snapshot) -> Result<Self> {
        let mut needed = BTreeSet::new();
        for list in [&snapshot.base_manifest_list, &snapshot.delta_manifest_list] {
            needed.insert(paths::manifest(list));
            for meta in table.manifest_list(snapshot, list).await?.iter() {
                let extra = meta.extra_files.iter().flatten();
                needed
                    .extend(std::iter::once(&meta.file_name).chain(extra).map(|name| paths::manifest(name)));
            }
        }
        if let Some(name) = &snapshot.index_manifest {
            needed.insert(paths::manifest(name));
            for entry in table.index_manifest(name).await? {
                needed.insert(within_table(table.data().index_file(&entry)?)?);
            }
        }
        needed.extend(snapshot.statistics.as_deref().map(paths::statistics));
        for entry in table.live_files(snapshot).await?.entries {
            for location in table.data().files(&entry)? {
                needed.insert(within_table(location)?);
            }
        }
        Ok(Self(needed))
    }

    /// One of the files that does not exist; `None` when all are there.
    pub(super) async fn missing(&self, table: &Table) -> Result<Option<String>> {
        let mut directories = BTreeMap::<&str, Vec<&str>>::new();
        for path in &self.0 {
            let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
            directories.entry(directory).or_default().push(path);
        }
        let missing: Vec<Option<String>> = stream::iter(directories)
            .map(|(directory, files)| missing_in(table, directory, files))
            .buffered(CONCURRENT_REQUESTS)
            .try_collect()
            .await?;
        Ok(missing.into_iter().flatten().next())
    }
}

async fn missing_in(table: &Table, directory: &str, files: Vec<&str>) -> Result<Option<String>> {
    let mut present = BTreeSet::new();
    if files.len() < LISTED_FROM {
        for file in &files {
            if table.storage().stat(file).await?.is_some() {
                present.insert((*file).to_owned());
            }
        }
    } else {
        let listing = table.storage().list_directory(directory).await?;
        present.extend(listing.files.into_iter().map(|file| file.path));
    }
    Ok(files.into_iter().find(|&file| !present.contains(file)).map(str::to_owned))
}
