use super::table_at::{Storage, TableAt};

/// A place for tables, laid out as a file system catalog lays them out.
#[derive(Clone, Debug)]
pub struct Warehouse {
    root: String,
    storage: Storage,
}

impl Warehouse {
    /// A warehouse at a path or URI.
    pub fn new(root: impl Into<String>, storage: Storage) -> Self {
        Self { root: root.into(), storage }
    }

    /// The table of this name in the database `default`.
    pub fn table(&self, name: &str) -> TableAt {
        TableAt::new(format!("{}/default.db/{name}", self.root), self.storage.clone())
    }
}
