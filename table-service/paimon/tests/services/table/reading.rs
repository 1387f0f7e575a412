//! What a test table holds, read as readers do.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use arrow::array::AsArray;
use arrow::datatypes::{Int8Type, Int32Type, Int64Type};
use bytes::Bytes;
use futures::TryStreamExt;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use weir_paimon::Table;
use weir_paimon_spec::paths::{self, BranchPaths};
use weir_paimon_spec::{FileSource, Snapshot, manifest};

use super::TestTable;

impl TestTable {
    /// Ids of the long-lived changelogs, all of which can be read: the lists are there, and what their deltas name that
    /// a writer has written.
    pub(crate) async fn changelogs(&self) -> Vec<i64> {
        let mut ids = Vec::new();
        for path in self.changelog_files().await {
            assert!(self.path(&path).exists(), "a changelog needs {path}");
        }
        for changelog in self.open().await.references().await.unwrap().changelogs {
            ids.push(changelog.id);
        }
        ids
    }

    /// Every file that a changelog without a producer needs.
    async fn changelog_files(&self) -> BTreeSet<String> {
        let (table, main) = (self.open().await, BranchPaths::main());
        let mut changelogs = table.references().await.unwrap().changelogs;
        let mut files: BTreeSet<String> =
            changelogs.iter().map(|changelog| main.changelog(changelog.id)).collect();
        if !changelogs.is_empty() {
            // Snapshots will follow them.
            let ids = table.snapshot_ids().await.unwrap();
            changelogs.extend(table.snapshots(&ids).await.unwrap());
        }
        for changelog in changelogs {
            for list in [&changelog.base_manifest_list, &changelog.delta_manifest_list] {
                files.insert(paths::manifest(list));
                let content = self.storage().read(&paths::manifest(list)).await.unwrap();
                for meta in manifest::read_manifest_list(&content, list).unwrap().entries {
                    files.insert(paths::manifest(&meta.file_name));
                    if *list != changelog.delta_manifest_list {
                        continue;
                    }
                    let content = self.storage().read(&paths::manifest(&meta.file_name)).await.unwrap();
                    let entries = manifest::read_manifest(&content, &meta.file_name).unwrap().entries;
                    let written =
                        entries.iter().filter(|entry| entry.file.file_source == Some(FileSource::Append));
                    files.extend(written.map(|entry| {
                        table.data_file_path(&entry.partition, entry.bucket, &entry.file).unwrap()
                    }));
                }
            }
        }
        files
    }
    /// The rows that a reader sees in the newest snapshot.
    pub(crate) async fn rows(&self) -> BTreeMap<i64, i32> {
        let table = self.open().await;
        let latest = table.latest_snapshot().await.unwrap().unwrap();
        self.rows_of(&table, &latest).await
    }

    /// The rows of a snapshot: for each key the record with the greatest sequence number, unless it is a delete. Fails
    /// when a table without a key has an id twice.
    pub(crate) async fn rows_of(&self, table: &Table, snapshot: &Snapshot) -> BTreeMap<i64, i32> {
        let mut newest: BTreeMap<i64, (i64, Option<i32>)> = BTreeMap::new();
        for entry in table.live_files(snapshot).await.unwrap().entries {
            let path = table.data_file_path(&entry.partition, entry.bucket, &entry.file).unwrap();
            let content = self.storage().read(&path).await.unwrap();
            assert_eq!(i64::try_from(content.len()).unwrap(), entry.file.file_size, "{path}");
            let records = if self.has_key() { records(content) } else { plain_records(content, &path) };
            for (id, sequence, value) in records {
                let known = newest.entry(id).or_insert((sequence, value));
                assert!(self.has_key() || known.0 == sequence, "the row {id} is there twice");
                if known.0 < sequence {
                    *known = (sequence, value);
                }
            }
        }
        newest.into_iter().filter_map(|(id, (_, value))| Some((id, value?))).collect()
    }

