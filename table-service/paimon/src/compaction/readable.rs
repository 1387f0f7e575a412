//! Files that compaction cannot read, found in metadata before anything is written.

use std::collections::BTreeSet;

use weir_paimon_spec::DataFileMeta;

use super::append::AppendColumns;
use super::file_schema::KeyValueColumns;
use crate::table::LiveFiles;
use crate::{Error, ErrorKind, Result, Table};

/// Refuses a table with a live file that a compaction could not read: now or in a later run, such a file ends up in a
/// unit, and a table is compacted as a whole or not at all.
pub(super) async fn require_readable(table: &Table, live: &LiveFiles) -> Result<()> {
    for entry in &live.entries {
        if let Some(reason) = unreadable(table, &entry.file)? {
            let path = table.data().data_file(&entry.partition, entry.bucket, &entry.file)?;
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("file {} cannot be compacted: {reason}; nothing was changed", path.as_str()),
            ));
        }
    }
    let schema = table.schema();
    let columns = schema.has_primary_key().then(|| KeyValueColumns::new(schema)).transpose()?;
    let schemas: BTreeSet<i64> = live.entries.iter().map(|entry| entry.file.schema_id).collect();
    for id in schemas {
        let file = table.schema_of(id).await?;
        match &columns {
            Some(columns) => columns.sources(schema, &file)?,
            None => AppendColumns::sources(schema, &file)?,
        };
    }
    Ok(())
}

fn unreadable(table: &Table, file: &DataFileMeta) -> Result<Option<String>> {
    let format = file.format()?;
    Ok(if format != "parquet" {
        Some(format!("it is a {format} file (file.format)"))
    } else if file.write_cols.is_some() {
        Some("it holds only some of the table's columns (_WRITE_COLS)".to_owned())
    } else if file.external_path.is_some() {
        Some("it lies at an external path (data-file.external-paths)".to_owned())
    } else if !table.schema().has_primary_key() && has_index(file) {
        Some("it has a file index (file-index), which would have to be rebuilt".to_owned())
    } else {
        None
    })
}

fn has_index(file: &DataFileMeta) -> bool {
    file.embedded_file_index.is_some() || !file.extra_files.is_empty()
}
