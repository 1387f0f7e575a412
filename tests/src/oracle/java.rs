use std::collections::BTreeMap;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::error::{Error, Result};
use super::process::Process;
use super::{
    Digest, LiveFile, Load, References, Row, Rows, SchemaChange, SnapshotSummary, Stream, TableAt,
    TableDefinition, TagSummary, Version, WriterReport, java_oracle,
};

/// Java Paimon in one JVM: writes and judges many tables.
#[derive(Debug)]
pub struct Java {
    process: Process,
}

/// How the JVM is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JavaHeap {
    /// Quick to start and small: for tables of tests.
    Small,
    /// As a compaction job runs it: the second compiler, 2 GiB of heap.
    Large,
}

/// What Java's expiry keeps; unset parameters are Paimon's defaults.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expiry {
    /// Keep at least this many snapshots.
    pub retain_min: Option<u32>,
    /// Keep at most this many snapshots.
    pub retain_max: Option<u32>,
    /// Expire only what is older than this.
    pub older_than: Option<Duration>,
}

impl Expiry {
    fn request(&self, table: &TableAt, operation: &str) -> Value {
        let mut request = table.request(operation);
        request["retainMin"] = json!(self.retain_min);
        request["retainMax"] = json!(self.retain_max);
        request["olderThanMillis"] =
            json!(self.older_than.map(|age| u64::try_from(age.as_millis()).unwrap_or(u64::MAX)));
        request
    }
}

/// How the time of a partition is to be read, and its values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PartitionReading {
    /// `partition.timestamp-formatter`.
    pub formatter: Option<String>,
    /// `partition.timestamp-pattern`.
    pub pattern: Option<String>,
    /// Partition columns.
    pub columns: Vec<String>,
    /// Their values.
    pub values: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Committed {
    snapshot_id: Option<u64>,
}

#[derive(Deserialize)]
struct Nothing {}

impl Java {
    /// Starts a JVM of its own, after building the oracle when the cache does not have it.
    pub fn start(heap: JavaHeap) -> anyhow::Result<Self> {
        Ok(Self { process: Process::start("Java Paimon", &mut Self::command(heap)?)? })
    }

    /// The command that answers requests on its standard input.
    fn command(heap: JavaHeap) -> anyhow::Result<Command> {
        let libraries = java_oracle()?.path.join("lib");
        let mut java = Command::new("java");
        java.args(["-Duser.timezone=UTC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=off"]);
        java.args(match heap {
            JavaHeap::Small => ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx1g"].as_slice(),
            JavaHeap::Large => ["-Xmx2g"].as_slice(),
        });
        java.arg("-cp").arg(libraries.join("*")).arg("dev.weir.oracle.Main");
        Ok(java)
    }

