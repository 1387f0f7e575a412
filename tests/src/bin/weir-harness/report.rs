//! What the demo changed.

use anyhow::{Result, bail};

use crate::demo::orders::Observation;

/// Prints the table before and after; rows that differ are an error.
pub(crate) fn print(before: &Observation, after: &Observation) -> Result<()> {
    println!("\n{:<28} {:>10} {:>10}", "s3 table `orders`", "before", "after");
    let lines = [
        ("data files", before.data_files.to_string(), after.data_files.to_string()),
        ("data bytes", before.data_bytes.to_string(), after.data_bytes.to_string()),
        ("files with metadata", before.files.to_string(), after.files.to_string()),
        ("snapshots", before.snapshots.to_string(), after.snapshots.to_string()),
        ("rows read by pypaimon", before.rows.rows.len().to_string(), after.rows.rows.len().to_string()),
    ];
    for (name, before, after) in lines {
        println!("{name:<28} {before:>10} {after:>10}");
    }
    if let Some(difference) = before.rows.difference(&after.rows) {
        bail!("pypaimon reads other rows than before:\n{difference}");
    }
    println!("pypaimon reads exactly the same rows.");
    if after.data_files >= before.data_files || after.snapshots >= before.snapshots {
        bail!("files and snapshots did not shrink");
    }
    Ok(())
}
