//! Partition values as text, in both forms that Paimon has used.

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Time};

use crate::datum::Datum;
use crate::error::{Error, Result};
use crate::types::TypeKind;

/// The value's text; empty for null.
pub(super) fn of(value: &Datum, kind: &TypeKind, legacy: bool) -> Result<String> {
    Ok(match value {
        Datum::Null => String::new(),
        Datum::Boolean(value) => value.to_string(),
        Datum::TinyInt(value) => value.to_string(),
        Datum::SmallInt(value) => value.to_string(),
        Datum::Int(value) => value.to_string(),
        Datum::BigInt(value) => value.to_string(),
        Datum::Float(value) => java_float(f64::from(*value), &format!("{value:e}")),
        Datum::Double(value) => java_float(*value, &format!("{value:e}")),
        Datum::Decimal { unscaled, scale, .. } => decimal(*unscaled, *scale),
        Datum::String(value) => value.clone(),
        Datum::Bytes(bytes) if !legacy => String::from_utf8_lossy(bytes).into_owned(),
        Datum::Bytes(_) => {
            return Err(Error::unsupported(
                "with partition.legacy-name = true the directory of a binary partition value is random",
            ));
        }
        Datum::Date(days) | Datum::Time(days) if legacy => days.to_string(),
        Datum::Date(days) => date(*days)?.to_string(),
        Datum::Time(millis) => time(*millis, precision(kind))?,
        Datum::Timestamp { millis, nanos } if legacy => java_local_date_time(instant(*millis, *nanos)?),
        Datum::Timestamp { .. } if matches!(kind, TypeKind::LocalZonedTimestamp { .. }) => {
            return Err(Error::unsupported(
                "the directory of a TIMESTAMP WITH LOCAL TIME ZONE partition depends on the writer's time zone",
            ));
        }
        Datum::Timestamp { millis, nanos } => sql_timestamp(instant(*millis, *nanos)?, precision(kind)),
    })
}

fn precision(kind: &TypeKind) -> usize {
    match kind {
        TypeKind::Time { precision } | TypeKind::Timestamp { precision } => usize::from(*precision),
        _ => 0,
    }
}

fn out_of_range(what: &str) -> Error {
    Error::unsupported(format!("a partition {what} outside the years -9999 to 9999"))
}

fn date(days: i32) -> Result<Date> {
    Date::constant(1970, 1, 1)
        .checked_add(jiff::Span::new().try_days(days).map_err(|_| out_of_range("date"))?)
        .map_err(|_| out_of_range("date"))
}

fn instant(millis: i64, nanos: i32) -> Result<DateTime> {
    let since_epoch = SignedDuration::from_millis(millis) + SignedDuration::from_nanos(i64::from(nanos));
    DateTime::constant(1970, 1, 1, 0, 0, 0, 0).checked_add(since_epoch).map_err(|_| out_of_range("timestamp"))
}

/// Digits of a second's fraction: at least `least` of them and no needless zeros.
fn fraction(nanos: i32, least: usize) -> String {
    let mut digits = format!("{nanos:09}");
    while digits.len() > least && digits.ends_with('0') {
        digits.pop();
    }
    digits
}

fn time(millis: i32, precision: usize) -> Result<String> {
    let time = Time::midnight()
        .checked_add(SignedDuration::from_millis(i64::from(millis)))
        .map_err(|_| Error::corrupt(format!("{millis} milliseconds is no time of day")))?;
    let clock = time.strftime("%H:%M:%S");
    if precision == 0 {
        return Ok(clock.to_string());
    }
    // Java stops at the first digit after which only zeros follow.
    let digits = fraction(time.subsec_nanosecond(), 1);
    Ok(format!("{clock}.{}", &digits[..digits.len().min(precision)]))
}

fn sql_timestamp(at: DateTime, precision: usize) -> String {
    let clock = at.strftime("%Y-%m-%d %H:%M:%S");
    match fraction(at.subsec_nanosecond(), precision).as_str() {
        "" => clock.to_string(),
        digits => format!("{clock}.{digits}"),
    }
}

/// Java's `LocalDateTime.toString`: no seconds when they are zero, a fraction of 3, 6 or 9 digits.
fn java_local_date_time(at: DateTime) -> String {
    let nanos = at.subsec_nanosecond();
    if nanos == 0 && at.second() == 0 {
        return at.strftime("%Y-%m-%dT%H:%M").to_string();
    }
    let clock = at.strftime("%Y-%m-%dT%H:%M:%S");
    match fraction(nanos, 0).len() {
        0 => clock.to_string(),
        digits => format!("{clock}.{}", &format!("{nanos:09}")[..digits.next_multiple_of(3)]),
    }
}

fn decimal(unscaled: i128, scale: u8) -> String {
    let scale = usize::from(scale);
    if scale == 0 {
        return unscaled.to_string();
    }
    let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let sign = if unscaled < 0 { "-" } else { "" };
    format!("{sign}{whole}.{fraction}")
}

/// Java's `Double.toString` from Rust's shortest scientific form.
fn java_float(value: f64, scientific: &str) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let number = match usize::try_from(exponent) {
        _ if value == 0.0 => "0.0".to_owned(),
        Ok(exponent) if exponent < 7 => {
            let padded = format!("{digits:0<width$}", width = exponent + 2);
            let (whole, fraction) = padded.split_at(exponent + 1);
            format!("{whole}.{fraction}")
        }
        Err(_) if exponent >= -3 => {
            format!("0.{:0>width$}", digits, width = digits.len() + exponent.unsigned_abs() as usize - 1)
        }
        _ => {
            let fraction = if digits.len() > 1 { &digits[1..] } else { "0" };
            format!("{}.{fraction}E{exponent}", &digits[..1])
        }
    };
    format!("{sign}{number}")
}
