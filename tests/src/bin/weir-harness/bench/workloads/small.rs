//! What a compaction costs when there is next to nothing to compact.

use anyhow::Result;

use super::number;
use crate::bench::contestants;
use crate::bench::goal::{Goal, Unit};
use crate::bench::section::Section;
use crate::bench::tables;

const RUNS: usize = 20;

pub(super) fn run() -> Result<Section> {
    let table = tables::small().prepare()?;
    let weir = contestants::weir_times(Some(RUNS), "`weir compact`", &table, &["--strategy", "full"])?.usage;
    let requests = contestants::result(&weir)?.requests;
    let all = requests.list + requests.get + requests.put + requests.delete;
    let goals = vec![
        Goal::new("5 files × 60 kB, whole process on local files")
            .at_most("wall", 60.0, weir.wall * 1e3, Unit::Milliseconds)
            .at_most("storage requests", 40.0, number(all), Unit::Count),
    ];
    Ok(Section {
        title: "5 small files".to_owned(),
        about: format!(
            "{files} level-0 files of {size} kB in one bucket, the columns of W1, fully compacted; median of {RUNS} runs.",
            files = table.files.len(),
            size = table.input_bytes() / 1_000 / (table.files.len() as u64).max(1),
        ),
        facts: vec![format!(
            "{:.0} ms. Requests: {} GET and HEAD, {} PUT, {} LIST, {} DELETE.",
            weir.wall * 1e3,
            requests.get,
            requests.put,
            requests.list,
            requests.delete
        )],
        usages: vec![weir],
        input_rows: None,
        goals,
    })
}
