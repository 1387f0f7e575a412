//! A table that goes through a history, and what must be true of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use fastrand::Rng;
use serde_json::json;
use weir_paimon_spec::Tag;
use weir_tests::oracle::fixtures::{Engines, PythonReads};
use weir_tests::oracle::{Java, Judgement, Row, Rows, TableAt, TableDefinition, Version};

use super::history::{History, Step};
use crate::place::Place;
use crate::reachable::Reachable;
use crate::weir::weir;

const PARTITIONS: [&str; 2] = ["a", "b"];

/// The table, and the files that Java's own operations have left behind.
pub(crate) struct ModelTable<'a> {
    engines: &'a Engines,
    java: &'static Java,
    table: TableAt,
    path: PathBuf,
    orphans: BTreeSet<String>,
    names: u32,
    /// Whether Weir compacts such tables.
    is_compacted_by_weir: bool,
}

impl<'a> ModelTable<'a> {
    /// An empty table.
    pub(crate) fn create(engines: &'a Engines, place: &Place, history: &History) -> Self {
        let table = place.table(&format!("model_{}", history.seed));
        let mut definition = TableDefinition::new()
            .column("id", "BIGINT NOT NULL")
            .column("part", "STRING NOT NULL")
            .column("text", "STRING")
            .primary_key(["id", "part"])
            .partitioned_by(["part"])
            .option("bucket", "1")
            .option("changelog-producer", history.producer)
            .option("manifest.merge-min-count", &history.merge_manifests.to_string())
            // Java expires with every compaction, and fails while there are fewer snapshots than it is to keep beside
            // changelogs.
            .option("snapshot.num-retained.min", "1")
            .write_only();
        if history.is_decoupled {
            definition = definition.option("changelog.time-retained", "1 d");
        }
        if history.changelog_only {
            definition = definition.option("consumer.changelog-only", "true");
        }
        if history.deletion_vectors {
            definition = definition.option("deletion-vectors.enabled", "true");
        }
        engines.java.create(&table, &definition).unwrap();
        let path = place.path(&table);
        let is_compacted_by_weir = matches!(history.producer, "none" | "input") && !history.deletion_vectors;
        let (java, orphans) = (engines.java, BTreeSet::new());
        Self { engines, java, table, path, orphans, names: 0, is_compacted_by_weir }
    }

    /// Lets a step happen and looks at what it left.
    pub(crate) fn take(&mut self, step: &Step) {
        match step {
            Step::ExpireSnapshots { keep, at_once } => {
                let (keep, at_once) = (keep.to_string(), at_once.to_string());
                let flags = ["--retain-min", &keep, "--retain-max", &keep, "--max-deletes", &at_once];
                self.serve("expire-snapshots", &[&flags[..], &["--older-than", "0s"]].concat());
            }
            Step::ExpireChangelogs { keep } => {
                let keep = keep.to_string();
                let flags = ["--retain-min", &keep, "--retain-max", &keep, "--older-than", "0s"];
                self.serve("expire-changelogs", &flags);
            }
            Step::CompactByWeir if self.is_compacted_by_weir && !self.snapshots().is_empty() => {
                self.serve("compact", &["--strategy", "full", "--beside-foreign-compactor"]);
            }
            Step::CompactManifests if !self.snapshots().is_empty() => self.serve("compact-manifests", &[]),
            Step::DeleteTag(index) => {
                let tags = self.names_in("tag", "tag-");
                if !tags.is_empty() {
                    self.serve("delete-tag", &["--tag", &tags[index % tags.len()]]);
                }
            }
            step => {
                self.happen(step);
                let reachable = Reachable::of(&self.path);
                reachable.assert_readable();
                self.orphans.extend(reachable.orphans());
            }
        }
    }

    /// All references go but the newest snapshot; after an expiry, what is left is what it reaches and what only those
    /// references did, of which orphan cleaning takes what no manifest names.
    pub(crate) fn end(&mut self) {
        for directory in ["tag", "branch", "consumer"] {
            let _ = std::fs::remove_dir_all(self.path.join(directory));
        }
        self.orphans.extend(Reachable::of(&self.path).orphans());
        let one = ["--retain-min", "1", "--retain-max", "1", "--older-than", "0s", "--max-deletes", "1000"];
        self.serve("expire-snapshots", &one);
        if !self.snapshots().is_empty() {
            self.serve("expire-changelogs", &["--delete-all"]);
            assert_eq!(self.snapshots().len(), 1);
            let all = ["--older-than", "0s", "--allow-young", "--max-share", "100%"];
            weir("remove-orphans", &self.table, &all).done();
            Reachable::of(&self.path).assert_clean();
        }
        std::fs::remove_dir_all(&self.path).unwrap();
    }

    /// Runs a service of Weir. Afterwards every version that is left has the same rows, every snapshot and changelog that
    /// is left the same changes, and nothing is there that nobody refers to.
    fn serve(&mut self, verb: &str, flags: &[&str]) {
        let before = self.versions();
        let changes = self.changes();
        weir(verb, &self.table, flags).done();
        let reachable = Reachable::of(&self.path);
        reachable.assert_readable();
        let left: Vec<String> = reachable.orphans().difference(&self.orphans).cloned().collect();
        assert_eq!(left, Vec::<String>::new(), "{verb} left what nobody refers to");
        if let (Some(before), Some(after)) = (before, self.versions()) {
            before.assert_unchanged(&after);
        }
        for (id, after) in self.changes() {
            if let Some(before) = changes.get(&id) {
                before.assert_same(&after, &format!("changes of {id} after {verb}"));
            }
        }
    }

