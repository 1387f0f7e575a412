use proptest::prelude::*;

use super::*;
use crate::error::ErrorKind::{Corrupt, Unsupported};

fn dir(value: Datum, data_type: &str, legacy: bool) -> String {
    let types = [data_type.parse().unwrap()];
    partition_dir(&["k".to_owned()], &[value], &types, "__DEFAULT_PARTITION__", legacy).unwrap()
}

fn at(millis: i64, nanos: i32) -> Datum {
    Datum::Timestamp { millis, nanos }
}

#[test]
fn escapes_what_paths_cannot_hold() {
    assert_eq!(escape("a:b/c=d%e"), "a%3Ab%2Fc%3Dd%25e");
    assert_eq!(escape("\u{1}\n\u{1f}\u{7f}"), "%01%0A%1F%7F");
    assert_eq!(escape("plain, ünïcode & spaces ~ <>|"), "plain, ünïcode & spaces ~ <>|");
    for c in ESCAPED {
        assert_eq!(escape(&c.to_string()).len(), 3, "{c}");
    }
}

#[test]
fn leaves_alone_what_is_no_escape() {
    for text in ["%", "%4", "%zz", "100%", "%+1", "a%ä"] {
        assert_eq!(unescape(text), text);
    }
    assert_eq!(unescape("%41%2f"), "A/");
}

#[test]
fn writes_values_as_java_prints_them() {
    for (value, data_type, expected) in [
        (Datum::Boolean(true), "BOOLEAN", "true"),
        (Datum::TinyInt(-1), "TINYINT", "-1"),
        (Datum::BigInt(i64::MIN), "BIGINT", "-9223372036854775808"),
        (Datum::Date(20_777), "DATE", "20777"),
        (Datum::Time(3_723_004), "TIME(3)", "3723004"),
        (Datum::Decimal { unscaled: -5, precision: 9, scale: 3 }, "DECIMAL(9, 3)", "-0.005"),
        (Datum::Decimal { unscaled: 12_345, precision: 20, scale: 2 }, "DECIMAL(20, 2)", "123.45"),
        (Datum::Decimal { unscaled: 7, precision: 9, scale: 0 }, "DECIMAL(9, 0)", "7"),
        (at(0, 0), "TIMESTAMP(3)", "1970-01-01T00%3A00"),
        (at(1_000, 0), "TIMESTAMP(3)", "1970-01-01T00%3A00%3A01"),
        (at(10, 0), "TIMESTAMP(3)", "1970-01-01T00%3A00%3A00.010"),
        (at(-1, 0), "TIMESTAMP(3)", "1969-12-31T23%3A59%3A59.999"),
        (at(0, 1_000), "TIMESTAMP(6)", "1970-01-01T00%3A00%3A00.000001"),
        (at(0, 1), "TIMESTAMP(9)", "1970-01-01T00%3A00%3A00.000000001"),
        (at(60_000, 0), "TIMESTAMP(6) WITH LOCAL TIME ZONE", "1970-01-01T00%3A01"),
    ] {
        assert_eq!(dir(value, data_type, true), format!("k={expected}/"), "{data_type}");
    }
}

#[test]
fn writes_values_as_sql_casts_do() {
    for (value, data_type, expected) in [
        (Datum::Date(20_777), "DATE", "2026-11-20"),
        (Datum::Date(-1), "DATE", "1969-12-31"),
        (Datum::Time(3_723_004), "TIME(0)", "01%3A02%3A03"),
        (Datum::Time(3_723_000), "TIME(3)", "01%3A02%3A03.0"),
        (Datum::Time(3_723_040), "TIME(3)", "01%3A02%3A03.04"),
        (Datum::Time(3_723_456), "TIME(2)", "01%3A02%3A03.45"),
        (at(0, 0), "TIMESTAMP(0)", "1970-01-01 00%3A00%3A00"),
        (at(0, 0), "TIMESTAMP(3)", "1970-01-01 00%3A00%3A00.000"),
        (at(120, 0), "TIMESTAMP(3)", "1970-01-01 00%3A00%3A00.120"),
        (at(0, 1_000), "TIMESTAMP(6)", "1970-01-01 00%3A00%3A00.000001"),
        (Datum::Bytes(b"a/b".to_vec()), "BYTES", "a%2Fb"),
        (Datum::Int(5), "INT", "5"),
    ] {
        assert_eq!(dir(value, data_type, false), format!("k={expected}/"), "{data_type}");
    }
}

