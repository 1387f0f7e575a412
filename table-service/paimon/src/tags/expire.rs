//! `weir expire-tags`.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use weir_columnar::Control;
use weir_paimon_spec::Tag;
use weir_paimon_spec::support::Purpose;
use weir_storage::Storage;

use super::delete::{self, DeleteTagsOutcome, DeleteTagsReport};
use super::list::dated_tags;
use crate::deletion::finish_interrupted;
use crate::{Result, Table};

/// The verb, in journals.
const OPERATION: &str = "expire-tags";

/// How far the wall time of the westernmost zone lies behind UTC.
const WESTERNMOST: SignedDuration = SignedDuration::from_hours(12);

/// A request to delete the tags whose time is over.
#[derive(Clone, Debug)]
pub struct ExpireTags {
    /// Also tags that were made before this instant, whether they have a retention or not.
    pub older_than: Option<Timestamp>,
    /// Zone of the wall times in tags.
    pub time_zone: TimeZone,
    /// Plan only.
    pub dry_run: bool,
    /// Table options for this run only.
    pub options: BTreeMap<String, String>,
}

/// A tag that stays although it may be due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeptTag {
    /// Its name.
    pub tag: String,
    /// Why it stays.
    pub reason: String,
}

impl ExpireTags {
    /// Deletes tags of the table at `storage`'s location whose time is over (maintenance §3.9). `report` tells what was
    /// planned and done, on failure too.
    pub async fn run(
        &self,
        storage: &Storage,
        control: &Control,
        report: &mut DeleteTagsReport,
    ) -> Result<DeleteTagsOutcome> {
        let table = Table::open(storage.clone(), &self.options).await?;
        table.require_support(Purpose::Tag)?;
        if !self.dry_run {
            report.finished_earlier = finish_interrupted(&table).await?;
        }
        let now = Timestamp::now();
        let mut due = Vec::new();
        for (name, tag, modified) in dated_tags(&table).await? {
            match Age::of(&tag, modified) {
                Ok(age) if age.is_over(now, self.older_than, &self.time_zone) => due.push(name),
                Ok(_) => {}
                Err(error) => report.kept.push(KeptTag { tag: name, reason: error.to_string() }),
            }
        }
        delete::delete(&table, OPERATION, &due, self.dry_run, control, report).await
    }
}

/// What a tag's file tells about its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Age {
    /// Wall time of the maker when the tag was made.
    pub(super) created: Option<DateTime>,
    /// How long it lives.
    pub(super) retained: Option<Duration>,
    /// When its file was written last, by the store's clock.
    pub(super) modified: Timestamp,
}

/// How long a tag lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    /// To this instant.
    Until(Timestamp),
    /// For ever.
    Endless,
}

impl Age {
    pub(super) fn of(tag: &Tag, modified: Timestamp) -> Result<Self> {
        Ok(Self { created: tag.create_time()?, retained: tag.time_retained()?, modified })
    }

    /// When the tag was made, rather too late than too early. The wall time was written without its zone, so the zone
    /// given may be wrong: then the file's own time counts as far as another zone explains the difference. It does not
    /// explain more, as when the file was copied. A tag without times is as old as its file, as in Paimon.
    fn made(&self, zone: &TimeZone) -> Timestamp {
        let (Some(created), Some(_)) = (self.created, self.retained) else { return self.modified };
        let instant_in = |zone: &TimeZone| {
            zone.to_ambiguous_zoned(created).later().map_or(Timestamp::MAX, |zoned| zoned.timestamp())
        };
        let latest = instant_in(&TimeZone::UTC).checked_add(WESTERNMOST).unwrap_or(Timestamp::MAX);
        instant_in(zone).max(self.modified.min(latest))
    }

    /// How long the tag lives by its own retention.
    pub(super) fn life(&self, zone: &TimeZone) -> Life {
        let (Some(_), Some(retained)) = (self.created, self.retained) else { return Life::Endless };
        match SignedDuration::try_from(retained)
            .ok()
            .and_then(|length| self.made(zone).checked_add(length).ok())
        {
            Some(end) => Life::Until(end),
            None => Life::Endless,
        }
    }

    fn is_over(&self, now: Timestamp, older_than: Option<Timestamp>, zone: &TimeZone) -> bool {
        let is_past = match self.life(zone) {
            Life::Until(end) => now > end,
            Life::Endless => false,
        };
        is_past || older_than.is_some_and(|limit| self.made(zone) < limit)
    }
}

#[cfg(test)]
mod tests;
