//! `weir compact` on real tables.

use std::collections::BTreeMap;

use weir_contract::{Outcome, Reason};
use weir_tests::oracle::fixtures::{Engines, Fixture, PythonReads};
use weir_tests::oracle::{Java, Judgement, LiveFile, TableAt, Version};

use crate::listing::listing;
use crate::sweep::on_every_supported_table;
use crate::weir::weir;

#[test]
fn a_dry_run_changes_nothing() {
    on_every_supported_table(|_, place, _, table| {
        let before = listing(&place.path(table));
        let run = weir("compact", table, &["--strategy", "full", "--dry-run"]).done();
        assert!(
            matches!(run.result.outcome, Outcome::DryRun | Outcome::NothingToDo),
            "{:?}",
            run.result.outcome
        );
        assert_eq!(listing(&place.path(table)), before);
    });
}

#[test]
fn a_full_compaction_leaves_one_sorted_run_and_every_version_as_it_was() {
    on_every_supported_table(|engines, _, fixture, table| {
        let before = Judgement::of(engines, table, fixture.python_reads).unwrap();
        weir("compact", table, &["--strategy", "full", "--verify"]).done();
        assert_untouched_rows(engines, table, fixture, &before);
        let runs = sorted_runs(engines.java, table).into_iter().filter(|_| fixture.has_key);
        for ((partition, bucket), runs) in runs {
            assert_eq!(runs, 1, "sorted runs of {partition}bucket-{bucket}");
        }
        if fixture.python_reads != PythonReads::Nothing {
            let python = engines.python.read(table, &Version::Latest).unwrap();
            before.latest().assert_same(&python, "compacted rows by pypaimon");
        }
    });
}

#[test]
fn an_automatic_compaction_leaves_the_levels_that_javas_leaves() {
    on_every_supported_table(|engines, place, fixture, table| {
        let before = Judgement::of(engines, table, fixture.python_reads).unwrap();
        let copy = place.copy(table, "compacted_by_the_other");
        let minor = place.copy(table, "compacted_minor");
        weir("compact", table, &[]).done();
        assert_untouched_rows(engines, table, fixture, &before);
        weir("compact", &minor, &["--strategy", "minor"]).done();
        engines.java.compact(&copy, false).unwrap();
        if fixture.has_key {
            let expected = levels(engines.java, &copy);
            assert_eq!(levels(engines.java, table), expected);
            assert_eq!(levels(engines.java, &minor), expected, "strategy minor");
        }
    });
}

#[test]
fn a_second_compaction_has_nothing_to_do() {
    on_every_supported_table(|engines, _, _, table| {
        weir("compact", table, &["--strategy", "full"]).done();
        let snapshots = engines.java.snapshots(table).unwrap();
        for strategy in ["full", "auto"] {
            let run = weir("compact", table, &["--strategy", strategy]).done();
            assert_eq!(run.result.outcome, Outcome::NothingToDo, "{strategy}: {}", run.result.message);
            assert_eq!(run.result.reason, Reason::NothingToDo, "{strategy}");
        }
        assert_eq!(engines.java.snapshots(table).unwrap(), snapshots);
    });
}

#[test]
fn java_writes_on_and_compacts_again_as_if_weir_had_not_been_there() {
    on_every_supported_table(|engines, place, fixture, table| {
        let copy = place.copy(table, "without_weir");
        weir("compact", table, &["--strategy", "full"]).done();
        for table in [table, &copy] {
            engines.write_more(table).unwrap();
            engines.java.compact(table, true).unwrap();
        }
        let expected = engines.java.read(&copy, &Version::Latest).unwrap();
        expected.assert_same(&engines.java.read(table, &Version::Latest).unwrap(), "rows after Java went on");
        if fixture.has_key {
            assert_eq!(levels(engines.java, table), levels(engines.java, &copy));
        }
    });
}

/// Rows of all versions as before, no version gone, and nothing in the directories that nobody refers to.
#[track_caller]
pub(crate) fn assert_untouched_rows(
    engines: &Engines,
    table: &TableAt,
    fixture: &Fixture,
    before: &Judgement,
) {
    let after = Judgement::of(engines, table, fixture.python_reads).unwrap();
    before.assert_unchanged(&after);
    before.assert_all_kept(&after);
    assert_eq!(engines.java.orphans(table).unwrap(), Vec::<String>::new(), "files that nothing refers to");
}

/// Canonical text of a partition, and the number of a bucket.
pub(crate) type Bucket = (String, i32);

/// Number of sorted runs of each bucket: each file of level 0 and each other level that has files.
fn sorted_runs(java: &Java, table: &TableAt) -> BTreeMap<Bucket, usize> {
    let runs = levels(java, table).into_iter();
    runs.map(|(bucket, levels)| {
        (bucket, levels.iter().map(|(level, n)| if *level == 0 { *n } else { 1 }).sum())
    })
    .collect()
}

/// Number of files in each level of each bucket.
pub(crate) fn levels(java: &Java, table: &TableAt) -> BTreeMap<Bucket, BTreeMap<i32, usize>> {
    let mut levels: BTreeMap<Bucket, BTreeMap<i32, usize>> = BTreeMap::new();
    for LiveFile { partition, bucket, level, .. } in java.live_files(table, &Version::Latest).unwrap() {
        *levels.entry((partition, bucket)).or_default().entry(level).or_default() += 1;
    }
    levels
}
