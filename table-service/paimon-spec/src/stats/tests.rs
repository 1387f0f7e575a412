use proptest::prelude::*;

use super::*;
use crate::options::TableOptions;

fn fields(types: &[(&str, &str)]) -> Vec<DataField> {
    (0..)
        .zip(types)
        .map(|(id, (name, data_type))| DataField {
            id,
            name: (*name).to_owned(),
            data_type: data_type.parse().unwrap(),
            description: None,
            default_value: None,
        })
        .collect()
}

fn text(value: &str) -> Datum {
    Datum::String(value.to_owned())
}

fn column(min: Datum, max: Datum, nulls: i64) -> ColumnStats {
    ColumnStats { min, max, null_count: Some(nulls) }
}

fn options(pairs: &[(&str, &str)]) -> TableOptions {
    TableOptions::default().with_overrides(pairs.iter().copied())
}

fn types(fields: &[DataField]) -> Vec<DataType> {
    fields.iter().map(|field| field.data_type.clone()).collect()
}

#[test]
fn empty_statistics_are_those_of_no_columns() {
    let empty = SimpleStats::empty();
    assert_eq!(empty, SimpleStats::exact(&[], &[]).unwrap());
    assert_eq!(empty.decode(&[]).unwrap(), []);
}

#[test]
fn reads_modes_as_paimon_does() {
    for (text, mode) in [
        ("none", StatsMode::None),
        ("Counts", StatsMode::Counts),
        ("FULL", StatsMode::Full),
        ("truncate(16)", StatsMode::Truncate(16)),
        ("TRUNCATE(1)", StatsMode::Truncate(1)),
    ] {
        assert_eq!(text.parse::<StatsMode>().unwrap(), mode);
    }
    for text in ["", "truncate", "truncate()", "truncate(0)", "truncate(-1)", "truncate(x)", "some"] {
        assert!(text.parse::<StatsMode>().is_err(), "{text}");
    }
}

#[test]
fn modes_follow_the_options() {
    use StatsMode::{Counts, Full, None, Truncate};
    const SYSTEM_COLUMNS: StatsMode = StatsMode::SYSTEM_COLUMNS;
    let columns = ["_KEY_a", "_SEQUENCE_NUMBER", "_VALUE_KIND", "a", "b", "c", "d"];
    let resolve = |pairs: &[(&str, &str)], level, thin: &[&str]| {
        StatsModes::for_level(&options(pairs), level).unwrap().resolve(columns, thin)
    };
    let system = [SYSTEM_COLUMNS; 3];
    let with = |rest: [StatsMode; 4]| system.into_iter().chain(rest).collect::<Vec<_>>();
    assert_eq!(resolve(&[], 0, &[]), with([Truncate(16); 4]));
    let keep_two = [("metadata.stats-keep-first-n-columns", "2"), ("fields.d.stats-mode", "full")];
    assert_eq!(resolve(&keep_two, 0, &[]), with([Truncate(16), Truncate(16), None, Full]));
    // A key column of a thin file keeps what its key column would, and is not counted.
    assert_eq!(resolve(&keep_two, 0, &["a"]), with([SYSTEM_COLUMNS, Truncate(16), Truncate(16), Full]));
    // A column with a mode of its own counts.
    let own = [("metadata.stats-keep-first-n-columns", "1"), ("fields.a.stats-mode", "counts")];
    assert_eq!(resolve(&own, 0, &[]), with([Counts, None, None, None]));
    let per_level = [("metadata.stats-mode.per.level", "0:none,5:full"), ("metadata.stats-mode", "counts")];
    assert_eq!(resolve(&per_level, 0, &[]), with([None; 4]));
    assert_eq!(resolve(&per_level, 5, &[]), with([Full; 4]));
    assert_eq!(resolve(&per_level, 1, &[]), with([Counts; 4]));
    let changelog = StatsModes::for_changelog(&options(&[("changelog-file.stats-mode", "full")])).unwrap();
    assert_eq!(changelog.resolve(["a"], &[]), [Full]);
    assert!(StatsModes::for_level(&options(&[("fields.a.stats-mode", "x")]), 0).is_err());
}

#[test]
fn truncates_texts_by_code_points() {
    assert_eq!(truncate_min(&text("äöü"), 2), text("äö"));
    assert_eq!(truncate_max(&text("äöü"), 2), Some(text("ä÷")));
    assert_eq!(truncate_max(&text("äö"), 2), Some(text("äö")));
    assert_eq!(truncate_max(&text("a\u{10FFFF}x"), 2), Some(text("b")));
    assert_eq!(truncate_max(&text("\u{10FFFF}\u{10FFFF}x"), 2), None);
    assert_eq!(truncate_max(&text("\u{D7FF}x"), 1), Some(text("\u{E000}")));
    assert_eq!(truncate_max(&Datum::Bytes(vec![1, 255, 3]), 2), Some(Datum::Bytes(vec![2])));
    assert_eq!(truncate_max(&Datum::Bytes(vec![255, 255, 3]), 2), None);
    assert_eq!(truncate_max(&Datum::Int(5), 1), Some(Datum::Int(5)));
}

