//! What this release refuses, by name (format §16).

use std::collections::HashSet;
use std::fmt::Display;

use crate::error::Error;
use crate::options::{Key, TableOptions};
use crate::schema::TableSchema;

mod catalog;
mod columns;
mod compact;
mod expire;
mod inspect;
mod manifests;
mod newer;
mod orphans;
mod partitions;
mod rollback;
mod shared;
mod tag;

pub use catalog::catalog_entries;

/// What is to be done with a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Read its metadata.
    Inspect,
    /// Rewrite its files.
    Compact,
    /// Delete its old snapshots and what only they use.
    Expire,
    /// Drop its old partitions.
    ExpirePartitions,
    /// Mark partitions as complete.
    MarkPartitionDone,
    /// List its live files in fewer manifests.
    CompactManifests,
    /// Go back to an earlier snapshot.
    RollBack,
    /// Make, rename and delete its tags.
    Tag,
    /// Delete files that nothing refers to.
    RemoveOrphans,
}

/// A feature or option value of a table that forbids a purpose.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Refusal {
    /// The option, column type or feature: `merge-engine = aggregation`.
    pub feature: String,
    /// Why it forbids the purpose.
    pub reason: String,
    /// What a person can do.
    pub remedy: String,
}

impl Refusal {
    fn new(feature: impl Into<String>, reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { feature: feature.into(), reason: reason.into(), remedy: remedy.into() }
    }

    fn of_value<T>(key: &Key<T>, value: impl Display, reason: &str, remedy: &str) -> Self {
        Self::new(format!("{} = {value}", key.name()), reason, remedy)
    }

    /// An option whose value this release cannot read, and so cannot honour.
    fn of_unreadable(error: &Error) -> Self {
        let feature = error.context.first().map_or("options", |place| place.trim_start_matches("option "));
        Self::new(feature, error.message.clone(), "correct the option with ALTER TABLE")
    }
}

/// Everything about a table that forbids `purpose`; empty when nothing does.
///
/// Decided from the schema and options alone. What only shows in manifests and files, such as unknown index
/// types or undecodable layouts, is refused where it is met.
pub fn check(schema: &TableSchema, options: &TableOptions, purpose: Purpose) -> Vec<Refusal> {
    let mut refusals = inspect::refusals(options);
    match purpose {
        Purpose::Inspect => {}
        Purpose::Compact => refusals.extend(compact::refusals(schema, options)),
        Purpose::Expire => refusals.extend(expire::refusals(schema, options)),
        Purpose::ExpirePartitions => refusals.extend(partitions::expiry_refusals(schema, options)),
        Purpose::MarkPartitionDone => refusals.extend(partitions::mark_done_refusals(schema, options)),
        Purpose::CompactManifests => refusals.extend(manifests::refusals(schema, options)),
        Purpose::RollBack => refusals.extend(rollback::refusals(schema, options)),
        Purpose::Tag => refusals.extend(tag::refusals(schema, options)),
        Purpose::RemoveOrphans => refusals.extend(orphans::refusals(schema, options)),
    }
    let mut known = HashSet::new();
    refusals.retain(|refusal| known.insert(refusal.clone()));
    refusals
}

#[cfg(test)]
mod tests;