#[test]
fn writes_floats_as_java_does() {
    for (value, expected) in [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (1.0, "1.0"),
        (-1.5, "-1.5"),
        (100.0, "100.0"),
        (1_234_567.0, "1234567.0"),
        (12_345_678.0, "1.2345678E7"),
        (1e7, "1.0E7"),
        (0.001, "0.001"),
        (0.012_5, "0.0125"),
        (0.000_1, "1.0E-4"),
        (1.234e-5, "1.234E-5"),
        (f64::NAN, "NaN"),
        (f64::NEG_INFINITY, "-Infinity"),
        (f64::MAX, "1.7976931348623157E308"),
    ] {
        assert_eq!(dir(Datum::Double(value), "DOUBLE", true), format!("k={expected}/"));
    }
    assert_eq!(dir(Datum::Float(3.402_823_5e38), "FLOAT", true), "k=3.4028235E38/");
    assert_eq!(dir(Datum::Float(0.1), "FLOAT", true), "k=0.1/");
}

#[test]
fn null_and_blank_values_share_a_directory() {
    for value in ["", " ", "\t\n", "\u{3000}", "\u{1c}"] {
        assert_eq!(dir(Datum::String(value.to_owned()), "STRING", true), "k=__DEFAULT_PARTITION__/");
    }
    assert_eq!(dir(Datum::Null, "DATE", false), "k=__DEFAULT_PARTITION__/");
    // Java does not take a no-break space for white space.
    assert_eq!(dir(Datum::String("\u{a0}".to_owned()), "STRING", true), "k=\u{a0}/");
}

#[test]
fn refuses_directories_that_nobody_can_know() {
    let refuse = |value: Datum, data_type: &str, legacy| {
        partition_dir(&["k".to_owned()], &[value], &[data_type.parse().unwrap()], "d", legacy)
            .unwrap_err()
            .kind
    };
    assert_eq!(refuse(Datum::Bytes(vec![1]), "BYTES", true), Unsupported);
    assert_eq!(refuse(at(0, 0), "TIMESTAMP(3) WITH LOCAL TIME ZONE", false), Unsupported);
    assert_eq!(refuse(Datum::Date(i32::MAX), "DATE", false), Unsupported);
    assert_eq!(refuse(at(i64::MAX, 0), "TIMESTAMP(3)", true), Unsupported);
    assert_eq!(refuse(Datum::Time(i32::MAX), "TIME(3)", false), Corrupt);
}

proptest! {
    #[test]
    fn unescapes_what_it_escapes(text in any::<String>()) {
        let escaped = escape(&text);
        prop_assert!(!escaped.contains('/') && !escaped.contains('='));
        prop_assert_eq!(unescape(&escaped), text);
    }

    #[test]
    fn never_panics_on_any_instant(millis in any::<i64>(), nanos in 0..1_000_000_i32, days in any::<i32>()) {
        for legacy in [true, false] {
            let _ = text::of(&at(millis, nanos), &crate::TypeKind::Timestamp { precision: 9 }, legacy);
            let _ = text::of(&Datum::Date(days), &crate::TypeKind::Date, legacy);
            let _ = text::of(&Datum::Time(days), &crate::TypeKind::Time { precision: 3 }, legacy);
        }
    }

    #[test]
    fn floats_read_back(value in any::<f64>()) {
        let text = text::of(&Datum::Double(value), &crate::TypeKind::Double, true).unwrap();
        let text = text.replace("Infinity", "inf");
        prop_assert_eq!(Datum::Double(text.parse().unwrap()), Datum::Double(value));
    }
}
