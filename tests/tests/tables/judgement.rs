//! What the judges see of a table, to be compared before and after a service.

use std::collections::BTreeMap;

use weir_tests::oracle::fixtures::{Engines, Fixture, PythonReads};
use weir_tests::oracle::{Rows, TableAt, Version};

/// Rows of every version of a table, as Java reads them, and of the latest as pypaimon does.
#[derive(Debug)]
pub(crate) struct Judgement {
    versions: BTreeMap<String, Rows>,
    latest: Rows,
    python: Option<Rows>,
}

impl Judgement {
    /// Reads everything that can be read.
    pub(crate) fn of(engines: &Engines, table: &TableAt, fixture: &Fixture) -> Self {
        let java = engines.java;
        let mut versions = BTreeMap::new();
        for snapshot in java.snapshots(table).unwrap() {
            let rows = java.read(table, &Version::Snapshot(snapshot.id)).unwrap();
            versions.insert(format!("snapshot {}", snapshot.id), rows);
        }
        let references = java.references(table).unwrap();
        for tag in references.tags.into_keys() {
            let rows = java.read(table, &Version::Tag(tag.clone())).unwrap();
            versions.insert(format!("tag {tag}"), rows);
        }
        for branch in references.branches {
            let rows = java.read(&table.branch(&branch), &Version::Latest).unwrap();
            versions.insert(format!("branch {branch}"), rows);
        }
        let latest = java.read(table, &Version::Latest).unwrap();
        let python = (fixture.python_reads == PythonReads::Everything)
            .then(|| engines.python.read(table, &Version::Latest).unwrap());
        Self { versions, latest, python }
    }

    /// All rows of the latest snapshot.
    pub(crate) const fn latest(&self) -> &Rows {
        &self.latest
    }

    /// Every version that `self` knows and `later` still has reads the same, and the latest rows are the same.
    #[track_caller]
    pub(crate) fn assert_unchanged(&self, later: &Self) {
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

    /// No version is missing that `self` knows.
    #[track_caller]
    pub(crate) fn assert_all_kept(&self, later: &Self) {
        for version in self.versions.keys() {
            assert!(later.versions.contains_key(version), "{version} is gone");
        }
    }

    /// Names of the versions.
    pub(crate) fn versions(&self) -> Vec<&str> {
        self.versions.keys().map(String::as_str).collect()
    }
}
