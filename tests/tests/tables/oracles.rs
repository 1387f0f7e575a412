//! The judges themselves: they must see what is there, and agree with each other.

use weir_tests::oracle::fixtures::{Engines, PythonReads, UNSUPPORTED};
use weir_tests::oracle::{Judgement, Version};

use crate::place::Place;
use crate::sweep::on_every_supported_table;

#[test]
fn java_and_pypaimon_read_the_same_rows_of_every_supported_table() {
    on_every_supported_table(|engines, _, fixture, table| {
        let java = engines.java.read(table, &Version::Latest).unwrap();
        assert!(!java.rows.is_empty(), "the table has rows");
        if fixture.python_reads == PythonReads::Everything {
            java.assert_same(&engines.python.read(table, &Version::Latest).unwrap(), "rows by pypaimon");
        }
    });
}

#[test]
fn every_unsupported_table_has_rows_and_files() {
    let engines = Engines::shared();
    let place = Place::new();
    for fixture in UNSUPPORTED {
        let table = place.table(fixture.name);
        fixture.make(&engines, &table).unwrap_or_else(|error| panic!("{}: {error}", fixture.name));
        assert!(
            !engines.java.live_files(&table, &Version::Latest).unwrap().is_empty(),
            "{} has files",
            fixture.name
        );
    }
}

#[test]
fn the_judges_find_nothing_wrong_with_what_java_itself_does() {
    on_every_supported_table(|engines, _, fixture, table| {
        let before = Judgement::of(engines, table, fixture.python_reads).unwrap();
        engines.java.compact(table, true).unwrap();
        let after = Judgement::of(engines, table, fixture.python_reads).unwrap();
        before.assert_unchanged(&after);
        before.assert_all_kept(&after);
        assert_eq!(engines.java.orphans(table).unwrap(), Vec::<String>::new());
        engines.write_more(table).unwrap();
        let later = engines.java.read(table, &Version::Latest).unwrap();
        assert!(before.latest().difference(&later).is_some(), "new rows are seen");
    });
}
