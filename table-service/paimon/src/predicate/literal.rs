//! Literals as values of their column's type (Paimon `TypeUtils.castFromString`).

use jiff::civil::{Date, DateTime, Time};
use jiff::{Timestamp, Unit};
use weir_paimon_spec::{DataType, Datum, TypeKind};

use super::{Fault, Literal};

/// The literal's value in a column of type `data_type`.
pub(super) fn read(literal: &Literal, data_type: &DataType) -> Result<Datum, Fault> {
    let text = literal.text.trim();
    let value = match &data_type.kind {
        TypeKind::Char { .. } | TypeKind::VarChar { .. } => Some(Datum::String(literal.text.clone())),
        TypeKind::Boolean => text.to_ascii_lowercase().parse().ok().map(Datum::Boolean),
        TypeKind::TinyInt => text.parse().ok().map(Datum::TinyInt),
        TypeKind::SmallInt => text.parse().ok().map(Datum::SmallInt),
        TypeKind::Int => text.parse().ok().map(Datum::Int),
        TypeKind::BigInt => text.parse().ok().map(Datum::BigInt),
        TypeKind::Float => text.parse().ok().map(Datum::Float),
        TypeKind::Double => text.parse().ok().map(Datum::Double),
        TypeKind::Decimal { .. } => decimal(text),
        TypeKind::Date => text.parse().ok().and_then(date),
        TypeKind::Time { .. } => text.parse().ok().and_then(time),
        TypeKind::Timestamp { .. } => text.parse().ok().and_then(timestamp),
        TypeKind::LocalZonedTimestamp { .. } => text.parse().ok().and_then(instant),
        _ => {
            let message = format!("a column of type {data_type} cannot be compared");
            return Err(Fault::new(literal.position, message));
        }
    };
    value.ok_or_else(|| {
        Fault::new(literal.position, format!("`{}` is no value of type {data_type}", literal.text))
    })
}

/// A decimal of the digits that are written; values compare by number, whatever their scales.
fn decimal(text: &str) -> Option<Datum> {
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{fraction}");
    if all.is_empty() || all.len() > 38 || !all.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: i128 = all.parse().ok()?;
    Some(Datum::Decimal {
        unscaled: if is_negative { -number } else { number },
        precision: u8::try_from(all.len()).ok()?,
        scale: u8::try_from(fraction.len()).ok()?,
    })
}

fn date(date: Date) -> Option<Datum> {
    let days = Date::constant(1970, 1, 1).until((Unit::Day, date)).ok()?;
    Some(Datum::Date(days.get_days()))
}

fn time(time: Time) -> Option<Datum> {
    let since_midnight = time.duration_since(Time::midnight()).as_millis();
    (time.subsec_nanosecond() % 1_000_000 == 0).then_some(())?;
    Some(Datum::Time(i32::try_from(since_midnight).ok()?))
}

fn timestamp(date_time: DateTime) -> Option<Datum> {
    let since_epoch = date_time.duration_since(DateTime::constant(1970, 1, 1, 0, 0, 0, 0));
    split(since_epoch.as_nanos())
}

fn instant(instant: Timestamp) -> Option<Datum> {
    split(instant.as_nanosecond())
}

fn split(nanos: i128) -> Option<Datum> {
    Some(Datum::Timestamp {
        millis: i64::try_from(nanos.div_euclid(1_000_000)).ok()?,
        nanos: i32::try_from(nanos.rem_euclid(1_000_000)).ok()?,
    })
}
