//! What forbids every purpose: tables whose metadata cannot be read.

use super::Refusal;
use crate::options::{TableOptions, TableType, keys};

pub(super) fn refusals(options: &TableOptions) -> Vec<Refusal> {
    [table_type(options), manifest_format(options)].into_iter().flatten().collect()
}

fn table_type(options: &TableOptions) -> Option<Refusal> {
    match options.get(&keys::TYPE) {
        Ok(TableType::Table | TableType::MaterializedTable) => None,
        Ok(other) => Some(Refusal::of_value(
            &keys::TYPE,
            other.word(),
            "its files are not in Paimon's format",
            "leave its maintenance to the system that owns it",
        )),
        Err(error) => Some(Refusal::of_unreadable(&error)),
    }
}

fn manifest_format(options: &TableOptions) -> Option<Refusal> {
    match options.get(&keys::MANIFEST_FORMAT) {
        Ok(format) if format.eq_ignore_ascii_case("avro") => None,
        Ok(format) => Some(Refusal::of_value(
            &keys::MANIFEST_FORMAT,
            &format,
            "manifests are read in Avro only",
            "set manifest.format = avro and rewrite the manifests with Paimon's compact_manifest",
        )),
        Err(error) => Some(Refusal::of_unreadable(&error)),
    }
}