    fn versions(&self) -> Option<Judgement> {
        let has_snapshots = !self.snapshots().is_empty();
        has_snapshots.then(|| Judgement::of(self.engines, &self.table, PythonReads::Nothing).unwrap())
    }

    /// The changes of every snapshot and changelog.
    fn changes(&self) -> BTreeMap<u64, Rows> {
        let mut ids: BTreeSet<u64> = self.snapshots().into_iter().collect();
        ids.extend(self.numbers("changelog", "changelog-"));
        let changes = ids.into_iter().map(|id| (id, self.java.changes(&self.table, id..id + 1).unwrap()));
        changes.collect()
    }

    fn happen(&mut self, step: &Step) {
        let snapshots = self.snapshots();
        let newest = snapshots.last().copied();
        match step {
            Step::Write(seed) => {
                self.java.write(&self.table, &rows(*seed)).map(drop).unwrap();
            }
            Step::WriteToBranch(seed) => {
                if let Some(branch) = self.names_in("branch", "branch-").pop() {
                    self.java.write(&self.table.branch(&branch), &rows(*seed)).map(drop).unwrap();
                }
            }
            Step::Compact { full } if newest.is_some() => self.java.compact(&self.table, *full).unwrap(),
            Step::Overwrite(seed) => {
                let partition = PARTITIONS[usize::from(seed % 2 == 0)];
                let rows = [Row::insert(json!([seed % 30, partition, "replaced"]))];
                self.java.overwrite(&self.table, &of_partition(partition), &rows).map(drop).unwrap();
            }
            Step::DropPartition(seed) if newest.is_some() => {
                let partition = of_partition(PARTITIONS[usize::from(seed % 2 == 0)]);
                self.java.truncate_partition(&self.table, &partition).map(drop).unwrap();
            }
            Step::Rollback { index, by_weir } if !snapshots.is_empty() => {
                let snapshot = snapshots[index % snapshots.len()];
                if *by_weir {
                    weir(
                        "rollback-to",
                        &self.table,
                        &["--snapshot", &snapshot.to_string(), "--writers-stopped"],
                    )
                    .done();
                } else {
                    self.java.roll_back(&self.table, &Version::Snapshot(snapshot)).unwrap();
                }
            }
            Step::Tag(index) if !snapshots.is_empty() => {
                let name = self.name("tag");
                self.java.create_tag(&self.table, &name, snapshots[index % snapshots.len()]).unwrap();
            }
            Step::Branch(index) => {
                // Java copies the snapshot too, which has to be there.
                let is_retained = |tag: &String| {
                    let tag = std::fs::read(self.path.join(format!("tag/tag-{tag}"))).unwrap();
                    let id = Tag::parse(&tag).unwrap().snapshot.id;
                    self.path.join(format!("snapshot/snapshot-{id}")).exists()
                };
                let tags: Vec<String> =
                    self.names_in("tag", "tag-").into_iter().filter(is_retained).collect();
                if !tags.is_empty() {
                    let name = self.name("branch");
                    self.java.create_branch(&self.table, &name, &tags[index % tags.len()]).unwrap();
                }
            }
            Step::Consumer(index) if !snapshots.is_empty() => {
                let name = self.name("consumer");
                self.java.set_consumer(&self.table, &name, snapshots[index % snapshots.len()]).unwrap();
            }
            Step::DropConsumer => {
                if let Some(consumer) = self.names_in("consumer", "consumer-").pop() {
                    weir("reset-consumer", &self.table, &["--consumer-id", &consumer]).done();
                }
            }
            _ => {}
        }
    }

    fn name(&mut self, kind: &str) -> String {
        self.names += 1;
        format!("{kind}_{}", self.names)
    }

    fn snapshots(&self) -> Vec<u64> {
        self.numbers("snapshot", "snapshot-")
    }

    fn numbers(&self, directory: &str, prefix: &str) -> Vec<u64> {
        let names = self.names_in(directory, prefix);
        let mut numbers: Vec<u64> = names.iter().map(|name| name.parse().unwrap()).collect();
        numbers.sort_unstable();
        numbers
    }

    /// Names in a directory that begin with a prefix, without it.
    fn names_in(&self, directory: &str, prefix: &str) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.path.join(directory)) else { return Vec::new() };
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> =
            names.filter_map(|name| Some(name.strip_prefix(prefix)?.to_owned())).collect();
        names.sort();
        names
    }
}

fn of_partition(name: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("part".to_owned(), name.to_owned())])
}

/// Upserts and deletes of keys that come again and again.
fn rows(seed: u64) -> Vec<Row> {
    let random = &mut Rng::with_seed(seed);
    let count = random.usize(1..12);
    let mut rows: Vec<Row> = (0..count)
        .map(|_| {
            let (id, part) = (random.u32(..30), PARTITIONS[random.usize(..2)]);
            if random.u8(..5) == 0 {
                Row::delete(json!([id, part, null]))
            } else {
                Row::insert(json!([id, part, format!("text {}", random.u32(..))]))
            }
        })
        .collect();
    rows.push(Row::insert(json!([seed % 30, PARTITIONS[0], "always"])));
    rows.push(Row::insert(json!([seed % 30, PARTITIONS[1], "always"])));
    rows
}
