//! Opening and deleting files, one after the other: what no expiry can do without.

use std::path::Path;

use super::AnyError;

/// Opens and deletes the files that a list names, one a line.
pub(super) fn unlink(list: &Path) -> Result<(), AnyError> {
    for path in std::fs::read_to_string(list)?.lines() {
        drop(std::fs::File::open(path)?);
        std::fs::remove_file(path)?;
    }
    Ok(())
}