    /// Rows of every retained snapshot and tag.
    pub(crate) async fn all_versions(&self) -> BTreeMap<String, BTreeMap<i64, i32>> {
        let table = self.open().await;
        let ids = table.snapshot_ids().await.unwrap();
        let mut versions = BTreeMap::new();
        for snapshot in table.snapshots(&ids).await.unwrap() {
            versions.insert(format!("snapshot {}", snapshot.id), self.rows_of(&table, &snapshot).await);
        }
        for (name, tag) in table.references().await.unwrap().tags {
            versions.insert(format!("tag {name}"), self.rows_of(&table, &tag.snapshot).await);
        }
        versions
    }

    /// Every file of the table but Weir's own.
    pub(crate) async fn files(&self) -> BTreeSet<String> {
        let all: Vec<_> = self.storage().list("").try_collect().await.unwrap();
        all.into_iter().map(|file| file.path).filter(|path| !path.starts_with(".weir/")).collect()
    }

    /// Files of Weir's own.
    pub(crate) async fn own_files(&self, directory: &str) -> Vec<String> {
        let all: Vec<_> = self.storage().list(directory).try_collect().await.unwrap();
        all.into_iter().map(|file| file.path).collect()
    }

    /// Every file that a snapshot or tag reaches, with the schema and the hints.
    pub(crate) async fn reachable(&self) -> BTreeSet<String> {
        let table = self.open().await;
        let main = BranchPaths::main();
        let mut reachable = self.changelog_files().await;
        reachable.extend([main.schema(0), main.latest_hint(), main.earliest_hint()]);
        reachable.extend([main.changelog_latest_hint(), main.changelog_earliest_hint()]);
        let consumers = table.references().await.unwrap().consumers;
        reachable.extend(consumers.iter().map(|(id, _)| main.consumer(id)));
        let mut roots = Vec::new();
        for id in table.snapshot_ids().await.unwrap() {
            reachable.insert(main.snapshot(id));
            roots.push(table.snapshot(id).await.unwrap());
        }
        for (name, tag) in table.references().await.unwrap().tags {
            reachable.insert(main.tag(&name));
            roots.push(tag.snapshot);
        }
        for root in roots {
            for list in root.manifest_lists() {
                reachable.insert(paths::manifest(list));
                let content = self.storage().read(&paths::manifest(list)).await.unwrap();
                for meta in manifest::read_manifest_list(&content, list).unwrap().entries {
                    reachable.insert(paths::manifest(&meta.file_name));
                }
            }
            for entry in table.live_files(&root).await.unwrap().entries {
                reachable.insert(table.data_file_path(&entry.partition, entry.bucket, &entry.file).unwrap());
            }
        }
        reachable
    }
}

/// Rows of a file without system columns, with a number that no other row has in place of a sequence number.
fn plain_records(content: Bytes, path: &str) -> Vec<(i64, i64, Option<i32>)> {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    let mut number = i64::try_from(hasher.finish() >> 2).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(content).unwrap().build().unwrap();
    let mut records = Vec::new();
    for batch in reader {
        let batch = batch.unwrap();
        assert_eq!(batch.num_columns(), 2, "{path} holds the table's columns alone");
        let (ids, values) =
            (batch.column(0).as_primitive::<Int64Type>(), batch.column(1).as_primitive::<Int32Type>());
        for row in 0..batch.num_rows() {
            number += 1;
            records.push((ids.value(row), number, Some(values.value(row))));
        }
    }
    records
}

fn records(content: Bytes) -> Vec<(i64, i64, Option<i32>)> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(content).unwrap().build().unwrap();
    let mut records = Vec::new();
    for batch in reader {
        let batch = batch.unwrap();
        let column = |name: &str| batch.column_by_name(name).unwrap();
        let (ids, sequences) = (
            column("id").as_primitive::<Int64Type>(),
            column("_SEQUENCE_NUMBER").as_primitive::<Int64Type>(),
        );
        let (kinds, values) =
            (column("_VALUE_KIND").as_primitive::<Int8Type>(), column("v").as_primitive::<Int32Type>());
        for row in 0..batch.num_rows() {
            let is_add = kinds.value(row) % 2 == 0;
            records.push((ids.value(row), sequences.value(row), is_add.then(|| values.value(row))));
        }
    }
    records
}
