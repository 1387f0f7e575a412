//! Manifests that a commit merges, compared with what Java's commit makes of the same ones.

use std::path::Path;

use weir_contract::Outcome;
use weir_paimon_spec::manifest::{ManifestFileMeta, read_manifest_list};
use weir_paimon_spec::{Snapshot, paths};
use weir_tests::oracle::fixtures::{Engines, PythonReads};
use weir_tests::oracle::{Generator, Judgement, LiveFile, Load, TableAt, TableDefinition, Version};

use crate::listing::listing;
use crate::place::Place;
use crate::weir::weir;

/// Table options, and what they make of the manifests.
const CASES: [(&str, &[(&str, &str)]); 4] = [
    ("kept", &[("manifest.merge-min-count", "1000")]),
    ("joined", &[]),
    ("joined_in_groups", &[("manifest.target-file-size", "12 kb")]),
    ("rewritten_without_deletes", &[("manifest.full-compaction-threshold-size", "1 b")]),
];

#[test]
fn manifests_are_merged_as_javas_commit_merges_them() {
    let engines = Engines::shared();
    let place = Place::new();
    let original = place.table("many");
    write_many_manifests(&engines, &original);
    for (name, options) in CASES {
        let (ours, theirs) = (place.copy(&original, name), place.copy(&original, &format!("{name}_by_java")));
        let before = Judgement::of(&engines, &ours, PythonReads::Nothing).unwrap();
        let flags: Vec<String> =
            options.iter().map(|(key, value)| format!("--option={key}={value}")).collect();
        let flags: Vec<&str> =
            ["--strategy", "full"].into_iter().chain(flags.iter().map(String::as_str)).collect();
        weir("compact", &ours, &flags).done();
        let dynamic =
            options.iter().fold(theirs.clone(), |table, (key, value)| table.with_option(key, value));
        engines.java.compact(&dynamic, true).unwrap();

        let (our_base, their_base) = (base(&place.path(&ours)), base(&place.path(&theirs)));
        assert_eq!(counts(&our_base), counts(&their_base), "{name}: adds and deletes of each manifest");
        let untouched = base_and_delta(&place.path(&original)).len();
        assert_eq!(our_base.len() < untouched, name != "kept", "{name}: {} of {untouched}", our_base.len());
        if name == "rewritten_without_deletes" {
            assert!(our_base.iter().all(|manifest| manifest.num_deleted_files == 0));
        }
        assert_eq!(live(&engines, &ours), live(&engines, &theirs), "{name}: live files");
        let after = Judgement::of(&engines, &ours, PythonReads::Nothing).unwrap();
        before.assert_unchanged(&after);
        before.assert_all_kept(&after);
        assert_eq!(engines.java.orphans(&ours).unwrap(), Vec::<String>::new(), "{name}");

        weir(
            "expire-snapshots",
            &ours,
            &["--retain-max=1", "--retain-min=1", "--older-than=0s", "--max-deletes=100"],
        )
        .done();
        assert_eq!(engines.java.orphans(&ours).unwrap(), Vec::<String>::new(), "{name}: after an expiry");
        let manifests = listing(&place.path(&ours)).into_keys().filter(|path| path.starts_with("manifest/"));
        let expected = base_and_delta(&place.path(&ours)).len() + 2;
        assert_eq!(manifests.count(), expected, "{name}: manifests and two lists of the only snapshot");
        assert_eq!(
            engines.java.read(&ours, &Version::Latest).unwrap(),
            engines.java.read(&theirs, &Version::Latest).unwrap()
        );
    }
}

