//! What the remaining roots of a table need.

use std::collections::HashSet;

use weir_paimon_spec::manifest::merge;
use weir_paimon_spec::{FileKind as EntryKind, ManifestEntry, Snapshot, paths};

use super::candidates::Candidates;
use crate::table::{References, within_table};
use crate::{Error, ErrorKind, Result, Table};

/// Takes every candidate out that a remaining root reaches: the retained snapshots of `main`, and all tags,
/// changelogs and branches. Anything that cannot be read is an error, so that nothing is deleted on doubt.
pub(crate) async fn remove_protected(
    table: &Table,
    retained: &[Snapshot],
    references: &References,
    candidates: &mut Candidates,
) -> Result<()> {
    let protection = Protection { table, names: file_names(candidates) };
    for (position, snapshot) in retained.iter().enumerate() {
        let root = format!("snapshot {}", snapshot.id);
        // Live files of a snapshot are those of its predecessor changed by its own delta; the last one is read in
        // full again in case a manifest rewrite broke that chain.
        let is_end_of_chain = position == 0 || position + 1 == retained.len();
        let protected = protection
            .of_snapshot(snapshot, is_end_of_chain)
            .await
            .map_err(|error| unreadable(error, &root))?;
        take_out(candidates, protected);
    }
    for (root, snapshot) in references.roots() {
        let protected =
            protection.of_snapshot(snapshot, true).await.map_err(|error| unreadable(error, &root))?;
        take_out(candidates, protected);
    }
    Ok(())
}

fn take_out(candidates: &mut Candidates, protected: Vec<String>) {
    for path in protected {
        candidates.remove(&path);
    }
}

fn unreadable(error: Error, root: &str) -> Error {
    match error.kind() {
        ErrorKind::Corrupt | ErrorKind::Unsupported => {
            Error::new(error.kind(), format!("{error}; {root} needs it, so nothing was deleted"))
        }
        _ => error.while_doing(format!("reading what {root} needs; nothing was deleted")),
    }
}

/// Names of candidates without their directories: a cheap test before a path is built.
fn file_names(candidates: &Candidates) -> HashSet<String> {
    candidates.paths().filter_map(|path| path.rsplit('/').next().map(str::to_owned)).collect()
}

struct Protection<'a> {
    table: &'a Table,
    names: HashSet<String>,
}

impl Protection<'_> {
    /// Paths that a root needs; of data files only those that are candidates by name. `whole` asks for all live
    /// files instead of those that the root's own delta adds.
    async fn of_snapshot(&self, snapshot: &Snapshot, whole: bool) -> Result<Vec<String>> {
        let mut protected = Vec::new();
        for list in snapshot.manifest_lists() {
            protected.push(paths::manifest(list));
            let metas = self.table.manifest_list(snapshot, list).await?;
            let names = metas
                .iter()
                .flat_map(|meta| std::iter::once(&meta.file_name).chain(meta.extra_files.iter().flatten()));
            protected.extend(names.map(|name| paths::manifest(name)));
        }
        if let Some(name) = &snapshot.index_manifest {
            protected.push(paths::manifest(name));
            for entry in self.table.index_manifest(name).await? {
                protected.push(within_table(self.table.data().index_file(&entry)?)?);
            }
        }
        protected.extend(snapshot.statistics.as_deref().map(paths::statistics));
        let live = if whole {
            merge(self.table.entries_where(snapshot, |entry| self.is_candidate(entry)).await?)?.live
        } else {
            Vec::new()
        };
        let lists = std::iter::once(&snapshot.delta_manifest_list).chain(&snapshot.changelog_manifest_list);
        let mut added = Vec::new();
        for list in lists {
            added.extend(self.added(snapshot, list).await?);
        }
        for entry in live.iter().chain(&added) {
            for location in self.table.data().files(entry)? {
                protected.push(within_table(location)?);
            }
        }
        Ok(protected)
    }

    async fn added(&self, snapshot: &Snapshot, list: &str) -> Result<Vec<ManifestEntry>> {
        let metas = self.table.manifest_list(snapshot, list).await?;
        let manifests = self.table.manifests_of(&metas).await?;
        let entries = manifests.iter().flat_map(|manifest| manifest.iter());
        Ok(entries
            .filter(|entry| entry.kind == EntryKind::Add && self.is_candidate(entry))
            .cloned()
            .collect())
    }

    fn is_candidate(&self, entry: &ManifestEntry) -> bool {
        self.names.contains(&entry.file.file_name)
            || entry.file.extra_files.iter().any(|name| self.names.contains(name))
    }
}
