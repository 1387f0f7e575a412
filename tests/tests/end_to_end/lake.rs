//! A scenario's own corner: a namespace, a bucket, a table in it, and the credentials.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use kube::Client;
use serde_json::{Value, json};
use weir_tests::oracle::fixtures::{Engines, PythonReads};
use weir_tests::oracle::{Judgement, Row, TableAt, TableDefinition, Version, Warehouse};
use weir_tests::s3::DelayedS3;
use weir_tests::suite::Environment;

use crate::objects::Objects;

/// Name of the Table object and of the table.
pub(crate) const TABLE: &str = "orders";
/// Name of the Secret.
const SECRET: &str = "lake";
/// Buckets of the table.
const BUCKETS: usize = 2;

/// A namespace with a table on S3.
pub(crate) struct Lake {
    environment: Arc<Environment>,
    /// The objects of the namespace.
    pub(crate) objects: Objects,
    /// The engines that write and judge the table.
    pub(crate) engines: Engines,
    /// The table; not created yet.
    pub(crate) table: TableAt,
    bucket: String,
}

impl Lake {
    /// A new namespace and an empty bucket, which `name` is part of.
    pub(crate) async fn new(environment: Arc<Environment>, name: &str) -> Result<Self> {
        let namespace = environment.cluster.namespace(name).await?;
        let client: Client = environment.cluster.client().await?;
        let objects = Objects::new(client, &namespace);
        environment.s3.create_bucket(&namespace)?;
        objects.create_secret(SECRET, environment.s3.access_key(), environment.s3.secret_key()).await?;
        let warehouse = Warehouse::new(format!("s3://{namespace}/warehouse"), environment.s3.storage());
        let table = warehouse.table(TABLE);
        Ok(Self { environment, objects, engines: Engines::shared(), table, bucket: namespace })
    }

    /// What the scenarios share.
    pub(crate) fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Creates the table with pypaimon and commits to it; each commit replaces half of the rows of the one before.
    pub(crate) fn write_orders(&self, commits: u32) -> Result<()> {
        self.engines.python.create(&self.table, &orders())?;
        for commit in 0..commits {
            let row = |id: u32| Row::insert(json!([id, format!("order {id} of commit {commit}"), commit]));
            let rows: Vec<Row> = (commit * 50..commit * 50 + 100).map(row).collect();
            self.engines.python.write(&self.table, &rows)?;
        }
        Ok(())
    }

    /// The rows of everything that can be read.
    pub(crate) fn judge(&self) -> Result<Judgement> {
        Judgement::of(&self.engines, &self.table, PythonReads::Everything).context("judging the table")
    }

    /// Number of snapshots.
    pub(crate) fn snapshots(&self) -> Result<usize> {
        Ok(self.engines.java.snapshots(&self.table)?.len())
    }

    /// Whether every bucket is one file.
    pub(crate) fn is_compacted(&self) -> Result<bool> {
        Ok(self.engines.java.live_files(&self.table, &Version::Latest)?.len() == BUCKETS)
    }

    /// The `spec` of a Table for it, with this maintenance.
    pub(crate) fn table_spec(&self, maintenance: &Value) -> Value {
        let reference = |key: &str| json!({"name": SECRET, "key": key});
        json!({
            "format": "Paimon",
            "location": self.table.location(),
            "storage": {"s3": {
                "endpoint": self.environment.s3.endpoint(),
                "region": self.environment.s3.region(),
                "pathStyleAccess": true,
                "accessKeyIdSecretRef": reference("accessKeyId"),
                "secretAccessKeySecretRef": reference("secretAccessKey"),
            }},
            "maintenance": maintenance,
            "jobTemplate": {"resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "512Mi"}}},
        })
    }

    /// Creates the Table and waits until it is ready.
    pub(crate) async fn ready_table(&self, maintenance: &Value) -> Result<()> {
        self.objects.create_table(TABLE, &self.table_spec(maintenance)).await?;
        self.objects.wait_for_ready(TABLE, "True").await.map(drop)
    }

    /// The store at an address where every request takes longer. It must be dropped by a thread that may block.
    pub(crate) async fn slow_store(&self, delay: Duration) -> Result<DelayedS3> {
        let environment = Arc::clone(&self.environment);
        tokio::task::spawn_blocking(move || DelayedS3::before(&environment.s3, delay)).await?
    }

    /// Paths of all data files, live or not.
    pub(crate) fn data_files(&self) -> Result<Vec<String>> {
        let files = self.listing()?.into_keys();
        Ok(files.filter(|path| path.ends_with(".parquet")).collect())
    }

    /// Every object of the bucket with its size.
    pub(crate) fn listing(&self) -> Result<BTreeMap<String, u64>> {
        let mut files = BTreeMap::new();
        collect(&self.environment.s3.files_of_bucket(&self.bucket), &mut files)?;
        Ok(files)
    }
}

/// A table of orders, keyed by number.
pub(crate) fn orders() -> TableDefinition {
    TableDefinition::new()
        .column("id", "BIGINT NOT NULL")
        .column("text", "STRING")
        .column("version", "INT")
        .primary_key(["id"])
        .option("bucket", &BUCKETS.to_string())
        .write_only()
}

fn collect(directory: &Path, files: &mut BTreeMap<String, u64>) -> Result<()> {
    for entry in std::fs::read_dir(directory).with_context(|| format!("listing {}", directory.display()))? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), files)?;
        } else {
            files.insert(entry.path().to_string_lossy().into_owned(), entry.metadata()?.len());
        }
    }
    Ok(())
}
