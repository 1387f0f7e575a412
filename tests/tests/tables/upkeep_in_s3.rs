//! Everything around snapshots on tables in an S3 server; Java reads what is left.

use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use serde_json::json;
use weir_contract::{ExitCode, Outcome};
use weir_tests::oracle::fixtures::{Engines, PythonReads, SUPPORTED};
use weir_tests::oracle::{Judgement, Row, TableAt, TableDefinition, Version, Warehouse};
use weir_tests::s3::S3Server;

use crate::weir::{Run, weir};

/// A server that ends with the test, and one table in it.
struct Lake {
    server: S3Server,
    engines: Engines,
    table: TableAt,
}

impl Lake {
    fn new(name: &str) -> Self {
        let server = S3Server::on_loopback(name).unwrap();
        server.create_bucket("lake").unwrap();
        let table = Warehouse::new("s3://lake/warehouse", server.storage()).table("kept");
        Self { server, engines: Engines::shared(), table }
    }

    /// A table with tags, a branch, a consumer, and eight snapshots.
    fn with_references(name: &str) -> Self {
        let lake = Self::new(name);
        let fixture = SUPPORTED.iter().find(|fixture| fixture.name == "references").unwrap();
        fixture.make(&lake.engines, &lake.table).unwrap();
        lake
    }

    fn judge(&self) -> Judgement {
        Judgement::of(&self.engines, &self.table, PythonReads::Nothing).unwrap()
    }

    fn tags(&self) -> Vec<String> {
        self.engines.java.tags(&self.table).unwrap().into_iter().map(|tag| tag.name).collect()
    }

    /// Whether nothing is in the table's directory that nothing refers to, as Java sees it.
    fn is_tidy(&self) -> bool {
        self.engines.java.orphans(&self.table).unwrap().is_empty()
    }

    fn objects(&self) -> impl ObjectStore {
        // A second installation fails harmlessly: the provider is then the one that is already there.
        let _ = rustls::crypto::ring::default_provider().install_default();
        AmazonS3Builder::new()
            .with_endpoint(self.server.endpoint())
            .with_region(self.server.region())
            .with_bucket_name("lake")
            .with_access_key_id(self.server.access_key())
            .with_secret_access_key(self.server.secret_key())
            .with_allow_http(true)
            .build()
            .unwrap()
    }

    fn key(&self, path: &str) -> Path {
        let directory = self.table.location().strip_prefix("s3://lake/").unwrap();
        Path::parse(format!("{directory}/{path}")).unwrap()
    }

    /// Makes an object that nothing refers to.
    fn leave(&self, path: &str, content: Vec<u8>) {
        on_a_runtime(async { self.objects().put(&self.key(path), content.into()).await.unwrap() });
    }

    fn read(&self, path: &str) -> Vec<u8> {
        on_a_runtime(async { self.objects().get(&self.key(path)).await.unwrap().bytes().await.unwrap() })
            .to_vec()
    }
}

fn on_a_runtime<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(work)
}

/// Takes what was there a second ago, the resolution of S3's clock.
fn remove_orphans(table: &TableAt, flags: &[&str]) -> Run {
    std::thread::sleep(Duration::from_millis(2100));
    let now = ["--older-than", "1s", "--allow-young", "--max-share", "100%"];
    weir("remove-orphans", table, &[&now[..], flags].concat())
}

#[test]
fn tags_in_s3_are_made_renamed_expired_and_deleted() {
    let lake = Lake::with_references("tags");
    let (table, java) = (&lake.table, lake.engines.java);
    let before = lake.judge();
    let rows = java.read(table, &Version::Snapshot(4)).unwrap();

    weir("create-tag", table, &["--tag", "made", "--snapshot", "4"]).done();
    weir("create-tag", table, &["--tag", "short", "--snapshot", "4", "--time-retained", "1s"]).done();
    weir("rename-tag", table, &["--tag", "made", "--target", "renamed"]).done();
    assert_eq!(lake.tags(), ["renamed", "short", "tag-3", "tag-6"]);
    std::thread::sleep(Duration::from_millis(1100));
    weir("expire-tags", table, &[]).done();
    assert_eq!(lake.tags(), ["renamed", "tag-3", "tag-6"]);

    weir("auto-tag", table, &["--mode", "process-time", "--period", "hourly"]).done();
    let automatic: Vec<String> = lake.tags().into_iter().filter(|tag| tag.starts_with("20")).collect();
    assert_eq!(automatic.len(), 1);
    // Of a table without automatic tags it is the first snapshot since the end of the hour before.
    let first = java.read(table, &Version::Snapshot(1)).unwrap();
    first.assert_same(&java.read(table, &Version::Tag(automatic[0].clone())).unwrap(), "the automatic tag");

    weir("expire-consumers", table, &["--older-than", "0s"]).done();
    weir("expire-snapshots", table, &["--retain-max", "1", "--retain-min", "1", "--older-than", "0s"]).done();
    rows.assert_same(&java.read(table, &Version::Tag("renamed".to_owned())).unwrap(), "the tag");
    weir("delete-tag", table, &["--tag", &format!("renamed,tag-6,{}", automatic[0])]).done();
    assert_eq!(lake.tags(), ["tag-3"]);
    before.assert_unchanged(&lake.judge());
    assert!(lake.is_tidy());
}

