//! What makes it unsafe to delete old snapshots (maintenance §1).

use super::{Refusal, shared};
use crate::options::TableOptions;
use crate::schema::TableSchema;

pub(super) fn refusals(schema: &TableSchema, options: &TableOptions) -> Vec<Refusal> {
    let mut refusals = shared::refusals(schema, options);
    refusals.extend(options.is_changelog_decoupled().err().map(|error| Refusal::of_unreadable(&error)));
    refusals
}
