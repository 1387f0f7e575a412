use super::*;

fn of(value: &Value, kind: TypeKind) -> Datum {
    datum(Some(value), &DataType::nullable(kind)).unwrap()
}

#[test]
fn timestamps_are_read_in_the_unit_of_their_precision() {
    let stamp = |precision| TypeKind::Timestamp { precision };
    assert_eq!(of(&Value::Integer(1500), stamp(3)), Datum::Timestamp { millis: 1500, nanos: 0 });
    assert_eq!(of(&Value::Integer(1_500_001), stamp(6)), Datum::Timestamp { millis: 1500, nanos: 1000 });
    assert_eq!(of(&Value::Integer(-1), stamp(6)), Datum::Timestamp { millis: -1, nanos: 999_000 });
}

#[test]
fn int96_timestamps_count_from_their_julian_day() {
    let kind = TypeKind::Timestamp { precision: 9 };
    let epoch = Value::Int96 { julian_day: 2_440_588, nanos: 1_000_001 };
    assert_eq!(of(&epoch, kind.clone()), Datum::Timestamp { millis: 1, nanos: 1 });
    let before = Value::Int96 { julian_day: 2_440_587, nanos: 0 };
    assert_eq!(of(&before, kind), Datum::Timestamp { millis: -86_400_000, nanos: 0 });
}

#[test]
fn a_value_of_another_type_is_an_error_and_not_a_guess() {
    let text = Value::Bytes("x".into());
    assert!(datum(Some(&text), &DataType::nullable(TypeKind::Int)).is_err());
    assert!(datum(Some(&Value::Integer(1 << 40)), &DataType::nullable(TypeKind::Int)).is_err());
    let invalid = Value::Bytes(bytes::Bytes::from_static(&[0xff]));
    assert!(datum(Some(&invalid), &DataType::nullable(TypeKind::VarChar { length: 5 })).is_err());
}

#[test]
fn cut_bounds_are_used_only_where_a_prefix_is_a_value() {
    let column =
        |min: Value, exact| ColumnStatistics { min: Some(min.clone()), max: Some(min), exact, null_count: 2 };
    let text = DataType::nullable(TypeKind::VarChar { length: 10 });
    let number = DataType::nullable(TypeKind::Int);
    let stats = column_stats(
        Some(&[
            column(Value::Bytes("ab".into()), false),
            column(Value::Integer(1), false),
            column(Value::Integer(1), true),
        ]),
        &[text, number.clone(), number],
    )
    .unwrap();
    assert_eq!(stats[0].min, Datum::String("ab".into()));
    assert_eq!((&stats[1].min, stats[1].null_count), (&Datum::Null, Some(2)));
    assert_eq!(stats[2].max, Datum::Int(1));
}
