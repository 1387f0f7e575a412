//! The demo's table: orders that pypaimon writes in many small commits, as a streaming job does.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::json;
use weir_tests::oracle::{PyPaimon, Row, Rows, TableAt, TableDefinition, Version, Warehouse};
use weir_tests::s3::S3Server;

const BUCKET: &str = "lake";
/// Each commit updates some of the orders of earlier ones.
const COMMITS: u64 = 24;
const ROWS_PER_COMMIT: u64 = 500;
/// The partitions, which `examples/compaction-job.yaml` names.
const DAYS: [&str; 2] = ["2026-11-19", "2026-11-20"];
/// How far the keys of a commit lie from those of the one before.
const STEP: u64 = 100;

/// The table of orders.
#[derive(Debug)]
pub(crate) struct Orders<'a> {
    server: &'a S3Server,
    python: &'a PyPaimon,
    table: TableAt,
}

/// What pypaimon and the bucket say about the table.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Observation {
    /// Data files in the bucket.
    pub(crate) data_files: usize,
    /// Their size in bytes.
    pub(crate) data_bytes: u64,
    /// Files in the bucket, metadata included.
    pub(crate) files: usize,
    /// Snapshots that pypaimon lists.
    pub(crate) snapshots: usize,
    /// The rows that pypaimon reads.
    pub(crate) rows: Rows,
}

impl<'a> Orders<'a> {
    /// A table that is not written yet.
    pub(crate) fn new(server: &'a S3Server, python: &'a PyPaimon) -> Self {
        let table = Warehouse::new(format!("s3://{BUCKET}/warehouse"), server.storage()).table("orders");
        Self { server, python, table }
    }

    /// Its URI.
    pub(crate) fn location(&self) -> &str {
        self.table.location()
    }

    /// Creates the table and commits to it; says how much.
    pub(crate) fn write(&self) -> Result<String> {
        self.server.create_bucket(BUCKET)?;
        let definition = TableDefinition::new()
            .column("dt", "STRING NOT NULL")
            .column("order_id", "BIGINT NOT NULL")
            .column("customer", "STRING")
            .column("amount", "DECIMAL(12, 2)")
            .column("changes", "INT")
            .primary_key(["dt", "order_id"])
            .partitioned_by(["dt"])
            .option("bucket", "2")
            .write_only();
        self.python.create(&self.table, &definition).context("creating the table")?;
        for commit in 0..COMMITS {
            let rows: Vec<Row> = (0..ROWS_PER_COMMIT).map(|row| order(commit, commit * STEP + row)).collect();
            self.python.write(&self.table, &rows).with_context(|| format!("writing commit {commit}"))?;
        }
        Ok(format!("{COMMITS} commits of {ROWS_PER_COMMIT} rows"))
    }

    /// Looks at the table through pypaimon and at its files.
    pub(crate) fn observe(&self) -> Result<Observation> {
        let key = self.table.location().trim_start_matches("s3://");
        let key = key.strip_prefix(BUCKET).unwrap_or(key).trim_start_matches('/');
        let files = files_below(&self.server.files_of_bucket(BUCKET).join(key))?;
        let data: Vec<u64> =
            files.iter().filter(|(path, _)| path.contains("/bucket-")).map(|(_, size)| *size).collect();
        Ok(Observation {
            data_files: data.len(),
            data_bytes: data.iter().sum(),
            files: files.len(),
            snapshots: self.python.snapshots(&self.table).context("listing snapshots")?.len(),
            rows: self.python.read(&self.table, &Version::Latest).context("reading the table")?,
        })
    }
}

fn order(commit: u64, id: u64) -> Row {
    let amount = format!("{}.{:02}", 10 + id % 490, (id * 7 + commit) % 100);
    Row::insert(json!([DAYS[usize::from(id % 2 == 1)], id, format!("customer-{}", id % 97), amount, commit]))
}

/// Paths and sizes of all files below a directory.
fn files_below(directory: &Path) -> Result<Vec<(String, u64)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).with_context(|| format!("listing {}", directory.display()))? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            files.extend(files_below(&entry.path())?);
        } else {
            files.push((entry.path().to_string_lossy().into_owned(), entry.metadata()?.len()));
        }
    }
    Ok(files)
}
