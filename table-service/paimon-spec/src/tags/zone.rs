//! Time zones as Java's `ZoneId` writes them.

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::TimeZone;

use crate::error::{Error, Result};

/// Reads a zone: a name such as `Asia/Shanghai`, an offset such as `+08:00`, or one such as `UTC+8`.
pub fn parse_time_zone(text: &str) -> Result<TimeZone> {
    let text = text.trim();
    let offset = ["UTC", "GMT", "UT"].iter().find_map(|prefix| text.strip_prefix(prefix)).unwrap_or(text);
    if offset.is_empty() && !text.is_empty() || text == "Z" {
        return Ok(TimeZone::UTC);
    }
    let parsed = match offset.split_at_checked(1) {
        // Java writes hours with one digit, too.
        Some((sign @ ("+" | "-"), digits)) if digits.len() == 1 => {
            DateTimeParser::new().parse_time_zone(format!("{sign}0{digits}"))
        }
        Some(("+" | "-", _)) => DateTimeParser::new().parse_time_zone(offset),
        _ => TimeZone::get(text),
    };
    parsed.map_err(|_| {
        Error::invalid(format!("'{text}' is not a time zone such as Asia/Shanghai, +08:00 or UTC"))
    })
}

/// The wall time of an instant in a zone, in local milliseconds; `None` for an instant beyond all calendars.
pub fn local_millis(epoch_millis: i64, zone: &TimeZone) -> Option<i64> {
    let instant = Timestamp::from_millisecond(epoch_millis).ok()?;
    epoch_millis.checked_add(i64::from(zone.to_offset(instant).seconds()) * 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_read_as_java_reads_them() {
        for (text, hours) in [
            ("UTC", 0),
            ("Z", 0),
            ("GMT", 0),
            ("+08:00", 8),
            ("+8", 8),
            ("-0330", -3),
            ("UTC+8", 8),
            ("GMT-05:00", -5),
            ("Asia/Shanghai", 8),
            ("Etc/GMT+8", -8),
        ] {
            let zone = parse_time_zone(text).unwrap();
            assert_eq!(local_millis(0, &zone).unwrap() / 3_600_000, hours, "{text}");
        }
        for text in ["", "Mars/Olympus", "+", "8", "+99:00"] {
            assert!(parse_time_zone(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_wall_time_follows_daylight_saving() {
        let zone = parse_time_zone("Europe/Berlin").unwrap();
        let (summer, winter) = (1_782_000_000_000, 1_795_262_400_000);
        assert_eq!(local_millis(summer, &zone), Some(summer + 7_200_000));
        assert_eq!(local_millis(winter, &zone), Some(winter + 3_600_000));
        assert_eq!(local_millis(i64::MAX, &zone), None);
    }
}
