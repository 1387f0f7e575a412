use std::collections::BTreeMap;

use super::error::Result;
use super::fixtures::{Engines, PythonReads};
use super::{Rows, TableAt, Version};

/// What the judges read of a table, to be compared before and after a service.
///
/// Java reads every snapshot, tag and branch, pypaimon the latest snapshot.
#[derive(Debug)]
pub struct Judgement {
    versions: BTreeMap<String, Rows>,
    latest: Rows,
    python: Option<Rows>,
}

impl Judgement {
    /// Reads everything that can be read.
    pub fn of(engines: &Engines, table: &TableAt, python_reads: PythonReads) -> Result<Self> {
        let java = engines.java;
        let mut versions = BTreeMap::new();
        for snapshot in java.snapshots(table)? {
            let rows = java.read(table, &Version::Snapshot(snapshot.id))?;
            versions.insert(format!("snapshot {}", snapshot.id), rows);
        }
        let references = java.references(table)?;
        for tag in references.tags.into_keys() {
            let rows = java.read(table, &Version::Tag(tag.clone()))?;
            versions.insert(format!("tag {tag}"), rows);
        }
        for branch in references.branches {
            let rows = java.read(&table.branch(&branch), &Version::Latest)?;
            versions.insert(format!("branch {branch}"), rows);
        }
        let latest = java.read(table, &Version::Latest)?;
        let python = match python_reads {
            PythonReads::Everything => Some(engines.python.read(table, &Version::Latest)?),
            PythonReads::OnlyCompacted | PythonReads::Nothing => None,
        };
        Ok(Self { versions, latest, python })
    }

    /// All rows of the latest snapshot.
    pub const fn latest(&self) -> &Rows {
        &self.latest
    }

    /// Names of the snapshots, tags and branches.
    pub fn versions(&self) -> Vec<&str> {
        self.versions.keys().map(String::as_str).collect()
    }

    /// Fails unless the latest rows are the same, and so is every version that `later` still has.
    ///
    /// # Panics
    /// When one differs.
    #[track_caller]
    pub fn assert_unchanged(&self, later: &Self) {
        self.latest.assert_same(&later.latest, "latest rows by Java");
        if let (Some(before), Some(after)) = (&self.python, &later.python) {
            before.assert_same(after, "latest rows by pypaimon");
        }
        for (version, rows) in &later.versions {
            if let Some(before) = self.versions.get(version) {
                before.assert_same(rows, version);
            }
        }
    }

    /// Fails when `later` lacks a version.
    ///
    /// # Panics
    /// When one is gone.
    #[track_caller]
    pub fn assert_all_kept(&self, later: &Self) {
        for version in self.versions.keys() {
            assert!(later.versions.contains_key(version), "{version} is gone");
        }
    }
}
