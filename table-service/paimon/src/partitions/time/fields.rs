//! Numbers of a date and a time, and what they come to (Java `java.time.format.Parsed`).

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime};

/// What a number in a pattern is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Year,
    /// The year that `y` stands for; years before Christ have none.
    YearOfEra,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Nano,
}

/// How far numbers may be off (Java `ResolverStyle`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resolver {
    /// Everything must be in range.
    Strict,
    /// Days that a month does not have become its last; the rest must be in range.
    Smart,
    /// The 32nd of a month is the first of the next, and so on.
    Lenient,
}

/// The numbers that were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fields([Option<i64>; 8]);

impl Fields {
    /// Notes a number; `None` when another one is there.
    pub(super) fn set(&mut self, field: Field, value: i64) -> Option<()> {
        let slot = &mut self.0[field as usize];
        if slot.is_some_and(|known| known != value) {
            return None;
        }
        *slot = Some(value);
        Some(())
    }

    fn get(&self, field: Field) -> Option<i64> {
        self.0[field as usize]
    }

    /// The time, midnight when no hour is given; `None` when the numbers are no date or out of range.
    pub(super) fn resolve(&self, resolver: Resolver) -> Option<DateTime> {
        let date = self.date(resolver)?.at(0, 0, 0, 0);
        date.checked_add(SignedDuration::from_nanos(self.nanos_of_day(resolver)?)).ok()
    }

    fn date(&self, resolver: Resolver) -> Option<Date> {
        let (month, day) = (self.get(Field::Month)?, self.get(Field::Day)?);
        let year = self.year()?;
        match resolver {
            Resolver::Lenient => {
                let first = Date::new(i16::try_from(year).ok()?, 1, 1).ok()?;
                let span = jiff::Span::new().try_months(month - 1).ok()?;
                first.checked_add(span).ok()?.checked_add(jiff::Span::new().try_days(day - 1).ok()?).ok()
            }
            Resolver::Smart | Resolver::Strict => {
                let first = Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, 1).ok()?;
                let is_day = (1..=31).contains(&day);
                let day = i8::try_from(day).ok().filter(|_| is_day)?;
                let day = if resolver == Resolver::Smart { day.min(first.days_in_month()) } else { day };
                Date::new(first.year(), first.month(), day).ok()
            }
        }
    }

    fn year(&self) -> Option<i64> {
        match (self.get(Field::Year), self.get(Field::YearOfEra)) {
            (year, None) => year,
            (_, Some(of_era)) if of_era < 1 => None,
            (None, Some(of_era)) => Some(of_era),
            (Some(year), Some(of_era)) => {
                let same = if year > 0 { of_era } else { 1 - of_era };
                (same == year).then_some(year)
            }
        }
    }

    /// Nanoseconds since midnight. Minutes without an hour tell no time, but must be minutes.
    fn nanos_of_day(&self, resolver: Resolver) -> Option<i64> {
        let [hour, minute, second, nano] =
            [Field::Hour, Field::Minute, Field::Second, Field::Nano].map(|field| self.get(field));
        let value = |field: Option<i64>| field.unwrap_or(0);
        if resolver != Resolver::Lenient {
            let is_end_of_day = resolver == Resolver::Smart
                && value(hour) == 24
                && [minute, second, nano].iter().all(|&field| value(field) == 0);
            let in_range = |field: Option<i64>, end: i64| (0..end).contains(&value(field));
            let is_time = (in_range(hour, 24) || is_end_of_day)
                && in_range(minute, 60)
                && in_range(second, 60)
                && in_range(nano, 1_000_000_000);
            if !is_time {
                return None;
            }
        }
        let has_gap = (minute.is_none() && (second.is_some() || nano.is_some()))
            || (second.is_none() && nano.is_some() && minute.is_some());
        if hour.is_none() || has_gap {
            return Some(0);
        }
        Some(((value(hour) * 60 + value(minute)) * 60 + value(second)) * 1_000_000_000 + value(nano))
    }
}
