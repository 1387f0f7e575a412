//! `make bench`: `weir` beside the limit of the machine and beside Java Paimon, in one run.
//!
//! Every figure is of a whole process, on a table that Java wrote. Ratios compare processes of one run only.

mod contestants;
mod goal;
mod measure;
mod page;
mod section;
mod table;
mod tables;
mod workloads;

use anyhow::{Context, Result, bail};
use weir_tests::{oracle, tools, workspace};

use self::section::Section;
use self::workloads::Workload;
use crate::stages::Stages;

/// Where the figures are published.
const REPORT: &str = "docs/benchmarks.md";

/// Runs all workloads and publishes their figures, or shows those of the one that is named.
///
/// A workload that fails is on the page with its error and fails the run in the end.
pub(crate) fn run(only: Option<&str>) -> Result<()> {
    let workloads = chosen(only)?;
    let mut stages = Stages::new("make bench", 3 + workloads.len());
    stages.run("Java Paimon", oracle::java_oracle)?;
    stages.run("S3 server", tools::s3_server)?;
    stages.run("release binaries", contestants::build)?;
    let load = page::load_average();
    let mut sections = Vec::new();
    let mut failed = Vec::new();
    for workload in &workloads {
        let section = stages.show(workload.name, workload.run).unwrap_or_else(|error| {
            eprintln!("{}: {error:#}", workload.name);
            failed.push(workload.name);
            Section::failed(workload, &error)
        });
        sections.push(section);
    }
    drop(stages);
    let page = page::render(&load, &sections);
    println!("\n{page}");
    if only.is_none() {
        let path = workspace::root().join(REPORT);
        std::fs::write(&path, &page).with_context(|| format!("writing {}", path.display()))?;
        println!("written to {REPORT}");
    }
    if failed.is_empty() { Ok(()) } else { bail!("workloads that failed: {}", failed.join(", ")) }
}

fn chosen(only: Option<&str>) -> Result<Vec<Workload>> {
    let chosen: Vec<Workload> = workloads::ALL
        .iter()
        .filter(|workload| only.is_none_or(|name| name == workload.name))
        .copied()
        .collect();
    if chosen.is_empty() {
        let names: Vec<&str> = workloads::ALL.iter().map(|workload| workload.name).collect();
        bail!("no workload of this name; there are {}", names.join(", "));
    }
    Ok(chosen)
}
