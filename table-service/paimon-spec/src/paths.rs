//! Names and places of a table's files, relative to the table's directory (format §1).

use crate::error::{Error, Result};

mod changelog;
mod data;
mod metadata;
mod names;
mod partition;

pub use changelog::{CompactedChangelog, compacted_changelog};
pub use data::{DataPaths, FileLocation, POSTPONE_BUCKET};
pub use metadata::{
    BranchPaths, MAIN_BRANCH, branch_dir, branch_of_dir, branches_dir, index, index_dir, manifest,
    manifest_dir, number_of, statistics, statistics_dir,
};
pub use names::FileNames;
pub use partition::{escape, partition_dir, partition_value, unescape};

/// Format of a data file by the extension of its name, as readers find it (format §1.3).
///
/// Text formats may carry the extension of their compression after their own.
pub fn format_of(file_name: &str) -> Result<&str> {
    const TEXT_FORMATS: [&str; 3] = ["csv", "json", "text"];
    let mut parts = file_name.rsplit('.');
    let last = parts.next().unwrap_or_default();
    let before = parts.next().filter(|before| TEXT_FORMATS.contains(before));
    let has_extension = last.len() < file_name.len() && !last.is_empty();
    if !has_extension {
        return Err(Error::corrupt(format!("data file name '{file_name}' has no extension")));
    }
    Ok(before.unwrap_or(last))
}

#[cfg(test)]
mod tests;
