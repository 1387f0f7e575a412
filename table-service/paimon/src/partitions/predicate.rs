//! Partitions that a run is restricted to.

use std::collections::BTreeMap;

use weir_paimon_spec::options::keys;
use weir_paimon_spec::{BinaryRow, paths};

use crate::{Result, Table};

/// Which partitions a run is about: any that has these values in these columns. Values are compared as the
/// partition's directory shows them.
pub type PartitionPredicate = BTreeMap<String, String>;

/// Whether a predicate accepts a partition, by its values as SQL shows them or as its directory does.
pub(crate) fn accepts(table: &Table, predicates: &[PartitionPredicate], partition: &[u8]) -> Result<bool> {
    if predicates.is_empty() {
        return Ok(true);
    }
    let schema = table.schema();
    let types = schema.partition_types()?;
    let values = BinaryRow::decode(partition, &types)?;
    let default_name = table.options().get(&keys::PARTITION_DEFAULT_NAME)?;
    for legacy in [false, true] {
        let directory = paths::partition_dir(&schema.partition_keys, &values, &types, &default_name, legacy)?;
        let shown: BTreeMap<String, String> = directory
            .split('/')
            .filter_map(|segment| segment.split_once('='))
            .map(|(column, value)| (paths::unescape(column), paths::unescape(value)))
            .collect();
        if matches(predicates, &shown) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The values of a partition by column name, as its directory shows them.
fn matches(predicates: &[PartitionPredicate], values: &BTreeMap<String, String>) -> bool {
    predicates.is_empty()
        || predicates
            .iter()
            .any(|predicate| predicate.iter().all(|(column, value)| values.get(column) == Some(value)))
}

/// Names of columns that predicates use and the table is not partitioned by.
pub(crate) fn unknown_columns<'a>(
    predicates: &'a [PartitionPredicate],
    partition_keys: &[String],
) -> Vec<&'a str> {
    predicates
        .iter()
        .flat_map(BTreeMap::keys)
        .filter(|column| !partition_keys.contains(column))
        .map(String::as_str)
        .collect()
}
