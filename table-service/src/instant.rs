//! Times on the command line.

use std::str::FromStr;
use std::time::Duration;

use jiff::{SignedDuration, Span, Timestamp, Zoned};

/// An instant, given as a duration back from now or as RFC 3339.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Instant(pub(crate) Timestamp);

impl FromStr for Instant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(instant) = text.parse::<Timestamp>() {
            return Ok(Self(instant));
        }
        let back = text.parse::<Span>().map_err(|_| {
            format!(
                "`{text}` is neither a duration such as 24h or 7d nor an instant such as 2026-11-20T00:00:00Z"
            )
        })?;
        if back.is_negative() {
            return Err(format!("`{text}` lies in the future"));
        }
        // In UTC a day has 24 hours.
        let now = Zoned::now().with_time_zone(jiff::tz::TimeZone::UTC);
        now.checked_sub(back)
            .map(|then| Self(then.timestamp()))
            .map_err(|_| format!("`{text}` is too long ago"))
    }
}

/// A duration such as `30s` or `5m`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let parsed = text
        .parse::<SignedDuration>()
        .map_err(|_| format!("`{text}` is not a duration such as 30s or 5m"))?;
    Duration::try_from(parsed).map_err(|_| format!("`{text}` is negative"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_counts_back_from_now() {
        let Instant(then) = "1d".parse().unwrap();
        let ago = Timestamp::now().duration_since(then);
        assert!(ago >= SignedDuration::from_hours(24) && ago < SignedDuration::from_hours(25), "{ago}");
        assert!("0s".parse::<Instant>().unwrap().0 <= Timestamp::now());
    }

    #[test]
    fn an_instant_is_taken_as_it_is() {
        let Instant(then) = "2026-11-20T01:00:00+01:00".parse().unwrap();
        assert_eq!(then.to_string(), "2026-11-20T00:00:00Z");
    }

    #[test]
    fn other_text_is_refused() {
        for text in ["yesterday", "-24h", "24", ""] {
            assert!(text.parse::<Instant>().is_err(), "{text}");
        }
    }
}
