//! `weir reset-consumer`.

use std::collections::BTreeMap;

use serde::Serialize;
use weir_paimon_spec::Consumer;
use weir_paimon_spec::support::Purpose;
use weir_storage::Storage;

use super::state::consumer_files;
use crate::{Error, ErrorKind, Result, Table};

/// A request to move a consumer, or to remove it.
#[derive(Clone, Debug, Default)]
pub struct ResetConsumer {
    /// The consumer.
    pub consumer: String,
    /// The snapshot that it is to read next; without one its file is deleted.
    pub next_snapshot: Option<i64>,
    /// Plan only.
    pub dry_run: bool,
    /// Table options for this run only.
    pub options: BTreeMap<String, String>,
}

/// How a reset ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum ResetConsumerOutcome {
    /// The consumer is there already, or there is none to remove.
    NothingToDo,
    /// The report tells what would be done; nothing was changed.
    Planned,
    /// The consumer was moved or removed.
    Reset,
}

/// What a reset changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResetConsumerReport {
    /// Where the consumer was; absent when there was none, or its file was broken.
    pub from: Option<i64>,
    /// Where it is to be; absent when it is removed.
    pub to: Option<i64>,
}

impl ResetConsumer {
    /// Moves or removes a consumer of the table at `storage`'s location. [`ErrorKind::Invalid`] when there is neither a
    /// snapshot nor a changelog with the number to read next.
    pub async fn run(
        &self,
        storage: &Storage,
        report: &mut ResetConsumerReport,
    ) -> Result<ResetConsumerOutcome> {
        if self.consumer.is_empty() || self.consumer.contains('/') {
            return Err(Error::new(
                ErrorKind::Invalid,
                format!("'{}' is not the id of a consumer", self.consumer),
            ));
        }
        let table = Table::open(storage.clone(), &self.options).await?;
        table.require_support(Purpose::Expire)?;
        let found = consumer_files(&table).await?.into_iter().find(|file| file.id == self.consumer);
        report.from = found.as_ref().and_then(|file| file.next_snapshot.as_ref().ok().copied());
        report.to = self.next_snapshot;
        if let Some(next) = self.next_snapshot {
            self.require_readable(&table, next).await?;
        }
        let is_done = match (&found, self.next_snapshot) {
            (None, None) => true,
            (Some(_), Some(next)) => report.from == Some(next),
            _ => false,
        };
        if is_done {
            return Ok(ResetConsumerOutcome::NothingToDo);
        }
        if self.dry_run {
            return Ok(ResetConsumerOutcome::Planned);
        }
        let path = table.main().consumer(&self.consumer);
        match self.next_snapshot {
            None => storage.delete(&[path]).await.into_iter().collect::<Result<(), weir_storage::Error>>()?,
            Some(next_snapshot) => {
                let content = Consumer { next_snapshot }.to_json()?;
                storage.overwrite(&path, content.into()).await?;
                // An expiry that had looked for consumers before may have removed the snapshot.
                self.require_readable(&table, next_snapshot).await?;
            }
        }
        Ok(ResetConsumerOutcome::Reset)
    }

    async fn require_readable(&self, table: &Table, id: i64) -> Result<()> {
        for path in [table.main().snapshot(id), table.main().changelog(id)] {
            if table.storage().stat(&path).await?.is_some() {
                return Ok(());
            }
        }
        let ids = table.snapshot_ids().await?;
        let there = match (ids.first(), ids.last()) {
            (Some(first), Some(last)) => format!("there are snapshots {first} to {last}"),
            _ => "the table has no snapshots".to_owned(),
        };
        Err(Error::new(
            ErrorKind::Invalid,
            format!(
                "consumer {} cannot read snapshot {id} of {} next: {there}",
                self.consumer,
                table.location()
            ),
        ))
    }
}
