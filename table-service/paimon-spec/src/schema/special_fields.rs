//! Ids and names of columns that Paimon adds by itself (format §3.3, Paimon `SpecialFields`).

use crate::error::{Error, Result};

/// Prefix of key columns in the files of primary-key tables.
pub const KEY_FIELD_PREFIX: &str = "_KEY_";
/// Added to a column's id to make the id of its key column.
pub const KEY_FIELD_ID_START: i32 = i32::MAX / 2;

/// A row's place in the order of writes.
pub const SEQUENCE_NUMBER: &str = "_SEQUENCE_NUMBER";
/// Id of [`SEQUENCE_NUMBER`].
pub const SEQUENCE_NUMBER_ID: i32 = i32::MAX - 1;

/// What a row does: 0 insert, 1 update-before, 2 update-after, 3 delete.
pub const VALUE_KIND: &str = "_VALUE_KIND";
/// Id of [`VALUE_KIND`].
pub const VALUE_KIND_ID: i32 = i32::MAX - 2;

/// A row's identity on tables with row tracking.
pub const ROW_ID: &str = "_ROW_ID";
/// Id of [`ROW_ID`].
pub const ROW_ID_ID: i32 = i32::MAX - 5;

const ELEMENT_ID_BASE: i32 = 536_870_911;
const ELEMENTS_PER_FIELD: i32 = 1024;

/// Name of the key column of a column.
pub fn key_field_name(name: &str) -> String {
    format!("{KEY_FIELD_PREFIX}{name}")
}

/// Id of the key column of the column with id `id`.
pub fn key_field_id(id: i32) -> Result<i32> {
    id.checked_add(KEY_FIELD_ID_START).ok_or_else(|| Error::corrupt(format!("field id {id} is too great")))
}

/// Whether a column is one that Paimon adds by itself.
pub fn is_system_field(name: &str) -> bool {
    name.starts_with(KEY_FIELD_PREFIX) || name == SEQUENCE_NUMBER || name == VALUE_KIND
}

/// Id of the elements of an array or the values of a map, `depth` levels below the column with id `id`
/// (1 for the first).
pub fn element_field_id(id: i32, depth: i32) -> Result<i32> {
    id.checked_mul(ELEMENTS_PER_FIELD)
        .and_then(|offset| ELEMENT_ID_BASE.checked_add(offset))
        .and_then(|base| base.checked_add(depth))
        .ok_or_else(|| Error::corrupt(format!("field id {id} is too great")))
}

/// Id of the keys of a map, `depth` levels below the column with id `id`.
pub fn map_key_field_id(id: i32, depth: i32) -> Result<i32> {
    id.checked_mul(ELEMENTS_PER_FIELD)
        .and_then(|offset| ELEMENT_ID_BASE.checked_sub(offset))
        .and_then(|base| base.checked_sub(depth))
        .ok_or_else(|| Error::corrupt(format!("field id {id} is too great")))
}
