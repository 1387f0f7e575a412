//! A small table with or without a primary key, written as a Paimon writer with `write-only=true` writes it.

mod reading;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{Int8Array, Int32Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType as ArrowType, Field, Schema};
use object_store::local::LocalFileSystem;
use parquet::arrow::ArrowWriter;
use tempfile::TempDir;
use uuid::Uuid;
use weir_paimon::Table;
use weir_paimon_spec::manifest::{self, Compression, ManifestFileMeta};
use weir_paimon_spec::paths::{self, BranchPaths, FileNames};
use weir_paimon_spec::stats::SimpleStats;
use weir_paimon_spec::{
    BinaryRow, CommitKind, DataFileMeta, DataType, Datum, FileKind, FileSource, ManifestEntry, TypeKind,
};
use weir_storage::faults::{Fault, FaultStore};
use weir_storage::{Location, Storage};

const SCHEMA: &str = r#"{"version":3,"id":0,"fields":[{"id":0,"name":"id","type":"BIGINT NOT NULL"},{"id":1,"name":"v","type":"INT"}],"highestFieldId":1,"partitionKeys":[],"primaryKeys":["id"],"options":{"bucket":"1","write-only":"true"},"timeMillis":0}"#;

/// A table in a directory of its own.
pub(crate) struct TestTable {
    directory: TempDir,
    buckets: i32,
    next_sequence: i64,
    /// `_CREATION_TIME` of new files.
    pub(crate) creation_time: Option<i64>,
}

impl TestTable {
    pub(crate) async fn new() -> Self {
        Self::with_buckets(1).await
    }

