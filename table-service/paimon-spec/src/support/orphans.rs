//! What makes it unsafe to delete files that nothing seems to refer to (maintenance §6.3).

use super::{Refusal, newer, shared};
use crate::options::TableOptions;
use crate::schema::TableSchema;

/// Options of newer releases may put files beside the data that no manifest of this release's knowledge names.
pub(super) fn refusals(schema: &TableSchema, options: &TableOptions) -> Vec<Refusal> {
    let mut refusals = shared::refusals(schema, options);
    refusals.extend(newer::refusals(options));
    refusals
}
