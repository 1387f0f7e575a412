use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use weir_paimon_spec::TableOptions;
use weir_paimon_spec::options::{TagCreationMode, keys};

use crate::Result;

/// A part of the maintenance of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Step {
    /// Automatic tags that are due are made, and tags whose time is over are deleted.
    Tags,
    /// Old partitions are dropped.
    Partitions,
    /// Consumers whose readers have been silent for long are removed.
    Consumers,
    /// Old snapshots are removed.
    Snapshots,
    /// Old long-lived changelogs are removed.
    Changelogs,
}

impl Step {
    /// All steps, in the order in which they are taken.
    pub const ALL: [Self; 5] =
        [Self::Tags, Self::Partitions, Self::Consumers, Self::Snapshots, Self::Changelogs];

    /// Its word on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tags => "tags",
            Self::Partitions => "partitions",
            Self::Consumers => "consumers",
            Self::Snapshots => "snapshots",
            Self::Changelogs => "changelogs",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Step {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|step| step.as_str() == text).ok_or_else(|| {
            format!("there is no step `{text}`; there are {}", Self::ALL.map(Self::as_str).join(", "))
        })
    }
}

/// The steps that a table's options ask for. Snapshots and changelogs always are; tags unless their time is switched off
/// and none is made by itself; `has_idle_time` asks for consumers.
pub(super) fn wanted(options: &TableOptions, has_idle_time: bool) -> Result<Vec<Step>> {
    let makes_tags = options.get(&keys::TAG_AUTOMATIC_CREATION)? != TagCreationMode::None;
    let expires_tags = options.get(&keys::TAG_TIME_EXPIRE_ENABLED)?;
    let expires_partitions = options.find(&keys::PARTITION_EXPIRATION_TIME)?.is_some();
    let expires_consumers = has_idle_time || options.find(&keys::CONSUMER_EXPIRATION_TIME)?.is_some();
    let asked = [
        (Step::Tags, makes_tags || expires_tags),
        (Step::Partitions, expires_partitions),
        (Step::Consumers, expires_consumers),
        (Step::Snapshots, true),
        (Step::Changelogs, true),
    ];
    Ok(asked.into_iter().filter(|(_, is_asked)| *is_asked).map(|(step, _)| step).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(pairs: &[(&str, &str)]) -> TableOptions {
        TableOptions::new(pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn a_plain_table_asks_for_tags_snapshots_and_changelogs() {
        assert_eq!(wanted(&options(&[]), false).unwrap(), [Step::Tags, Step::Snapshots, Step::Changelogs]);
        assert_eq!(
            wanted(&options(&[("tag.time-expire-enabled", "false")]), false).unwrap(),
            [Step::Snapshots, Step::Changelogs]
        );
    }

    #[test]
    fn options_ask_for_the_other_steps() {
        let all = options(&[("partition.expiration-time", "7 d"), ("consumer.expiration-time", "1 d")]);
        assert_eq!(wanted(&all, false).unwrap(), Step::ALL);
        assert_eq!(wanted(&options(&[]), true).unwrap()[1], Step::Consumers);
    }

    #[test]
    fn a_step_has_one_word() {
        for step in Step::ALL {
            assert_eq!(step.as_str().parse(), Ok(step));
        }
        assert!("files".parse::<Step>().unwrap_err().contains("tags, partitions"));
    }
}
