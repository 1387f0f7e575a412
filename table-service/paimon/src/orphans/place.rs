//! What a file is by its place in the table's directory (maintenance §0.1).

use weir_paimon_spec::paths::{self, BranchPaths};
use weir_paimon_spec::{TableOptions, TableSchema, options::keys};

use crate::Result;
use crate::deletion::FileKind;

/// What a listed file is to the cleaner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// It may go when it is old and nothing refers to it.
    Candidate(FileKind),
    /// Snapshot, tag or changelog.
    Root,
    /// Weir's own.
    Own,
    /// The schema of another table, in this directory below this table's.
    NestedTable(String),
    /// Anything else: it stays.
    Other,
}

/// Where a table's writers put files.
#[derive(Debug)]
pub(crate) struct Layout {
    /// Directories between the table's root and its partitions.
    data_root: Vec<String>,
    /// What the names of partition directories begin with: `dt=`.
    partitions: Vec<String>,
    changelog_prefix: String,
}

impl Layout {
    /// The layout that a table's schema and options say.
    pub(crate) fn new(schema: &TableSchema, options: &TableOptions) -> Result<Self> {
        let data_root = options.find(&keys::DATA_FILE_PATH_DIRECTORY)?.unwrap_or_default();
        Ok(Self {
            data_root: data_root.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect(),
            partitions: schema.partition_keys.iter().map(|key| format!("{}=", paths::escape(key))).collect(),
            changelog_prefix: options.get(&keys::CHANGELOG_FILE_PREFIX)?,
        })
    }

    /// What the file at a path relative to the table's root is.
    pub(crate) fn place(&self, path: &str) -> Place {
        let parts: Vec<&str> = path.split('/').collect();
        if parts[0] == ".weir" {
            return Place::Own;
        }
        let branch = match parts.as_slice() {
            [directory, branch, ..] if *directory == paths::branches_dir() => paths::branch_of_dir(branch),
            _ => None,
        };
        let of_branch = if branch.is_some() { &parts[2..] } else { &parts[..] };
        if let [above @ .., "schema", name] = of_branch
            && !above.is_empty()
            && BranchPaths::schema_id(name).is_some()
        {
            return Place::NestedTable(parts[..parts.len() - 2].join("/"));
        }
        match of_branch {
            ["snapshot", name] => in_root_directory(name, "snapshot-", BranchPaths::snapshot_id),
            ["changelog", name] => in_root_directory(name, "changelog-", BranchPaths::changelog_id),
            ["tag", name] if BranchPaths::tag_name(name).is_some() => Place::Root,
            ["tag" | "schema" | "consumer", name] if is_own_temporary(name) => {
                Place::Candidate(FileKind::Stray)
            }
            _ if branch.is_some() => Place::Other,
            ["manifest", name] => Place::Candidate(manifest_kind(name)),
            ["index", _] => Place::Candidate(FileKind::Index),
            ["statistics", _] => Place::Candidate(FileKind::Statistics),
            parts => self.data(parts),
        }
    }

    /// Files directly in a bucket's directory, which is as deep as the table has partition keys.
    fn data(&self, parts: &[&str]) -> Place {
        let depth = self.data_root.len();
        if parts.len() != depth + self.partitions.len() + 2
            || parts.iter().zip(&self.data_root).any(|(part, name)| part != name)
            || parts[depth..].iter().zip(&self.partitions).any(|(part, key)| !part.starts_with(key.as_str()))
        {
            return Place::Other;
        }
        match &parts[depth + self.partitions.len()..] {
            [bucket, name] if is_bucket(bucket) && !is_blob(name) => {
                let is_changelog =
                    name.starts_with(&self.changelog_prefix) || name.starts_with("compacted-changelog-");
                Place::Candidate(if is_changelog { FileKind::Changelog } else { FileKind::Data })
            }
            _ => Place::Other,
        }
    }
}

/// A file beside snapshots or changelogs: one of them, a hint, or something that a writer has left behind.
fn in_root_directory(name: &str, prefix: &str, id: impl Fn(&str) -> Option<i64>) -> Place {
    if id(name).is_some() {
        Place::Root
    } else if matches!(name, "LATEST" | "EARLIEST")
        || name.starts_with(prefix) && name.strip_suffix(".tmp").is_none()
    {
        Place::Other
    } else {
        // With the prefix these are pypaimon's `snapshot-5<uuid>.tmp`, on which Java's readers fail.
        Place::Candidate(FileKind::Stray)
    }
}

/// What an interrupted write of Weir leaves on a local disk.
fn is_own_temporary(name: &str) -> bool {
    name.starts_with('.') && name.ends_with(".weir.tmp")
}

fn manifest_kind(name: &str) -> FileKind {
    if name.starts_with("manifest-list-") {
        FileKind::ManifestList
    } else if name.starts_with("index-manifest-") {
        FileKind::IndexManifest
    } else {
        FileKind::Manifest
    }
}

fn is_bucket(name: &str) -> bool {
    name.strip_prefix("bucket-").is_some_and(|number| {
        number == "postpone" || !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Packs of blobs are shared by data files, and only what refers to them tells which are in use.
fn is_blob(name: &str) -> bool {
    name.ends_with(".managed.blob") || name.ends_with(".blobref")
}

#[cfg(test)]
mod tests;
