//! Catalogs that are more than a directory (maintenance §8.1 and 8.5).
//!
//! A table's files do not tell its catalog. Its options may: where somebody has put the catalog's own among them, and
//! where the catalog has entries of partitions.

use super::Refusal;
use crate::options::{TableOptions, keys};

/// The kind of catalog.
const METASTORE: &str = "metastore";

/// Where a catalog is spoken to.
const URI: &str = "uri";

/// Options that only a REST catalog has; a name with a dot at its end stands for all that begin with it.
const REST: [&str; 3] = ["token.provider", "data-token.enabled", "dlf."];

/// Actions for complete partitions that only a catalog with partitions can take.
const CATALOG_ACTIONS: [&str; 2] = ["done-partition", "mark-event"];

/// Catalogs that leave the authority over snapshots to files.
const FILES_RULE: [&str; 3] = ["filesystem", "hive", "jdbc"];

/// Forbids every change of a table whose snapshots a server keeps.
pub(super) fn refusals(options: &TableOptions) -> Option<Refusal> {
    let feature = match options.text(METASTORE).map(|kind| kind.trim().to_ascii_lowercase()) {
        Some(kind) if FILES_RULE.contains(&kind.as_str()) => return None,
        Some(kind) => format!("{METASTORE} = {kind}"),
        None => options.iter().find_map(|(name, value)| is_of_rest(name, value).then(|| name.to_owned()))?,
    };
    Some(Refusal::new(
        feature,
        "the catalog, and not the table's files, decides about its snapshots, tags and partitions",
        "maintain the table through its catalog with Paimon; if files decide, override it with --option metastore=filesystem",
    ))
}

fn is_of_rest(name: &str, value: &str) -> bool {
    let is_rest = |known: &str| name == known || (known.ends_with('.') && name.starts_with(known));
    (name == URI && value.trim_start().starts_with("http")) || REST.iter().any(|known| is_rest(known))
}

/// What the options tell of a catalog with entries of its own for the table, its partitions or tags: names of options,
/// with values where they cannot be secret.
pub fn catalog_entries(options: &TableOptions) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(kind) = options.text(METASTORE).filter(|kind| !kind.trim().eq_ignore_ascii_case("filesystem"))
    {
        found.push(format!("{METASTORE} = {kind}"));
    }
    if options.is_set(URI) {
        found.push(URI.to_owned());
    }
    if options.get(&keys::METASTORE_PARTITIONED_TABLE).unwrap_or(true) {
        found.push(format!("{} = true", keys::METASTORE_PARTITIONED_TABLE.name()));
    }
    if let Some(column) = options.text(keys::METASTORE_TAG_TO_PARTITION.name()) {
        found.push(format!("{} = {column}", keys::METASTORE_TAG_TO_PARTITION.name()));
    }
    let actions = options.get(&keys::PARTITION_MARK_DONE_ACTION).unwrap_or_default();
    for action in CATALOG_ACTIONS {
        if actions.iter().any(|named| named.eq_ignore_ascii_case(action)) {
            found.push(format!("{} = {action}", keys::PARTITION_MARK_DONE_ACTION.name()));
        }
    }
    found
}
