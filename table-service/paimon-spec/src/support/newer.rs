//! Options that release 1.4.2 of Paimon does not know and that change what a table's files hold.

use super::Refusal;
use crate::options::{SequenceInitMode, TableOptions, keys};

const FLAGS: [(&str, &str); 6] = [
    ("blob-compaction.enabled", "blobs must be rewritten along"),
    ("data-evolution.row-sidecar.enabled", "files have a copy of their rows beside them"),
    ("deletion-vectors.merge-on-read", "deleted rows must be left out"),
    ("postpone.merge-on-read", "rows in the staging bucket count"),
    ("primary-key.nullable", "keys may be null"),
    ("sequence.snapshot-ordering", "a row's sequence number is its snapshot"),
];

const PRESENCE: [(&str, &str); 6] = [
    ("blob-view-field", "blobs live in other tables"),
    ("pk-bitmap.index.columns", "the index must be rebuilt for every file"),
    ("pk-btree.index.columns", "the index must be rebuilt for every file"),
    ("pk-full-text.index.columns", "the index must be rebuilt for every file"),
    ("pk-multivalue.index.columns", "the index must be rebuilt for every file"),
    ("pk-vector.index.columns", "the index must be rebuilt for every file"),
];

const REMEDY: &str = "maintain the table with the Paimon release that knows the option";

pub(super) fn refusals(options: &TableOptions) -> Vec<Refusal> {
    let flags = FLAGS.iter().filter(|(name, _)| options.text(name).is_some_and(|text| !is_false(text)));
    let presence = PRESENCE.iter().filter(|(name, _)| options.is_set(name));
    let mut refusals: Vec<Refusal> = flags
        .chain(presence)
        .map(|(name, reason)| {
            let value = options.text(name).unwrap_or_default();
            Refusal::new(format!("{name} = {value}"), *reason, REMEDY)
        })
        .collect();
    refusals.extend(sequence_init_mode(options));
    refusals
}

fn is_false(text: &str) -> bool {
    text.trim().eq_ignore_ascii_case("false")
}

/// Every commit must carry the greatest sequence number.
pub(super) fn sequence_init_mode(options: &TableOptions) -> Option<Refusal> {
    let mode = options.get(&keys::SEQUENCE_INIT_MODE).ok()?;
    (mode == SequenceInitMode::Snapshot).then(|| {
        Refusal::of_value(
            &keys::SEQUENCE_INIT_MODE,
            mode.word(),
            "every commit must carry the greatest sequence number",
            REMEDY,
        )
    })
}
