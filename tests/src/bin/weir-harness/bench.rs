//! `make bench`: the figures.

use anyhow::Result;
use std::process::Command;
use weir_tests::workspace;

/// Runs the benchmarks.
pub(crate) fn run() -> Result<()> {
    let mut cargo = Command::new("cargo");
    cargo.args(["bench", "--workspace", "--locked"]).current_dir(workspace::root());
    anyhow::ensure!(cargo.status()?.success(), "the benchmarks failed");
    Ok(())
}
