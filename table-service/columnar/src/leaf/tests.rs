use std::sync::Arc;

use arrow::array::{Array, ArrayRef, FixedSizeBinaryArray, Int32Array, Int64Array};
use parquet::basic::{LogicalType, Repetition, TimeUnit, Type as ParquetType};
use parquet::schema::types::{SchemaDescriptor, Type};
use rstest::rstest;

use super::value::{decimal_from_be, int96_bytes};
use super::{Conversion, Leaf, value_at};
use crate::Value;

fn leaf(physical: ParquetType, logical: Option<LogicalType>, length: i32) -> Leaf {
    let (precision, scale) = match &logical {
        Some(LogicalType::Decimal(decimal)) => (decimal.precision, decimal.scale),
        _ => (-1, -1),
    };
    let column = Type::primitive_type_builder("column", physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical)
        .with_length(length)
        .with_precision(precision)
        .with_scale(scale)
        .build()
        .unwrap();
    let message = Type::group_type_builder("message").with_fields(vec![Arc::new(column)]).build().unwrap();
    Leaf::new(&SchemaDescriptor::new(Arc::new(message)).column(0)).unwrap()
}

fn integer(bits: i8) -> Leaf {
    let physical = if bits == 64 { ParquetType::INT64 } else { ParquetType::INT32 };
    leaf(physical, Some(LogicalType::integer(bits, true)), -1)
}

fn timestamp(unit: TimeUnit) -> Leaf {
    leaf(ParquetType::INT64, Some(LogicalType::timestamp(false, unit)), -1)
}

fn int96() -> Leaf {
    leaf(ParquetType::INT96, None, -1)
}

fn decimal(physical: ParquetType, precision: i32, length: i32) -> Leaf {
    leaf(physical, Some(LogicalType::decimal(2, precision)), length)
}

fn convert(from: &Leaf, to: &Leaf, array: impl Array + 'static) -> Result<Vec<Option<Value>>, String> {
    let converted = Conversion::between(from, to).expect("a conversion").apply(Arc::new(array) as ArrayRef)?;
    assert_eq!(converted.data_type(), &to.arrow_type());
    Ok((0..converted.len()).map(|row| value_at(to, converted.as_ref(), row)).collect())
}

#[test]
fn widens_and_narrows_integers_that_fit() {
    let narrow = Int32Array::from(vec![Some(-128), None, Some(127)]);
    let expected = vec![Some(Value::Integer(-128)), None, Some(Value::Integer(127))];
    assert_eq!(convert(&integer(32), &integer(8), narrow.clone()), Ok(expected.clone()));
    assert_eq!(convert(&integer(8), &integer(64), narrow), Ok(expected));
}

#[test]
fn refuses_to_cut_an_integer() {
    let error = convert(&integer(32), &integer(8), Int32Array::from(vec![128])).unwrap_err();
    assert_eq!(error, "128 does not fit 8 bits");
    let error = convert(&integer(64), &integer(32), Int64Array::from(vec![1 << 31])).unwrap_err();
    assert_eq!(error, "2147483648 does not fit 32 bits");
}

#[rstest]
#[case(TimeUnit::MILLIS, TimeUnit::MICROS, -7, -7000)]
#[case(TimeUnit::MICROS, TimeUnit::MILLIS, -7000, -7)]
#[case(TimeUnit::NANOS, TimeUnit::MILLIS, 5_000_000, 5)]
fn rescales_timestamps_exactly(
    #[case] from: TimeUnit,
    #[case] to: TimeUnit,
    #[case] value: i64,
    #[case] expected: i64,
) {
    let converted = convert(&timestamp(from), &timestamp(to), Int64Array::from(vec![value]));
    assert_eq!(converted, Ok(vec![Some(Value::Integer(expected))]));
}

#[rstest]
#[case(TimeUnit::MICROS, TimeUnit::MILLIS, 1001, "not a whole number")]
#[case(TimeUnit::MILLIS, TimeUnit::NANOS, i64::MAX, "does not fit 64 bits")]
fn refuses_to_round_timestamps(
    #[case] from: TimeUnit,
    #[case] to: TimeUnit,
    #[case] value: i64,
    #[case] why: &str,
) {
    let error = convert(&timestamp(from), &timestamp(to), Int64Array::from(vec![value])).unwrap_err();
    assert!(error.contains(why), "{error}");
}

#[test]
fn stores_instants_before_the_epoch_in_int96_and_back() {
    let instants = Int64Array::from(vec![Some(-1), None, Some(86_400_000)]);
    let stored = convert(&timestamp(TimeUnit::MILLIS), &int96(), instants).unwrap();
    assert_eq!(
        stored,
        vec![
            Some(Value::Int96 { julian_day: 2_440_587, nanos: 86_399_999_000_000 }),
            None,
            Some(Value::Int96 { julian_day: 2_440_589, nanos: 0 }),
        ]
    );
    let bytes = [int96_bytes(2_440_587, 86_399_999_000_000)];
    let array = FixedSizeBinaryArray::try_from_iter(bytes.iter()).unwrap();
    let back = convert(&int96(), &timestamp(TimeUnit::MILLIS), array);
    assert_eq!(back, Ok(vec![Some(Value::Integer(-1))]));
}

#[rstest]
#[case(decimal(ParquetType::INT32, 9, -1))]
#[case(decimal(ParquetType::INT64, 18, -1))]
#[case(decimal(ParquetType::FIXED_LEN_BYTE_ARRAY, 20, 9))]
#[case(decimal(ParquetType::FIXED_LEN_BYTE_ARRAY, 38, 16))]
#[case(decimal(ParquetType::FIXED_LEN_BYTE_ARRAY, 38, 20))]
#[case(decimal(ParquetType::BYTE_ARRAY, 38, -1))]
fn stores_decimals_in_every_physical_type(#[case] to: Leaf) {
    let from = decimal(ParquetType::INT32, 9, -1);
    let array = Int32Array::from(vec![Some(-123), None, Some(999_999_999)]);
    assert_eq!(
        convert(&from, &to, array),
        Ok(vec![Some(Value::Decimal(-123)), None, Some(Value::Decimal(999_999_999))])
    );
}

#[test]
fn finds_no_conversion_between_types_that_mean_different_things() {
    let different = [
        (integer(32), timestamp(TimeUnit::MILLIS)),
        (decimal(ParquetType::INT64, 18, -1), decimal(ParquetType::INT32, 9, -1)),
        (leaf(ParquetType::FLOAT, None, -1), leaf(ParquetType::DOUBLE, None, -1)),
        (leaf(ParquetType::BYTE_ARRAY, None, -1), leaf(ParquetType::FIXED_LEN_BYTE_ARRAY, None, 4)),
        (leaf(ParquetType::INT32, Some(LogicalType::Date), -1), integer(32)),
    ];
    for (from, to) in different {
        assert_eq!(Conversion::between(&from, &to), None, "{} to {}", from.describe(), to.describe());
    }
}

#[test]
fn reads_decimals_of_any_length() {
    assert_eq!(decimal_from_be(&[]), Some(0));
    assert_eq!(decimal_from_be(&[0xff]), Some(-1));
    assert_eq!(decimal_from_be(&[0x00, 0xff]), Some(255));
    assert_eq!(decimal_from_be(&[0xff; 20]), Some(-1));
    let mut too_large = [0; 17];
    too_large[1] = 0x80;
    assert_eq!(decimal_from_be(&too_large), None);
}
