//! The roots of a table: snapshots, tags and changelogs of main and of every branch.

use std::collections::BTreeSet;

use weir_paimon_spec::paths::{self, BranchPaths};
use weir_paimon_spec::{Snapshot, Tag};
use weir_storage::FileInfo;

use crate::{Error, ErrorKind, Result, Table};

/// What kind of root a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum RootKind {
    /// A snapshot.
    Snapshot,
    /// A tag.
    Tag,
    /// A long-lived changelog.
    Changelog,
}

/// A root as a listing shows it: a file that was replaced is another root.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Root {
    /// Path relative to the table's root.
    pub(crate) path: String,
    /// What it is.
    pub(crate) kind: RootKind,
    /// Size in bytes.
    size: u64,
    /// Last modification, in milliseconds since the epoch.
    modified: i64,
}

impl Root {
    fn of(file: &FileInfo, kind: RootKind) -> Self {
        Self { path: file.path.clone(), kind, size: file.size, modified: file.modified.as_millisecond() }
    }

    /// Reads the root; `None` when it is gone.
    pub(crate) async fn read(&self, table: &Table) -> Result<Option<Snapshot>> {
        let Some(content) = table.storage().read_opt(&self.path).await? else { return Ok(None) };
        let snapshot = match self.kind {
            RootKind::Snapshot | RootKind::Changelog => Snapshot::parse(&content),
            RootKind::Tag => Tag::parse(&content).map(|tag| tag.snapshot),
        };
        snapshot.map(Some).map_err(|error| {
            let error = Error::from(error.at(self.path.clone()));
            Error::new(error.kind(), format!("{error}; what it needs is unknown, so nothing was deleted"))
        })
    }
}

/// Lists the roots of main and of every branch.
pub(crate) async fn list(table: &Table) -> Result<BTreeSet<Root>> {
    let mut roots = BTreeSet::new();
    of_branch(table, table.main(), &mut roots).await?;
    let listing = table.storage().list_directory(paths::branches_dir()).await?;
    for name in listing.directories.iter().filter_map(|directory| paths::branch_of_dir(directory)) {
        let branch = BranchPaths::of(name)?;
        let schemas = table.storage().list_directory(&branch.schema_dir()).await?;
        if !schemas.files.iter().any(|file| BranchPaths::schema_id(file.name()).is_some()) {
            return Err(Error::new(
                ErrorKind::Unsafe,
                format!(
                    "branch {name} of {} has no schema: it is being made or is damaged, and what it needs is unknown; nothing was deleted",
                    table.location()
                ),
            ));
        }
        of_branch(table, &branch, &mut roots).await?;
    }
    Ok(roots)
}

async fn of_branch(table: &Table, branch: &BranchPaths, roots: &mut BTreeSet<Root>) -> Result<()> {
    type IsRoot = fn(&str) -> bool;
    let directories: [(String, RootKind, IsRoot); 3] = [
        (branch.snapshot_dir(), RootKind::Snapshot, |name| BranchPaths::snapshot_id(name).is_some()),
        (branch.tag_dir(), RootKind::Tag, |name| BranchPaths::tag_name(name).is_some()),
        (branch.changelog_dir(), RootKind::Changelog, |name| BranchPaths::changelog_id(name).is_some()),
    ];
    for (directory, kind, is_root) in directories {
        let listing = table.storage().list_directory(&directory).await?;
        roots.extend(
            listing.files.iter().filter(|file| is_root(file.name())).map(|file| Root::of(file, kind)),
        );
    }
    Ok(())
}
