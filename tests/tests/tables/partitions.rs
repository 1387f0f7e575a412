//! Partitions that expire or are complete, compared with what Java makes of a copy.

use std::path::Path;

use serde_json::{Value, json};
use weir_contract::{ExitCode, Outcome};
use weir_paimon_spec::manifest::read_index_manifest;
use weir_paimon_spec::{Snapshot, paths};
use weir_tests::oracle::fixtures::{Engines, PythonReads};
use weir_tests::oracle::{Java, Judgement, Row, TableAt, TableDefinition, Version};

use crate::listing::listing;
use crate::place::Place;
use crate::weir::weir;

/// Partitions go as soon as their day is over, and however young their files are, as in Paimon.
const AS_IN_PAIMON: [&str; 1] = ["--partition-idle-time=0s"];

/// What a table is like: its name, the types of its partition columns, and its options.
struct Case {
    name: &'static str,
    columns: &'static [(&'static str, &'static str)],
    partitions: &'static [&'static [&'static str]],
    options: &'static [(&'static str, &'static str)],
    has_key: bool,
    /// Whether files carry deletion vectors or a hash index.
    has_index: bool,
}

const DAYS: &[&[&str]] = &[&["2020-01-01"], &["2020-01-02"], &["2020-1-3"], &["2099-01-01"], &["none"]];

const CASES: [Case; 9] = [
    Case::new("days", &[("dt", "STRING")], DAYS, &[("bucket", "2")]),
    Case::new(
        "numbers",
        &[("dt", "INT")],
        &[&["20200101"], &["20990101"], &["7"]],
        &[("bucket", "1"), ("partition.timestamp-formatter", "yyyyMMdd")],
    ),
    Case::new(
        "hours",
        &[("dt", "STRING"), ("hour", "INT")],
        &[&["2020-01-01", "7"], &["2020-01-01", "23"], &["2099-01-01", "1"]],
        &[("bucket", "1"), ("partition.timestamp-pattern", "$dt $hour:00:00")],
    ),
    Case::new(
        "first_ones",
        &[("dt", "STRING")],
        DAYS,
        &[("bucket", "1"), ("partition.expiration-max-num", "2"), ("partition.expiration-batch-size", "1")],
    ),
    Case::append("append", DAYS, &[("bucket", "-1")]),
    Case::append("append_buckets", DAYS, &[("bucket", "2"), ("bucket-key", "id")]),
    Case::indexed(
        "deletion_vectors",
        &[("bucket", "1"), ("deletion-vectors.enabled", "true"), ("write-only", "false")],
    ),
    Case::indexed("dynamic_buckets", &[("bucket", "-1")]),
    Case::new("postponed_buckets", &[("dt", "STRING")], DAYS, &[("bucket", "-2")]),
];

impl Case {
    const fn new(
        name: &'static str,
        columns: &'static [(&'static str, &'static str)],
        partitions: &'static [&'static [&'static str]],
        options: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self { name, columns, partitions, options, has_key: true, has_index: false }
    }

    const fn append(
        name: &'static str,
        partitions: &'static [&'static [&'static str]],
        options: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self { has_key: false, ..Self::new(name, &[("dt", "STRING")], partitions, options) }
    }

    const fn indexed(name: &'static str, options: &'static [(&'static str, &'static str)]) -> Self {
        Self { has_index: true, ..Self::new(name, &[("dt", "STRING")], DAYS, options) }
    }

    fn make(&self, java: &Java, table: &TableAt) {
        let mut definition = TableDefinition::new();
        for (name, data_type) in self.columns {
            definition = definition.column(name, format!("{data_type} NOT NULL"));
        }
        definition = definition.column("id", "INT NOT NULL").column("text", "STRING").write_only();
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| *name).collect();
        definition = match names.as_slice() {
            [one] => definition.partitioned_by([one]),
            [one, two] => definition.partitioned_by([one, two]),
            _ => panic!("{} has other partition columns", self.name),
        };
        if self.has_key {
            definition = definition.primary_key(names.into_iter().chain(["id"]));
        }
        definition = definition.option("partition.expiration-time", "1 d");
        for (key, value) in self.options {
            definition = definition.option(key, value);
        }
        java.create(table, &definition).unwrap();
        for commit in 0..3 {
            let rows: Vec<Row> =
                self.partitions.iter().flat_map(|values| self.rows(values, commit)).collect();
            if self.name == "dynamic_buckets" {
                java.write_to_bucket(table, 0, &rows).unwrap();
            } else {
                java.write(table, &rows).unwrap();
            }
            if self.name == "deletion_vectors" {
                java.compact(table, commit == 0).unwrap();
            }
        }
        java.annotate(table, 17, "a property").unwrap();
    }

    fn write(&self, java: &Java, table: &TableAt, commit: i32) {
        let rows: Vec<Row> = self.partitions.iter().flat_map(|values| self.rows(values, commit)).collect();
        if self.name == "dynamic_buckets" {
            java.write_to_bucket(table, 0, &rows).unwrap();
        } else {
            java.write(table, &rows).unwrap();
        }
    }

    fn rows(&self, values: &[&str], commit: i32) -> Vec<Row> {
        let value = |(text, (_, data_type)): (&&str, &(&str, &str))| match *data_type {
            "INT" => json!(text.parse::<i32>().unwrap()),
            _ => json!(text),
        };
        let row = |id: i32| {
            let mut row: Vec<Value> = values.iter().zip(self.columns).map(value).collect();
            row.extend([json!(id), json!(format!("commit {commit}"))]);
            Row::insert(json!(row))
        };
        (commit * 2..commit * 2 + 5).map(row).collect()
    }
}

#[test]
fn the_partitions_go_that_java_drops() {
    let engines = Engines::shared();
    let place = Place::new();
    for case in &CASES {
        let table = place.table(case.name);
        case.make(engines.java, &table);
        let theirs = place.copy(&table, "expired_by_the_other");
        let before = Judgement::of(&engines, &table, PythonReads::Nothing).unwrap();
        let files = engines.java.live_files(&table, &Version::Latest).unwrap().len();
        let indexed = index_files(&place.path(&table)).len();
        assert_eq!(indexed > 0, case.has_index, "{}", case.name);

        weir("expire-partitions", &table, &AS_IN_PAIMON).done();
        engines.java.expire_partitions(&theirs).unwrap();
        assert_same_state(&engines, &place, &table, &theirs, case.name);
        let after = Judgement::of(&engines, &table, PythonReads::Nothing).unwrap();
        before.assert_all_kept(&after);
        let live = engines.java.live_files(&table, &Version::Latest).unwrap().len();
        assert!(live > 0 && live < files, "{}: {live} of {files} files are left", case.name);
        if case.has_index {
            let left = index_files(&place.path(&table)).len();
            assert!(left > 0 && left < indexed, "{}: {left} of {indexed} index files", case.name);
        }

        // Once the snapshots before are gone, so are the files.
        for table in [&table, &theirs] {
            weir("expire-snapshots", table, &["--retain-max=1", "--retain-min=1", "--older-than=0s"]).done();
        }
        assert_eq!(engines.java.orphans(&table).unwrap(), Vec::<String>::new(), "{}", case.name);
        assert_eq!(data_files(&place.path(&table)), data_files(&place.path(&theirs)), "{}", case.name);
        after.latest().assert_same(&engines.java.read(&table, &Version::Latest).unwrap(), case.name);
        assert_java_goes_on(&engines, case, &table, &theirs);
    }
}

/// Java writes to all partitions again and compacts them.
fn assert_java_goes_on(engines: &Engines, case: &Case, ours: &TableAt, theirs: &TableAt) {
    for table in [ours, theirs] {
        case.write(engines.java, table, 9);
        engines.java.compact(table, true).unwrap();
    }
    let rows = |table| engines.java.read(table, &Version::Latest).unwrap();
    rows(theirs).assert_same(&rows(ours), case.name);
}

/// Rows, live files, index, and the newest snapshots' counts.
fn assert_same_state(engines: &Engines, place: &Place, ours: &TableAt, theirs: &TableAt, name: &str) {
    let java = engines.java;
    let rows = |table| java.read(table, &Version::Latest).unwrap();
    rows(theirs).assert_same(&rows(ours), name);
    let live = |table| {
        let files = java.live_files(table, &Version::Latest).unwrap();
        let mut live: Vec<_> =
            files.into_iter().map(|file| (file.partition, file.bucket, file.level, file.name)).collect();
        live.sort();
        live
    };
    assert_eq!(live(ours), live(theirs), "{name}: live files");
    let counts = |table| {
        let snapshots = java.snapshots(table).unwrap().into_iter();
        snapshots
            .map(|snapshot| {
                (
                    snapshot.id,
                    snapshot.kind,
                    snapshot.schema_id,
                    snapshot.total_record_count,
                    snapshot.delta_record_count,
                )
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(counts(ours), counts(theirs), "{name}: snapshots");
    let (our_path, their_path) = (place.path(ours), place.path(theirs));
    assert_eq!(index_files(&our_path), index_files(&their_path), "{name}: index files");
    let carried = |table: &Path| {
        let snapshot = latest(table);
        (snapshot.watermark, snapshot.statistics, snapshot.properties, snapshot.next_row_id)
    };
    assert_eq!(carried(&our_path), carried(&their_path), "{name}: what the snapshot carries");
    assert_eq!(latest(&our_path).watermark, Some(17), "{name}");
    let dropped = java.snapshots(ours).unwrap().pop().unwrap();
    assert_eq!(dropped.kind, "OVERWRITE", "{name}");
}

pub(crate) fn latest(table: &Path) -> Snapshot {
    let id = std::fs::read_to_string(table.join("snapshot/LATEST")).unwrap();
    Snapshot::parse(&std::fs::read(table.join(format!("snapshot/snapshot-{id}"))).unwrap()).unwrap()
}

/// Names of the index files of the newest snapshot.
fn index_files(table: &Path) -> Vec<String> {
    let Some(name) = latest(table).index_manifest else { return Vec::new() };
    let content = std::fs::read(table.join(paths::manifest(&name))).unwrap();
    let entries = read_index_manifest(&content, &name).unwrap().entries.into_iter();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name).collect();
    names.sort();
    names
}

fn data_files(table: &Path) -> Vec<String> {
    let files = listing(table).into_keys();
    files.filter(|path| path.starts_with("dt=") || path.starts_with("index/")).collect()
}

#[test]
fn a_dry_run_lists_partitions_and_changes_nothing() {
    let engines = Engines::shared();
    let place = Place::new();
    let table = place.table("planned");
    CASES[0].make(engines.java, &table);
    let before = listing(&place.path(&table));
    let run = weir("expire-partitions", &table, &["--dry-run", AS_IN_PAIMON[0]]).done();
    assert_eq!(run.result.outcome, Outcome::DryRun);
    let expired = run.details["expired"].as_array().unwrap();
    let names: Vec<&str> = expired.iter().map(|partition| partition["partition"].as_str().unwrap()).collect();
    assert_eq!(names, ["dt=2020-01-01", "dt=2020-01-02", "dt=2020-1-3"]);
    assert!(expired.iter().all(|partition| partition["files"] == 6 && partition["bytes"].as_u64() > Some(0)));
    assert_eq!(run.details["kept"][0]["partition"], "dt=none");
    assert_eq!(listing(&place.path(&table)), before);

    let young = weir("expire-partitions", &table, &[]).done();
    assert_eq!(young.result.outcome, Outcome::NothingToDo, "{}", young.result.message);
    assert_eq!(young.details["kept"].as_array().unwrap().len(), 4, "written a short time ago, or no time");
    assert_eq!(listing(&place.path(&table)), before);
}

#[test]
fn partitions_expire_by_their_newest_file_as_in_java() {
    let engines = Engines::shared();
    let place = Place::new();
    let table = place.table("updated");
    let case = CASES.iter().find(|case| case.name == "deletion_vectors").unwrap();
    case.make(engines.java, &table);
    for (expiration, all) in [("1 d", false), ("1 ms", true)] {
        let theirs = place.copy(&table, &format!("by_java_{all}"));
        let ours = place.copy(&table, &format!("by_weir_{all}"));
        let update_time = |table: &TableAt| {
            table
                .with_option("partition.expiration-strategy", "update-time")
                .with_option("partition.expiration-time", expiration)
        };
        engines.java.expire_partitions(&update_time(&theirs)).unwrap();
        let time = format!("--option=partition.expiration-time={expiration}");
        weir("expire-partitions", &ours, &[AS_IN_PAIMON[0], "--strategy=update-time", &time]).done();
        let rows = |table| engines.java.read(table, &Version::Latest).unwrap();
        assert_eq!(rows(&ours), rows(&theirs));
        assert_eq!(rows(&ours).rows.is_empty(), all, "{expiration}");
        assert_eq!(index_files(&place.path(&ours)), index_files(&place.path(&theirs)));
        assert_java_goes_on(&engines, case, &ours, &theirs);
    }
}

#[test]
fn hazards_25_and_26_what_would_leave_something_behind_is_refused_by_name() {
    let engines = Engines::shared();
    let place = Place::new();
    let table = place.table("refused");
    CASES[0].make(engines.java, &table);
    let before = listing(&place.path(&table));
    for (verb, option) in [
        ("expire-partitions", "metastore.partitioned-table=true"),
        ("expire-partitions", "metastore=rest"),
        ("mark-partition-done", "metastore=rest"),
        ("compact-manifests", "token.provider=bear"),
        ("expire-partitions", "metadata.iceberg.storage=table-location"),
        ("mark-partition-done", "metadata.iceberg.storage=table-location"),
        ("compact-manifests", "metadata.iceberg.storage=table-location"),
        ("expire-partitions", "partition.expiration-strategy=custom"),
        ("expire-partitions", "chain-table.enabled=true"),
        ("expire-partitions", "commit.callbacks=a.Class"),
        ("mark-partition-done", "partition.mark-done-action=success-file,done-partition"),
        ("mark-partition-done", "partition.mark-done-action=mark-event"),
        ("mark-partition-done", "partition.mark-done-action=http-report"),
        ("mark-partition-done", "partition.mark-done-action=custom"),
    ] {
        let flag = format!("--option={option}");
        let partition: &[&str] = match verb {
            "mark-partition-done" => &["--partition=dt=2020-01-01"],
            "expire-partitions" => &AS_IN_PAIMON,
            _ => &[],
        };
        let run = weir(verb, &table, &[&[flag.as_str()], partition].concat());
        assert_eq!(run.exit, ExitCode::Unsupported, "{option}: {}", run.result.message);
        let name = option.split('=').next().unwrap();
        assert!(run.result.message.contains(name), "{option}: {}", run.result.message);
    }
    let unknown = weir("expire-partitions", &table, &["--timestamp-formatter=yyyy-DDD"]);
    assert_eq!(unknown.exit, ExitCode::Unsupported, "{}", unknown.result.message);
    assert_eq!(listing(&place.path(&table)), before);
}

#[test]
fn partitions_are_marked_done_as_java_marks_them() {
    let engines = Engines::shared();
    let place = Place::new();
    let table = place.table("marked");
    CASES[2].make(engines.java, &table);
    let theirs = place.copy(&table, "by_java");
    let partition = "dt=2020-01-01/hour=7";
    engines.java.mark_partitions_done(&theirs, &[partition]).unwrap();
    let flag = ["--partition=dt=2020-01-01,hour=7"];
    let dry = weir("mark-partition-done", &table, &[flag[0], "--dry-run"]).done();
    assert_eq!(dry.result.outcome, Outcome::DryRun);
    assert!(!place.path(&table).join(partition).join("_SUCCESS").exists());
    weir("mark-partition-done", &table, &flag).done();
    let read = |table: &TableAt| -> Value {
        let content = std::fs::read(place.path(table).join(partition).join("_SUCCESS")).unwrap();
        serde_json::from_slice(&content).unwrap()
    };
    let (ours, java) = (read(&table), read(&theirs));
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&ours), keys(&java));
    assert_eq!(ours["creationTime"], ours["modificationTime"]);

    // Each goes on where the other has begun.
    std::thread::sleep(std::time::Duration::from_millis(5));
    engines.java.mark_partitions_done(&table, &[partition]).unwrap();
    let marked = weir("mark-partition-done", &theirs, &flag).done();
    assert_eq!(marked.details["marked"][0]["wasMarked"], true);
    for (first, later) in [(ours, read(&table)), (java, read(&theirs))] {
        assert_eq!(first["creationTime"], later["creationTime"]);
        assert!(later["modificationTime"].as_i64() > first["modificationTime"].as_i64());
    }

    for wrong in ["--partition=dt=2020-01-01", "--partition=dt=2020-01-01,hour=8", "--partition=x=1,hour=7"] {
        let before = listing(&place.path(&table));
        let run = weir("mark-partition-done", &table, &[flag[0], wrong]);
        assert_eq!(run.exit, ExitCode::Configuration, "{}", run.result.message);
        assert_eq!(listing(&place.path(&table)), before, "nothing is marked when one is wrong");
    }
}

/// Paimon 1.4 reads the number of the day, which is no time; later releases read the date, as Weir does.
#[test]
fn partitions_of_a_date_expire_as_in_later_releases() {
    let engines = Engines::shared();
    let place = Place::new();
    let table = place.table("dates");
    let case = Case::new("dates", &[("dt", "DATE")], &[&["2020-01-01"], &["2099-01-01"]], &[("bucket", "1")]);
    case.make(engines.java, &table);
    let theirs = place.copy(&table, "by_java");
    engines.java.expire_partitions(&theirs).unwrap();
    weir("expire-partitions", &table, &AS_IN_PAIMON).done();
    let rows = |table| engines.java.read(table, &Version::Latest).unwrap().rows;
    assert_eq!(rows(&table).len() * 2, rows(&theirs).len());
    assert!(rows(&table).iter().all(|row| row.starts_with("(2099-01-01,")));
}

/// Another name in the index manifest's schema is a field that this release does not know.
#[test]
fn hazard_31_an_index_of_a_newer_release_is_refused_by_name() {
    let engines = Engines::shared();
    let place = Place::new();
    let table = place.table("newer_index");
    CASES.iter().find(|case| case.name == "deletion_vectors").unwrap().make(engines.java, &table);
    let name = latest(&place.path(&table)).index_manifest.unwrap();
    let path = place.path(&table).join(paths::manifest(&name));
    let mut content = std::fs::read(&path).unwrap();
    let field = b"_EXTERNAL_PATH\"";
    let at = content.windows(field.len()).position(|window| window == field).unwrap();
    content[at + field.len() - 2] = b'Z';
    std::fs::write(&path, content).unwrap();
    let before = listing(&place.path(&table));
    let run = weir("expire-partitions", &table, &AS_IN_PAIMON);
    assert_eq!(run.exit, ExitCode::Unsupported, "{}", run.result.message);
    assert!(run.result.message.contains(&name), "{}", run.result.message);
    let after = listing(&place.path(&table));
    let new: Vec<&String> = after.keys().filter(|path| !before.contains_key(*path)).collect();
    assert!(new.iter().all(|path| path.starts_with(".weir/")), "{new:?}");
}

#[test]
fn hazard_23_a_partition_with_an_escaped_name_is_marked_in_its_own_directory() {
    let engines = Engines::shared();
    let place = Place::new();
    let table = place.table("escaped");
    let case = Case::new("escaped", &[("dt", "STRING")], &[&["a/b:100%"], &["żółć"]], &[("bucket", "1")]);
    case.make(engines.java, &table);
    weir("mark-partition-done", &table, &["--partition=dt=a/b:100%", "--partition=dt=żółć"]).done();
    for directory in ["dt=a%2Fb%3A100%25", "dt=żółć"] {
        assert!(place.path(&table).join(directory).join("bucket-0").is_dir());
        assert!(place.path(&table).join(directory).join("_SUCCESS").is_file());
    }
}
