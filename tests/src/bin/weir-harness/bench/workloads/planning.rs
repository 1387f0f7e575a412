//! Planning for a table of very many files.

use anyhow::{Result, ensure};
use weir_tests::cache::Inputs;
use weir_tests::oracle::{Load, TableAt};

use super::{mebibytes, number};
use crate::bench::contestants::{self, weir_command};
use crate::bench::goal::{Goal, Unit};
use crate::bench::measure::{measure, repeated};
use crate::bench::section::Section;
use crate::bench::{table, tables};

const COMMITS: u32 = 10;
const FILES: i64 = 100_000;

pub(super) fn run() -> Result<Section> {
    let definition = tables::many_buckets();
    let inputs = Inputs::default().text(&format!("{definition:?}")).text(&COMMITS.to_string());
    let directory = table::made("planning", &inputs, |java, table| {
        java.create(table, &definition)?;
        java.commit_file_entries(table, COMMITS, &Load::seeded(1))?;
        Ok(())
    })?;
    let table = TableAt::local(&directory);
    let (weir, ()) = repeated(|| {
        let name = "`weir compact --dry-run`";
        Ok((measure(name, &mut weir_command("compact", &table, &["--dry-run"]), "")?, ()))
    })?;
    let (inspect, ()) =
        repeated(|| Ok((measure("`weir inspect`", &mut weir_command("inspect", &table, &[]), "")?, ())))?;
    let result = contestants::result(&weir)?;
    let planned = result.compaction.unwrap_or_default().input_files;
    ensure!(planned == FILES, "{planned} files were planned, not {FILES}");
    let requests = result.requests;
    let goals = vec![
        Goal::new("planning a table of 100,000 live files in 10,000 buckets")
            .at_most("wall", 2.0, weir.wall, Unit::Seconds)
            .at_most("peak", mebibytes(200), number(weir.peak_rss), Unit::MebiBytes),
        Goal::new("inspection of 100,000 files").at_most("wall", 2.0, inspect.wall, Unit::Seconds),
    ];
    Ok(Section {
        title: "Planning 100,000 files".to_owned(),
        about: "A table of 10,000 buckets with 10 level-0 files each, of which only the metadata exists: Java committed \
                the entries of files that were never written. The dry run plans to rewrite all of them, and prints its \
                plan as JSON; the inspection also tells who pins what."
            .to_owned(),
        facts: vec![format!(
            "Requests: {} GET and HEAD, {} LIST; {:.1} MiB read.",
            requests.get,
            requests.list,
            number(requests.bytes_read) / mebibytes(1)
        )],
        usages: vec![weir, inspect],
        input_rows: None,
        goals,
    })
}
