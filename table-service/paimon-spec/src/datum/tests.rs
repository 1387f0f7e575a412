use super::*;

fn decimal(unscaled: i128, scale: u8) -> Datum {
    Datum::Decimal { unscaled, precision: 38, scale }
}

#[test]
fn puts_nulls_first() {
    assert!(Datum::Null < Datum::Boolean(false));
    assert!(Datum::Null < Datum::BigInt(i64::MIN));
    assert_eq!(Datum::Null, Datum::Null);
}

#[test]
fn orders_floats_as_java_does() {
    let ordered = [f64::NEG_INFINITY, -1.0, -0.0, 0.0, 1.0, f64::INFINITY, f64::NAN];
    for pair in ordered.windows(2) {
        assert!(Datum::Double(pair[0]) < Datum::Double(pair[1]), "{pair:?}");
    }
    assert_eq!(Datum::Double(f64::NAN), Datum::Double(-f64::NAN));
    assert!(Datum::Float(f32::MAX) < Datum::Float(f32::NAN));
}

#[test]
fn orders_strings_as_unsigned_bytes() {
    let text = |s: &str| Datum::String(s.to_owned());
    assert!(text("a") < text("ab"));
    assert!(text("Z") < text("a"));
    // In UTF-16 the emoji's surrogate would sort before the private-use character.
    assert!(text("\u{e000}") < text("😀"));
    assert!(Datum::Bytes(vec![0x7f]) < Datum::Bytes(vec![0x80]));
}

#[test]
fn compares_decimals_by_number_across_scales() {
    assert_eq!(decimal(10, 1), decimal(100, 2));
    assert!(decimal(-1, 0) < decimal(-99, 2));
    let widest = 10_i128.pow(38) - 1;
    assert!(decimal(widest, 38) < decimal(1, 0));
    assert!(decimal(widest, 0) > decimal(widest, 38));
    assert!(decimal(-widest, 0) < decimal(widest, 38));
    assert!(decimal(0, 0) < decimal(1, 255));
}

#[test]
fn compares_timestamps_by_millis_then_nanos() {
    let at = |millis, nanos| Datum::Timestamp { millis, nanos };
    assert!(at(1, 999_999) < at(2, 0));
    assert!(at(-1, 1) < at(-1, 2));
}
