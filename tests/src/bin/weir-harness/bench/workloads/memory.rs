//! Many runs of many columns within little memory.

use anyhow::Result;

use super::{mebibytes, number};
use crate::bench::contestants;
use crate::bench::goal::{Goal, Unit};
use crate::bench::section::Section;
use crate::bench::tables;

pub(super) fn run() -> Result<Section> {
    let table = tables::many_wide_runs().prepare()?;
    let flags = ["--strategy", "full", "--memory", "256Mi"];
    let weir = contestants::weir("`weir compact --memory 256Mi`", &table, &flags)?.usage;
    let goals = vec![Goal::new("64 runs, 200 columns, with `--memory 256Mi`").done("completes").at_most(
        "peak",
        mebibytes(282),
        number(weir.peak_rss),
        Unit::MebiBytes,
    )];
    Ok(Section {
        title: "64 runs of 200 columns".to_owned(),
        about: format!(
            "{runs} level-0 files of 20,000 rows in one bucket ({size} MiB), a bigint key drawn from 500,000 and 199 \
             columns of int, bigint, double, string, decimal(12,2) and timestamp(3); fully compacted with all threads.",
            runs = table.files.len(),
            size = table.input_bytes() >> 20,
        ),
        usages: vec![weir],
        input_rows: Some(table.input_rows()),
        facts: Vec::new(),
        goals,
    })
}
