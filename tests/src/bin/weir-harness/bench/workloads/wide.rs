//! A hundred columns.

use anyhow::Result;

use crate::bench::contestants;
use crate::bench::goal::{Goal, Unit};
use crate::bench::section::Section;
use crate::bench::tables;

pub(super) fn run() -> Result<Section> {
    let table = tables::hundred_columns().prepare()?;
    let weir = contestants::weir("`weir compact`", &table, &["--strategy", "full"])?.usage;
    let java = contestants::java(&table)?.usage;
    let goals = vec![Goal::new("100 columns, 4 runs × 500 k rows, against Java, CPU").at_most(
        "",
        0.2,
        weir.cpu / java.cpu,
        Unit::Fraction,
    )];
    Ok(Section {
        title: "100 columns".to_owned(),
        about: format!(
            "{runs} level-0 files of 500,000 rows in one bucket ({size} MiB), a bigint key drawn from 1,000,000 and 99 \
             columns of int, bigint, double, string, decimal(12,2) and timestamp(3) with 10 to 100,000 values each; \
             {rows} rows are left after a full compaction.",
            runs = table.files.len(),
            size = table.input_bytes() >> 20,
            rows = table.rows.count,
        ),
        usages: vec![weir, java],
        input_rows: Some(table.input_rows()),
        facts: Vec::new(),
        goals,
    })
}
