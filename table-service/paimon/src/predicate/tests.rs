use proptest::prelude::*;
use weir_paimon_spec::TypeKind;

use super::*;

fn columns() -> (Vec<String>, Vec<DataType>) {
    let columns = [
        ("dt", TypeKind::VarChar { length: 10 }),
        ("hour", TypeKind::Int),
        ("day", TypeKind::Date),
        ("price", TypeKind::Decimal { precision: 10, scale: 2 }),
        ("open", TypeKind::Boolean),
        ("at", TypeKind::Timestamp { precision: 3 }),
    ];
    columns.map(|(name, kind)| (name.to_owned(), DataType::nullable(kind))).into_iter().unzip()
}

/// The partition dt=2026-11-20, hour=7, day=2026-11-20, price=1.50, open=true, at=2026-11-20 10:00:00.
fn partition() -> Vec<Datum> {
    vec![
        Datum::String("2026-11-20".into()),
        Datum::Int(7),
        Datum::Date(20_777),
        Datum::Decimal { unscaled: 150, precision: 10, scale: 2 },
        Datum::Boolean(true),
        Datum::Timestamp { millis: 1_795_168_800_000, nanos: 0 },
    ]
}

fn is_true_of(text: &str, values: &[Datum]) -> bool {
    let (names, types) = columns();
    let predicate: Predicate = text.parse().unwrap_or_else(|error| panic!("{error}"));
    let bound = predicate.bind(&names, &types).unwrap();
    bound.accepts(&BinaryRow::encode(values, &types).unwrap()).unwrap()
}

fn refused(text: &str) -> String {
    let (names, types) = columns();
    match text.parse::<Predicate>() {
        Err(message) => message,
        Ok(predicate) => predicate.bind(&names, &types).unwrap_err().to_string(),
    }
}

#[test]
fn literals_are_read_as_the_type_of_their_column() {
    for text in [
        "dt = '2026-11-20'",
        "hour = 7",
        "hour = '7'",
        "hour > -1",
        "day = '2026-11-20'",
        "day < '2026-11-21'",
        "price = 1.5",
        "price < 1.505",
        "price > '-3'",
        "open = TRUE",
        "open <> false",
        "at = '2026-11-20 10:00:00'",
        "at < '2026-11-20T10:00:00.001'",
        "`dt` >= '2026'",
        "7 = hour",
        "6 < hour",
    ] {
        assert!(is_true_of(text, &partition()), "{text}");
        assert!(!is_true_of(&format!("NOT ({text})"), &partition()), "NOT {text}");
    }
}

#[test]
fn not_binds_closer_than_and_and_that_closer_than_or() {
    for (text, expected) in [
        ("hour = 7 OR hour = 8 AND dt = 'x'", true),
        ("(hour = 7 OR hour = 8) AND dt = 'x'", false),
        ("NOT hour = 8 AND hour = 7", true),
        ("not hour in (7, 8)", false),
        ("hour NOT IN (8, 9)", true),
        ("hour in (6,7)", true),
        ("dt IS NOT NULL and hour is not null", true),
        ("hour != 7 or hour <= 7 and hour >= 7", true),
    ] {
        assert_eq!(is_true_of(text, &partition()), expected, "{text}");
    }
}

#[test]
fn what_is_compared_with_null_is_neither_true_nor_false() {
    let mut values = partition();
    values[1] = Datum::Null;
    for text in ["hour = 7", "NOT hour = 7", "hour <> 7", "hour NOT IN (7)", "NOT (hour = 7 AND open = true)"]
    {
        assert!(!is_true_of(text, &values), "{text}");
    }
    for text in ["hour IS NULL", "hour = 7 OR open = true", "NOT (hour = 7 AND open = false)"] {
        assert!(is_true_of(text, &values), "{text}");
    }
}

#[test]
fn a_doubled_quote_is_one_of_the_text() {
    let mut values = partition();
    values[0] = Datum::String("it's".into());
    assert!(is_true_of("dt = 'it''s'", &values));
}

#[test]
fn errors_tell_the_place() {
    for (text, message) in [
        ("", "expected a column, found the end at character 1 of ``"),
        ("dt = ", "expected a value, found the end at character 6 of `dt = `"),
        ("dt = AND hour = 7", "expected a value, found `AND` at character 6 of `dt = AND hour = 7`"),
        (
            "dt = eu",
            "expected a value, found `eu`: a text stands in single quotes, at character 6 of `dt = eu`",
        ),
        ("dt = NULL", "nothing equals NULL: write IS NULL or IS NOT NULL, at character 6 of `dt = NULL`"),
        ("dt 'x'", "expected =, <>, <, <=, >, >=, IN or IS, found 'x' at character 4 of `dt 'x'`"),
        ("dt = 'x", "the quote ' is not closed at character 6 of `dt = 'x`"),
        ("(dt = 'x'", "expected ), found the end at character 10 of `(dt = 'x'`"),
        (
            "dt = 'x' hour = 7",
            "expected AND, OR or the end, found `hour` at character 10 of `dt = 'x' hour = 7`",
        ),
        ("hour % 2 = 1", "`%` is not understood at character 6 of `hour % 2 = 1`"),
        (
            "dt = \"x\"",
            "a text stands in single quotes and a column in backticks, not `\"` at character 6 of `dt = \"x\"`",
        ),
        (
            "region = 'eu'",
            "--where: `region` is no partition column (the table is partitioned by dt, hour, day, price, open, at) at character 1 of `region = 'eu'`",
        ),
        ("hour IN (1, 'x')", "--where: `x` is no value of type INT at character 13 of `hour IN (1, 'x')`"),
        (
            "day > '2026-13-01'",
            "--where: `2026-13-01` is no value of type DATE at character 7 of `day > '2026-13-01'`",
        ),
    ] {
        assert_eq!(refused(text), message, "{text}");
    }
    assert!(refused(&"(".repeat(1000)).starts_with("more than 64 levels of nesting"));
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "[a-z'`()<>=!,0-9 .+\"-]{0,40}|.{0,20}") {
        let _ = text.parse::<Predicate>();
    }

    #[test]
    fn comparisons_agree_with_those_of_numbers(value in any::<i32>(), literal in any::<i32>()) {
        let mut values = partition();
        values[1] = Datum::Int(value);
        for (sign, expected) in [
            ("=", value == literal), ("<>", value != literal), ("<", value < literal),
            ("<=", value <= literal), (">", value > literal), (">=", value >= literal),
        ] {
            prop_assert_eq!(is_true_of(&format!("hour {sign} {literal}"), &values), expected);
            prop_assert_eq!(is_true_of(&format!("NOT hour {sign} {literal}"), &values), !expected);
        }
    }
}
