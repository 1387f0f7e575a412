//! What forbids rewriting manifests (maintenance §7.1).

use super::{Refusal, shared};
use crate::options::TableOptions;
use crate::schema::TableSchema;

pub(super) fn refusals(schema: &TableSchema, options: &TableOptions) -> Vec<Refusal> {
    shared::refusals(schema, options)
}
