//! Compaction on an S3 server whose answers take as long as over a network.

use std::time::Duration;

use anyhow::{Result, ensure};
use weir_tests::oracle::{TableAt, Warehouse};
use weir_tests::s3::{DelayedS3, S3Server};

use super::number;
use crate::bench::contestants::{self, require_same_rows, weir_command};
use crate::bench::goal::{Goal, Unit};
use crate::bench::measure::{Usage, cpu_seconds, in_turns, measure, repeated};
use crate::bench::section::Section;
use crate::bench::table::{PATH, Table};
use crate::bench::tables;

/// Runs of W1 on local files and in the store, in turns.
const TURNS: usize = 3;
const DELAY: Duration = Duration::from_millis(30);
/// Input bytes for which one GET is granted.
const BYTES_PER_GET: u64 = 4 << 20;
/// GETs that are granted for each input file besides: footer, first key, last key.
const GETS_PER_FILE: u64 = 3;
/// Bytes of metadata and footers that may be read beside the input.
const METADATA: u64 = 1 << 20;
const BUCKET: &str = "lake";
const FULL: &[&str] = &["--strategy", "full"];

/// W1 on one thread, which leaves a core to the server, and on two.
pub(super) fn w1() -> Result<Section> {
    let table = tables::w1().prepare()?;
    let mut store = FarStore::start()?;
    let mut section = Section {
        title: "W1 on S3, 30 ms away".to_owned(),
        about: "The table of W1 in an S3 server on the same machine, which shares its cores; 30 ms are added to each \
                request on its way to it."
            .to_owned(),
        input_rows: Some(table.input_rows()),
        facts: Vec::new(),
        usages: Vec::new(),
        goals: Vec::new(),
    };
    let one = Threads {
        flag: "1",
        local: "`weir compact --threads 1`, local files",
        remote: "`weir compact --threads 1`, S3 with 30 ms",
        goal: "W1 on the S3 server with 30 ms added to each request, 1 thread",
    };
    let two = Threads {
        flag: "2",
        local: "`weir compact --threads 2`, local files",
        remote: "`weir compact --threads 2`, S3 with 30 ms",
        goal: "the same, 2 threads",
    };
    for threads in [one, two] {
        compare_w1(&threads, &table, &mut store, &mut section)?;
    }
    Ok(section)
}

/// How many threads a comparison uses, and what it is called.
struct Threads {
    flag: &'static str,
    local: &'static str,
    remote: &'static str,
    goal: &'static str,
}

/// Compares W1 in the store with local files, and adds what was found to the section.
fn compare_w1(threads: &Threads, table: &Table, store: &mut FarStore, section: &mut Section) -> Result<()> {
    let flags = ["--strategy", "full", "--threads", threads.flag];
    let (mut gets_at_server, mut others, mut compacted) = (0, 0.0, None);
    let [local, remote] = in_turns(
        TURNS,
        [
            &mut || {
                let (usage, copy) = contestants::weir_once(threads.local, table, &flags)?;
                compacted = Some(copy);
                Ok(usage)
            },
            &mut || {
                let (usage, beside) = store.compact(threads.remote, table, &flags)?;
                (gets_at_server, others) = beside;
                Ok(usage)
            },
        ],
    )?;
    if let Some(copy) = &compacted {
        require_same_rows(table, &copy.table())?;
    }
    let cores = std::thread::available_parallelism()?.get();
    let least = (others + remote.cpu) / number(cores as u64);
    let requests = contestants::result(&remote)?.requests;
    ensure!(
        requests.get >= gets_at_server,
        "weir counts {} GETs, the S3 server {gets_at_server}",
        requests.get
    );
    let granted = table.input_bytes().div_ceil(BYTES_PER_GET) + GETS_PER_FILE * table.files.len() as u64;
    let goal = Goal::new(threads.goal)
        .at_most("wall, against local", 1.5, remote.wall / local.wall, Unit::Ratio)
        .at_most(
            "GETs (1 per 4 MiB of input + 3 per file)",
            number(granted),
            number(requests.get),
            Unit::Count,
        )
        .at_most(
            "downloaded (the input, and 1 MiB of metadata)",
            number(table.input_bytes() + METADATA),
            number(requests.bytes_read),
            Unit::MebiBytes,
        );
    section.facts.push(format!(
        "Threads: {}. The server and the delay took {others:.2} s of the same {cores} cores, so that a run takes {least:.2} s \
         at least, {:.2} of the time with local files, however well it is ordered. Requests of the receipt: {} GET and HEAD, \
         {} PUT, {} LIST, {} DELETE; {} MiB read, {} MiB written; the input has {} MiB. {gets_at_server} GETs of objects \
         came through the delay.",
        threads.flag,
        least / local.wall,
        requests.get,
        requests.put,
        requests.list,
        requests.delete,
        requests.bytes_read >> 20,
        requests.bytes_written >> 20,
        table.input_bytes() >> 20,
    ));
    section.usages.extend([local, remote]);
    section.goals.push(goal);
    Ok(())
}

