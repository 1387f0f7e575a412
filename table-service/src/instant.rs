//! Times on the command line.

use std::str::FromStr;
use std::time::Duration;

use jiff::{Span, SpanRelativeTo, Timestamp, Zoned};

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

/// A duration such as `30s`, `5m` or `1d`; a day has 24 hours.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let span =
        text.parse::<Span>().map_err(|_| format!("`{text}` is not a duration such as 30s, 5m or 1d"))?;
    let duration = span
        .to_duration(SpanRelativeTo::days_are_24_hours())
        .map_err(|_| format!("`{text}` has months or years, which differ in length"))?;
    Duration::try_from(duration).map_err(|_| format!("`{text}` is negative"))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn a_duration_is_a_length_of_time() {
        for (text, seconds) in [("30s", 30), ("1h30m", 5400), ("1d", 86_400), ("2w", 1_209_600), ("0s", 0)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["-1h", "1mo", "1y", "5", "", "soon"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

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
