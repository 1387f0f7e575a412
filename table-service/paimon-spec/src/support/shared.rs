//! What forbids every purpose that changes a table.

use super::{Refusal, catalog};
use crate::options::{IcebergStorage, TableOptions, keys};
use crate::paths::MAIN_BRANCH;
use crate::schema::TableSchema;
use crate::types::TypeKind;

pub(super) fn refusals(schema: &TableSchema, options: &TableOptions) -> Vec<Refusal> {
    let mut refusals: Vec<Refusal> = keys::unreadable(options).iter().map(Refusal::of_unreadable).collect();
    refusals.extend(catalog::refusals(options));
    refusals.extend(iceberg(options));
    refusals.extend(branch(options));
    refusals.extend(partition_directories(schema, options));
    refusals
}

fn iceberg(options: &TableOptions) -> Option<Refusal> {
    let storage = options.get(&keys::ICEBERG_STORAGE).ok()?;
    (storage != IcebergStorage::Disabled).then(|| {
        Refusal::of_value(
            &keys::ICEBERG_STORAGE,
            storage.word(),
            "the table's Iceberg metadata would not follow",
            "maintain the table with Paimon, whose commits update the Iceberg metadata",
        )
    })
}

fn branch(options: &TableOptions) -> Option<Refusal> {
    let branch = options.get(&keys::BRANCH).ok()?;
    (branch != MAIN_BRANCH).then(|| {
        Refusal::of_value(
            &keys::BRANCH,
            branch,
            "only the main branch is maintained",
            "maintain the branch with Paimon",
        )
    })
}

/// Partition columns whose directory depends on something that the metadata does not say.
fn partition_directories(schema: &TableSchema, options: &TableOptions) -> Vec<Refusal> {
    let (Ok(legacy), Ok(fields)) = (options.get(&keys::PARTITION_LEGACY_NAME), schema.partition_fields())
    else {
        return Vec::new();
    };
    fields
        .into_iter()
        .filter_map(|field| {
            let reason = match field.data_type.kind {
                TypeKind::Binary { .. } | TypeKind::VarBinary { .. } if legacy => {
                    "with partition.legacy-name = true its directories are random"
                }
                TypeKind::LocalZonedTimestamp { .. } if !legacy => {
                    "its directories depend on the writers' time zone"
                }
                _ if !field.data_type.is_scalar() => "its values have no directory",
                _ => return None,
            };
            let feature = format!("partition column {} of type {}", field.name, field.data_type);
            Some(Refusal::new(feature, reason, "maintain the table with Paimon"))
        })
        .collect()
}
