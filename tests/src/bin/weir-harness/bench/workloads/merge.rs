//! W1: ten overlapping runs, beside the limit and beside Java.

use anyhow::Result;

use super::{mebibytes, number};
use crate::bench::contestants::{self, Encoding};
use crate::bench::goal::{Goal, Unit};
use crate::bench::measure::in_turns;
use crate::bench::section::Section;
use crate::bench::table::Copy;
use crate::bench::tables;

/// Runs of each but Java.
const TURNS: usize = 5;

pub(super) fn run() -> Result<Section> {
    let table = tables::w1().prepare()?;
    let (mut by_one, mut by_two) = (None, None);
    let compact = |name, threads, copy: &mut Option<Copy>| {
        let (usage, compacted) =
            contestants::weir_once(name, &table, &["--strategy", "full", "--threads", threads])?;
        *copy = Some(compacted);
        Ok(usage)
    };
    let [one, two, inherited, default] = in_turns(
        TURNS,
        [
            &mut || compact("`weir compact`, 1 thread", "1", &mut by_one),
            &mut || compact("`weir compact`, 2 threads", "2", &mut by_two),
            &mut || contestants::limit_once(&table, Encoding::Inherited),
            &mut || contestants::limit_once(&table, Encoding::Default),
        ],
    )?;
    for copy in by_one.iter().chain(&by_two) {
        contestants::require_same_rows(&table, &copy.table())?;
    }
    let java = contestants::java(&table)?.usage;
    let goals =
        vec![
            Goal::new("W1, 1 thread, wall against decode + re-encode")
                .at_most("same encodings", 1.05, one.wall / inherited.wall, Unit::Ratio)
                .at_most("default encodings", 0.85, one.wall / default.wall, Unit::Ratio),
            Goal::new("W1, 2 threads, wall against 1-thread decode + re-encode with default encodings")
                .at_most("", 0.52, two.wall / default.wall, Unit::Ratio),
            Goal::new("W1 against Java, CPU").at_most("", 0.2, one.cpu / java.cpu, Unit::Fraction),
            Goal::new("W1, peak RSS")
                .at_most("1 thread", mebibytes(256), number(one.peak_rss), Unit::MebiBytes)
                .at_most("2 threads", mebibytes(320), number(two.peak_rss), Unit::MebiBytes),
        ];
    Ok(Section {
        title: "W1: 10 overlapping runs".to_owned(),
        about: format!(
            "{runs} level-0 files of 1,000,000 rows in one bucket ({size} MiB): a bigint key drawn from 7,000,000, two \
             int, two double, decimal(18,2), timestamp(3), 20 random characters and a string of 10,000 values. {rows} \
             rows are left after a full compaction.\n\n\
             \"Decode + encode\" reads the same files with parquet-rs on one thread and writes as many rows as are \
             left, without merging anything: the limit of a rewrite of rows. All but Java run in turns.",
            runs = table.files.len(),
            size = table.input_bytes() >> 20,
            rows = table.rows.count,
        ),
        usages: vec![one, two, inherited, default, java],
        input_rows: Some(table.input_rows()),
        facts: Vec::new(),
        goals,
    })
}
