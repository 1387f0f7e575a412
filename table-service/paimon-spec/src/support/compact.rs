//! What forbids compaction.

use super::Refusal;
use crate::options::TableOptions;
use crate::schema::TableSchema;

pub(super) fn refusals(schema: &TableSchema, options: &TableOptions) -> Vec<Refusal> {
    let _ = (schema, options);
    Vec::new()
}
