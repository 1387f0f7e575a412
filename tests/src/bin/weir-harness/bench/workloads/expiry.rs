//! Expiring very many small snapshots.

use std::io::Write;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use weir_tests::cache::Inputs;
use weir_tests::oracle::{Expiry, Generator, Load};

use super::{mebibytes, number};
use crate::bench::contestants::{self, weir_command};
use crate::bench::goal::{Goal, Unit};
use crate::bench::measure::{in_turns, measure, repeated};
use crate::bench::section::Section;
use crate::bench::table::Copy;
use crate::bench::{table, tables};

const COMMITS: u64 = 9_000;
/// Commits after which everything is compacted, in a commit of its own.
const COMPACTION: u64 = 9;
/// Commits after which a tag is made.
const TAG: u64 = 500;
const ROWS: u64 = 3;
/// Runs of each but Java, in turns.
const TURNS: usize = 5;
/// Snapshots that stay.
const KEPT: &str = "20";

pub(super) fn run() -> Result<Section> {
    let definition = tables::restless();
    let inputs = Inputs::default()
        .text(&format!("{definition:?}"))
        .text(&format!("{COMMITS} {COMPACTION} {TAG} {ROWS}"));
    let directory = table::made("expiry", &inputs, |java, table| {
        java.create(table, &definition)?;
        for commit in 1..=COMMITS {
            let load = Load::seeded(commit)
                .column("id", Generator::Distinct(1000))
                .column("text", Generator::Characters(20));
            let snapshot = java.generate(table, ROWS, &load)?;
            if commit % COMPACTION == 0 {
                java.compact(table, true)?;
            }
            if commit % TAG == 0 {
                java.create_tag(table, &format!("tag{commit}"), snapshot)?;
            }
            if commit + 30 >= COMMITS && commit % 15 == 0 {
                java.set_consumer(table, &format!("reader{commit}"), snapshot)?;
            }
        }
        Ok(())
    })?;
    let flags =
        ["--retain-max", KEPT, "--retain-min", KEPT, "--older-than", "0s", "--max-deletes", "1000000"];
    let weir_on = |copy: &Copy| {
        measure("`weir expire-snapshots`", &mut weir_command("expire-snapshots", &copy.table(), &flags), "")
    };
    let expired = Copy::of(&directory)?;
    weir_on(&expired)?;
    let expiry = Expiry {
        retain_min: Some(KEPT.parse()?),
        retain_max: Some(KEPT.parse()?),
        older_than: Some(Duration::ZERO),
    };
    let (java, by_java) = repeated(|| {
        let copy = Copy::of(&directory)?;
        Ok((contestants::java_expiry(&copy.table(), &expiry)?, copy))
    })?;
    let left = expired.files()?;
    ensure!(
        by_java.files()?.difference(&left).next().is_none(),
        "Weir deleted a file that Java keeps: {:?}",
        by_java.files()?.difference(&left).next()
    );
    let before = Copy::of(&directory)?.files()?;
    let deleted: Vec<&String> = before.difference(&left).collect();
    let [weir, unlink] = in_turns(
        TURNS,
        [&mut || weir_on(&Copy::of(&directory)?), &mut || {
            let copy = Copy::of(&directory)?;
            let mut list = tempfile::NamedTempFile::new()?;
            for file in &deleted {
                writeln!(list, "{}", copy.path(file).display())?;
            }
            contestants::unlink(list.path())
        }],
    )?;

    let result = contestants::result(&weir)?;
    let snapshots = result.expiry.context("figures of the expiry")?.expired_snapshots;
    let requests = result.requests;
    let metadata = ["snapshot/", "manifest/", "tag/", "consumer/", "schema/"];
    let is_read = |file: &&String| metadata.iter().any(|directory| file.starts_with(directory));
    let read = before.iter().filter(is_read).count();
    let data = deleted.iter().filter(|file| !is_read(file)).count();
    let asked = requests.list + requests.get + requests.put + requests.delete;
    // Metadata that goes is read first and deleted then.
    let touched = u64::try_from(read + data + deleted.iter().filter(|file| is_read(file)).count())?;
    let goals = vec![
        Goal::new("expiry of 10,000 small snapshots with tags and consumers, against Java")
            .at_most("user CPU", 0.1, weir.user / java.user, Unit::Fraction)
            .at_most("CPU against open + unlink", 2.0, weir.cpu / unlink.cpu, Unit::Ratio)
            .at_most("peak", mebibytes(128), number(weir.peak_rss), Unit::MebiBytes)
            .at_most("requests per file read or deleted", 1.2, number(asked) / number(touched), Unit::Ratio),
    ];
    Ok(Section {
        title: "Expiring 10,000 snapshots".to_owned(),
        about: format!(
            "A table of one bucket, {COMMITS} commits of {ROWS} rows and a full compaction after every {COMPACTION}; tags \
             after every {TAG} and two consumers that have read nearly everything. {snapshots} snapshots and {} of {} files \
             go; Weir leaves every file that Java leaves.",
            deleted.len(),
            before.len()
        ),
        facts: vec![
            format!(
                "Requests: {} GET and HEAD, {} PUT, {} LIST, {} DELETE for {read} files of metadata and {} deletions.",
                requests.get,
                requests.put,
                requests.list,
                requests.delete,
                deleted.len()
            ),
            format!("User CPU: {:.2} s, Java {:.2} s.", weir.user, java.user),
        ],
        usages: vec![weir, unlink, java],
        input_rows: None,
        goals,
    })
}