#[test]
fn manifests_are_compacted_as_javas_procedure_compacts_them() {
    let engines = Engines::shared();
    let place = Place::new();
    let original = place.table("many");
    write_many_manifests(&engines, &original);
    engines.java.annotate(&original.with_option("manifest.merge-min-count", "1000"), 17, "kept").unwrap();
    for (name, options) in [("large", vec![]), ("small", vec![("manifest.target-file-size", "12 kb")])] {
        let (ours, theirs) = (place.copy(&original, name), place.copy(&original, &format!("{name}_by_java")));
        let before = Judgement::of(&engines, &ours, PythonReads::Nothing).unwrap();
        let flags: Vec<String> =
            options.iter().map(|(key, value)| format!("--option={key}={value}")).collect();
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        let listed = listing(&place.path(&ours));
        let dry = weir("compact-manifests", &ours, &[&flags[..], &["--dry-run"]].concat()).done();
        assert_eq!(dry.result.outcome, Outcome::DryRun);
        assert_eq!(listing(&place.path(&ours)), listed, "{name}: a dry run");
        weir("compact-manifests", &ours, &flags).done();
        let dynamic =
            options.iter().fold(theirs.clone(), |table, (key, value)| table.with_option(key, value));
        engines.java.compact_manifests(&dynamic).unwrap();

        let (our_path, their_path) = (place.path(&ours), place.path(&theirs));
        let (our_base, their_base) = (base(&our_path), base(&their_path));
        assert!(our_base.iter().all(|manifest| manifest.num_deleted_files == 0), "{name}");
        assert!(our_base.len() <= their_base.len(), "{name}: {} and {}", our_base.len(), their_base.len());
        let adds = |manifests: &[ManifestFileMeta]| manifests.iter().map(|m| m.num_added_files).sum::<i64>();
        assert_eq!(adds(&our_base), adds(&their_base), "{name}: live files");
        if name == "large" {
            assert_eq!(counts(&our_base), counts(&their_base), "{name}: adds and deletes of each manifest");
        }
        assert_eq!(base_and_delta(&our_path).len(), our_base.len(), "{name}: an empty delta");
        assert_eq!(live(&engines, &ours), live(&engines, &theirs), "{name}: live files");
        let carried = |table: &Path| {
            let mut snapshot = latest(table);
            let lists = [&mut snapshot.base_manifest_list, &mut snapshot.delta_manifest_list];
            lists.into_iter().for_each(String::clear);
            Snapshot {
                uuid: None,
                base_manifest_list_size: None,
                delta_manifest_list_size: None,
                commit_user: String::new(),
                time_millis: 0,
                ..snapshot
            }
        };
        assert_eq!(carried(&our_path), carried(&their_path), "{name}: the rest of the snapshot");
        let after = Judgement::of(&engines, &ours, PythonReads::Nothing).unwrap();
        before.assert_unchanged(&after);
        before.assert_all_kept(&after);
        assert_eq!(engines.java.orphans(&ours).unwrap(), Vec::<String>::new(), "{name}");
        let again = weir("compact-manifests", &ours, &flags).done();
        assert_eq!(again.result.outcome, Outcome::NothingToDo, "{name}: {}", again.result.message);
    }
}

/// More commits than are left unmerged by default, with compactions among them, in two partitions.
fn write_many_manifests(engines: &Engines, table: &TableAt) {
    let definition = TableDefinition::new()
        .column("region", "INT NOT NULL")
        .column("id", "BIGINT NOT NULL")
        .column("text", "STRING")
        .primary_key(["region", "id"])
        .partitioned_by(["region"])
        .option("bucket", "2")
        .write_only();
    engines.java.create(table, &definition).unwrap();
    let unmerged = table.with_option("manifest.merge-min-count", "1000");
    for seed in 0..34 {
        let load =
            Load::seeded(seed).column("region", Generator::Distinct(2)).column("id", Generator::Distinct(60));
        engines.java.generate(&unmerged, 20, &load).unwrap();
        if seed % 10 == 9 {
            engines.java.compact(&unmerged, seed % 20 == 9).unwrap();
        }
    }
}

fn latest(table: &Path) -> Snapshot {
    let id = std::fs::read_to_string(table.join("snapshot/LATEST")).unwrap();
    Snapshot::parse(&std::fs::read(table.join(format!("snapshot/snapshot-{id}"))).unwrap()).unwrap()
}

fn list(table: &Path, name: &str) -> Vec<ManifestFileMeta> {
    read_manifest_list(&std::fs::read(table.join(paths::manifest(name))).unwrap(), name).unwrap().entries
}

fn base(table: &Path) -> Vec<ManifestFileMeta> {
    list(table, &latest(table).base_manifest_list)
}

fn base_and_delta(table: &Path) -> Vec<ManifestFileMeta> {
    let mut manifests = base(table);
    manifests.extend(list(table, &latest(table).delta_manifest_list));
    manifests
}

fn counts(manifests: &[ManifestFileMeta]) -> Vec<(i64, i64)> {
    manifests.iter().map(|manifest| (manifest.num_added_files, manifest.num_deleted_files)).collect()
}

/// Where live files are, and what they hold.
fn live(engines: &Engines, table: &TableAt) -> Vec<(String, i32, i32, u64)> {
    let files = engines.java.live_files(table, &Version::Latest).unwrap().into_iter();
    let mut live: Vec<_> = files
        .map(|LiveFile { partition, bucket, level, row_count, .. }| (partition, bucket, level, row_count))
        .collect();
    live.sort();
    live
}
