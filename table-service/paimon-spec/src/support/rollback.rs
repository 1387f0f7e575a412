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
    refusals.extend(partitions(options));
    refusals
}

fn partitions(options: &TableOptions) -> Option<Refusal> {
    options.get(&keys::METASTORE_PARTITIONED_TABLE).ok()?.then(|| {
        Refusal::of_value(
            &keys::METASTORE_PARTITIONED_TABLE,
            "true",
            "the catalog's own entries of the partitions would not follow",
            "roll back with Paimon and repair the catalog's partitions with sys.repair",
        )
    })
}