/// Very many buckets, each of which takes a few requests and next to no work.
pub(super) fn small_buckets() -> Result<Section> {
    let table = tables::small_buckets().prepare()?;
    let local = contestants::weir("`weir compact`, local files", &table, FULL)?.usage;
    let mut store = FarStore::start()?;
    let (remote, _) = repeated(|| store.compact("`weir compact`, S3 with 30 ms", &table, FULL))?;
    let requests = contestants::result(&remote)?.requests;
    let buckets = u64::from(tables::SMALL_BUCKETS);
    let each = remote.wall * 1e3 / number(buckets);
    let goals =
        vec![Goal::new("100 small buckets on the S3 server with 30 ms added to each request").at_most(
            "wall for each bucket",
            DELAY.as_secs_f64() * 1e3,
            each,
            Unit::Milliseconds,
        )];
    Ok(Section {
        title: "Small buckets on S3, 30 ms away".to_owned(),
        about: format!(
            "{buckets} buckets of {files} level-0 files of {size} kB, the columns of W1, fully compacted with 30 ms added \
             to each request.",
            files = table.files.len() as u64 / buckets,
            size = table.input_bytes() / 1_000 / (table.files.len() as u64).max(1),
        ),
        facts: vec![format!(
            "{each:.0} ms for each bucket. Requests: {} GET and HEAD, {} PUT, {} LIST.",
            requests.get, requests.put, requests.list
        )],
        usages: vec![local, remote],
        input_rows: Some(table.input_rows()),
        goals,
    })
}

/// An S3 server behind a delay.
struct FarStore {
    server: S3Server,
    delayed: DelayedS3,
    copies: u32,
}

impl FarStore {
    fn start() -> Result<Self> {
        let server = S3Server::on_loopback("bench")?;
        server.create_bucket(BUCKET)?;
        let delayed = DelayedS3::before(&server, DELAY)?;
        Ok(Self { server, delayed, copies: 0 })
    }

    /// Compacts a copy of a table; also the GETs of objects that came, and the CPU seconds of everything beside `weir`.
    fn compact(&mut self, name: &'static str, table: &Table, flags: &[&str]) -> Result<(Usage, (u64, f64))> {
        let (remote, files) = self.upload(table)?;
        let (gets, cpu) = (self.delayed.object_gets(), self.cpu()?);
        let usage = measure(name, &mut weir_command("compact", &remote, flags), "")?;
        let beside = (self.delayed.object_gets() - gets, self.cpu()? - cpu);
        require_same_rows(table, &files)?;
        Ok((usage, beside))
    }

    /// Puts the table into the bucket; how `weir` reaches it, and the files that the server keeps of it.
    fn upload(&mut self, table: &Table) -> Result<(TableAt, TableAt)> {
        self.copies += 1;
        let warehouse = format!("copy-{}", self.copies);
        let files = self.server.files_of_bucket(BUCKET).join(&warehouse).join(PATH);
        table.copy_to(&files)?;
        let remote = Warehouse::new(format!("s3://{BUCKET}/{warehouse}"), self.delayed.storage().clone())
            .table("table");
        Ok((remote, TableAt::local(&files)))
    }

    /// CPU seconds so far of the server, and of the delay in this process.
    fn cpu(&self) -> Result<f64> {
        let pids = self.server.pid().into_iter().chain([std::process::id()]);
        pids.map(|pid| cpu_seconds(pid).map(|(user, system)| user + system)).sum()
    }
}
