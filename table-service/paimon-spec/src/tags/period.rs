//! The periods of automatic tags, and their names (Paimon `TagPeriodHandler`).

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

use crate::error::{At, Error, Result};
use crate::options::{TableOptions, TagCreationPeriod, TagPeriodFormatter, keys};

/// How long a period is, and how its beginning is written as the name of its tag (maintenance §3.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TagPeriod {
    millis: i64,
    format: &'static str,
    /// Days are read from what stands before the first space.
    is_daily: bool,
}

const HOUR: i64 = 3_600_000;

impl TagPeriod {
    /// The period of a table: `tag.creation-period-duration`, else `tag.creation-period`.
    pub fn of(options: &TableOptions) -> Result<Self> {
        if let Some(length) = options.find(&keys::TAG_CREATION_PERIOD_DURATION)? {
            return Self::of_length(length).at(|| keys::TAG_CREATION_PERIOD_DURATION.name());
        }
        let formatter = options.get(&keys::TAG_PERIOD_FORMATTER)?;
        Ok(Self::new(options.get(&keys::TAG_CREATION_PERIOD)?, formatter))
    }

    /// A period that Paimon has a word for.
    pub const fn new(period: TagCreationPeriod, formatter: TagPeriodFormatter) -> Self {
        let hour = match formatter {
            TagPeriodFormatter::WithDashes => "%Y-%m-%d %H",
            TagPeriodFormatter::WithoutDashes => "%Y%m%d %H",
            TagPeriodFormatter::WithoutDashesAndSpaces => "%Y%m%d%H",
        };
        let day = match formatter {
            TagPeriodFormatter::WithDashes => "%Y-%m-%d",
            TagPeriodFormatter::WithoutDashes | TagPeriodFormatter::WithoutDashesAndSpaces => "%Y%m%d",
        };
        match period {
            TagCreationPeriod::Daily => Self { millis: 24 * HOUR, format: day, is_daily: true },
            TagCreationPeriod::Hourly => Self { millis: HOUR, format: hour, is_daily: false },
            // Whatever the formatter.
            TagCreationPeriod::TwoHours => Self { millis: 2 * HOUR, format: "%Y-%m-%d %H", is_daily: false },
        }
    }

    /// A period of any length from a minute on; names have no more than minutes.
    pub fn of_length(length: Duration) -> Result<Self> {
        let millis = i64::try_from(length.as_millis()).unwrap_or(i64::MAX);
        if !(60_000..=366 * 24 * HOUR).contains(&millis) {
            return Err(Error::invalid("a period lasts between a minute and a year"));
        }
        Ok(Self { millis, format: "%Y%m%d%H%M", is_daily: false })
    }

    /// Length in milliseconds.
    pub const fn millis(self) -> i64 {
        self.millis
    }

    /// Beginning of the period that a wall time lies in; both are local milliseconds.
    pub const fn start(self, local: i64) -> i64 {
        local.div_euclid(self.millis) * self.millis
    }

    /// Name of the tag of the period that begins at a wall time in local milliseconds; `None` beyond the year 9999.
    pub fn name(self, start: i64) -> Option<String> {
        let time = Timestamp::from_millisecond(start).ok()?.to_zoned(TimeZone::UTC);
        Some(time.strftime(self.format).to_string())
    }

    /// Beginning of the period that a tag's name stands for, in local milliseconds; `None` for a tag that is not
    /// automatic. As in Paimon, what follows a day after a space is ignored: `2026-11-20 05` stands for the day.
    pub fn time(self, name: &str) -> Option<i64> {
        let canonical = if self.is_daily { name.split(' ').next().unwrap_or(name) } else { name };
        let parsed = strtime::parse(self.format, canonical).ok()?;
        let time = parsed.to_date().ok()?.at(parsed.hour().unwrap_or(0), parsed.minute().unwrap_or(0), 0, 0);
        let start = time.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond();
        // Only what would be written so: the parser takes numbers of fewer digits, too.
        (self.name(start)? == canonical).then_some(start)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOON: i64 = 1_795_262_400_000; // 2026-11-21T12:00

    const ALL: [(TagCreationPeriod, [&str; 3]); 3] = [
        (TagCreationPeriod::Daily, ["2026-11-21", "20261121", "20261121"]),
        (TagCreationPeriod::Hourly, ["2026-11-21 12", "20261121 12", "2026112112"]),
        (TagCreationPeriod::TwoHours, ["2026-11-21 12", "2026-11-21 12", "2026-11-21 12"]),
    ];

    const FORMATTERS: [TagPeriodFormatter; 3] = [
        TagPeriodFormatter::WithDashes,
        TagPeriodFormatter::WithoutDashes,
        TagPeriodFormatter::WithoutDashesAndSpaces,
    ];

    #[test]
    fn names_are_those_of_paimon() {
        for (period, names) in ALL {
            for (formatter, name) in FORMATTERS.into_iter().zip(names) {
                let period = TagPeriod::new(period, formatter);
                assert_eq!(period.name(period.start(NOON + 59_999)).as_deref(), Some(name));
            }
        }
        let quarter = TagPeriod::of_length(Duration::from_mins(15)).unwrap();
        assert_eq!(quarter.name(quarter.start(NOON + 16 * 60_000)).as_deref(), Some("202611211215"));
    }

    #[test]
    fn only_names_of_the_format_are_times() {
        let [dashes, plain, _] =
            FORMATTERS.map(|formatter| TagPeriod::new(TagCreationPeriod::Daily, formatter));
        for name in ["2026-11-21", "2026-11-21 05", "2026-11-21 "] {
            assert_eq!(dashes.time(name), Some(NOON - 12 * HOUR), "{name}");
        }
        for name in
            ["", "x", "20261121", "2026-1-1", "2026-13-01", "2026-02-30", "2026-11-21x", " 2026-11-21"]
        {
            assert_eq!(dashes.time(name), None, "{name}");
        }
        assert_eq!(plain.time("20261121"), Some(NOON - 12 * HOUR));
        for name in ["2026-11-21", "261121", "12345", "202611211"] {
            assert_eq!(plain.time(name), None, "{name}");
        }
    }

    #[test]
    fn a_period_of_less_than_a_minute_has_no_name() {
        for seconds in [0, 59, 400 * 86_400] {
            assert!(TagPeriod::of_length(Duration::from_secs(seconds)).is_err(), "{seconds}");
        }
    }

    #[test]
    fn a_time_beyond_all_calendars_has_no_name() {
        let daily = TagPeriod::new(TagCreationPeriod::Daily, TagPeriodFormatter::WithDashes);
        assert_eq!(daily.name(daily.start(i64::MAX)), None);
    }

    proptest! {
        #[test]
        fn a_name_leads_back_to_its_time(local in 0..200_000_000_000_000_i64, which in 0..9_usize) {
            let period = TagPeriod::new(ALL[which / 3].0, FORMATTERS[which % 3]);
            let start = period.start(local);
            prop_assert!(start <= local && local - start < period.millis());
            prop_assert_eq!(period.time(&period.name(start).unwrap()), Some(start));
        }
    }
}