#[test]
fn orphans_in_s3_go_to_the_trash_come_back_and_are_purged() {
    let lake = Lake::with_references("orphans");
    let (table, before) = (&lake.table, lake.judge());
    let large = vec![7; (8 << 20) + 1];
    let left = ["bucket-0/data-0b1c-0.parquet", "manifest/manifest-0b1c-0", "index/index-0b1c-0"];
    lake.leave(left[0], large.clone());
    lake.leave(left[1], large.clone());
    lake.leave(left[2], b"small".to_vec());

    let run = remove_orphans(table, &["--trash"]).done();
    let cleanup = run.result.cleanup.unwrap();
    assert_eq!((cleanup.files, cleanup.failed_files), (3, 0), "{}", run.result.message);
    assert!(lake.is_tidy());
    before.assert_unchanged(&lake.judge());

    // Of two large ones somebody has taken the place of one.
    lake.leave(left[1], b"somebody else's".to_vec());
    let from = ["--from", &cleanup.trash.unwrap()];
    let run = weir("restore-trash", table, &from).done();
    let cleanup = run.result.cleanup.unwrap();
    assert_eq!((cleanup.files, cleanup.spared_files, cleanup.failed_files), (2, 1, 0), "{}", run.said);
    assert!(lake.read(left[0]) == large && lake.read(left[2]) == b"small");
    assert_eq!(lake.read(left[1]), b"somebody else's");

    let run = weir("purge-trash", table, &["--older-than", "0s"]).done();
    assert_eq!(run.result.cleanup.unwrap().files, 1, "{}", run.result.message);
    let run = remove_orphans(table, &[]).done();
    assert_eq!(run.result.cleanup.unwrap().files, 3, "{}", run.result.message);
    assert!(lake.is_tidy());
    before.assert_unchanged(&lake.judge());
}

#[test]
fn a_table_in_s3_is_maintained_and_its_changelogs_expire() {
    let lake = Lake::new("maintained");
    let (table, java) = (&lake.table, lake.engines.java);
    let definition = TableDefinition::new()
        .column("id", "BIGINT NOT NULL")
        .column("text", "STRING")
        .primary_key(["id"])
        .option("bucket", "1")
        .option("changelog-producer", "input")
        .option("changelog.time-retained", "1 d")
        .option("snapshot.time-retained", "0 s")
        .option("snapshot.num-retained.min", "2")
        .option("consumer.expiration-time", "1 s")
        .option("tag.automatic-creation", "process-time")
        .option("tag.creation-period", "hourly")
        .write_only();
    java.create(table, &definition).unwrap();
    for commit in 0..6 {
        let rows: Vec<Row> =
            (0..20).map(|id| Row::insert(json!([commit * 10 + id, format!("commit {commit}")]))).collect();
        java.write(table, &rows).unwrap();
    }
    java.set_consumer(table, "silent", 2).unwrap();
    let (rows, changes) = (java.read(table, &Version::Latest).unwrap(), java.changes(table, 1..7).unwrap());
    let (first, recent) =
        (java.read(table, &Version::Snapshot(1)).unwrap(), java.changes(table, 4..7).unwrap());
    std::thread::sleep(Duration::from_millis(2100));

    let run = weir("maintain", table, &[]).done();
    let figures = run.result.expiry.unwrap();
    assert_eq!((figures.created_tags, figures.removed_consumers, figures.expired_snapshots), (1, 1, 4));
    assert_eq!((lake.tags().len(), java.snapshots(table).unwrap().len()), (1, 2));
    changes.assert_same(&java.changes(table, 1..7).unwrap(), "changes whose snapshots are gone");

    let keep = ["--retain-max", "3", "--retain-min", "1", "--older-than", "0s"];
    let run = weir("expire-changelogs", table, &keep).done();
    assert_eq!(run.result.outcome, Outcome::Succeeded, "{}", run.result.message);
    assert_eq!(run.details["expiredChangelogs"], json!([1, 2, 3]));
    recent.assert_same(&java.changes(table, 4..7).unwrap(), "changes that are kept");
    rows.assert_same(&java.read(table, &Version::Latest).unwrap(), "the latest rows");
    let tag = lake.tags().remove(0);
    first.assert_same(&java.read(table, &Version::Tag(tag)).unwrap(), "the automatic tag");
    assert!(lake.is_tidy());
    assert_eq!(weir("maintain", table, &[]).done().exit, ExitCode::Done);
}
