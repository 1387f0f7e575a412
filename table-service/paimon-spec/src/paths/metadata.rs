//! Where metadata is. Manifests, indexes and statistics are shared by all branches; the rest is by branch.

use crate::error::{Error, Result};

/// Name of the branch that lives in the table's own directory.
pub const MAIN_BRANCH: &str = "main";

const BRANCH_PREFIX: &str = "branch-";
const SNAPSHOT_PREFIX: &str = "snapshot-";
const CHANGELOG_PREFIX: &str = "changelog-";
const SCHEMA_PREFIX: &str = "schema-";
const TAG_PREFIX: &str = "tag-";
const CONSUMER_PREFIX: &str = "consumer-";

/// Directory of the manifests, manifest lists and index manifests of all branches.
pub fn manifest_dir() -> &'static str {
    "manifest"
}

/// A manifest, manifest list or index manifest.
pub fn manifest(name: &str) -> String {
    [manifest_dir(), "/", name].concat()
}

/// Directory of the index files of all branches.
pub fn index_dir() -> &'static str {
    "index"
}

/// An index file in the index directory.
pub fn index(name: &str) -> String {
    format!("{}/{name}", index_dir())
}

/// Directory of the statistics files of all branches.
pub fn statistics_dir() -> &'static str {
    "statistics"
}

/// A statistics file.
pub fn statistics(name: &str) -> String {
    format!("{}/{name}", statistics_dir())
}

/// Directory of the branches.
pub fn branches_dir() -> &'static str {
    "branch"
}

/// Directory of a branch's own metadata.
pub fn branch_dir(branch: &str) -> String {
    format!("{}/{BRANCH_PREFIX}{branch}", branches_dir())
}

/// The branch that a directory in [`branches_dir`] belongs to.
pub fn branch_of_dir(dir_name: &str) -> Option<&str> {
    dir_name.strip_prefix(BRANCH_PREFIX).filter(|branch| !branch.is_empty())
}

/// The number in a file name such as `snapshot-17`; `None` for strays such as `snapshot-x`.
pub fn number_of(file_name: &str, prefix: &str) -> Option<i64> {
    let digits = file_name.strip_prefix(prefix)?;
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

/// Where the metadata of one branch is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BranchPaths {
    branch: String,
    /// Empty, or the branch's directory with a slash.
    prefix: String,
}

impl BranchPaths {
    /// The main branch.
    pub fn main() -> Self {
        Self { branch: MAIN_BRANCH.to_owned(), prefix: String::new() }
    }

    /// The branch called `name`, which may be the main one. A name that is no single directory is `Invalid`.
    pub fn of(name: &str) -> Result<Self> {
        if name == MAIN_BRANCH {
            return Ok(Self::main());
        }
        if name.trim().is_empty() || name.contains(['/', '\\']) {
            return Err(Error::invalid(format!("'{name}' is not a branch name")));
        }
        Ok(Self { branch: name.to_owned(), prefix: format!("{}/", branch_dir(name)) })
    }

    /// The branch's name.
    pub fn branch(&self) -> &str {
        &self.branch
    }

    /// Directory of the snapshots.
    pub fn snapshot_dir(&self) -> String {
        format!("{}snapshot", self.prefix)
    }

    /// A snapshot file.
    pub fn snapshot(&self, id: i64) -> String {
        format!("{}/{SNAPSHOT_PREFIX}{id}", self.snapshot_dir())
    }

    /// The hint that names the latest snapshot.
    pub fn latest_hint(&self) -> String {
        format!("{}/LATEST", self.snapshot_dir())
    }

    /// The hint that names the earliest snapshot.
    pub fn earliest_hint(&self) -> String {
        format!("{}/EARLIEST", self.snapshot_dir())
    }

    /// The id of a file in the snapshot directory; `None` for hints and strays.
    pub fn snapshot_id(file_name: &str) -> Option<i64> {
        number_of(file_name, SNAPSHOT_PREFIX)
    }

    /// Directory of the long-lived changelogs.
    pub fn changelog_dir(&self) -> String {
        format!("{}changelog", self.prefix)
    }

    /// The hint that names the latest long-lived changelog.
    pub fn changelog_latest_hint(&self) -> String {
        format!("{}/LATEST", self.changelog_dir())
    }

    /// The hint that names the earliest long-lived changelog.
    pub fn changelog_earliest_hint(&self) -> String {
        format!("{}/EARLIEST", self.changelog_dir())
    }

    /// A long-lived changelog file.
    pub fn changelog(&self, id: i64) -> String {
        format!("{}/{CHANGELOG_PREFIX}{id}", self.changelog_dir())
    }

    /// The id of a file in the changelog directory; `None` for hints and strays.
    pub fn changelog_id(file_name: &str) -> Option<i64> {
        number_of(file_name, CHANGELOG_PREFIX)
    }

    /// Directory of the schemas.
    pub fn schema_dir(&self) -> String {
        format!("{}schema", self.prefix)
    }

    /// A schema file.
    pub fn schema(&self, id: i64) -> String {
        format!("{}/{SCHEMA_PREFIX}{id}", self.schema_dir())
    }

    /// The id of a file in the schema directory; `None` for strays.
    pub fn schema_id(file_name: &str) -> Option<i64> {
        number_of(file_name, SCHEMA_PREFIX)
    }

    /// Directory of the tags.
    pub fn tag_dir(&self) -> String {
        format!("{}tag", self.prefix)
    }

    /// A tag file.
    pub fn tag(&self, name: &str) -> String {
        format!("{}/{TAG_PREFIX}{name}", self.tag_dir())
    }

    /// The tag that a file in the tag directory is; `None` for strays and for the directory of success files.
    pub fn tag_name(file_name: &str) -> Option<&str> {
        file_name.strip_prefix(TAG_PREFIX).filter(|name| !name.is_empty() && *name != "success-file")
    }

    /// Directory of the consumers.
    pub fn consumer_dir(&self) -> String {
        format!("{}consumer", self.prefix)
    }

    /// A consumer file.
    pub fn consumer(&self, id: &str) -> String {
        format!("{}/{CONSUMER_PREFIX}{id}", self.consumer_dir())
    }

    /// The consumer that a file in the consumer directory is; `None` for strays.
    pub fn consumer_id(file_name: &str) -> Option<&str> {
        file_name.strip_prefix(CONSUMER_PREFIX).filter(|id| !id.is_empty())
    }
}
