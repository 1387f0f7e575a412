use proptest::prelude::*;

use super::*;
use crate::error::ErrorKind;
use crate::hex;

fn text(value: &str) -> Datum {
    Datum::String(value.to_owned())
}

fn types(names: &[&str]) -> Vec<DataType> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

fn millis(millis: i64, nanos: i32) -> Datum {
    Datum::Timestamp { millis, nanos }
}

fn decimal20(unscaled: i128) -> Datum {
    Datum::Decimal { unscaled, precision: 20, scale: 2 }
}

/// Values, their types, the row's bytes, its hash, and its bucket of 4 and of 5.
type Vector = (Vec<Datum>, Vec<DataType>, &'static str, i32, i32, i32);

/// Rows with their bytes, hash, and bucket of 4 and of 5 (format §5.4).
fn vectors() -> Vec<Vector> {
    let row = |values: Vec<Datum>, names: &[&str], bytes: &'static str, hash, four, five| {
        (values, types(names), bytes, hash, four, five)
    };
    vec![
        row(vec![], &[], "0000000000000000", -1_670_924_195, 3, 0),
        row(vec![Datum::Int(1)], &["INT"], "00000000000000000100000000000000", 1_465_514_398, 2, 3),
        row(vec![Datum::Null], &["INT"], "00010000000000000000000000000000", -1_748_325_344, 0, 4),
        row(vec![Datum::BigInt(42)], &["BIGINT"], "00000000000000002a00000000000000", 907_821_237, 1, 2),
        row(vec![text("a")], &["STRING"], "00000000000000006100000000000081", 943_281_246, 2, 1),
        row(vec![text("abcdefg")], &["STRING"], "00000000000000006162636465666787", -1_431_907_323, 3, 3),
        row(
            vec![text("abcdefgh")],
            &["STRING"],
            "000000000000000008000000100000006162636465666768",
            -843_760_178,
            2,
            3,
        ),
        row(
            vec![Datum::Int(1), text("2024-01-01")],
            &["INT", "STRING"],
            "000000000000000001000000000000000a00000018000000323032342d30312d3031000000000000",
            139_645_652,
            0,
            2,
        ),
        row(
            vec![decimal20(12_345)],
            &["DECIMAL(20, 2)"],
            "0000000000000000020000001000000030390000000000000000000000000000",
            -118_192_725,
            1,
            0,
        ),
        row(
            vec![Datum::Null],
            &["DECIMAL(20, 2)"],
            "0001000000000000000000001000000000000000000000000000000000000000",
            -1_380_280_760,
            0,
            0,
        ),
        row(
            vec![millis(1_700_000_000_123, 0)],
            &["TIMESTAMP(3)"],
            "00000000000000007b68e5cf8b010000",
            -1_285_420_957,
            1,
            2,
        ),
        row(
            vec![millis(1_700_000_000_123, 456_000)],
            &["TIMESTAMP(6)"],
            "000000000000000040f50600100000007b68e5cf8b010000",
            1_196_670_069,
            1,
            4,
        ),
        row(
            vec![Datum::Null],
            &["TIMESTAMP(6)"],
            "000100000000000000000000100000000000000000000000",
            -340_882_661,
            1,
            1,
        ),
    ]
}

#[test]
fn encodes_hashes_and_buckets_as_java_does() {
    for (values, types, bytes, expected_hash, four, five) in vectors() {
        let row = BinaryRow::encode_bare(&values, &types).unwrap();
        assert_eq!(hex::encode(&row), bytes, "{values:?}");
        assert_eq!(hash(&row), expected_hash, "{values:?}");
        assert_eq!(default_bucket(&row, 4).unwrap(), four, "{values:?}");
        assert_eq!(default_bucket(&row, 5).unwrap(), five, "{values:?}");
    }
}

#[test]
fn decodes_what_java_encodes() {
    for (values, types, bytes, ..) in vectors() {
        let mut serialised = u32::try_from(values.len()).unwrap().to_be_bytes().to_vec();
        serialised.extend(hex::decode(bytes).unwrap());
        assert_eq!(BinaryRow::decode(&serialised, &types).unwrap(), values);
        assert_eq!(BinaryRow::arity(&serialised).unwrap(), values.len());
    }
}

#[test]
fn decodes_nulls_that_keep_no_room() {
    // pypaimon writes null DECIMAL(>18) and TIMESTAMP(>3) without the variable bytes that Java keeps.
    let bytes =
        hex::decode("000000020003000000000000000000000000000000000000000000 00".replace(' ', "").as_str())
            .unwrap();
    let types = types(&["DECIMAL(20, 2)", "TIMESTAMP(6)"]);
    assert_eq!(BinaryRow::decode(&bytes, &types).unwrap(), [Datum::Null, Datum::Null]);
}

#[test]
fn null_bits_go_beyond_the_first_word() {
    let columns = types(&["INT"; 60]);
    let mut values = vec![Datum::Int(7); 60];
    values[55] = Datum::Null;
    values[56] = Datum::Null;
    let bytes = BinaryRow::encode(&values, &columns).unwrap();
    assert_eq!(bytes.len(), 4 + 16 + 60 * 8);
    assert_eq!((bytes[4 + 7], bytes[4 + 8]), (0x80, 0x01));
    assert_eq!(BinaryRow::decode(&bytes, &columns).unwrap(), values);
}

#[test]
fn the_empty_row_is_the_row_without_fields() {
    assert_eq!(BinaryRow::encode(&[], &[]).unwrap(), EMPTY_ROW);
}

