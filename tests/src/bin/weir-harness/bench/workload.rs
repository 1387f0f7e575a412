//! The table of the benchmark, written by Java once and kept in the cache.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use weir_tests::cache::{self, Inputs};
use weir_tests::oracle::{
    Digest, Generator, Java, JavaHeap, LiveFile, Load, TableAt, TableDefinition, Version,
};
use weir_tests::workspace;

use crate::stages::Note;

/// Level-0 runs of the table.
pub(crate) const RUNS: u64 = 10;
/// Rows of each run, all with different keys.
pub(crate) const ROWS_PER_RUN: u64 = 1_000_000;
/// Keys are drawn from this many.
pub(crate) const KEYS: u32 = 7_000_000;

/// The table and what is known of it.
pub(crate) struct Workload {
    /// Its directory; copied before each use.
    table: PathBuf,
    /// Its live files.
    pub(crate) files: Vec<LiveFile>,
    /// Its rows after merging, by Java.
    pub(crate) rows: Digest,
}

impl Note for Workload {
    fn note(&self) -> String {
        format!("{} files, {} MiB", self.files.len(), self.input_bytes() >> 20)
    }
}

impl Workload {
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

    /// A fresh copy of the table in a directory that goes away with it.
    pub(crate) fn copy(&self) -> Result<Copy> {
        let directory = tempfile::Builder::new().prefix("weir-bench-").tempdir_in(workspace::target())?;
        let table = directory.path().join("default.db/table");
        copy_directory(&self.table, &table)?;
        Ok(Copy { _directory: directory, table })
    }
}

/// A copy of the table.
pub(crate) struct Copy {
    _directory: tempfile::TempDir,
    table: PathBuf,
}

impl Copy {
    /// Directory of the table.
    pub(crate) fn path(&self) -> &Path {
        &self.table
    }

    /// The table for an oracle.
    pub(crate) fn table(&self) -> TableAt {
        TableAt::local(&self.table)
    }
}

/// The table from the cache, generated first when it is not there.
pub(crate) fn prepare() -> Result<Workload> {
    let inputs = Inputs::default().text(&format!("{:?}", definition())).text(&format!("{:?}", load(0)));
    let entry =
        cache::built("bench-table", &inputs.text(&format!("{RUNS} x {ROWS_PER_RUN}")), |directory| {
            generate(&directory.join("default.db/table"))
        })?;
    let table = entry.path.join("default.db/table");
    let java = Java::start(JavaHeap::Large)?;
    let at = TableAt::local(&table);
    let files = java.live_files(&at, &Version::Latest)?;
    ensure!(files.len() as u64 == RUNS, "the table has {} files, not one for each of its runs", files.len());
    let rows = rows(&java, &at, &entry.path.join("rows.json"))?;
    Ok(Workload { table, files, rows })
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

fn definition() -> TableDefinition {
    TableDefinition::new()
        .column("id", "BIGINT NOT NULL")
        .column("quantity", "INT")
        .column("status", "INT")
        .column("price", "DOUBLE")
        .column("weight", "DOUBLE")
        .column("amount", "DECIMAL(18, 2)")
        .column("at", "TIMESTAMP(3)")
        .column("token", "STRING")
        .column("category", "STRING")
        .primary_key(["id"])
        .option("bucket", "1")
        .write_only()
}

fn load(seed: u64) -> Load {
    Load::seeded(seed)
        .column("id", Generator::Unique(KEYS))
        .column("token", Generator::Characters(20))
        .column("category", Generator::Distinct(10_000))
}

fn generate(directory: &Path) -> Result<()> {
    let java = Java::start(JavaHeap::Large)?;
    let table = TableAt::local(directory);
    java.create(&table, &definition())?;
    for seed in 1..=RUNS {
        java.generate(&table, ROWS_PER_RUN, &load(seed))?;
    }
    Ok(())
}

fn copy_directory(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to).with_context(|| format!("creating {}", to.display()))?;
    for entry in std::fs::read_dir(from).with_context(|| format!("listing {}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_directory(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), &target)
                .with_context(|| format!("copying to {}", target.display()))?;
        }
    }
    Ok(())
}
