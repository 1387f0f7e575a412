//! `weir list-tags`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use weir_paimon_spec::Tag;
use weir_paimon_spec::paths::BranchPaths;
use weir_paimon_spec::support::Purpose;
use weir_storage::Storage;

use super::expire::{Age, Life};
use super::rule::Rule;
use crate::{Result, Table};

/// A request to list the tags of the main branch. Nothing is written.
#[derive(Clone, Debug)]
pub struct ListTags {
    /// Zone of the wall times in tags.
    pub time_zone: TimeZone,
    /// Table options for this run only.
    pub options: BTreeMap<String, String>,
}

/// A tag for people and programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TagView {
    /// Its name.
    pub name: String,
    /// Its snapshot.
    pub snapshot: i64,
    /// Schema of the snapshot.
    pub schema: i64,
    /// When the snapshot was committed.
    pub commit_time: Option<Timestamp>,
    /// Physical rows in the snapshot's files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub records: Option<i64>,
    /// When the tag was made: the wall time of its maker, in a zone that nobody wrote down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub create_time: Option<jiff::civil::DateTime>,
    /// How long it lives, in seconds; absent for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_retained_seconds: Option<u64>,
    /// From when on `expire-tags` deletes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// Why its times cannot be read; it never expires then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Whether its name is one of the table's automatic tags.
    pub is_automatic: bool,
    /// Whether the snapshot is retained without the tag, too.
    pub is_retained: bool,
}

impl ListTags {
    /// Lists the tags of the table at `storage`'s location, by snapshot and name.
    pub async fn run(&self, storage: &Storage) -> Result<Vec<TagView>> {
        let table = Table::open(storage.clone(), &self.options).await?;
        table.require_support(Purpose::Inspect)?;
        let snapshots = table.snapshot_ids().await?;
        let rule = Rule::of(table.options(), &self.time_zone, None)?;
        let mut views = Vec::new();
        for (name, tag, modified) in dated_tags(&table).await? {
            let (age, problem) = match Age::of(&tag, modified) {
                Ok(age) => (age, None),
                Err(error) => (Age { created: None, retained: None, modified }, Some(error.to_string())),
            };
            let expires = match age.life(&self.time_zone) {
                Life::Until(instant) => Some(instant),
                Life::Endless => None,
            };
            views.push(TagView {
                snapshot: tag.snapshot.id,
                schema: tag.snapshot.schema_id,
                commit_time: Timestamp::from_millisecond(tag.snapshot.time_millis).ok(),
                records: tag.snapshot.total_record_count,
                create_time: age.created,
                time_retained_seconds: age.retained.map(|retained| retained.as_secs()),
                expires,
                problem,
                is_automatic: rule.as_ref().is_some_and(|rule| {
                    !rule.automatic([(name.as_str(), tag.snapshot.id)].into_iter()).is_empty()
                }),
                is_retained: snapshots.binary_search(&tag.snapshot.id).is_ok(),
                name,
            });
        }
        views.sort_by(|a, b| (a.snapshot, &a.name).cmp(&(b.snapshot, &b.name)));
        Ok(views)
    }
}

/// The tags of the main branch, each with the time of its file by the store's clock.
pub(super) async fn dated_tags(table: &Table) -> Result<Vec<(String, Tag, Timestamp)>> {
    let listing = table.storage().list_directory(&table.main().tag_dir()).await?;
    let times: BTreeMap<String, Timestamp> = listing
        .files
        .iter()
        .filter_map(|file| Some((BranchPaths::tag_name(file.name())?.to_owned(), file.modified)))
        .collect();
    // A tag that was made between the two listings is too young for any decision.
    let tags = table.references().await?.tags;
    Ok(tags
        .into_iter()
        .filter_map(|(name, tag)| Some((times.get(&name).copied()?, name, tag)))
        .map(|(modified, name, tag)| (name, tag, modified))
        .collect())
}
