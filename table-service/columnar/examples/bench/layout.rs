use std::fs::File;
use std::path::PathBuf;

use parquet::file::reader::{FileReader, SerializedFileReader};

use crate::AnyError;

/// Prints rows and uncompressed bytes of every row group, one JSON object for each file.
pub(crate) fn layout(files: &[PathBuf]) -> Result<(), AnyError> {
    for path in files {
        let reader = SerializedFileReader::new(File::open(path)?)?;
        let groups = reader.metadata().row_groups().iter();
        let groups: Vec<String> = groups
            .map(|group| format!(r#"{{"rows":{},"bytes":{}}}"#, group.num_rows(), group.total_byte_size()))
            .collect();
        println!(r#"{{"row_groups":[{}]}}"#, groups.join(","));
    }
    Ok(())
}
