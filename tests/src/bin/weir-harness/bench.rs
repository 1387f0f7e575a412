//! `make bench`: `weir compact` beside the limit of the machine and beside Java Paimon, in one run.
//!
//! Every figure is of a whole process, on a table that Java wrote. Ratios compare processes of one run only.

mod contestants;
mod measure;
mod page;
mod workload;

use anyhow::{Context, Result};
use weir_tests::{oracle, workspace};

use self::contestants::Encoding;
use crate::stages::Stages;

/// Where the figures are published.
const REPORT: &str = "docs/benchmarks.md";

/// Runs the benchmark and publishes its figures.
pub(crate) fn run() -> Result<()> {
    let mut stages = Stages::new("make bench", 7);
    stages.run("Java Paimon", oracle::java_oracle)?;
    stages.run("release binaries", contestants::build)?;
    let workload = stages.run("table by Java", workload::prepare)?;
    let load = page::load_average();
    let weir = stages.run("weir compact", || contestants::weir(&workload))?;
    let inherited =
        stages.run("decode, encode as Java did", || contestants::limit(&workload, Encoding::Inherited))?;
    let default =
        stages.run("decode, encode by default", || contestants::limit(&workload, Encoding::Default))?;
    let java = stages.run("compaction by Java", || contestants::java(&workload))?;
    drop(stages);
    let page = page::render(&load, &workload, &weir, &[inherited, default], &java);
    let path = workspace::root().join(REPORT);
    std::fs::write(&path, &page).with_context(|| format!("writing {}", path.display()))?;
    print!("\n{page}\nwritten to {REPORT}\n");
    Ok(())
}
