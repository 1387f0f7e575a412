//! The verbs: arguments in, service called, report filled.

use std::collections::BTreeMap;

use serde::Serialize;
use weir_contract::{CleanupResult, CompactionResult, ExpiryResult, TableSummary};

use crate::cli::CommonArgs;
use crate::receipt::Details;

pub(crate) mod compact;
pub(crate) mod compact_manifests;
pub(crate) mod consumers;
pub(crate) mod expire_changelogs;
pub(crate) mod expire_partitions;
pub(crate) mod expire_snapshots;
pub(crate) mod inspect;
pub(crate) mod maintain;
pub(crate) mod mark_partition_done;
pub(crate) mod remove_orphans;
pub(crate) mod rollback_to;
pub(crate) mod tags;
pub(crate) mod trash;
pub(crate) mod what_if;

/// What a verb has to tell, on failure too.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Newest snapshot at the start.
    pub(crate) snapshot_before: Option<i64>,
    /// Newest snapshot of ours or at the end.
    pub(crate) snapshot_after: Option<i64>,
    /// Figures of a compaction.
    pub(crate) compaction: Option<CompactionResult>,
    /// Figures of an expiry.
    pub(crate) expiry: Option<ExpiryResult>,
    /// Figures of a removal of orphans, or of work on the trash.
    pub(crate) cleanup: Option<CleanupResult>,
    /// Figures of the table.
    pub(crate) table: Option<TableSummary>,
    /// The service's own report.
    pub(crate) details: Details,
    /// Text for people.
    pub(crate) text: Option<String>,
    /// Whether the table's storage was changed.
    pub(crate) changed: bool,
}

impl Report {
    /// Takes a service's report over as the receipt's details.
    fn detail(&mut self, report: &impl Serialize) {
        self.details = Details::of(report).unwrap_or_else(|error| {
            tracing::error!(%error, "the report is not JSON");
            Details::default()
        });
    }
}

/// Table options that the command line overrides.
fn options(common: &CommonArgs) -> BTreeMap<String, String> {
    common.options.iter().cloned().collect()
}

/// The commit user of a run: its uid when it has one, so that a repeated attempt finds its own commits.
fn commit_user(common: &CommonArgs) -> String {
    let run_uid = common.pod.run_uid.clone().unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
    weir_paimon::table::commit::commit_user(&run_uid, 0)
}

/// A count as results carry it.
fn count(n: impl TryInto<i64>) -> i64 {
    n.try_into().unwrap_or(i64::MAX)
}
