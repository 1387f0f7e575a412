//! What forbids going back to an earlier snapshot (maintenance §7.2).

use super::{Refusal, shared};
use crate::options::{TableOptions, keys};
use crate::schema::TableSchema;

pub(super) fn refusals(schema: &TableSchema, options: &TableOptions) -> Vec<Refusal> {
    let mut refusals = shared::refusals(schema, options);
    refusals.extend(options.text(keys::METASTORE_TAG_TO_PARTITION.name()).map(|column| {
        Refusal::new(
            format!("{} = {column}", keys::METASTORE_TAG_TO_PARTITION.name()),
            "the catalog's partitions of removed tags would stay",
            "roll back with Paimon",
        )
    }));
    refusals
}
