use std::collections::HashMap;

use weir_paimon_spec::paths::{self, BranchPaths};

use crate::table::References;
use crate::{Result, Table};

/// Sizes of files of which metadata does not tell the size, from listings of the directories that hold them.
#[derive(Debug, Default)]
pub(super) struct Sizes(HashMap<String, u64>);

impl Sizes {
    /// Lists manifests, statistics, and the roots of all branches.
    pub(super) async fn list(table: &Table, references: &References) -> Result<Self> {
        let main = table.main();
        let mut directories = vec![
            paths::manifest_dir().to_owned(),
            paths::statistics_dir().to_owned(),
            main.snapshot_dir(),
            main.tag_dir(),
            main.changelog_dir(),
            main.consumer_dir(),
        ];
        for branch in &references.branches {
            let branch = BranchPaths::of(&branch.name)?;
            directories.extend([branch.snapshot_dir(), branch.tag_dir(), branch.changelog_dir()]);
            directories.extend([branch.schema_dir(), branch.consumer_dir()]);
        }
        let mut sizes = HashMap::new();
        for directory in directories {
            let files = table.storage().list_directory(&directory).await?.files;
            sizes.extend(files.into_iter().map(|file| (file.path, file.size)));
        }
        Ok(Self(sizes))
    }

    /// Size of a file in one of these directories; a file that vanished meanwhile has none.
    pub(super) fn of(&self, path: &str) -> u64 {
        self.0.get(path).copied().unwrap_or(0)
    }

    /// Paths and sizes of the files below a directory.
    pub(super) fn below<'a>(&'a self, directory: &'a str) -> impl Iterator<Item = (&'a str, u64)> {
        self.0.iter().filter_map(move |(path, size)| {
            let is_below = path.strip_prefix(directory)?.starts_with('/');
            is_below.then_some((path.as_str(), *size))
        })
    }
}
