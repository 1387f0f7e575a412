//! `weir expire-consumers`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use weir_paimon_spec::options::keys;
use weir_paimon_spec::support::Purpose;
use weir_storage::Storage;

use super::state::{ConsumerFile, consumer_files};
use crate::{Result, Table};

/// A request to remove consumers whose readers have been silent for long.
#[derive(Clone, Debug, Default)]
pub struct ExpireConsumers {
    /// Remove consumers that last told where they are before this instant; without it `consumer.expiration-time` of the
    /// table decides, and without that nothing is removed.
    pub older_than: Option<Timestamp>,
    /// Plan only.
    pub dry_run: bool,
    /// Table options for this run only.
    pub options: BTreeMap<String, String>,
}

/// How an expiry of consumers ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum ExpireConsumersOutcome {
    /// No consumer may go.
    NothingToDo,
    /// The report tells who would go; nothing was changed.
    Planned,
    /// Consumers were removed.
    Expired,
}

/// What an expiry of consumers did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExpireConsumersReport {
    /// Consumers that told where they are since this instant stay, RFC 3339; absent when nothing says how long.
    pub older_than: Option<String>,
    /// Consumers that were removed (in a dry run: would be removed), with the next snapshot of each.
    pub expired: BTreeMap<String, i64>,
    /// Silent consumers that stay because they have read everything: they hold nothing back, and would lose their place.
    pub caught_up: Vec<String>,
    /// Silent consumers that stay because their files are broken and somebody has to look at them.
    pub broken: Vec<String>,
    /// Consumers that stay because their readers are alive.
    pub active: Vec<String>,
}

impl ExpireConsumers {
    /// Removes silent consumers of the table at `storage`'s location.
    pub async fn run(
        &self,
        storage: &Storage,
        report: &mut ExpireConsumersReport,
    ) -> Result<ExpireConsumersOutcome> {
        let table = Table::open(storage.clone(), &self.options).await?;
        table.require_support(Purpose::Expire)?;
        let Some(older_than) = self.older_than(&table)? else {
            return Ok(ExpireConsumersOutcome::NothingToDo);
        };
        report.older_than = Some(older_than.to_string());
        let latest = table.snapshot_ids().await?.last().copied().unwrap_or(0);
        let silent = sort_out(consumer_files(&table).await?, older_than, latest, report);
        if self.dry_run {
            report.expired = silent.into_iter().map(|(file, next)| (file.id, next)).collect();
        } else {
            for (file, next) in silent {
                // Its reader may have come back since.
                if table.storage().stat(&file.path).await?.is_some_and(|now| now.modified == file.modified) {
                    let deleted = table.storage().delete(&[file.path]).await;
                    deleted.into_iter().collect::<Result<(), weir_storage::Error>>()?;
                    report.expired.insert(file.id, next);
                } else {
                    report.active.push(file.id);
                }
            }
        }
        Ok(match (report.expired.is_empty(), self.dry_run) {
            (true, _) => ExpireConsumersOutcome::NothingToDo,
            (false, true) => ExpireConsumersOutcome::Planned,
            (false, false) => ExpireConsumersOutcome::Expired,
        })
    }

    fn older_than(&self, table: &Table) -> Result<Option<Timestamp>> {
        let idle = table.options().find(&keys::CONSUMER_EXPIRATION_TIME)?;
        let by_option = idle.map(|idle| Timestamp::now().checked_sub(idle).unwrap_or(Timestamp::MIN));
        Ok(self.older_than.or(by_option))
    }
}

/// Tells silent consumers that hold something back from the others, who are reported.
fn sort_out(
    files: Vec<ConsumerFile>,
    older_than: Timestamp,
    latest: i64,
    report: &mut ExpireConsumersReport,
) -> Vec<(ConsumerFile, i64)> {
    let mut silent = Vec::new();
    for file in files {
        match file.next_snapshot {
            _ if file.modified >= older_than => report.active.push(file.id),
            Err(_) => report.broken.push(file.id),
            Ok(next) if next == latest + 1 => report.caught_up.push(file.id),
            Ok(next) => silent.push((file, next)),
        }
    }
    silent
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(id: &str, second: i64, next: Option<i64>) -> ConsumerFile {
        ConsumerFile {
            id: id.to_owned(),
            path: format!("consumer/consumer-{id}"),
            modified: Timestamp::from_second(second).unwrap(),
            next_snapshot: next.ok_or_else(|| "broken".to_owned()),
        }
    }

    #[test]
    fn only_a_silent_consumer_that_holds_something_back_goes() {
        let files = vec![
            file("alive", 100, Some(3)),
            file("broken", 50, None),
            file("done", 50, Some(11)),
            file("beyond", 50, Some(12)),
            file("lost", 50, Some(3)),
        ];
        let mut report = ExpireConsumersReport::default();
        let silent = sort_out(files, Timestamp::from_second(100).unwrap(), 10, &mut report);
        let ids: Vec<&str> = silent.iter().map(|(file, _)| file.id.as_str()).collect();
        // One beyond the next snapshot was made for another history of the table: it protects nothing.
        assert_eq!(ids, ["beyond", "lost"]);
        assert_eq!((report.active, report.broken), (vec!["alive".into()], vec!["broken".into()]));
        assert_eq!(report.caught_up, ["done"]);
    }
}