#[test]
fn dense_statistics_leave_out_columns_without_any() {
    let fields = fields(&[("a", "INT"), ("b", "STRING"), ("c", "BIGINT")]);
    let columns = [
        column(Datum::Int(1), Datum::Int(9), 0),
        column(text("x"), text("y"), 2),
        column(Datum::BigInt(3), Datum::BigInt(3), 1),
    ];
    let modes = [StatsMode::Full, StatsMode::None, StatsMode::Counts];
    let dense = value_stats(&fields, &columns, &modes, true).unwrap();
    assert_eq!(dense.columns, Some(vec!["a".to_owned(), "c".to_owned()]));
    let found = by_name(&dense.stats, dense.columns.as_deref(), &fields).unwrap();
    assert_eq!(found["a"], columns[0]);
    assert_eq!(found["c"], column(Datum::Null, Datum::Null, 1));
    assert!(!found.contains_key("b"));

    let sparse = value_stats(&fields, &columns, &modes, false).unwrap();
    assert_eq!(sparse.columns, None);
    let found = sparse.stats.decode(&types(&fields)).unwrap();
    assert_eq!(found, [columns[0].clone(), ColumnStats::unknown(), column(Datum::Null, Datum::Null, 1)]);

    let all = value_stats(&fields, &columns, &[StatsMode::Full; 3], true).unwrap();
    assert_eq!(all.columns, None);
    let none = value_stats(&fields, &columns, &[StatsMode::None; 3], true).unwrap();
    assert_eq!((none.columns, none.stats), (Some(vec![]), SimpleStats::empty()));
}

#[test]
fn columns_whose_maximum_cannot_be_shortened_keep_only_counts() {
    let long = "\u{10FFFF}".repeat(17);
    let fields = fields(&[("a", "STRING")]);
    let built =
        value_stats(&fields, &[column(text("a"), text(&long), 4)], &[StatsMode::Truncate(16)], true).unwrap();
    assert_eq!(built.stats.decode(&types(&fields)).unwrap(), [column(Datum::Null, Datum::Null, 4)]);
}

#[test]
fn nested_columns_have_counts_only() {
    let mut fields = fields(&[("a", "INT")]);
    fields[0].data_type =
        DataType::from_json(&serde_json::json!({"type": "ARRAY", "element": "INT"})).unwrap();
    let built =
        value_stats(&fields, &[column(Datum::Null, Datum::Null, 3)], &[StatsMode::Full], true).unwrap();
    assert_eq!(built.stats.decode(&types(&fields)).unwrap(), [column(Datum::Null, Datum::Null, 3)]);
}

#[test]
fn refuses_statistics_that_do_not_match_their_columns() {
    let fields = fields(&[("a", "INT"), ("b", "INT")]);
    let stats = SimpleStats::exact(&[ColumnStats::unknown()], &types(&fields[..1])).unwrap();
    assert!(stats.decode(&types(&fields)).is_err());
    assert!(by_name(&stats, Some(&["z".to_owned()]), &fields).is_err());
    let counts = SimpleStats { null_counts: Some(vec![None, None]), ..stats };
    assert!(counts.decode(&types(&fields[..1])).is_err());
    assert!(value_stats(&fields, &[], &[], true).is_err());
}

#[test]
fn widens_by_values_and_counts() {
    let mut known = column(Datum::Null, Datum::Null, 0);
    for value in [Datum::Int(5), Datum::Null, Datum::Int(-2), Datum::Int(3)] {
        known.include(value, 2);
    }
    assert_eq!(known, column(Datum::Int(-2), Datum::Int(5), 2));
    let mut unknown = ColumnStats::unknown();
    unknown.include(Datum::Null, 1);
    assert_eq!(unknown.null_count, None);
}

fn texts() -> impl Strategy<Value = String> {
    let characters = prop_oneof![any::<char>(), Just('\u{10FFFF}'), Just('\u{D7FF}'), Just('a')];
    prop::collection::vec(characters, 0..24).prop_map(String::from_iter)
}

proptest! {
    #[test]
    fn truncated_texts_still_bound(value in texts(), length in 1_usize..20) {
        let value = Datum::String(value);
        prop_assert!(truncate_min(&value, length) <= value);
        if let Some(max) = truncate_max(&value, length) {
            prop_assert!(max >= value);
            let Datum::String(max) = max else { panic!("a text became something else") };
            prop_assert!(max.chars().count() <= length);
        }
    }

    #[test]
    fn truncated_bytes_still_bound(value in prop::collection::vec(prop_oneof![any::<u8>(), Just(255)], 0..24), length in 1_usize..20) {
        let value = Datum::Bytes(value);
        prop_assert!(truncate_min(&value, length) <= value);
        if let Some(max) = truncate_max(&value, length) {
            prop_assert!(max >= value);
        }
    }
}
