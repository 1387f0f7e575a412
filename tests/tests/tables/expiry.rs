//! `weir expire-snapshots` on real tables.

use std::path::Path;
use std::time::Duration;

use weir_contract::Outcome;
use weir_tests::oracle::{Expiry, Java, Judgement, TableAt, Version};

use crate::listing::listing;
use crate::sweep::on_every_supported_table;
use crate::weir::weir;

/// Keeps as little as the references allow.
const KEEP_LITTLE: [&str; 6] = ["--retain-max", "1", "--retain-min", "1", "--older-than", "0s"];

#[test]
fn an_expiry_keeps_what_javas_keeps() {
    on_every_supported_table(|engines, place, fixture, table| {
        weir("compact", table, &["--strategy", "full"]).done();
        let copy = place.copy(table, "expired_by_the_other");
        let before = Judgement::of(engines, table, fixture.python_reads).unwrap();
        weir("expire-snapshots", table, &KEEP_LITTLE).done();
        let expiry = Expiry { retain_min: Some(1), retain_max: Some(1), older_than: Some(Duration::ZERO) };
        engines.java.expire(&copy, &expiry).unwrap();

        let after = Judgement::of(engines, table, fixture.python_reads).unwrap();
        before.assert_unchanged(&after);
        let expected = Judgement::of(engines, &copy, fixture.python_reads).unwrap();
        assert_eq!(after.versions(), expected.versions(), "retained versions");
        assert_eq!(
            engines.java.orphans(table).unwrap(),
            Vec::<String>::new(),
            "files that nothing refers to"
        );
        assert_eq!(files_but_weirs(&place.path(table)), files_but_weirs(&place.path(&copy)));
    });
}

#[test]
fn a_dry_run_of_an_expiry_changes_nothing() {
    on_every_supported_table(|engines, place, _, table| {
        let before = listing(&place.path(table));
        let run = weir("expire-snapshots", table, &[&KEEP_LITTLE[..], &["--dry-run"]].concat()).done();
        assert_eq!(listing(&place.path(table)), before);
        if snapshot_ids(engines.java, table).len() > 1 {
            assert_eq!(run.result.outcome, Outcome::DryRun);
        }
    });
}

#[test]
fn an_expiry_with_the_tables_own_options_finds_nothing_to_do_in_a_young_table() {
    on_every_supported_table(|engines, _, _, table| {
        let before = snapshot_ids(engines.java, table);
        let run = weir("expire-snapshots", table, &[]).done();
        assert_eq!(run.result.outcome, Outcome::NothingToDo, "{}", run.result.message);
        assert_eq!(snapshot_ids(engines.java, table), before);
    });
}

#[test]
fn java_writes_and_compacts_a_table_after_its_expiry() {
    on_every_supported_table(|engines, place, _, table| {
        let copy = place.copy(table, "without_weir");
        weir("expire-snapshots", table, &KEEP_LITTLE).done();
        for table in [table, &copy] {
            engines.write_more(table).unwrap();
            engines.java.compact(table, true).unwrap();
        }
        let read = |table| engines.java.read(table, &Version::Latest).unwrap();
        read(&copy).assert_same(&read(table), "rows after Java went on");
    });
}

fn snapshot_ids(java: &Java, table: &TableAt) -> Vec<u64> {
    java.snapshots(table).unwrap().iter().map(|snapshot| snapshot.id).collect()
}

/// Paths of the table's files without the hints, which either engine may leave out, and what Weir keeps for itself.
fn files_but_weirs(table: &Path) -> Vec<String> {
    let files = listing(table).into_keys();
    files
        .filter(|path| {
            !path.starts_with(".weir/") && !path.ends_with("EARLIEST") && !path.ends_with("LATEST")
        })
        .collect()
}
