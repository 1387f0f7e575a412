//! Input tables, written by Java once and kept in the cache.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use weir_tests::cache::{self, Inputs};
use weir_tests::oracle::{Digest, Java, JavaHeap, LiveFile, Load, TableAt, TableDefinition, Version};
use weir_tests::workspace;

/// How to make a table.
pub(crate) struct Recipe {
    /// Names it in the cache.
    pub(crate) name: &'static str,
    /// Columns, keys and options.
    pub(crate) definition: TableDefinition,
    /// Rows of each commit.
    pub(crate) commits: Vec<(u64, Load)>,
}

/// A table that is there, and what is known of it.
pub(crate) struct Table {
    /// Its directory; copied before each use.
    directory: PathBuf,
    /// Its live files.
    pub(crate) files: Vec<LiveFile>,
    /// Its rows after merging, by Java.
    pub(crate) rows: Digest,
}

/// A copy of a table in a directory that goes away with it.
pub(crate) struct Copy {
    _parent: tempfile::TempDir,
    directory: PathBuf,
}

/// Where a table is below its warehouse.
pub(crate) const PATH: &str = "default.db/table";

impl Recipe {
    /// The table from the cache, made first when it is not there.
    pub(crate) fn prepare(&self) -> Result<Table> {
        let inputs =
            Inputs::default().text(&format!("{:?}", self.definition)).text(&format!("{:?}", self.commits));
        let directory = made(self.name, &inputs, |java, table| {
            java.create(table, &self.definition)?;
            for (rows, load) in &self.commits {
                java.generate(table, *rows, load)?;
            }
            Ok(())
        })?;
        let at = TableAt::local(&directory);
        let java = Java::start(JavaHeap::Large)?;
        let files = java.live_files(&at, &Version::Latest)?;
        let rows = rows(&java, &at, &directory.with_extension("rows.json"))?;
        bring_into_memory(&files)?;
        Ok(Table { directory, files, rows })
    }
}

/// The directory of a table that `make` makes when the cache does not have it.
pub(crate) fn made(
    name: &str,
    inputs: &Inputs,
    make: impl FnOnce(&Java, &TableAt) -> Result<()>,
) -> Result<PathBuf> {
    let entry = cache::built(&format!("bench-{name}"), inputs, |directory| {
        make(&Java::start(JavaHeap::Large)?, &TableAt::local(&directory.join(PATH)))
    })?;
    Ok(entry.path.join(PATH))
}

impl Table {
    /// Rows of all files.
    pub(crate) fn input_rows(&self) -> u64 {
        self.files.iter().map(|file| file.row_count).sum()
    }

    /// Bytes of all files.
    pub(crate) fn input_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }

    /// Paths of all files.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| file.path.as_str())
    }

    /// A fresh copy of the table.
    pub(crate) fn copy(&self) -> Result<Copy> {
        Copy::of(&self.directory)
    }

    /// Copies the table to a directory that is made.
    pub(crate) fn copy_to(&self, directory: &Path) -> Result<()> {
        copy_directory(&self.directory, directory)
    }
}

impl Copy {
    /// A fresh copy of a table's directory.
    pub(crate) fn of(table: &Path) -> Result<Self> {
        let parent = tempfile::Builder::new().prefix("weir-bench-").tempdir_in(workspace::target())?;
        let directory = parent.path().join(PATH);
        copy_directory(table, &directory)?;
        Ok(Self { _parent: parent, directory })
    }

    /// Paths of its files, relative to it, without what Weir keeps for itself.
    pub(crate) fn files(&self) -> Result<BTreeSet<String>> {
        let mut files = BTreeSet::new();
        let mut directories = vec![self.directory.clone()];
        while let Some(directory) = directories.pop() {
            for entry in std::fs::read_dir(&directory)? {
                let entry = entry?;
                if entry.file_type()?.is_dir() {
                    directories.push(entry.path());
                } else {
                    files.insert(entry.path().strip_prefix(&self.directory)?.to_string_lossy().into_owned());
                }
            }
        }
        files.retain(|path| !path.starts_with(".weir/"));
        Ok(files)
    }

    /// The place of one of its files.
    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.directory.join(file)
    }

    /// The table for an oracle.
    pub(crate) fn table(&self) -> TableAt {
        TableAt::local(&self.directory)
    }
}

/// Reads all files once: who is measured first must not wait for the disk.
fn bring_into_memory(files: &[LiveFile]) -> Result<()> {
    for file in files {
        let mut content = File::open(&file.path).with_context(|| format!("opening {}", file.path))?;
        std::io::copy(&mut content, &mut std::io::sink())?;
    }
    Ok(())
}

/// Number and hash of the rows, which take Java a while to count and are kept beside the table.
fn rows(java: &Java, table: &TableAt, kept: &Path) -> Result<Digest> {
    if let Ok(text) = std::fs::read(kept) {
        return Ok(serde_json::from_slice(&text)?);
    }
    let rows = java.digest(table, &Version::Latest)?;
    std::fs::write(kept, serde_json::to_vec(&rows)?)?;
    Ok(rows)
}

fn copy_directory(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to).with_context(|| format!("creating {}", to.display()))?;
    for entry in std::fs::read_dir(from).with_context(|| format!("listing {}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_directory(&entry.path(), &target)?;
        } else {
            copy_file(&entry.path(), &target).with_context(|| format!("copying to {}", target.display()))?;
        }
    }
    Ok(())
}

/// Nobody changes a data file once it is there, so copies share it, and the page cache holds it once.
fn copy_file(from: &Path, to: &Path) -> std::io::Result<()> {
    let is_data = from.extension().is_some_and(|extension| extension == "parquet");
    if is_data && std::fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    std::fs::copy(from, to).map(drop)
}
