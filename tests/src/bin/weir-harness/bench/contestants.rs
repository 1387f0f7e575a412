//! The processes that are measured.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use weir_contract::RunResult;
use weir_tests::oracle::{Expiry, Java, JavaHeap, LiveFile, TableAt, Version};
use weir_tests::{process, workspace};

use super::measure::{Usage, measure, repeated, repeated_times};
use super::table::{Copy, Table};

/// How the limit encodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// With dictionaries where the inputs have them.
    Inherited,
    /// With the defaults of parquet-rs.
    Default,
}

/// A compaction that was measured.
pub(crate) struct Compacted {
    /// What it used.
    pub(crate) usage: Usage,
    /// The table afterwards.
    pub(crate) copy: Copy,
}

/// A row group, as its file's footer describes it.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct RowGroup {
    /// Uncompressed bytes.
    pub(crate) bytes: u64,
}

/// Builds what is measured, as it is shipped; together, so that both have the same libraries.
pub(crate) fn build() -> Result<()> {
    let mut cargo = workspace::cargo();
    cargo.args(["build", "--release", "--locked", "--package", "weir-table-service", "--bin", "weir"]);
    cargo.args(["--package", "weir-columnar", "--example", "bench"]);
    process::run(&mut cargo, &workspace::logs("bench").join("build.log"))
}

/// `weir` with a verb on a table, which prints its result as JSON.
pub(crate) fn weir_command(verb: &str, table: &TableAt, flags: &[&str]) -> Command {
    let mut weir = Command::new(workspace::target().join("release/weir"));
    weir.args([verb, table.location(), "--json"]).args(flags).envs(table.storage().environment());
    weir
}

/// The result that a measured `weir` printed.
pub(crate) fn result(usage: &Usage) -> Result<RunResult> {
    serde_json::from_str(&usage.output).with_context(|| format!("the result of {}", usage.name))
}

/// `weir compact` on copies of a table.
pub(crate) fn weir(name: &'static str, table: &Table, flags: &[&str]) -> Result<Compacted> {
    weir_times(None, name, table, flags)
}

/// `weir compact` on one copy of a table, whose rows nobody has looked at.
pub(crate) fn weir_once(name: &'static str, table: &Table, flags: &[&str]) -> Result<(Usage, Copy)> {
    let copy = table.copy()?;
    let usage = measure(name, &mut weir_command("compact", &copy.table(), flags), "")?;
    Ok((usage, copy))
}

/// Like [`weir`], so many times.
pub(crate) fn weir_times(
    times: Option<usize>,
    name: &'static str,
    table: &Table,
    flags: &[&str],
) -> Result<Compacted> {
    let once = || weir_once(name, table, flags);
    let (usage, copy) = match times {
        Some(times) => repeated_times(times, once)?,
        None => repeated(once)?,
    };
    compacted(table, usage, copy)
}

/// Decoding all files and encoding as many rows as are left, without merging anything.
pub(crate) fn limit_once(table: &Table, encoding: Encoding) -> Result<Usage> {
    let (name, properties) = match encoding {
        Encoding::Inherited => ("decode + encode, encodings of the input", "inherited"),
        Encoding::Default => ("decode + encode, encodings of parquet-rs", "default"),
    };
    let mut limit = bench_example();
    limit.args(["limit", &table.rows.count.to_string(), properties]).args(table.paths());
    measure(name, &mut limit, "")
}

/// Java's full compaction of copies of a table.
pub(crate) fn java(table: &Table) -> Result<Compacted> {
    let once = || {
        let copy = table.copy()?;
        let (mut java, request) = Java::full_compaction(&copy.table())?;
        let usage = measure("Java Paimon, full compaction", &mut java, &request)?;
        ensure!(usage.output.contains("\"ok\""), "Java did not compact the table: {}", usage.output);
        Ok((usage, copy))
    };
    let (usage, copy) = repeated(once)?;
    compacted(table, usage, copy)
}

/// Java's expiry of a table.
pub(crate) fn java_expiry(table: &TableAt, expiry: &Expiry) -> Result<Usage> {
    let (mut java, request) = Java::expiry(table, expiry)?;
    let usage = measure("Java Paimon, expiry", &mut java, &request)?;
    ensure!(usage.output.contains("\"ok\""), "Java did not expire the table: {}", usage.output);
    Ok(usage)
}

/// A loop that opens and deletes files, one a line of `list`.
pub(crate) fn unlink(list: &Path) -> Result<Usage> {
    measure("open + unlink of the same files", bench_example().arg("unlink").arg(list), "")
}

/// The row groups of files, as their footers describe them.
pub(crate) fn row_groups(files: &[LiveFile]) -> Result<Vec<RowGroup>> {
    #[derive(Deserialize)]
    struct Layout {
        row_groups: Vec<RowGroup>,
    }
    let mut layout = bench_example();
    let printed = process::output(layout.arg("layout").args(files.iter().map(|file| file.path.as_str())))?;
    let layouts: Vec<Layout> = printed.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    Ok(layouts.into_iter().flat_map(|layout| layout.row_groups).collect())
}

/// Who is fast and wrong is not fast.
pub(crate) fn require_same_rows(expected: &Table, compacted: &TableAt) -> Result<()> {
    let rows = Java::start(JavaHeap::Large)?.digest(compacted, &Version::Latest)?;
    ensure!(
        rows == expected.rows,
        "the compacted table has other rows: {rows:?} instead of {:?}",
        expected.rows
    );
    Ok(())
}

impl Compacted {
    /// The live files afterwards.
    pub(crate) fn files(&self) -> Result<Vec<LiveFile>> {
        Ok(Java::start(JavaHeap::Large)?.live_files(&self.copy.table(), &Version::Latest)?)
    }
}

fn compacted(table: &Table, usage: Usage, copy: Copy) -> Result<Compacted> {
    require_same_rows(table, &copy.table())?;
    Ok(Compacted { usage, copy })
}

fn bench_example() -> Command {
    Command::new(workspace::target().join("release/examples/bench"))
}
