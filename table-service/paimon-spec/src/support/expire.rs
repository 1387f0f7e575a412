//! What makes it unsafe to delete old snapshots (maintenance §1).

use super::{Refusal, shared};
use crate::options::TableOptions;
use crate::schema::TableSchema;

pub(super) fn refusals(schema: &TableSchema, options: &TableOptions) -> Vec<Refusal> {
    let mut refusals = shared::refusals(schema, options);
    refusals.extend(changelogs(options));
    refusals
}

/// Changelogs that outlive their snapshots have to be written when those go.
fn changelogs(options: &TableOptions) -> Option<Refusal> {
    match options.is_changelog_decoupled() {
        Ok(false) => None,
        Ok(true) => Some(Refusal::new(
            "changelog.num-retained / changelog.time-retained beyond snapshot.*",
            "expiry must keep the changelogs of the snapshots it removes",
            "expire the snapshots with Paimon, or let changelogs go with their snapshots",
        )),
        Err(error) => Some(Refusal::of_unreadable(&error)),
    }
}
