//! Files for unit tests.

use std::sync::Arc;

use weir_paimon_spec::{BinaryRow, DataFileMeta, DataType, Datum, TypeKind};

/// Types of a key of one INT column.
pub(crate) fn key_types() -> Vec<DataType> {
    vec![DataType::not_null(TypeKind::Int)]
}

/// A file with keys from `keys.0` to `keys.1`, 1000 bytes long.
pub(crate) fn file(name: &str, level: i32, keys: (i32, i32)) -> DataFileMeta {
    let row = |key| BinaryRow::encode(&[Datum::Int(key)], &key_types()).unwrap();
    DataFileMeta {
        level,
        min_key: row(keys.0),
        max_key: row(keys.1),
        ..DataFileMeta::append(format!("{name}.parquet"), 1000, 10)
    }
}

/// Files as live entries and plans share them.
pub(crate) fn shared(files: &[DataFileMeta]) -> Vec<Arc<DataFileMeta>> {
    files.iter().cloned().map(Arc::new).collect()
}

/// Names of files without their extension.
pub(crate) fn names<'a>(files: impl IntoIterator<Item = &'a Arc<DataFileMeta>>) -> Vec<&'a str> {
    files.into_iter().map(|file| file.file_name.trim_end_matches(".parquet")).collect()
}
