//! Append tables without buckets: small files are rewritten, large row groups are spliced.

use anyhow::Result;

use super::number;
use crate::bench::contestants::{self, Compacted};
use crate::bench::goal::{Goal, Unit};
use crate::bench::section::Section;
use crate::bench::table::Table;
use crate::bench::tables;

const FLAGS: [&str; 2] = ["--strategy", "full"];
/// Uncompressed bytes below which a row group costs readers more than its bytes.
const ROW_GROUP: f64 = 64e6;

/// 200 files of 50,000 rows.
pub(super) fn small() -> Result<Section> {
    let table = tables::small_appends().prepare()?;
    let (weir, java) = both(&table)?;
    let (ours, javas) = (outputs(&weir)?, outputs(&java)?);
    let goals = vec![
        Goal::new("append, 200 files × 50 k rows, against Java")
            .at_most("CPU", 0.25, weir.usage.cpu / java.usage.cpu, Unit::Fraction)
            .at_least("row groups, uncompressed", ROW_GROUP, number(ours.smallest_group), Unit::MegaBytes)
            .at_most("size against Java's", 1.05, number(ours.bytes) / number(javas.bytes), Unit::Ratio),
    ];
    let title = "Append, 200 small files";
    Ok(section(title, &table, weir, java, vec![ours.fact("weir"), javas.fact("Java")], goals))
}

/// 8 files of 1,250,000 rows, each one row group.
pub(super) fn large() -> Result<Section> {
    let table = tables::large_appends().prepare()?;
    let (weir, java) = both(&table)?;
    let (ours, javas) = (outputs(&weir)?, outputs(&java)?);
    let goals =
        vec![Goal::new("append, 8 files × 1.25 M rows with large row groups, against Java, CPU").at_most(
            "",
            1.0 / 15.0,
            weir.usage.cpu / java.usage.cpu,
            Unit::Fraction,
        )];
    let title = "Append, 8 files of large row groups";
    Ok(section(title, &table, weir, java, vec![ours.fact("weir"), javas.fact("Java")], goals))
}

fn both(table: &Table) -> Result<(Compacted, Compacted)> {
    Ok((contestants::weir("`weir compact`", table, &FLAGS)?, contestants::java(table)?))
}

fn section(
    title: &str,
    table: &Table,
    weir: Compacted,
    java: Compacted,
    facts: Vec<String>,
    goals: Vec<Goal>,
) -> Section {
    Section {
        title: title.to_owned(),
        about: format!(
            "{files} files of {rows} rows ({size} MiB) in an append table without buckets, the columns of W1.",
            files = table.files.len(),
            rows = table.input_rows() / (table.files.len() as u64).max(1),
            size = table.input_bytes() >> 20,
        ),
        usages: vec![weir.usage, java.usage],
        input_rows: Some(table.input_rows()),
        facts,
        goals,
    }
}

/// The files after a compaction.
struct Outputs {
    files: usize,
    bytes: u64,
    groups: usize,
    /// Uncompressed bytes of the smallest row group; what is left over at the end of a file does not count.
    smallest_group: u64,
}

fn outputs(compacted: &Compacted) -> Result<Outputs> {
    let files = compacted.files()?;
    let mut outputs = Outputs { files: files.len(), bytes: 0, groups: 0, smallest_group: u64::MAX };
    for file in files {
        outputs.bytes += file.size;
        let groups = contestants::row_groups(std::slice::from_ref(&file))?;
        outputs.groups += groups.len();
        let counting = if groups.len() > 1 { groups.len() - 1 } else { groups.len() };
        let smallest = groups.iter().take(counting).map(|group| group.bytes).min();
        outputs.smallest_group = outputs.smallest_group.min(smallest.unwrap_or(u64::MAX));
    }
    Ok(outputs)
}

impl Outputs {
    fn fact(&self, whose: &str) -> String {
        format!(
            "Left by {whose}: {} files, {} MiB, {} row groups; the smallest has {} MB uncompressed, the last ones of \
             files with several aside.",
            self.files,
            self.bytes >> 20,
            self.groups,
            self.smallest_group / 1_000_000,
        )
    }
}
