//! What forbids every purpose: tables that are no Paimon tables, and values that cannot be read.

use super::Refusal;
use crate::options::{TableOptions, TableType, keys};

pub(super) fn refusals(options: &TableOptions) -> Vec<Refusal> {
    let mut refusals: Vec<Refusal> = keys::unreadable(options)
        .into_iter()
        .map(|error| {
            Refusal::new(error.to_string(), "the value is not known", "correct the option with ALTER TABLE")
        })
        .collect();
    if let Ok(kind) = options.get(&keys::TYPE)
        && !matches!(kind, TableType::Table | TableType::MaterializedTable)
    {
        refusals.push(Refusal::new(
            format!("type = {}", kind.word()),
            "its files are not in Paimon's format",
            "leave its maintenance to the system that owns it",
        ));
    }
    refusals
}
