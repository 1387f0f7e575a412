use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::error::Result;
use super::process::Process;
use super::{Row, Rows, SnapshotSummary, TableAt, TableDefinition, Version, WriterReport, python_oracle};
use crate::workspace;

/// pypaimon in one Python process: writes and judges many tables.
///
/// It writes only inserts, and reads `TIMESTAMP(7)` to `TIMESTAMP(9)` of rows that it must merge without their
/// nanoseconds.
#[derive(Debug)]
pub struct PyPaimon {
    process: Process,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Committed {
    snapshot_id: u64,
}

#[derive(Deserialize)]
struct Nothing {}

#[derive(Deserialize)]
struct Started {
    writer: u64,
}

impl PyPaimon {
    /// Starts a process of its own, after making its virtual environment when the cache does not have it.
    pub fn start() -> anyhow::Result<Self> {
        let mut python = Command::new(python_oracle()?.path.join("bin/python"));
        python.arg("-B").arg(workspace::root().join("tests/python/oracle.py")).env("TZ", "UTC");
        Ok(Self { process: Process::start("pypaimon", &mut python)? })
    }

    /// The process that all tests of this process share.
    ///
    /// # Panics
    /// When it cannot be started: no test that needs it can say anything.
    #[expect(clippy::panic, reason = "a test without its judge has failed")]
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<PyPaimon> = OnceLock::new();
        SHARED.get_or_init(|| Self::start().unwrap_or_else(|error| panic!("{error:#}")))
    }

    /// Creates a table.
    pub fn create(&self, table: &TableAt, definition: &TableDefinition) -> Result<()> {
        let mut request = table.request("create");
        definition.apply(&mut request);
        self.process.request::<Nothing>(&request).map(drop)
    }

    /// Inserts rows as one commit; the new snapshot's id.
    pub fn write(&self, table: &TableAt, rows: &[Row]) -> Result<u64> {
        let mut request = table.request("write");
        request["rows"] = json!(rows);
        self.process.request::<Committed>(&request).map(|committed| committed.snapshot_id)
    }

    /// All rows of a version.
    pub fn read(&self, table: &TableAt, version: &Version) -> Result<Rows> {
        let mut request = table.request("read");
        version.apply(&mut request);
        self.process.request(&request)
    }

    /// All snapshots, oldest first.
    pub fn snapshots(&self, table: &TableAt) -> Result<Vec<SnapshotSummary>> {
        self.process.request(&table.request("snapshots"))
    }

    /// Tags a snapshot.
    pub fn create_tag(&self, table: &TableAt, tag: &str, snapshot: u64) -> Result<()> {
        let mut request = table.request("createTag");
        request["tag"] = json!(tag);
        request["snapshot"] = json!(snapshot);
        self.process.request::<Nothing>(&request).map(drop)
    }

    /// Starts a writer that commits again and again, with `keys` different values of the first column, which must be
    /// the primary key; the number to stop it with.
    pub fn start_writer(
        &self,
        table: &TableAt,
        every: Duration,
        rows_per_commit: u32,
        keys: u32,
        seed: u64,
    ) -> Result<u64> {
        let mut request = table.request("startWriter");
        request["everyMillis"] = json!(u64::try_from(every.as_millis()).unwrap_or(u64::MAX));
        request["rowsPerCommit"] = json!(rows_per_commit);
        request["keys"] = json!(keys);
        request["seed"] = json!(seed);
        self.process.request::<Started>(&request).map(|started| started.writer)
    }

    /// Stops a writer after its commit; what it did.
    pub fn stop_writer(&self, writer: u64) -> Result<WriterReport> {
        let request: Value = json!({"op": "stopWriter", "writer": writer});
        self.process.request(&request)
    }
}
