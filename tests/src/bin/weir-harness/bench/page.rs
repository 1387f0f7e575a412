//! The published page.

use std::fmt::Write;

use super::measure::Usage;
use super::workload::{KEYS, ROWS_PER_RUN, RUNS, Workload};

/// Load average of the last minute, as the kernel prints it.
pub(crate) fn load_average() -> String {
    let loads = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    loads.split_whitespace().next().unwrap_or("unknown").to_owned()
}

/// The page with all figures and their ratios; `load` is the load average before the first of them.
pub(crate) fn render(
    load: &str,
    workload: &Workload,
    weir: &Usage,
    limits: &[Usage],
    java: &Usage,
) -> String {
    let mut page = format!(
        "# Benchmarks\n\n\
         Written by `make bench` on {machine}, all files in the page cache; the figures are those of whole \
         processes. The load average at the start was {load}: above 0.5, others were at work too, and wall times \
         say little; CPU seconds are steadier.\n\n\
         The table is Java Paimon's: {RUNS} level-0 files of {ROWS_PER_RUN} rows in one bucket ({size} MiB), a \
         bigint key drawn from {KEYS}, two int, two double, decimal(18,2), timestamp(3), 20 random characters and \
         a string of 10,000 values. {rows} rows are left after merging; Java reads the same rows from every \
         compacted copy.\n\n\
         \"Decode + encode\" reads the same files with parquet-rs and writes as many rows as are left, without \
         merging anything: the limit of a rewrite.\n\n\
         | | wall, s | CPU, s | million input rows per s | peak RSS, MiB | wall, weir ÷ this | CPU, weir ÷ this |\n\
         |---|---|---|---|---|---|---|\n",
        machine = machine(),
        size = workload.input_bytes() >> 20,
        rows = workload.rows.count,
    );
    for usage in std::iter::once(weir).chain(limits).chain([java]) {
        // Writing to a string cannot fail.
        let _ = writeln!(page, "{}", table_row(workload, weir, usage));
    }
    page
}

fn table_row(workload: &Workload, weir: &Usage, usage: &Usage) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = workload.input_rows() as f64 / usage.wall / 1e6;
    format!(
        "| {} | {:.2} | {:.2} | {rate:.2} | {} | {:.2} | {:.2} |",
        usage.name,
        usage.wall,
        usage.cpu,
        usage.peak_rss >> 20,
        weir.wall / usage.wall,
        weir.cpu / usage.cpu,
    )
}

/// Processor and number of cores.
fn machine() -> String {
    let information = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = information
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .unwrap_or("an unknown processor");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{cores} cores of {}", model.trim_start_matches([' ', '\t', ':']))
}
