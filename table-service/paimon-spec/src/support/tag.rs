//! What tags have beside them that would not follow (maintenance §3.8).

use super::{Refusal, shared};
use crate::options::{TableOptions, keys};
use crate::schema::TableSchema;

pub(super) fn refusals(schema: &TableSchema, options: &TableOptions) -> Vec<Refusal> {
    let mut refusals = shared::refusals(schema, options);
    refusals.extend(callbacks(options));
    refusals.extend(partitions(options));
    refusals
}

fn callbacks(options: &TableOptions) -> Option<Refusal> {
    let callbacks = options.get(&keys::TAG_CALLBACKS).ok().filter(|callbacks| !callbacks.is_empty())?;
    Some(Refusal::of_value(
        &keys::TAG_CALLBACKS,
        callbacks.join(","),
        "the classes must be told about the tag",
        "maintain the table's tags with Paimon, which can run them",
    ))
}

fn partitions(options: &TableOptions) -> Option<Refusal> {
    let column = options.find(&keys::METASTORE_TAG_TO_PARTITION).ok()??;
    Some(Refusal::new(
        format!("{} = {column}", keys::METASTORE_TAG_TO_PARTITION.name()),
        "the metastore must get a partition for the tag",
        "maintain the table's tags with Paimon and its catalog",
    ))
}
