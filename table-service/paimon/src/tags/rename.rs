//! `weir rename-tag`.

use std::collections::BTreeMap;

use serde::Serialize;
use weir_paimon_spec::Tag;
use weir_paimon_spec::support::Purpose;
use weir_storage::{Create, Storage};

use super::{name, success};
use crate::{Error, ErrorKind, Result, Table};

/// A request to give a tag another name.
#[derive(Clone, Debug, Default)]
pub struct RenameTag {
    /// Its name.
    pub name: String,
    /// Its name afterwards.
    pub target: String,
    /// Plan only.
    pub dry_run: bool,
    /// Table options for this run only.
    pub options: BTreeMap<String, String>,
}

/// How a renaming ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum RenameTagOutcome {
    /// The tag has its new name.
    Renamed,
    /// The plan is in the report; nothing was changed.
    Planned,
}

/// Plan and result of one run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RenameTagReport {
    /// The old name.
    pub tag: String,
    /// The new name.
    pub target: String,
    /// Snapshot of the tag, once that was read.
    pub snapshot: Option<i64>,
}

impl RenameTag {
    /// Renames a tag of the table at `storage`'s location: the new file is created before the old one is deleted, so
    /// that its snapshot is kept all the time. A run that was interrupted in between may be repeated.
    pub async fn run(&self, storage: &Storage, report: &mut RenameTagReport) -> Result<RenameTagOutcome> {
        let table = Table::open(storage.clone(), &self.options).await?;
        table.require_support(Purpose::Tag)?;
        [&self.name, &self.target].into_iter().try_for_each(|name| name::check(name))?;
        (report.tag, report.target) = (self.name.clone(), self.target.clone());
        let (old, new) = (table.main().tag(&self.name), table.main().tag(&self.target));
        let Some(content) = storage.read_opt(&old).await? else {
            return Err(self.invalid(&table, &format!("has no tag {}", self.name)));
        };
        let snapshot = Tag::parse(&content).map_err(|error| error.at(&old))?.snapshot.id;
        report.snapshot = Some(snapshot);
        if old == new {
            return Err(self.invalid(&table, &format!("has the tag {} under that name", self.name)));
        }
        self.check_target(&table, snapshot).await?;
        if self.dry_run {
            return match storage.read_opt(&new).await? {
                Some(found) if found != content => Err(self.taken(&table)),
                _ => Ok(RenameTagOutcome::Planned),
            };
        }
        match storage.create(&new, content.clone()).await? {
            Create::Created => {}
            // An interrupted run has come so far.
            Create::Exists(found) if found == content => {}
            Create::Exists(_) => return Err(self.taken(&table)),
            Create::Unclear(error) => {
                return Err(Error::from(error).while_doing(format!(
                    "creating the tag {}, which may or may not exist now; run again",
                    self.target
                )));
            }
        }
        // Whoever deleted the old tag meanwhile may not have seen the new one, and have deleted its files.
        if storage.read_opt(&old).await? != Some(content) {
            storage.delete(&[new]).await.into_iter().collect::<Result<Vec<()>, _>>()?;
            return Err(Error::new(
                ErrorKind::Conflict,
                format!(
                    "the tag {} of {} was changed or deleted while it was being renamed; nothing was changed",
                    self.name,
                    table.location()
                ),
            ));
        }
        success::announce(&table, &self.target).await?;
        let gone = [old, success::path(&table, &self.name)];
        let deleted: Result<Vec<()>, _> = storage.delete(&gone).await.into_iter().collect();
        deleted.map_err(|error| {
            Error::from(error).while_doing(format!(
                "deleting the tag {}, which is also called {} now; run again",
                self.name, self.target
            ))
        })?;
        Ok(RenameTagOutcome::Renamed)
    }

    /// The tag itself does not count as a second automatic one.
    async fn check_target(&self, table: &Table, snapshot: i64) -> Result<()> {
        let mut others = table.references().await?;
        others.tags.retain(|(name, _)| *name != self.name);
        name::check_only_automatic(table, &others, &self.target, snapshot)
    }

    fn taken(&self, table: &Table) -> Error {
        self.invalid(table, &format!("has a tag {} already; choose another name", self.target))
    }

    fn invalid(&self, table: &Table, why: &str) -> Error {
        Error::new(
            ErrorKind::Invalid,
            format!("{} {why}; the tag {} was not renamed", table.location(), self.name),
        )
    }
}
