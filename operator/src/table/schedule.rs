use croner::{
    Cron,
    parser::{CronParser, Seconds, Year},
};
use jiff::{SignedDuration, Timestamp, Zoned, tz::TimeZone};
use weir_crds::Schedule;

use crate::digest::digest;

const LONGEST_DEFAULT_JITTER_SECONDS: i64 = 600;
/// First pause after a failure, and the longest one.
const LONGEST_FIRST_PAUSE: SignedDuration = SignedDuration::from_hours(1);
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(32);
/// Slots that are looked back over for one that is due.
const MAX_STEPS: usize = 8;

/// Why a schedule cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// The five fields do not parse, or never match.
    #[error("schedule `{schedule}`: {cause}")]
    InvalidSchedule {
        /// The text.
        schedule: String,
        /// What is wrong with it.
        cause: String,
    },
    /// There is no such zone.
    #[error("timeZone `{0}` is not a known IANA time zone")]
    InvalidTimeZone(String),
}

impl ScheduleError {
    /// The reason of the condition.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::InvalidSchedule { .. } => "InvalidSchedule",
            Self::InvalidTimeZone(_) => "InvalidTimeZone",
        }
    }
}

/// A schedule in its zone, with the jitter of one table.
///
/// A slot is a matching wall-clock minute. On a day without the wall-clock time (spring) a fixed time runs right after
/// the gap; on a day that has it twice (autumn) it runs once.
#[derive(Clone, Debug)]
pub struct Timetable {
    cron: Cron,
    zone: TimeZone,
    jitter: Jitter,
}

#[derive(Clone, Copy, Debug)]
enum Jitter {
    /// The same delay for every slot.
    Fixed(SignedDuration),
    /// A share, in 1/65536, of a tenth of the period.
    Share(i64),
}

impl Timetable {
    /// Reads `schedule`; `seed` decides the jitter.
    pub fn new(schedule: &Schedule, seed: &str) -> Result<Self, ScheduleError> {
        let zone_name = schedule.time_zone.as_deref().unwrap_or("Etc/UTC");
        let zone =
            TimeZone::get(zone_name).map_err(|_| ScheduleError::InvalidTimeZone(zone_name.to_owned()))?;
        let invalid =
            |cause: String| ScheduleError::InvalidSchedule { schedule: schedule.schedule.clone(), cause };
        let cron = CronParser::builder()
            .seconds(Seconds::Disallowed)
            .year(Year::Disallowed)
            // `5/15`, which Kubernetes takes for `5-59/15`.
            .sloppy_ranges(true)
            .build()
            .parse(&schedule.schedule)
            .map_err(|error| invalid(error.to_string()))?;
        let timetable = Self { cron, zone, jitter: jitter(schedule.jitter_seconds, seed) };
        match timetable.after(Timestamp::UNIX_EPOCH) {
            Some(_) => Ok(timetable),
            None => Err(invalid("no date ever matches".to_owned())),
        }
    }

    /// The latest slot after `since` whose jitter is over at `now`.
    pub fn due(&self, since: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let latest = match self.jitter {
            Jitter::Fixed(delay) => now.checked_sub(delay).ok()?,
            Jitter::Share(_) => now,
        };
        let mut slot = self.before(latest, true)?;
        for _ in 0..MAX_STEPS {
            if slot <= since {
                return None;
            }
            if self.start(slot) <= now {
                return Some(slot);
            }
            slot = self.before(slot, false)?;
        }
        None
    }

    /// When the first slot after `since` starts that has not started at `now`.
    pub fn next_start(&self, since: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let earliest = match self.jitter {
            Jitter::Fixed(delay) => now.checked_sub(delay).ok()?,
            Jitter::Share(_) => {
                self.before(now, true).and_then(|slot| self.before(slot, false)).unwrap_or(now)
            }
        };
        let mut slot = self.after(earliest.max(since))?;
        for _ in 0..MAX_STEPS {
            if self.start(slot) > now {
                return Some(self.start(slot));
            }
            slot = self.after(slot)?;
        }
        None
    }

    /// The first slot after `time`.
    pub fn after(&self, time: Timestamp) -> Option<Timestamp> {
        self.cron.find_next_occurrence(&self.local(time), false).ok().map(|slot| slot.timestamp())
    }

    /// When the run of `slot` is created: jitter included.
    pub fn start(&self, slot: Timestamp) -> Timestamp {
        let delay = match self.jitter {
            Jitter::Fixed(delay) => delay,
            Jitter::Share(share) => {
                let window = (self.period(slot).as_secs() / 10).clamp(0, LONGEST_DEFAULT_JITTER_SECONDS);
                SignedDuration::from_secs(window * share / 65_536)
            }
        };
        slot.checked_add(delay).unwrap_or(slot)
    }

    /// How long to pause after `failures` in a row, counted from the last one: the period of the schedule, at most an
    /// hour, doubled with every failure up to 32 hours.
    pub fn pause(&self, failures: i32, last: Timestamp) -> SignedDuration {
        let Ok(doublings @ 0..) = u32::try_from(failures.saturating_sub(1)) else {
            return SignedDuration::ZERO;
        };
        if failures < 1 {
            return SignedDuration::ZERO;
        }
        let first = self.period(last).min(LONGEST_FIRST_PAUSE);
        let factor = 1_i32.checked_shl(doublings.min(16)).unwrap_or(i32::MAX);
        first.checked_mul(factor).map_or(LONGEST_PAUSE, |pause| pause.min(LONGEST_PAUSE))
    }

    /// Time between the two slots after `time`.
    fn period(&self, time: Timestamp) -> SignedDuration {
        let next = self.after(time);
        let following = next.and_then(|slot| self.after(slot));
        next.zip(following).map_or(SignedDuration::ZERO, |(next, following)| following.duration_since(next))
    }

    fn before(&self, time: Timestamp, inclusive: bool) -> Option<Timestamp> {
        self.cron.find_previous_occurrence(&self.local(time), inclusive).ok().map(|slot| slot.timestamp())
    }

    fn local(&self, time: Timestamp) -> Zoned {
        time.to_zoned(self.zone.clone())
    }
}

fn jitter(seconds: Option<i64>, seed: &str) -> Jitter {
    let share = i64::try_from(digest(&[seed]) >> 48).unwrap_or_default();
    match seconds {
        Some(seconds) => Jitter::Fixed(SignedDuration::from_secs(seconds * share / 65_536)),
        None => Jitter::Share(share),
    }
}

#[cfg(test)]
mod tests;
