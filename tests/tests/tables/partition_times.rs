//! Times that partition values stand for, as Weir and as Java read them.

use std::collections::BTreeMap;

use serde_json::json;
use weir_tests::oracle::fixtures::Engines;
use weir_tests::oracle::{Java, PartitionReading, Row, TableAt, TableDefinition};

use crate::place::Place;
use crate::weir::weir;

/// Formatters of Java; none is the lenient default.
const FORMATTERS: [Option<&str>; 20] = [
    None,
    Some("yyyy-MM-dd"),
    Some("uuuu-MM-dd"),
    Some("yyyyMMdd"),
    Some("yyyyMMddHH"),
    Some("yyyyMMddHHmmss"),
    Some("yyyyMMddHHmmssSSS"),
    Some("yyyy/M/d"),
    Some("yyyy/MM/dd H:m:s"),
    Some("y-M-d"),
    Some("u-M-d"),
    Some("yyyMMdd"),
    Some("yy-MM-dd"),
    Some("yyyy-MM-dd'T'HH:mm"),
    Some("yyyy-MM-dd[ HH:mm[:ss[.SSS]]]"),
    Some("[yyyyMMdd][yyyy-MM-dd]"),
    Some("'day 'yyyy-MM-dd"),
    Some("yyyy''MM''dd"),
    Some("yyyyMMdd mm"),
    Some("yyyyy-MM-dd"),
];

/// Values of partitions, all of the past or no time at all.
const VALUES: [&str; 56] = [
    "2025-11-20",
    "2025-1-2",
    "2025-01-02",
    "20251120",
    "2025112013",
    "20251120131415",
    "20251120131415999",
    "120251120",
    "2025112",
    "2025/11/20",
    "2025/1/2",
    "2025/01/02 3:4:5",
    "25-11-20",
    "99-11-20",
    "2025-11-20T13:14",
    "2025-11-20T24:00",
    "2025-11-20T24:01",
    "2025-11-20T13:60",
    "2025-11-20 13:14",
    "2025-11-20 13:14:15",
    "2025-11-20 13:14:15.123",
    "2025-11-20 13:14:15.123456789",
    "2025-11-20 13:14:15.1234567890",
    "2025-11-20 13:14:15.",
    "2025-11-20 24:00:00",
    "2025-11-20 25:61:62",
    "2025-11-20 1:2:3",
    "2025-11-20 ",
    " 2025-11-20",
    "2025-13-01",
    "2025-00-10",
    "2025-02-29",
    "2024-02-29",
    "2025-02-30",
    "2025-04-31",
    "2025-11-32",
    "2025-1-99",
    "2015-99-99",
    "-2025-11-20",
    "+2025-11-20",
    "+02025-11-20",
    "02025-11-20",
    "2025--1-2",
    "0000-01-01",
    "0001-01-01",
    "day 2025-11-20",
    "2025'11'20",
    "20251120 30",
    "20251120 61",
    "20251120 3",
    "٢٠٢٥-١١-٢٠",
    "2025-11-20Z",
    "2025",
    "202511",
    "x",
    "__DEFAULT_PARTITION__",
];

#[test]
fn partition_values_are_read_as_java_reads_them() {
    let engines = Engines::shared();
    let place = Place::new();
    let table = place.table("times");
    partitioned_by_text(engines.java, &table);
    let mut read = 0;
    for formatter in FORMATTERS {
        let reading = |value: &&str| PartitionReading {
            formatter: formatter.map(str::to_owned),
            pattern: None,
            columns: vec!["dt".to_owned()],
            values: vec![(*value).to_owned()],
        };
        let readings: Vec<PartitionReading> = VALUES.iter().map(reading).collect();
        let times = engines.java.partition_times(&readings).unwrap();
        let expected: BTreeMap<String, String> = VALUES
            .iter()
            .zip(times)
            .filter_map(|(value, time)| {
                Some(((*value).to_owned(), normal(&time.filter(|time| is_past(time))?)))
            })
            .collect();
        assert_eq!(ours(&table, formatter), expected, "{formatter:?}");
        read += expected.len();
    }
    assert!(read > 60, "only {read} values were read at all");
}

/// Times by value, as a dry run tells them.
fn ours(table: &TableAt, formatter: Option<&str>) -> BTreeMap<String, String> {
    let mut flags =
        vec!["--dry-run", "--expiration-time=0s", "--partition-idle-time=0s", "--max-expires=1000"];
    let formatter = formatter.map(|formatter| format!("--timestamp-formatter={formatter}"));
    flags.extend(formatter.as_deref());
    let run = weir("expire-partitions", table, &flags).done();
    let expired = run.details["expired"].as_array().unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    expired
        .iter()
        .map(|partition| {
            let directory = text(&partition["partition"]);
            let value = weir_paimon_spec::paths::unescape(directory.strip_prefix("dt=").unwrap());
            (value, normal(&text(&partition["time"])))
        })
        .collect()
}

/// Only what is past expires.
fn is_past(time: &str) -> bool {
    time.starts_with('-') || (!time.starts_with('+') && time < "2026-02")
}

/// Java leaves out seconds that are nothing, and writes years before Christ with four digits.
fn normal(time: &str) -> String {
    let time = time.replacen("-00", "-", usize::from(time.starts_with('-')));
    let (date, clock) = time.split_once('T').unwrap();
    let clock = if clock.len() == 5 { format!("{clock}:00") } else { clock.to_owned() };
    let (clock, fraction) = clock.split_once('.').unwrap_or((&clock, ""));
    format!("{date}T{clock}.{}", fraction.trim_end_matches('0'))
}

/// A partition for each value.
fn partitioned_by_text(java: &Java, table: &TableAt) {
    let definition = TableDefinition::new()
        .column("dt", "STRING")
        .column("id", "INT")
        .partitioned_by(["dt"])
        .option("bucket", "-1")
        .write_only();
    java.create(table, &definition).unwrap();
    let rows: Vec<Row> = VALUES.iter().map(|value| Row::insert(json!([value, 1]))).collect();
    java.write(table, &rows).unwrap();
}