#[test]
fn refuses_values_that_do_not_fit() {
    let refuse =
        |values: &[Datum], names: &[&str]| BinaryRow::encode(values, &types(names)).unwrap_err().kind;
    assert_eq!(refuse(&[Datum::Int(1)], &["BIGINT"]), ErrorKind::Invalid);
    assert_eq!(refuse(&[Datum::Int(1)], &["INT", "INT"]), ErrorKind::Invalid);
    let wide = Datum::Decimal { unscaled: i128::MAX, precision: 18, scale: 0 };
    assert_eq!(refuse(&[wide], &["DECIMAL(18, 0)"]), ErrorKind::Invalid);
}

#[test]
fn refuses_bytes_that_are_no_row() {
    let int = types(&["INT"]);
    for bytes in
        ["", "000000", "ffffffff", "00000001", "000000010000000000000000", "00000002000000000000000000"]
    {
        let bytes = hex::decode(bytes).unwrap();
        assert_eq!(BinaryRow::decode(&bytes, &int).unwrap_err().kind, ErrorKind::Corrupt, "{bytes:?}");
    }
    let array = DataType::from_json(&serde_json::json!({"type": "ARRAY", "element": "INT"})).unwrap();
    let valid = hex::decode("0000000100000000000000000100000000000000").unwrap();
    assert_eq!(BinaryRow::decode(&valid, &[array]).unwrap_err().kind, ErrorKind::Unsupported);
}

#[test]
fn mod_buckets_are_never_negative() {
    assert_eq!(mod_bucket(&Datum::Int(-1), 4).unwrap(), 3);
    assert_eq!(
        mod_bucket(&Datum::BigInt(i64::MIN), 7).unwrap(),
        i32::try_from(i64::MIN.rem_euclid(7)).unwrap()
    );
    assert!(mod_bucket(&text("1"), 4).is_err());
    assert!(default_bucket(&EMPTY_ROW[4..], 0).is_err());
}

fn scalar() -> impl Strategy<Value = (DataType, Datum)> {
    let of = |name: &str| name.parse::<DataType>().unwrap();
    let decimal = (1_u8..=38, any::<i128>()).prop_flat_map(|(precision, unscaled)| {
        (0..=precision).prop_map(move |scale| {
            let unscaled = unscaled % 10_i128.pow(u32::from(precision));
            let kind = TypeKind::Decimal { precision, scale };
            (DataType::nullable(kind), Datum::Decimal { unscaled, precision, scale })
        })
    });
    let timestamp = (0_u8..=9, any::<i64>(), 0..1_000_000_i32, any::<bool>()).prop_map(
        |(precision, millis, nanos, local)| {
            let kind = if local {
                TypeKind::LocalZonedTimestamp { precision }
            } else {
                TypeKind::Timestamp { precision }
            };
            let nanos = if precision > 3 { nanos } else { 0 };
            (DataType::nullable(kind), Datum::Timestamp { millis, nanos })
        },
    );
    let value = prop_oneof![
        any::<bool>().prop_map(move |v| (of("BOOLEAN"), Datum::Boolean(v))),
        any::<i8>().prop_map(move |v| (of("TINYINT"), Datum::TinyInt(v))),
        any::<i16>().prop_map(move |v| (of("SMALLINT"), Datum::SmallInt(v))),
        any::<i32>().prop_map(move |v| (of("INT"), Datum::Int(v))),
        any::<i32>().prop_map(move |v| (of("DATE"), Datum::Date(v))),
        any::<i32>().prop_map(move |v| (of("TIME(3)"), Datum::Time(v))),
        any::<i64>().prop_map(move |v| (of("BIGINT"), Datum::BigInt(v))),
        any::<f32>().prop_map(move |v| (of("FLOAT"), Datum::Float(v))),
        any::<f64>().prop_map(move |v| (of("DOUBLE"), Datum::Double(v))),
        ".{0,12}".prop_map(move |v| (of("STRING"), Datum::String(v))),
        prop::collection::vec(any::<u8>(), 0..20).prop_map(move |v| (of("BYTES"), Datum::Bytes(v))),
        decimal,
        timestamp,
    ];
    (value, any::<bool>())
        .prop_map(|((data_type, value), null)| (data_type, if null { Datum::Null } else { value }))
}

proptest! {
    #[test]
    fn decodes_what_it_encodes(columns in prop::collection::vec(scalar(), 0..70)) {
        let (types, values): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
        let bytes = BinaryRow::encode(&values, &types).unwrap();
        prop_assert_eq!(bytes.len() % 8, 4);
        prop_assert_eq!(BinaryRow::decode(&bytes, &types).unwrap(), values);
    }

    #[test]
    fn never_panics_on_damaged_rows(
        columns in prop::collection::vec(scalar(), 0..12),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<prop::sample::Index>(),
    ) {
        let (types, values): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
        let mut bytes = BinaryRow::encode(&values, &types).unwrap();
        for (at, value) in damage {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let _ = BinaryRow::decode(&bytes, &types);
        let _ = BinaryRow::decode(&bytes[..cut.index(bytes.len())], &types);
    }

    #[test]
    fn never_panics_on_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200), columns in prop::collection::vec(scalar(), 0..8)) {
        let types: Vec<DataType> = columns.into_iter().map(|(data_type, _)| data_type).collect();
        let _ = BinaryRow::decode(&bytes, &types);
    }

    #[test]
    fn orders_totally(a in scalar(), b in scalar(), c in scalar()) {
        let (a, b, c) = (a.1, b.1, c.1);
        prop_assert_eq!(a.compare(&b), b.compare(&a).reverse());
        if a <= b && b <= c {
            prop_assert!(a <= c);
        }
    }
}
