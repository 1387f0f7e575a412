//! Where a test's tables are.

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use weir_tests::oracle::{Storage, TableAt, Warehouse};

use crate::listing::copy_directory;

/// A warehouse in a directory that goes away with the test.
pub(crate) struct Place {
    directory: TempDir,
    warehouse: Warehouse,
}

impl Place {
    /// A new, empty warehouse.
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let warehouse = Warehouse::new(directory.path().to_string_lossy(), Storage::local());
        Self { directory, warehouse }
    }

    /// A table of this name.
    pub(crate) fn table(&self, name: &str) -> TableAt {
        self.warehouse.table(name)
    }

    /// The directory of a table.
    pub(crate) fn path(&self, table: &TableAt) -> PathBuf {
        let path = Path::new(table.location()).to_owned();
        assert!(path.starts_with(self.directory.path()), "{} is a table of this place", table.location());
        path
    }

    /// A copy of another place's table.
    pub(crate) fn copy_from(&self, other: &Self, name: &str) -> TableAt {
        let table = self.table(name);
        copy_directory(&other.path(&other.table(name)), &self.path(&table));
        table
    }

    /// A copy of a table, with `name` added to its own.
    pub(crate) fn copy(&self, table: &TableAt, name: &str) -> TableAt {
        let copy = self.table(&format!("{}_{name}", self.path(table).file_name().unwrap().to_string_lossy()));
        copy_directory(&self.path(table), &self.path(&copy));
        copy
    }
}