    pub(crate) async fn with_buckets(buckets: i32) -> Self {
        let table = Self::empty(buckets);
        let mut schema = SCHEMA.replace(r#""bucket":"1""#, &format!(r#""bucket":"{buckets}""#));
        if !table.has_key() {
            schema = schema.replace(r#""primaryKeys":["id"]"#, r#""primaryKeys":[]"#);
        }
        table.put(&BranchPaths::main().schema(0), schema.into_bytes()).await;
        table
    }

    fn empty(buckets: i32) -> Self {
        let directory = TempDir::new().unwrap();
        Self { directory, buckets, next_sequence: 0, creation_time: Some(0) }
    }

    /// A table with three level 0 files, and a snapshot for each, in each of these partitions; ids from 100 for the
    /// first one, from 200 for the second, and so on.
    pub(crate) async fn with_partitions(partitions: &[&str]) -> Self {
        let mut table = Self::empty(1);
        let schema = SCHEMA
            .replace(
                r#"{"id":1,"name":"v""#,
                r#"{"id":2,"name":"dt","type":"STRING NOT NULL"},{"id":1,"name":"v""#,
            )
            .replace(r#""highestFieldId":1"#, r#""highestFieldId":2"#)
            .replace(r#""partitionKeys":[]"#, r#""partitionKeys":["dt"]"#)
            .replace(r#""primaryKeys":["id"]"#, r#""primaryKeys":["dt","id"]"#);
        table.put(&BranchPaths::main().schema(0), schema.into_bytes()).await;
        for (partition, first) in partitions.iter().zip((100..).step_by(100)) {
            for round in 0..3 {
                let rows: Vec<(i64, Option<i32>)> = (first..first + 4).map(|id| (id, Some(round))).collect();
                table.append_in(partition, &rows).await;
            }
        }
        table
    }

    /// Commits one level 0 file of rows to a partition.
    pub(crate) async fn append_in(&mut self, partition: &str, rows: &[(i64, Option<i32>)]) -> i64 {
        let file = self.write_file(Some(partition), 0, rows).await;
        loop {
            if let Some(id) = self.try_commit(FileKind::Add, Some(partition), 0, &file).await {
                return id;
            }
        }
    }

    /// The partition's row in manifests.
    pub(crate) fn partition(partition: Option<&str>) -> Vec<u8> {
        match partition {
            None => BinaryRow::encode(&[], &[]).unwrap(),
            Some(text) => {
                let text_type = [DataType::not_null(TypeKind::VarChar { length: i32::MAX.unsigned_abs() })];
                BinaryRow::encode(&[Datum::String(text.to_owned())], &text_type).unwrap()
            }
        }
    }

    /// A table without a key and without buckets, with small files and a snapshot for each; no id occurs twice.
    pub(crate) async fn with_small_files() -> Self {
        Self::with_many_small_files(6).await
    }

    /// The same with this many files.
    pub(crate) async fn with_many_small_files(files: i32) -> Self {
        let mut table = Self::with_buckets(-1).await;
        for round in 0..files {
            let first = i64::from(round) * 8;
            let rows: Vec<(i64, Option<i32>)> = (first..first + 8).map(|id| (id, Some(round))).collect();
            table.append(&rows).await;
        }
        table
    }

    const fn has_key(&self) -> bool {
        self.buckets > 0
    }

    /// A table of this many buckets with overlapping level 0 files, two in the first and one more in each later one.
    pub(crate) async fn with_busy_buckets(buckets: i32) -> Self {
        let mut table = Self::with_buckets(buckets).await;
        for bucket in 0..buckets {
            for round in 0..bucket + 2 {
                table.append_to(bucket, &bucket_rows(bucket, round)).await;
            }
        }
        table
    }

    /// A table with overlapping level 0 files, deletes among them, and a snapshot for each.
    pub(crate) async fn with_history() -> Self {
        let mut table = Self::new().await;
        for round in 0..6_i32 {
            let first = i64::from(round) * 3;
            let rows: Vec<(i64, Option<i32>)> =
                (first..first + 8).map(|id| (id, (id % 5 != 4).then_some(round * 100))).collect();
            table.append(&rows).await;
        }
        table
    }

    pub(crate) fn location(&self) -> Location {
        self.directory.path().to_str().unwrap().parse().unwrap()
    }

    /// A file of the table on the local disk.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.directory.path().join(relative)
    }

    pub(crate) fn storage(&self) -> Storage {
        Storage::open(&self.location()).unwrap()
    }

    /// The table's storage with a fault at one call, and the store that tells how many calls there were.
    pub(crate) fn faulty(&self, call: u64, fault: Option<Fault>) -> (Storage, Arc<FaultStore>) {
        let faults = fault.map(|fault| (call, fault));
        let store = Arc::new(FaultStore::new(Arc::new(LocalFileSystem::new()), faults));
        (Storage::metered(Arc::clone(&store) as _, 1, self.location()), store)
    }

    /// A copy of the directory, to try something else on.
    pub(crate) fn copy(&self) -> Self {
        let directory = TempDir::new().unwrap();
        let status = std::process::Command::new("cp")
            .arg("-a")
            .arg(format!("{}/.", self.directory.path().display()))
            .arg(directory.path())
            .status()
            .unwrap();
        assert!(status.success());
        Self { directory, ..*self }
    }

    /// Commits one level 0 file of rows; `None` deletes the key.
    pub(crate) async fn append(&mut self, rows: &[(i64, Option<i32>)]) -> i64 {
        self.append_to(0, rows).await
    }

    /// The same for rows of some bucket; the caller sees to it that a key is always in the same one.
    pub(crate) async fn append_to(&mut self, bucket: i32, rows: &[(i64, Option<i32>)]) -> i64 {
        let file = self.write_file(None, bucket, rows).await;
        loop {
            if let Some(id) = self.try_commit(FileKind::Add, None, bucket, &file).await {
                return id;
            }
        }
    }

    /// Commits a file once more that was committed before.
    pub(crate) async fn commit_again(&mut self, entry: &ManifestEntry) -> i64 {
        self.try_commit(FileKind::Add, None, entry.bucket, &entry.file).await.unwrap()
    }

    /// Commits that a file is no longer part of the table.
    pub(crate) async fn drop_file(&mut self, entry: &ManifestEntry) -> i64 {
        self.try_commit(FileKind::Delete, None, entry.bucket, &entry.file).await.unwrap()
    }

    async fn put(&self, path: &str, content: Vec<u8>) -> i64 {
        let size = i64::try_from(content.len()).unwrap();
        self.storage().overwrite(path, content.into()).await.unwrap();
        size
    }

    async fn write_file(
        &mut self,
        partition: Option<&str>,
        bucket: i32,
        rows: &[(i64, Option<i32>)],
    ) -> DataFileMeta {
        let ids: Int64Array = rows.iter().map(|(id, _)| *id).collect();
        let first_sequence = self.next_sequence;
        self.next_sequence += i64::try_from(rows.len()).unwrap();
        let sequences: Int64Array = (first_sequence..self.next_sequence).collect();
        let kinds: Int8Array = rows.iter().map(|(_, v)| if v.is_some() { 0_i8 } else { 3 }).collect();
        let values: Int32Array = rows.iter().map(|(_, v)| *v).collect();
        let mut schema = vec![
            Field::new("_KEY_id", ArrowType::Int64, false),
            Field::new("_SEQUENCE_NUMBER", ArrowType::Int64, false),
            Field::new("_VALUE_KIND", ArrowType::Int8, false),
            Field::new("id", ArrowType::Int64, false),
            Field::new("v", ArrowType::Int32, true),
        ];
        let mut columns: Vec<arrow::array::ArrayRef> = vec![
            Arc::new(ids.clone()),
            Arc::new(sequences),
            Arc::new(kinds),
            Arc::new(ids),
            Arc::new(values),
        ];
        if let Some(partition) = partition {
            schema.insert(4, Field::new("dt", ArrowType::Utf8, false));
            columns.insert(4, Arc::new(StringArray::from(vec![partition; rows.len()])));
        }
        let batch = RecordBatch::try_new(Arc::new(Schema::new(schema)), columns).unwrap();
        let batch = if self.has_key() { batch } else { batch.project(&[3, 4]).unwrap() };
        let schema = batch.schema();
        let mut writer = ArrowWriter::try_new(Vec::new(), schema, None).unwrap();
        writer.write(&batch).unwrap();
        let content = writer.into_inner().unwrap();
        let name = FileNames::new(Uuid::new_v4().to_string()).data("data-", "parquet");
        let directory = partition.map(|partition| format!("dt={partition}/")).unwrap_or_default();
        let file_size = self.put(&format!("{directory}bucket-{bucket}/{name}"), content).await;
        let key_type = [DataType::not_null(TypeKind::BigInt)];
        let key = |id: i64| BinaryRow::encode(&[Datum::BigInt(id)], &key_type).unwrap();
        let deletes = rows.iter().filter(|(_, v)| v.is_none()).count();
        let file = DataFileMeta {
            min_sequence_number: first_sequence,
            max_sequence_number: self.next_sequence - 1,
            creation_time: self.creation_time,
            file_source: Some(FileSource::Append),
            ..DataFileMeta::append(name, file_size, i64::try_from(rows.len()).unwrap())
        };
        if !self.has_key() {
            return file;
        }
        DataFileMeta {
            min_key: key(rows.first().unwrap().0),
            max_key: key(rows.last().unwrap().0),
            key_stats: SimpleStats::empty(),
            delete_row_count: Some(i64::try_from(deletes).unwrap()),
            ..file
        }
    }

    /// One attempt of a writer's commit, put-if-absent; `None` when somebody else was faster.
    async fn try_commit(
        &self,
        kind: FileKind,
        partition: Option<&str>,
        bucket: i32,
        file: &DataFileMeta,
    ) -> Option<i64> {
        let table = self.open().await;
        let latest = table.latest_snapshot().await.unwrap();
        let mut base = Vec::new();
        if let Some(latest) = &latest {
            for list in [&latest.base_manifest_list, &latest.delta_manifest_list] {
                let content = self.storage().read(&paths::manifest(list)).await.unwrap();
                base.extend(manifest::read_manifest_list(&content, list).unwrap().entries);
            }
        }
        let names = FileNames::new(Uuid::new_v4().to_string());
        let partition = Self::partition(partition);
        let total_buckets = self.buckets;
        let entry = ManifestEntry { kind, partition, bucket, total_buckets, file: Arc::new(file.clone()) };
        let entries = [entry];
        let name = names.manifest();
        let content = manifest::write_manifest(&entries, Compression::default()).unwrap();
        let size = self.put(&paths::manifest(&name), content).await;
        let delta = [ManifestFileMeta::from_entries(
            name,
            size,
            &entries,
            &table.schema().partition_types().unwrap(),
            0,
        )
        .unwrap()];
        let (base_manifest_list, delta_manifest_list) = (names.manifest_list(), names.manifest_list());
        self.put(
            &paths::manifest(&base_manifest_list),
            manifest::write_manifest_list(&base, Compression::default()).unwrap(),
        )
        .await;
        self.put(
            &paths::manifest(&delta_manifest_list),
            manifest::write_manifest_list(&delta, Compression::default()).unwrap(),
        )
        .await;
        let id = latest.as_ref().map_or(1, |latest| latest.id + 1);
        let total = latest.and_then(|latest| latest.total_record_count).unwrap_or(0) + file.row_count;
        let snapshot = serde_json::json!({
            "version": 3, "id": id, "schemaId": 0,
            "baseManifestList": base_manifest_list, "deltaManifestList": delta_manifest_list,
            "commitUser": "writer", "commitIdentifier": id, "commitKind": CommitKind::Append,
            "timeMillis": id * 1000, "totalRecordCount": total, "deltaRecordCount": file.row_count,
        });
        let created =
            self.storage().create(&BranchPaths::main().snapshot(id), snapshot.to_string().into()).await;
        if !matches!(created.unwrap(), weir_storage::Create::Created) {
            return None;
        }
        self.put(&BranchPaths::main().latest_hint(), id.to_string().into_bytes()).await;
        Some(id)
    }

    pub(crate) async fn open(&self) -> Table {
        Table::open(self.storage(), &BTreeMap::new()).await.unwrap()
    }

    /// Makes a tag of a snapshot, as Java does: a copy of its file.
    pub(crate) async fn tag(&self, name: &str, snapshot: i64) {
        let content = self.storage().read(&BranchPaths::main().snapshot(snapshot)).await.unwrap();
        self.put(&BranchPaths::main().tag(name), content.to_vec()).await;
    }
}

/// Rows of a bucket whose keys no other bucket has.
pub(crate) fn bucket_rows(bucket: i32, round: i32) -> Vec<(i64, Option<i32>)> {
    let first = i64::from(bucket) * 1000 + i64::from(round);
    (first..first + 6).map(|id| (id, (id % 5 != 4).then_some(round))).collect()
}
