//! When a table's automatic tags are due.

use std::time::Duration;

use jiff::tz::TimeZone;
use weir_paimon_spec::options::{TagCreationMode, TagCreationPeriod, keys};
use weir_paimon_spec::tags::{TagPeriod, local_millis, parse_time_zone};
use weir_paimon_spec::{Snapshot, TableOptions};

use crate::{Error, ErrorKind, Result};

/// The rule by which a table's tags are made (maintenance §3.5): the tag of a period is the first snapshot at or after
/// the period's end plus a delay.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    clock: Clock,
    period: TagPeriod,
    /// Milliseconds.
    delay: i64,
    completion: bool,
}

/// Which time of a snapshot counts, and in which zone.
#[derive(Clone, Debug)]
enum Clock {
    ProcessTime(TimeZone),
    Watermark(TimeZone),
}

/// A tag as the rule sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AutomaticTag {
    pub(crate) name: String,
    /// Beginning of its period, in local milliseconds.
    pub(crate) start: i64,
    /// Its snapshot.
    pub(crate) snapshot: i64,
}

impl Rule {
    /// The table's rule; `None` when its tags are not made by time. Process times are wall times of the writer:
    /// `writer_zone` stands in where `sink.process-time-zone` does not tell. A `period` stands for the table's own.
    pub(crate) fn of(
        options: &TableOptions,
        writer_zone: &TimeZone,
        period: Option<TagCreationPeriod>,
    ) -> Result<Option<Self>> {
        let clock = match options.get(&keys::TAG_AUTOMATIC_CREATION)? {
            TagCreationMode::None | TagCreationMode::Batch => return Ok(None),
            TagCreationMode::ProcessTime => {
                Clock::ProcessTime(match options.find(&keys::SINK_PROCESS_TIME_ZONE)? {
                    Some(zone) => parse_time_zone(&zone)?,
                    None => writer_zone.clone(),
                })
            }
            TagCreationMode::Watermark => {
                Clock::Watermark(parse_time_zone(&options.get(&keys::SINK_WATERMARK_TIME_ZONE)?)?)
            }
        };
        let period = match period {
            Some(period) => TagPeriod::new(period, options.get(&keys::TAG_PERIOD_FORMATTER)?),
            None => TagPeriod::of(options)?,
        };
        let delay = options.get(&keys::TAG_CREATION_DELAY)?;
        if delay >= Duration::from_millis(period.millis().unsigned_abs()) {
            return Err(Error::new(
                ErrorKind::Invalid,
                format!("{} must be shorter than the period of the tags", keys::TAG_CREATION_DELAY.name()),
            ));
        }
        let delay = i64::try_from(delay.as_millis()).unwrap_or(i64::MAX);
        Ok(Some(Self { clock, period, delay, completion: options.get(&keys::TAG_AUTOMATIC_COMPLETION)? }))
    }

    /// The tags that count as automatic: those whose names the format parses.
    pub(crate) fn automatic<'a>(&self, tags: impl Iterator<Item = (&'a str, i64)>) -> Vec<AutomaticTag> {
        tags.filter_map(|(name, snapshot)| {
            Some(AutomaticTag { start: self.period.time(name)?, name: name.to_owned(), snapshot })
        })
        .collect()
    }

    /// Whether a tag's name is exactly what the rule would write. In Paimon a day with anything behind it counts as
    /// automatic, too; such a tag may well be a person's.
    pub(crate) fn is_own(&self, tag: &AutomaticTag) -> bool {
        self.period.name(tag.start).as_deref() == Some(tag.name.as_str())
    }

    /// The tags that are due and missing, in the order of their snapshots, no two on one snapshot (maintenance §3.7).
    /// `snapshots` are retained ones, ascending; `tags` the automatic ones.
    ///
    /// As in Paimon the periods after the newest automatic tag are looked at, so that a tag that somebody deleted does
    /// not come back. Of several periods that end before the same snapshot the last gets the tag or, with completion,
    /// the first, and the snapshots that follow get the others.
    pub(crate) fn due(&self, snapshots: &[Snapshot], tags: &[AutomaticTag]) -> Vec<AutomaticTag> {
        let newest = tags.iter().max_by_key(|tag| (tag.snapshot, tag.start));
        let after = newest.map_or(0, |tag| tag.snapshot);
        let length = self.period.millis();
        let mut next = newest.map(|tag| tag.start + length);
        let mut due = Vec::new();
        for snapshot in snapshots.iter().filter(|snapshot| snapshot.id > after) {
            let Some(settled) = self.time(snapshot).map(|time| time - self.delay) else { continue };
            let start = match next {
                Some(next) if settled < next + length => continue,
                Some(next) if self.completion => next,
                _ => self.period.start(settled) - length,
            };
            next = Some(start + length);
            let Some(name) = self.period.name(start) else { continue };
            if !tags.iter().any(|tag| tag.name == name) {
                due.push(AutomaticTag { name, start, snapshot: snapshot.id });
            }
        }
        due
    }

    /// The snapshot's time in local milliseconds, if it has one that a calendar knows.
    fn time(&self, snapshot: &Snapshot) -> Option<i64> {
        match &self.clock {
            Clock::ProcessTime(zone) => local_millis(snapshot.time_millis, zone),
            // The least number means that there is no watermark yet, the greatest that no more data come.
            Clock::Watermark(zone) => local_millis(snapshot.watermark?, zone),
        }
    }
}

#[cfg(test)]
mod tests;
