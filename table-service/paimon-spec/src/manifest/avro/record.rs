//! What reading and writing need to know of a kind of record.

use super::decode::Record;
use super::encode::Columns;
use crate::error::Result;

/// A kind of record that manifests hold.
pub(super) trait AvroRecord: Sized {
    /// The value of `_VERSION`, the first member.
    const VERSION: i32;

    /// The Avro schema to write these records with, as Java writes it.
    fn schema(entries: &[Self]) -> &'static str;

    /// Reads a column of records and appends them to `entries`.
    fn read(records: &Record<'_>, entries: &mut Vec<Self>) -> Result<()>;

    /// The records as columns, all members but `_VERSION`, in the order of `schema`.
    fn write(entries: &[Self], schema: &str, columns: &mut Columns) -> Result<()>;
}
