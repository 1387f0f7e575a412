//! `weir create-tag`.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::tz::TimeZone;
use serde::Serialize;
use weir_paimon_spec::Snapshot;
use weir_paimon_spec::options::keys;
use weir_paimon_spec::support::Purpose;
use weir_storage::Storage;

use super::source::{Source, TagSource};
use super::write::{self, Written};
use super::{name, success};
use crate::{Error, ErrorKind, Result, Table};

/// A request to tag a snapshot.
#[derive(Clone, Debug)]
pub struct CreateTag {
    /// Name of the tag.
    pub name: String,
    /// What to tag.
    pub source: TagSource,
    /// How long the tag lives; unset, as the table's `tag.default-time-retained` says, else for ever.
    pub time_retained: Option<Duration>,
    /// Zone of the wall time in the tag's file, where Java writes that of its machine.
    pub time_zone: TimeZone,
    /// Plan only.
    pub dry_run: bool,
    /// Table options for this run only.
    pub options: BTreeMap<String, String>,
}

/// How the creation of a tag ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum CreateTagOutcome {
    /// The tag exists now, and every file that it needs.
    Created,
    /// It was there already with the same snapshot, and every file that it needs is there.
    Exists,
    /// The plan is in the report; nothing was changed.
    Planned,
}

/// Plan and result of one run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateTagReport {
    /// Name of the tag.
    pub tag: String,
    /// Its snapshot, once that was found.
    pub snapshot: Option<i64>,
    /// How long it lives, in seconds; absent for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_retained_seconds: Option<u64>,
}

impl CreateTag {
    /// Tags a snapshot of the table at `storage`'s location.
    pub async fn run(&self, storage: &Storage, report: &mut CreateTagReport) -> Result<CreateTagOutcome> {
        let table = Table::open(storage.clone(), &self.options).await?;
        table.require_support(Purpose::Tag)?;
        name::check(&self.name)?;
        let retained = match self.time_retained {
            Some(retained) => Some(retained),
            None => table.options().find(&keys::TAG_DEFAULT_TIME_RETAINED)?,
        };
        report.tag.clone_from(&self.name);
        report.time_retained_seconds = retained.map(|retained| retained.as_secs());
        let source = self.source.find(&table).await?;
        report.snapshot = Some(source.snapshot.id);
        let references = table.references().await?;
        name::check_only_automatic(&table, &references, &self.name, source.snapshot.id)?;
        if let Some((_, tag)) = references.tags.iter().find(|(tag, _)| *tag == self.name) {
            return self.settle(&table, &source, &tag.snapshot).await;
        }
        if self.dry_run {
            write::plan(&table, &source).await?;
            return Ok(CreateTagOutcome::Planned);
        }
        match write::write(&table, &self.name, &source, retained, &self.time_zone).await? {
            Written::Created => Ok(CreateTagOutcome::Created),
            Written::Exists(tag) => self.settle(&table, &source, &tag.snapshot).await,
        }
    }

    /// A tag of the name is there: a repeated run finds its own, and makes sure that it is whole.
    async fn settle(&self, table: &Table, source: &Source, tagged: &Snapshot) -> Result<CreateTagOutcome> {
        if *tagged != source.snapshot {
            return Err(Error::new(
                ErrorKind::Invalid,
                format!(
                    "{} has a tag {} already, of snapshot {}; choose another name, or delete that tag first",
                    table.location(),
                    self.name,
                    tagged.id
                ),
            ));
        }
        let needs = write::plan(table, source).await?;
        write::check(table, source, &needs).await.map_err(|error| {
            error.while_doing(format!("checking the tag {}, which exists already and was left", self.name))
        })?;
        let is_announced = table.storage().stat(&success::path(table, &self.name)).await?.is_some();
        if !self.dry_run && !is_announced {
            success::announce(table, &self.name).await?;
        }
        Ok(CreateTagOutcome::Exists)
    }
}
