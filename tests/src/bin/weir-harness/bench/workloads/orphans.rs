//! Looking for orphans among very many files.

use anyhow::{Context, Result, ensure};
use weir_tests::cache::Inputs;
use weir_tests::oracle::{Load, TableAt};

use super::{mebibytes, number};
use crate::bench::contestants::{self, weir_command};
use crate::bench::goal::{Goal, Unit};
use crate::bench::measure::{measure, repeated_times};
use crate::bench::section::Section;
use crate::bench::{table, tables};

/// Commits, each with one file for every bucket.
const COMMITS: u32 = 100;
const FILES: i64 = 1_000_000;
/// Files that nothing refers to.
const ORPHANS: i64 = 20_000;

/// Everything is old enough, so that every file is a candidate.
const FLAGS: [&str; 4] = ["--dry-run", "--older-than", "0s", "--allow-young"];

pub(super) fn run() -> Result<Section> {
    let definition = tables::many_buckets();
    let inputs = Inputs::default().text(&format!("{definition:?}")).text(&format!("{COMMITS} {ORPHANS}"));
    let directory = table::made("orphans", &inputs, |java, table| {
        java.create(table, &definition)?;
        java.commit_empty_files(table, COMMITS, &Load::seeded(1))?;
        for number in 0..ORPHANS {
            let name = format!("{}/bucket-{}/data-left-{number}.parquet", table.location(), number % 100);
            std::fs::write(&name, []).with_context(|| format!("writing {name}"))?;
        }
        Ok(())
    })?;
    let table = TableAt::local(&directory);
    let (weir, ()) = repeated_times(1, || {
        let name = "`weir remove-orphans --dry-run`";
        Ok((measure(name, &mut weir_command("remove-orphans", &table, &FLAGS), "")?, ()))
    })?;
    let result = contestants::result(&weir)?;
    let found = result.cleanup.unwrap_or_default().files;
    ensure!(found == ORPHANS, "{found} orphans were found, not {ORPHANS}");
    let requests = result.requests;
    let goals = vec![Goal::new("looking for orphans among 1,000,000 files").at_most(
        "peak",
        mebibytes(256),
        number(weir.peak_rss),
        Unit::MebiBytes,
    )];
    Ok(Section {
        title: "Orphans among 1,000,000 files".to_owned(),
        about: format!(
            "A table of {FILES} live files in 10,000 buckets, all empty, and {ORPHANS} files that nothing refers to. Every \
             file is a candidate. The dry run names the orphans."
        ),
        facts: vec![format!(
            "Requests: {} GET and HEAD, {} LIST; {:.1} MiB read.",
            requests.get,
            requests.list,
            number(requests.bytes_read) / mebibytes(1)
        )],
        usages: vec![weir],
        input_rows: None,
        goals,
    })
}
