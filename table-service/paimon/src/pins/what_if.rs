use std::collections::BTreeMap;

use jiff::Timestamp;
use weir_paimon_spec::support::Purpose;
use weir_storage::Storage;

use super::{Gain, PinsView, Without};
use crate::expiry::Retention;
use crate::{Error, ErrorKind, Result, Table};

/// What would an expiry free that keeps less? Nothing is written.
#[derive(Clone, Debug, Default)]
pub struct WhatIf {
    /// Keep at least this many snapshots.
    pub retain_min: Option<u32>,
    /// Keep at most this many, however young.
    pub retain_max: Option<u32>,
    /// Expire what stopped being current before this instant.
    pub older_than: Option<Timestamp>,
    /// References that are left out.
    pub without: Without,
    /// Table options for this run only.
    pub options: BTreeMap<String, String>,
}

impl WhatIf {
    /// Answers for the table at `storage`'s location. A reference that is to be left out and does not exist is
    /// [`ErrorKind::Invalid`].
    pub async fn run(&self, storage: &Storage) -> Result<Gain> {
        let table = Table::open(storage.clone(), &self.options).await?;
        table.require_support(Purpose::Inspect)?;
        let references = table.references().await?;
        let known = |names: &[String], found: Vec<&String>, what: &str| match names
            .iter()
            .find(|name| !found.contains(name))
        {
            Some(name) => Err(Error::new(
                ErrorKind::Invalid,
                format!("{} has no {what} {name}; `weir inspect` lists them", table.location()),
            )),
            None => Ok(()),
        };
        known(&self.without.tags, references.tags.iter().map(|(name, _)| name).collect(), "tag")?;
        known(&self.without.branches, references.branches.iter().map(|one| &one.name).collect(), "branch")?;
        known(
            &self.without.consumers,
            references.consumers.iter().map(|(name, _)| name).collect(),
            "consumer",
        )?;
        let usual = Retention { max_deletes: i64::MAX, ..Retention::of_table(&table, Timestamp::now())? };
        let asked = Retention {
            min: self.retain_min.map_or(usual.min, i64::from),
            max: self.retain_max.map_or(usual.max, i64::from),
            older_than: self.older_than.map_or(usual.older_than, Timestamp::as_millisecond),
            max_deletes: i64::MAX,
        }
        .checked("snapshots")?;
        Ok(PinsView::read(&table, references).await?.gain(&usual, &asked, &self.without))
    }
}
