//! Which automatic tags stay.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use weir_paimon_spec::options::{TableOptions, keys};

use super::rule::{AutomaticTag, Rule};
use crate::{Error, ErrorKind, Result};

/// Tags to keep of each generation: the last tag of each of so many hours, days, weeks, months and years. All zero
/// means that nothing is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Generations {
    /// Hours.
    pub hourly: u32,
    /// Days.
    pub daily: u32,
    /// Weeks, from Monday to Sunday.
    pub weekly: u32,
    /// Months.
    pub monthly: u32,
    /// Years.
    pub yearly: u32,
}

/// How many automatic tags stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retention {
    /// All.
    All,
    /// So many of the newest.
    Newest(usize),
    /// The last of each period of each generation.
    Generations(Generations),
}

/// What is to be done about a table's automatic tags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Decision {
    /// Tags to make, in the order of their snapshots.
    pub(crate) create: Vec<AutomaticTag>,
    /// Tags to delete, oldest first.
    pub(crate) delete: Vec<AutomaticTag>,
}

impl Retention {
    /// What was asked for, else what the table's `tag.num-retained-max` says.
    pub(crate) fn of(options: &TableOptions, generations: Generations) -> Result<Self> {
        if generations != Generations::default() {
            return Ok(Self::Generations(generations));
        }
        match options.find(&keys::TAG_NUM_RETAINED_MAX)? {
            None => Ok(Self::All),
            Some(count) => match usize::try_from(count) {
                Ok(count @ 1..) => Ok(Self::Newest(count)),
                _ => Err(Error::new(
                    ErrorKind::Invalid,
                    format!(
                        "{} = {count} would delete every tag; it must be 1 or more",
                        keys::TAG_NUM_RETAINED_MAX.name()
                    ),
                )),
            },
        }
    }

    /// Decides about the tags that are there and those that are `due`. What would be deleted at once is not made.
    pub(crate) fn decide(self, rule: &Rule, tags: &[AutomaticTag], due: Vec<AutomaticTag>) -> Decision {
        let mut own: Vec<AutomaticTag> = tags.iter().filter(|tag| rule.is_own(tag)).cloned().collect();
        own.sort_by_key(|tag| (tag.snapshot, tag.start));
        let starts: Vec<i64> = own.iter().chain(&due).map(|tag| tag.start).collect();
        let kept = self.kept(&starts);
        Decision {
            create: due.into_iter().filter(|tag| kept.contains(&tag.start)).collect(),
            delete: own.into_iter().filter(|tag| !kept.contains(&tag.start)).collect(),
        }
    }

    /// Which of the tags stay; all are beginnings of their periods in local milliseconds.
    fn kept(self, starts: &[i64]) -> BTreeSet<i64> {
        let all: BTreeSet<i64> = starts.iter().copied().collect();
        match self {
            Self::All => all,
            Self::Newest(count) => all.into_iter().rev().take(count).collect(),
            Self::Generations(generations) => generations.kept(&all),
        }
    }
}

/// Where a generation's period of a date begins.
type Begin = fn(Date) -> Date;

impl Generations {
    fn kept(self, starts: &BTreeSet<i64>) -> BTreeSet<i64> {
        const HOUR: i64 = 3_600_000;
        let by_date: [(u32, Begin); 4] = [
            (self.daily, |date| date),
            (self.weekly, |date| {
                let monday = jiff::Span::new().days(date.weekday().to_monday_zero_offset());
                date.checked_sub(monday).unwrap_or(date)
            }),
            (self.monthly, Date::first_of_month),
            (self.yearly, Date::first_of_year),
        ];
        let mut kept = last_of_each(starts, self.hourly, |start| Some(start.div_euclid(HOUR)));
        for (count, begin) in by_date {
            kept.extend(last_of_each(starts, count, |start| date_of(start).map(begin)));
        }
        // A time that no calendar knows is nobody's to delete.
        kept.extend(starts.iter().filter(|&&start| date_of(start).is_none()));
        kept
    }
}

fn date_of(start: i64) -> Option<Date> {
    Some(Timestamp::from_millisecond(start).ok()?.to_zoned(TimeZone::UTC).date())
}

/// The last element of each of the `count` last groups.
fn last_of_each<K: PartialEq>(
    starts: &BTreeSet<i64>,
    count: u32,
    group: impl Fn(i64) -> Option<K>,
) -> BTreeSet<i64> {
    let mut kept = BTreeSet::new();
    let mut known = None;
    for &start in starts.iter().rev() {
        let Some(key) = group(start) else { continue };
        if kept.len() >= usize::try_from(count).unwrap_or(usize::MAX) {
            break;
        }
        if known.as_ref() != Some(&key) {
            kept.insert(start);
            known = Some(key);
        }
    }
    kept
}

#[cfg(test)]
mod tests;
