//! Files that compaction cannot read, found in metadata before anything is written.

use std::collections::BTreeSet;

use weir_paimon_spec::DataFileMeta;

use super::file_schema::KeyValueColumns;
use crate::table::LiveFiles;
use crate::{Error, ErrorKind, Result, Table};

/// Refuses a table with a live file that a compaction could not read: now or in a later run, such a file ends up in a
/// unit, and a table is compacted as a whole or not at all.
pub(super) async fn require_readable(table: &Table, live: &LiveFiles) -> Result<()> {
    for entry in &live.entries {
        if let Some(reason) = unreadable(&entry.file)? {
            let path = table.data().data_file(&entry.partition, entry.bucket, &entry.file)?;
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("file {} cannot be compacted: {reason}; nothing was changed", path.as_str()),
            ));
        }
    }
    let columns = KeyValueColumns::new(table.schema())?;
    let schemas: BTreeSet<i64> = live.entries.iter().map(|entry| entry.file.schema_id).collect();
    for id in schemas {
        columns.sources(table.schema(), table.schema_of(id).await?.as_ref())?;
    }
    Ok(())
}

fn unreadable(file: &DataFileMeta) -> Result<Option<String>> {
    let format = file.format()?;
    Ok(if format != "parquet" {
        Some(format!("it is a {format} file (file.format)"))
    } else if file.write_cols.is_some() {
        Some("it holds only some of the table's columns (_WRITE_COLS)".to_owned())
    } else if file.external_path.is_some() {
        Some("it lies at an external path (data-file.external-paths)".to_owned())
    } else {
        None
    })
}
