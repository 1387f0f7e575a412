//! W1 on an S3 server whose answers take as long as over a network.

use std::time::Duration;

use anyhow::{Result, ensure};
use weir_tests::oracle::{TableAt, Warehouse};
use weir_tests::s3::{DelayedS3, S3Server};

use super::number;
use crate::bench::contestants::{self, require_same_rows, weir_command};
use crate::bench::goal::{Goal, Unit};
use crate::bench::measure::{measure, repeated};
use crate::bench::section::Section;
use crate::bench::table::{PATH, Table};
use crate::bench::tables;

const DELAY: Duration = Duration::from_millis(30);
/// Input bytes for which one GET is granted.
const BYTES_PER_GET: u64 = 4 << 20;
/// GETs that are granted for each input file besides: footer, first key, last key.
const GETS_PER_FILE: u64 = 3;
/// Bytes of metadata and footers that may be read beside the input.
const METADATA: u64 = 1 << 20;
const BUCKET: &str = "lake";

pub(super) fn run() -> Result<Section> {
    let table = tables::w1().prepare()?;
    let local = contestants::weir("`weir compact`, local files", &table, &["--strategy", "full"])?.usage;
    let server = S3Server::on_loopback("bench")?;
    server.create_bucket(BUCKET)?;
    let delayed = DelayedS3::before(&server, DELAY)?;
    let mut copies = 0_u32;
    let (remote, gets_at_server) = repeated(|| {
        copies += 1;
        let (remote, files) = upload(&table, &server, &delayed, copies)?;
        let before = delayed.object_gets();
        let name = "`weir compact`, S3 with 30 ms";
        let usage = measure(name, &mut weir_command("compact", &remote, &["--strategy", "full"]), "")?;
        let gets = delayed.object_gets() - before;
        require_same_rows(&table, &files)?;
        Ok((usage, gets))
    })?;
    let requests = contestants::result(&remote)?.requests;
    ensure!(
        requests.get >= gets_at_server,
        "weir counts {} GETs, the S3 server {gets_at_server}",
        requests.get
    );
    let granted = table.input_bytes().div_ceil(BYTES_PER_GET) + GETS_PER_FILE * table.files.len() as u64;
    let goals = vec![
        Goal::new("W1 on the S3 server with 30 ms added to each request")
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
            ),
    ];
    Ok(Section {
        title: "W1 on S3, 30 ms away".to_owned(),
        about: "The table of W1 in an S3 server on the same machine, which shares its cores; 30 ms are added to each \
                request on its way to it."
            .to_owned(),
        usages: vec![local, remote],
        input_rows: Some(table.input_rows()),
        facts: vec![format!(
            "Requests of the receipt: {} GET and HEAD, {} PUT, {} LIST, {} DELETE; {} MiB read, {} MiB written; the \
             input has {} MiB. {gets_at_server} GETs of objects came through the delay.",
            requests.get,
            requests.put,
            requests.list,
            requests.delete,
            requests.bytes_read >> 20,
            requests.bytes_written >> 20,
            table.input_bytes() >> 20,
        )],
        goals,
    })
}

/// Puts the table into the bucket; how `weir` reaches it, and the files that the server keeps of it.
fn upload(table: &Table, server: &S3Server, delayed: &DelayedS3, copy: u32) -> Result<(TableAt, TableAt)> {
    let warehouse = format!("copy-{copy}");
    let files = server.files_of_bucket(BUCKET).join(&warehouse).join(PATH);
    table.copy_to(&files)?;
    let remote =
        Warehouse::new(format!("s3://{BUCKET}/{warehouse}"), delayed.storage().clone()).table("table");
    Ok((remote, TableAt::local(&files)))
}
