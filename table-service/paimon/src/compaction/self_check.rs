//! Assertions on a finished rewrite before it is committed (format §19). A failure is a defect of Weir or damage in
//! the inputs: nothing is committed.

use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, stream};
use weir_paimon_spec::datum::compare_rows;
use weir_paimon_spec::{BinaryRow, DataFileMeta};

use super::append::{self, Arrangement};
use crate::table::CONCURRENT_REQUESTS;
use crate::table::commit::BucketChange;
use crate::{Error, Result, Table};

/// Checks the change of one bucket: no rows appear from nowhere, and none of a table without a primary key goes; keys
/// and sequence numbers stay within those of the inputs, and every new file is on storage with the recorded size.
pub(crate) async fn check(table: &Table, change: &BucketChange) -> Result<()> {
    let is_upgrade = |file: &DataFileMeta, others: &[Arc<DataFileMeta>]| {
        others.iter().any(|other| other.file_name == file.file_name)
    };
    let inputs: Vec<&Arc<DataFileMeta>> =
        change.deletes.iter().filter(|file| !is_upgrade(file, &change.adds)).collect();
    let outputs: Vec<&Arc<DataFileMeta>> =
        change.adds.iter().filter(|file| !is_upgrade(file, &change.deletes)).collect();
    let failed =
        |what: String| Err(Error::corrupt(format!("self-check failed, nothing was committed: {what}")));
    let rows = |files: &[&Arc<DataFileMeta>]| files.iter().map(|file| file.row_count).sum::<i64>();
    let keeps_rows = !table.schema().has_primary_key();
    if rows(&outputs) > rows(&inputs) || keeps_rows && rows(&outputs) != rows(&inputs) {
        return failed(format!("{} rows became {}", rows(&inputs), rows(&outputs)));
    }
    let min_sequence = inputs.iter().map(|file| file.min_sequence_number).min();
    let max_sequence = inputs.iter().map(|file| file.max_sequence_number).max();
    let key_types = table.schema().key_types()?;
    // The numbers of files without an order mean nothing.
    let is_numbered = !keeps_rows || append::arrangement(table)? == Arrangement::Ordered;
    for file in &outputs {
        let is_within =
            Some(file.min_sequence_number) >= min_sequence && Some(file.max_sequence_number) <= max_sequence;
        if is_numbered && !is_within {
            return failed(format!("sequence numbers of {} are not those of its inputs", file.file_name));
        }
        let min = BinaryRow::decode(&file.min_key, &key_types)?;
        let max = BinaryRow::decode(&file.max_key, &key_types)?;
        if compare_rows(&min, &max).is_gt() {
            return failed(format!("keys of {} do not ascend", file.file_name));
        }
    }
    let sizes = stream::iter(outputs)
        .map(|file| async move {
            let path = table.data_file_path(&change.key.partition, change.key.bucket, file)?;
            let size = table.storage().stat(&path).await?.map(|info| info.size);
            Ok::<_, Error>((file, path, size))
        })
        .buffered(CONCURRENT_REQUESTS)
        .try_collect::<Vec<_>>()
        .await?;
    for (file, path, size) in sizes {
        if size.and_then(|size| i64::try_from(size).ok()) != Some(file.file_size) {
            return failed(format!("{path} has {size:?} bytes on storage, {} were written", file.file_size));
        }
    }
    Ok(())
}
