//! The published page.

use std::fmt::Write;

use super::measure::{LONG, Usage};
use super::section::Section;

/// Load average of the last minute, as the kernel prints it.
pub(crate) fn load_average() -> String {
    let loads = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    loads.split_whitespace().next().unwrap_or("unknown").to_owned()
}

/// The page with all figures; `load` is the load average before the first of them.
pub(crate) fn render(load: &str, sections: &[Section]) -> String {
    let mut page = format!(
        "# Benchmarks\n\n\
         Written by `make bench` on {machine}. The tables are Java Paimon's and in the page cache; the figures are those \
         of whole processes, and ratios compare processes of this one run. What takes less than {LONG} s at first is run three \
         times or more, and its median shown; peak memory is the largest of all runs. After the last run of each \
         compaction Java reads the same rows from the table as before it. The load average at the start was {load}: above 0.5, others were at work too, \
         and wall times say little; CPU seconds are steadier.\n",
        machine = machine(),
    );
    for section in sections {
        // Writing to a string cannot fail.
        let _ = write!(page, "\n{}", rendered(section));
    }
    let _ = write!(page, "\n{}", goals(sections));
    page
}

fn rendered(section: &Section) -> String {
    let mut text = format!("## {}\n\n{}\n", section.title, section.about);
    if let Some(first) = section.usages.first() {
        text.push_str(
            "\n| | runs | wall, s | CPU, s | million input rows per s | peak RSS, MiB | wall, first ÷ this | CPU, first ÷ this |\n\
             |---|---|---|---|---|---|---|---|\n",
        );
        for usage in &section.usages {
            let _ = writeln!(text, "{}", table_row(section, first, usage));
        }
    }
    for fact in &section.facts {
        let _ = write!(text, "\n{fact}\n");
    }
    text
}

fn table_row(section: &Section, first: &Usage, usage: &Usage) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = section.input_rows.map(|rows| format!("{:.2}", rows as f64 / usage.wall / 1e6));
    format!(
        "| {} | {} | {:.2} | {:.2} | {} | {} | {:.2} | {:.2} |",
        usage.name,
        usage.runs,
        usage.wall,
        usage.cpu,
        rate.as_deref().unwrap_or("–"),
        usage.peak_rss >> 20,
        first.wall / usage.wall,
        first.cpu / usage.cpu,
    )
}

fn goals(sections: &[Section]) -> String {
    let mut text = "## Goals\n\n| measure | to reach | reached |\n|---|---|---|\n".to_owned();
    for goal in sections.iter().flat_map(|section| &section.goals) {
        let _ = writeln!(text, "| {} | {} | {} |", goal.measure, goal.to_reach(), goal.reached());
    }
    for section in sections.iter().filter(|section| section.goals.is_empty()) {
        let _ = writeln!(text, "| {} | | **failed** |", section.title);
    }
    text
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