    /// The JVM that all tests of this process share.
    ///
    /// # Panics
    /// When it cannot be started: no test that needs it can say anything.
    #[expect(clippy::panic, reason = "a test without its judge has failed")]
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Java> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(JavaHeap::Small).unwrap_or_else(|error| panic!("{error:#}")))
    }

    /// Process id of the JVM.
    pub const fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Creates a table.
    pub fn create(&self, table: &TableAt, definition: &TableDefinition) -> Result<()> {
        let mut request = table.request("create");
        definition.apply(&mut request);
        self.process.request::<Nothing>(&request).map(drop)
    }

    /// Changes the schema.
    pub fn alter(&self, table: &TableAt, changes: &[SchemaChange]) -> Result<()> {
        let mut request = table.request("alter");
        request["changes"] = changes.iter().map(SchemaChange::to_json).collect();
        self.process.request::<Nothing>(&request).map(drop)
    }

    /// Writes rows as one commit; the new snapshot's id.
    pub fn write(&self, table: &TableAt, rows: &[Row]) -> Result<u64> {
        let mut request = table.request("write");
        request["rows"] = json!(rows);
        self.commit(&request)
    }

    /// Commits statistics of the table, then a watermark and a property without any row.
    pub fn annotate(&self, table: &TableAt, watermark: i64, property: &str) -> Result<u64> {
        let mut request = table.request("annotate");
        request["watermark"] = json!(watermark);
        request["property"] = json!(property);
        self.commit(&request)
    }

    /// Writes rows into one bucket, for tables whose rows do not decide it.
    pub fn write_to_bucket(&self, table: &TableAt, bucket: u32, rows: &[Row]) -> Result<u64> {
        let mut request = table.request("write");
        request["rows"] = json!(rows);
        request["bucket"] = json!(bucket);
        self.commit(&request)
    }

    /// Replaces the partition with these column values by rows; no values replace the whole table.
    pub fn overwrite(
        &self,
        table: &TableAt,
        partition: &BTreeMap<String, String>,
        rows: &[Row],
    ) -> Result<u64> {
        let mut request = table.request("write");
        request["rows"] = json!(rows);
        request["overwrite"] = json!(partition);
        self.commit(&request)
    }

    /// Drops the rows of the partition with these column values.
    pub fn truncate_partition(&self, table: &TableAt, partition: &BTreeMap<String, String>) -> Result<u64> {
        let mut request = table.request("truncatePartition");
        request["partition"] = json!(partition);
        self.commit(&request)
    }

    /// Hides the first row of every live file of an append table without partitions and buckets with a deletion vector.
    pub fn hide_first_rows(&self, table: &TableAt) -> Result<u64> {
        self.commit(&table.request("hideFirstRows"))
    }

    /// Writes this many random rows as one commit.
    pub fn generate(&self, table: &TableAt, rows: u64, load: &Load) -> Result<u64> {
        let mut request = table.request("generate");
        request["rows"] = json!(rows);
        load.apply(&mut request);
        self.commit(&request)
    }

    /// Adds entries of level-0 files that do not exist, `commits` for each bucket: metadata of a large table.
    pub fn commit_file_entries(&self, table: &TableAt, commits: u32, load: &Load) -> Result<u64> {
        let mut request = table.request("commitFileEntries");
        request["commits"] = json!(commits);
        load.apply(&mut request);
        self.commit(&request)
    }

    /// The same, with empty files at the places of the entries.
    pub fn commit_empty_files(&self, table: &TableAt, commits: u32, load: &Load) -> Result<u64> {
        let mut request = table.request("commitFileEntries");
        request["commits"] = json!(commits);
        request["empty"] = json!(true);
        load.apply(&mut request);
        self.commit(&request)
    }

    /// Starts a writer that commits again and again; it stops with [`Writer::stop`].
    pub fn start_writer(&self, table: &TableAt, stream: &Stream) -> Result<Writer<'_>> {
        let mut request = table.request("startWriter");
        stream.apply(&mut request);
        let started: Started = self.process.request(&request)?;
        Ok(Writer { java: self, id: started.writer })
    }

    /// All rows of a version.
    pub fn read(&self, table: &TableAt, version: &Version) -> Result<Rows> {
        let mut request = table.request("read");
        version.apply(&mut request);
        self.process.request(&request)
    }

    /// All rows of the latest snapshot, bucket by bucket in the order in which they are read.
    pub fn read_in_order(&self, table: &TableAt) -> Result<Rows> {
        let mut request = table.request("read");
        request["ordered"] = json!(true);
        self.process.request(&request)
    }

    /// Number and hash of the rows of a version, for tables that are too large to compare row by row.
    pub fn digest(&self, table: &TableAt, version: &Version) -> Result<Digest> {
        let mut request = table.request("read");
        version.apply(&mut request);
        request["digest"] = json!(true);
        self.process.request(&request)
    }

    /// All live data files of a version.
    pub fn live_files(&self, table: &TableAt, version: &Version) -> Result<Vec<LiveFile>> {
        let mut request = table.request("files");
        version.apply(&mut request);
        self.process.request(&request)
    }

    /// All snapshots, oldest first.
    pub fn snapshots(&self, table: &TableAt) -> Result<Vec<SnapshotSummary>> {
        let mut snapshots: Vec<SnapshotSummary> = self.process.request(&table.request("snapshots"))?;
        snapshots.sort_by_key(|snapshot| snapshot.id);
        Ok(snapshots)
    }

    /// Tags, branches and consumers.
    pub fn references(&self, table: &TableAt) -> Result<References> {
        self.process.request(&table.request("references"))
    }

    /// Tags a snapshot.
    pub fn create_tag(&self, table: &TableAt, tag: &str, snapshot: u64) -> Result<()> {
        self.reference(table, "createTag", &json!({"tag": tag, "snapshot": snapshot}))
    }

    /// Tags a snapshot for some time.
    pub fn create_tag_for(
        &self,
        table: &TableAt,
        tag: &str,
        snapshot: u64,
        retained: Duration,
    ) -> Result<()> {
        let retained = format!("PT{}S", retained.as_secs_f64());
        self.reference(table, "createTag", &json!({"tag": tag, "snapshot": snapshot, "retained": retained}))
    }

    /// Tags as Java reads them, by name.
    pub fn tags(&self, table: &TableAt) -> Result<Vec<TagSummary>> {
        let mut tags: Vec<TagSummary> = self.process.request(&table.request("tags"))?;
        tags.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(tags)
    }

    /// Makes the automatic tags that are due by the table's options.
    pub fn auto_tags(&self, table: &TableAt) -> Result<()> {
        self.reference(table, "autoTags", &json!({}))
    }

    /// Deletes tags whose time is over, and those made before some instant in milliseconds since the epoch; their names.
    pub fn expire_tags(&self, table: &TableAt, older_than: Option<u64>) -> Result<Vec<String>> {
        let mut request = table.request("expireTags");
        request["olderThanMillis"] = json!(older_than);
        self.process.request::<ExpiredTags>(&request).map(|answer| answer.expired)
    }

    /// Gives a tag another name.
    pub fn rename_tag(&self, table: &TableAt, tag: &str, target: &str) -> Result<()> {
        self.reference(table, "renameTag", &json!({"tag": tag, "target": target}))
    }

    /// Deletes a tag and the files that nothing else needs.
    pub fn delete_tag(&self, table: &TableAt, tag: &str) -> Result<()> {
        self.reference(table, "deleteTag", &json!({"tag": tag}))
    }

    /// Makes a branch that starts from a tag.
    pub fn create_branch(&self, table: &TableAt, name: &str, tag: &str) -> Result<()> {
        self.reference(table, "createBranch", &json!({"name": name, "tag": tag}))
    }

    /// Makes a consumer, or moves it, to the snapshot that it reads next.
    pub fn set_consumer(&self, table: &TableAt, consumer: &str, next_snapshot: u64) -> Result<()> {
        self.reference(table, "setConsumer", &json!({"consumer": consumer, "nextSnapshot": next_snapshot}))
    }

    /// A command that fully compacts a table when it gets the text on its standard input, and ends: Java's compaction
    /// as a process of its own.
    pub fn full_compaction(table: &TableAt) -> anyhow::Result<(Command, String)> {
        let mut request = table.request("compact");
        request["full"] = json!(true);
        Ok((Self::command(JavaHeap::Large)?, format!("{request}\n")))
    }

    /// A command that expires a table's snapshots when it gets the text on its standard input, and ends.
    pub fn expiry(table: &TableAt, expiry: &Expiry) -> anyhow::Result<(Command, String)> {
        Ok((Self::command(JavaHeap::Large)?, format!("{}\n", expiry.request(table, "expire"))))
    }

    /// Compacts every bucket as Paimon's dedicated job does, fully or as universal compaction decides.
    pub fn compact(&self, table: &TableAt, full: bool) -> Result<()> {
        self.reference(table, "compact", &json!({"full": full}))
    }

    /// Expires snapshots; how many went.
    pub fn expire(&self, table: &TableAt, expiry: &Expiry) -> Result<u64> {
        self.process.request::<Expired>(&expiry.request(table, "expire")).map(|answer| answer.expired)
    }

    /// The same, where changelogs stay as long as the table's options say; how many snapshots went.
    pub fn expire_keeping_changelogs(&self, table: &TableAt, expiry: &Expiry) -> Result<u64> {
        let mut request = expiry.request(table, "expire");
        request["keepChangelogs"] = json!(true);
        self.process.request::<Expired>(&request).map(|answer| answer.expired)
    }

    /// Expires long-lived changelogs; how many numbers went. Every parameter of `expiry` is needed.
    pub fn expire_changelogs(&self, table: &TableAt, expiry: &Expiry) -> Result<u64> {
        self.process
            .request::<Expired>(&expiry.request(table, "expireChangelogs"))
            .map(|answer| answer.expired)
    }

    /// The changes of the snapshots in a range, as a streaming job reads them that goes on from its start.
    pub fn changes(&self, table: &TableAt, snapshots: std::ops::Range<u64>) -> Result<Rows> {
        let mut request = table.request("changes");
        request["from"] = json!(snapshots.start);
        request["to"] = json!(snapshots.end);
        self.process.request(&request)
    }

    /// Drops the partitions that the table's options, also dynamic ones, let expire, as the procedure does.
    pub fn expire_partitions(&self, table: &TableAt) -> Result<()> {
        self.reference(table, "expirePartitions", &json!({}))
    }

    /// Writes the success files of partitions, which are given as paths.
    pub fn mark_partitions_done(&self, table: &TableAt, partitions: &[&str]) -> Result<()> {
        self.reference(table, "markPartitionsDone", &json!({"partitions": partitions}))
    }

    /// What Java reads from partition values: for each reading the time, or none.
    pub fn partition_times(&self, readings: &[PartitionReading]) -> Result<Vec<Option<String>>> {
        let request = json!({"op": "partitionTimes", "readings": readings});
        self.process.request::<Times>(&request).map(|answer| answer.times)
    }

    /// Compacts the manifests as the procedure does.
    pub fn compact_manifests(&self, table: &TableAt) -> Result<()> {
        self.reference(table, "compactManifests", &json!({}))
    }

    /// Rolls back to a snapshot or a tag.
    pub fn roll_back(&self, table: &TableAt, version: &Version) -> Result<()> {
        let mut request = table.request("rollBack");
        version.apply(&mut request);
        self.process.request::<Nothing>(&request).map(drop)
    }

    /// Paths of the files that nothing refers to, however young; nothing is deleted.
    pub fn orphans(&self, table: &TableAt) -> Result<Vec<String>> {
        let mut request = table.request("orphans");
        request["dryRun"] = json!(true);
        self.process.request::<Orphans>(&request).map(|answer| answer.files)
    }

    /// Removes the files that nothing refers to and that were modified before an instant, in milliseconds since the
    /// epoch; their paths.
    pub fn remove_orphans(&self, table: &TableAt, older_than_millis: u64) -> Result<Vec<String>> {
        let mut request = table.request("orphans");
        request["olderThanMillis"] = json!(older_than_millis);
        self.process.request::<Orphans>(&request).map(|answer| answer.files)
    }

    fn commit(&self, request: &Value) -> Result<u64> {
        let committed: Committed = self.process.request(request)?;
        committed.snapshot_id.ok_or_else(|| Error::Protocol {
            engine: "Java Paimon",
            message: "a commit left the table without a snapshot".to_owned(),
        })
    }

    fn reference(&self, table: &TableAt, operation: &str, members: &Value) -> Result<()> {
        let mut request = table.request(operation);
        for (name, value) in members.as_object().into_iter().flatten() {
            request[name] = value.clone();
        }
        self.process.request::<Nothing>(&request).map(drop)
    }
}

#[derive(Deserialize)]
struct Started {
    writer: u64,
}

#[derive(Deserialize)]
struct Expired {
    expired: u64,
}

#[derive(Deserialize)]
struct ExpiredTags {
    expired: Vec<String>,
}

#[derive(Deserialize)]
struct Times {
    times: Vec<Option<String>>,
}

#[derive(Deserialize)]
struct Orphans {
    files: Vec<String>,
}

/// A writer that runs beside the test.
#[derive(Debug)]
pub struct Writer<'a> {
    java: &'a Java,
    id: u64,
}

impl Writer<'_> {
    /// Stops it after its commit; what it did.
    pub fn stop(self) -> Result<WriterReport> {
        self.java.process.request(&json!({"op": "stopWriter", "writer": self.id}))
    }
}
