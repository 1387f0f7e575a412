//! What a manifest says about one data file (format §4.4, Paimon `DataFileMeta`).

use serde::{Deserialize, Serialize};

use crate::binary_row::EMPTY_ROW;
use crate::error::{Error, Result};
use crate::stats::SimpleStats;

/// What wrote a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FileSource {
    /// A writer.
    Append,
    /// A compaction.
    Compact,
}

impl FileSource {
    /// The number that manifests hold.
    pub fn code(self) -> i32 {
        match self {
            Self::Append => 0,
            Self::Compact => 1,
        }
    }

    /// The source that a manifest's number stands for; an unknown one is `Unsupported`.
    pub fn from_code(code: i32) -> Result<Self> {
        match code {
            0 => Ok(Self::Append),
            1 => Ok(Self::Compact),
            other => Err(Error::unsupported(format!("unknown file source {other}"))),
        }
    }
}

/// A data file as a manifest describes it: all 21 members of Paimon's `DataFileMeta`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataFileMeta {
    /// File name without directory.
    pub file_name: String,
    /// Bytes on storage.
    pub file_size: i64,
    /// Physical rows, deletes included.
    pub row_count: i64,
    /// Serialised row of the first record's trimmed primary key; the empty row for append tables.
    #[serde(with = "crate::hex")]
    pub min_key: Vec<u8>,
    /// The same of the last record.
    #[serde(with = "crate::hex")]
    pub max_key: Vec<u8>,
    /// Statistics of the key columns.
    pub key_stats: SimpleStats,
    /// Statistics of the columns in [`DataFileMeta::value_stats_cols`].
    pub value_stats: SimpleStats,
    /// Least sequence number of its records.
    pub min_sequence_number: i64,
    /// Greatest sequence number of its records.
    pub max_sequence_number: i64,
    /// The schema that the file was written with.
    pub schema_id: i64,
    /// Level in the bucket's tree; 0 for what writers add.
    pub level: i32,
    /// Files that belong to this one and lie beside it, such as file indexes.
    pub extra_files: Vec<String>,
    /// When it was made: local wall-clock time of the writer, as if it were UTC, in milliseconds.
    pub creation_time: Option<i64>,
    /// Update-before and delete records; absent in files of old releases, which may hold some.
    pub delete_row_count: Option<i64>,
    /// A file index small enough to stand in the manifest.
    #[serde(with = "crate::hex::optional")]
    pub embedded_file_index: Option<Vec<u8>>,
    /// What wrote it.
    pub file_source: Option<FileSource>,
    /// Columns of [`DataFileMeta::value_stats`]; `None` means all columns of the file's schema.
    pub value_stats_cols: Option<Vec<String>>,
    /// Complete path of a file outside the bucket directory.
    pub external_path: Option<String>,
    /// Row id of the first row, on tables with row tracking.
    pub first_row_id: Option<i64>,
    /// Columns that the file physically holds; `None` means all columns of its schema.
    pub write_cols: Option<Vec<String>>,
    /// Sequence numbers of [`DataFileMeta::write_cols`], on data-evolution tables.
    pub write_cols_sequences: Option<Vec<i64>>,
}

impl DataFileMeta {
    /// The same file at another level: what an upgrade adds.
    ///
    /// A file never comes back to a level it has left (format §4.6), so the new level is the greater one.
    pub fn upgrade(&self, level: i32) -> Result<Self> {
        if level <= self.level {
            return Err(Error::invalid(format!(
                "file {} cannot go from level {} to level {level}",
                self.file_name, self.level
            )));
        }
        Ok(Self { level, ..self.clone() })
    }

    /// Records that are not deletes, or `None` when the file's writer did not count deletes.
    pub fn add_row_count(&self) -> Option<i64> {
        self.delete_row_count.map(|deletes| self.row_count - deletes)
    }

    /// Whether the file may hold deletes: it does, or its writer did not count them.
    pub fn may_have_deletes(&self) -> bool {
        self.delete_row_count.is_none_or(|deletes| deletes > 0)
    }

    /// Format of the file by the extension of its name, as readers find it (format §1.3).
    pub fn format(&self) -> Result<&str> {
        crate::paths::format_of(&self.file_name)
    }

    /// The last row id, on tables with row tracking.
    pub fn last_row_id(&self) -> Option<i64> {
        self.first_row_id.map(|first| first.saturating_add(self.row_count).saturating_sub(1))
    }

    /// A file of an append table with nothing but its name, size and rows: the least that is valid.
    pub fn append(file_name: impl Into<String>, file_size: i64, row_count: i64) -> Self {
        Self {
            file_name: file_name.into(),
            file_size,
            row_count,
            min_key: EMPTY_ROW.to_vec(),
            max_key: EMPTY_ROW.to_vec(),
            key_stats: SimpleStats::empty(),
            value_stats: SimpleStats::empty(),
            min_sequence_number: 0,
            max_sequence_number: 0,
            schema_id: 0,
            level: 0,
            extra_files: Vec::new(),
            creation_time: None,
            delete_row_count: Some(0),
            embedded_file_index: None,
            file_source: None,
            value_stats_cols: Some(Vec::new()),
            external_path: None,
            first_row_id: None,
            write_cols: None,
            write_cols_sequences: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn upgrades_change_the_level_and_nothing_else() {
        let file = DataFileMeta::append("data-1.parquet", 10, 3);
        let upgraded = file.upgrade(5).unwrap();
        assert_eq!(upgraded, DataFileMeta { level: 5, ..file.clone() });
        assert_eq!(upgraded.upgrade(5).unwrap_err().kind, ErrorKind::Invalid);
        assert_eq!(upgraded.upgrade(0).unwrap_err().kind, ErrorKind::Invalid);
    }

    #[test]
    fn files_without_a_delete_count_may_have_deletes() {
        let mut file = DataFileMeta::append("data-1.parquet", 10, 3);
        assert!(!file.may_have_deletes());
        assert_eq!(file.add_row_count(), Some(3));
        file.delete_row_count = None;
        assert!(file.may_have_deletes());
        assert_eq!(file.add_row_count(), None);
    }

    #[test]
    fn round_trips_as_json() {
        let mut file = DataFileMeta::append("data-1.orc", 10, 3);
        file.embedded_file_index = Some(vec![1, 2, 255]);
        let text = serde_json::to_string(&file).unwrap();
        assert_eq!(serde_json::from_str::<DataFileMeta>(&text).unwrap(), file);
        assert!(text.contains("\"min_key\":\"000000000000000000000000\""));
    }
}
