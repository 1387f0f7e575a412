//! Where a test's tables are.

use tempfile::TempDir;
use weir_tests::oracle::{Storage, TableAt, Warehouse};

/// A warehouse in a directory that goes away with the test.
pub(crate) struct Place {
    /// Removed with this.
    _directory: TempDir,
    warehouse: Warehouse,
}

impl Place {
    /// A new, empty warehouse.
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let warehouse = Warehouse::new(directory.path().to_string_lossy(), Storage::local());
        Self { _directory: directory, warehouse }
    }

    /// A table of this name.
    pub(crate) fn table(&self, name: &str) -> TableAt {
        self.warehouse.table(name)
    }
}
