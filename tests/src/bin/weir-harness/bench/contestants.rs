//! The processes that are measured.

use std::process::Command;

use anyhow::{Result, ensure};
use weir_tests::oracle::{Java, JavaHeap, Version};
use weir_tests::{process, workspace};

use super::measure::{Usage, measure};
use super::workload::{Copy, Workload};

/// How the limit encodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// With dictionaries where the inputs have them.
    Inherited,
    /// With the defaults of parquet-rs.
    Default,
}

/// Builds what is measured, as it is shipped; together, so that both have the same libraries.
pub(crate) fn build() -> Result<()> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--release", "--locked", "--package", "weir-table-service", "--bin", "weir"]);
    cargo.args(["--package", "weir-columnar", "--example", "bench"]).current_dir(workspace::root());
    process::run(&mut cargo, &workspace::logs("bench").join("build.log"))
}

/// `weir compact --strategy full` on a copy of the table.
pub(crate) fn weir(workload: &Workload) -> Result<Usage> {
    let copy = workload.copy()?;
    let mut weir = Command::new(workspace::target().join("release/weir"));
    weir.arg("compact").arg(copy.path()).args(["--strategy", "full", "--json"]);
    let usage = measure("`weir compact --strategy full`", &mut weir, "")?;
    require_same_rows(workload, &copy)?;
    Ok(usage)
}

/// Decoding all files and encoding as many rows as are left, without merging anything.
pub(crate) fn limit(workload: &Workload, encoding: Encoding) -> Result<Usage> {
    let (name, properties) = match encoding {
        Encoding::Inherited => ("decode + encode, encodings of the input", "inherited"),
        Encoding::Default => ("decode + encode, encodings of parquet-rs", "default"),
    };
    let mut limit = Command::new(workspace::target().join("release/examples/bench"));
    limit.args(["limit", &workload.rows.count.to_string(), properties]).args(workload.paths());
    measure(name, &mut limit, "")
}

/// Java's full compaction of a copy of the table.
pub(crate) fn java(workload: &Workload) -> Result<Usage> {
    let copy = workload.copy()?;
    let (mut java, request) = Java::full_compaction(&copy.table())?;
    let usage = measure("Java Paimon, full compaction", &mut java, &request)?;
    ensure!(usage.output.contains("\"ok\""), "Java did not compact the table: {}", usage.output);
    require_same_rows(workload, &copy)?;
    Ok(usage)
}

/// Who is fast and wrong is not fast.
fn require_same_rows(workload: &Workload, copy: &Copy) -> Result<()> {
    let rows = Java::start(JavaHeap::Large)?.digest(&copy.table(), &Version::Latest)?;
    ensure!(
        rows == workload.rows,
        "the compacted table has other rows: {rows:?} instead of {:?}",
        workload.rows
    );
    Ok(())
}
