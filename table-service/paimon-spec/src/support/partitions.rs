//! What forbids dropping old partitions and marking complete ones (maintenance §5).

use super::{Refusal, newer, shared};
use crate::options::{TableOptions, keys};
use crate::schema::TableSchema;

/// The one action for complete partitions that needs nothing but the table's storage.
const SUCCESS_FILE: &str = "success-file";

/// Strategies that come with Paimon; others are classes of the user's.
const STRATEGIES: [&str; 2] = ["values-time", "update-time"];

pub(super) fn expiry_refusals(schema: &TableSchema, options: &TableOptions) -> Vec<Refusal> {
    let mut refusals = shared::refusals(schema, options);
    refusals.extend(strategy(options));
    refusals.extend(catalog(options));
    refusals.extend(chain(options));
    refusals.extend(callbacks(options));
    refusals.extend(newer::sequence_init_mode(options));
    refusals
}

pub(super) fn mark_done_refusals(schema: &TableSchema, options: &TableOptions) -> Vec<Refusal> {
    let mut refusals = shared::refusals(schema, options);
    refusals.extend(actions(options));
    refusals
}

fn strategy(options: &TableOptions) -> Option<Refusal> {
    let strategy = options.get(&keys::PARTITION_EXPIRATION_STRATEGY).ok()?;
    (!STRATEGIES.contains(&strategy.as_str())).then(|| {
        Refusal::of_value(
            &keys::PARTITION_EXPIRATION_STRATEGY,
            strategy,
            "the strategy is a class of the user's",
            "use values-time or update-time, or expire the partitions with Paimon",
        )
    })
}

fn catalog(options: &TableOptions) -> Option<Refusal> {
    options.get(&keys::METASTORE_PARTITIONED_TABLE).ok()?.then(|| {
        Refusal::of_value(
            &keys::METASTORE_PARTITIONED_TABLE,
            "true",
            "the catalog's own entries of the partitions would stay",
            "expire the partitions with Paimon, which drops them in the catalog first",
        )
    })
}

fn chain(options: &TableOptions) -> Option<Refusal> {
    options.get(&keys::CHAIN_TABLE_ENABLED).ok()?.then(|| {
        Refusal::of_value(
            &keys::CHAIN_TABLE_ENABLED,
            "true",
            "later partitions of the chain need earlier ones",
            "expire the partitions with Paimon",
        )
    })
}

fn callbacks(options: &TableOptions) -> Option<Refusal> {
    let callbacks = options.get(&keys::COMMIT_CALLBACKS).ok()?;
    (!callbacks.is_empty()).then(|| {
        Refusal::of_value(
            &keys::COMMIT_CALLBACKS,
            callbacks.join(","),
            "the classes would not be told of dropped partitions",
            "expire the partitions with Paimon",
        )
    })
}

fn actions(options: &TableOptions) -> Vec<Refusal> {
    let actions = options.get(&keys::PARTITION_MARK_DONE_ACTION).unwrap_or_default();
    let others = actions.iter().filter(|action| !action.eq_ignore_ascii_case(SUCCESS_FILE));
    others
        .map(|action| {
            Refusal::of_value(
                &keys::PARTITION_MARK_DONE_ACTION,
                action,
                "only success files are written",
                "mark the partitions with Paimon, or override the option with success-file for this run",
            )
        })
        .collect()
}
