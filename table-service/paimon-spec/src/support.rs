//! What this release refuses, by name (format §16).

use crate::options::TableOptions;
use crate::schema::TableSchema;

mod compact;
mod expire;
mod inspect;
mod unknown;

/// What is to be done with a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Read its metadata.
    Inspect,
    /// Rewrite its files.
    Compact,
    /// Delete its old snapshots and what only they use.
    Expire,
}

/// A feature or option value of a table that forbids a purpose.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
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
        Purpose::Expire => refusals.extend(expire::refusals(options)),
    }
    refusals
}

#[cfg(test)]
mod tests;
