//! `make bench`: compaction beside the limit of decoding and encoding alone, in one run on one machine.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;
use weir_tests::{process, workspace};

use crate::stages::{Note, Stages};

/// Sorted runs that are merged.
const RUNS: &str = "10";
/// Rows of each run.
const ROWS: &str = "1000000";
/// Where the figures are published.
const REPORT: &str = "docs/benchmarks.md";

/// What one run of the benchmark program reports.
#[derive(Debug, Deserialize)]
struct Figures {
    rows: u64,
    output_rows: u64,
    output_bytes: u64,
    wall_s: f64,
    cpu_s: f64,
    peak_rss_bytes: u64,
}

impl Note for Figures {
    fn note(&self) -> String {
        format!("{:.1} million rows/s", self.millions_per_second())
    }
}

impl Figures {
    fn millions_per_second(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        let rows = self.rows as f64;
        rows / self.wall_s / 1e6
    }

    fn table_row(&self, name: &str) -> String {
        format!(
            "| {name} | {} | {} | {:.1} | {:.1} | {:.1} | {} | {} |",
            self.rows,
            self.output_rows,
            self.wall_s,
            self.cpu_s,
            self.millions_per_second(),
            self.peak_rss_bytes >> 20,
            self.output_bytes >> 20,
        )
    }
}

/// Runs the benchmark and publishes its figures.
pub(crate) fn run() -> Result<()> {
    let mut stages = Stages::new("make bench", 4);
    let directory = workspace::target().join("bench");
    if directory.exists() {
        fs::remove_dir_all(&directory).with_context(|| format!("removing {}", directory.display()))?;
    }
    stages.run("build", build)?;
    stages.run("input", || generate(&directory))?;
    let inputs = files(&directory)?;
    let merge = stages
        .run("compaction", || measure(program().arg("merge").arg(directory.join("merged")).args(&inputs)))?;
    let limit = stages.run("decode and encode", || {
        measure(program().args(["limit", &merge.output_rows.to_string(), "inherited"]).args(&inputs))
    })?;
    drop(stages);
    fs::remove_dir_all(&directory).with_context(|| format!("removing {}", directory.display()))?;
    publish(&merge, &limit)
}

fn build() -> Result<()> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--release", "--locked", "--package", "weir-columnar", "--example", "bench"]);
    process::run(cargo.current_dir(workspace::root()), &workspace::logs("bench").join("build.log"))
}

fn generate(directory: &Path) -> Result<()> {
    process::output(program().arg("generate").arg(directory).args([RUNS, ROWS])).map(drop)
}

fn program() -> Command {
    Command::new(workspace::target().join("release/examples/bench"))
}

fn measure(command: &mut Command) -> Result<Figures> {
    let output = process::output(command)?;
    serde_json::from_str(&output).with_context(|| format!("reading the figures {output:?}"))
}

fn files(directory: &Path) -> Result<Vec<PathBuf>> {
    let listing = fs::read_dir(directory).with_context(|| format!("listing {}", directory.display()))?;
    let mut files = listing.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    files.sort();
    Ok(files)
}

fn publish(merge: &Figures, limit: &Figures) -> Result<()> {
    let mut report = String::from("# Benchmarks\n\nWritten by `make bench`.\n\n");
    writeln!(report, "{RUNS} sorted runs of {ROWS} rows on {}, all of them in the page cache.", machine())?;
    report.push_str(
        "\"Decode and encode\" reads the same files and writes as many rows, without merging anything: ",
    );
    report.push_str("the limit of a rewrite.\n\n");
    report.push_str(
        "| | rows in | rows out | wall, s | CPU, s | million rows/s | peak RSS, MiB | output, MiB |\n",
    );
    report.push_str("|---|---|---|---|---|---|---|---|\n");
    writeln!(report, "{}", merge.table_row("compaction"))?;
    writeln!(report, "{}", limit.table_row("decode and encode"))?;
    let path = workspace::root().join(REPORT);
    fs::write(&path, &report).with_context(|| format!("writing {}", path.display()))?;
    print!("\n{report}\nwritten to {REPORT}\n");
    Ok(())
}

/// Processor and number of cores.
fn machine() -> String {
    let information = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = information
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .unwrap_or("an unknown processor");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{cores} cores of {}", model.trim_start_matches([' ', '\t', ':']))
}
