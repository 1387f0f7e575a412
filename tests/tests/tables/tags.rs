//! Tags on real tables, beside what Java's own procedures do on a copy.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use weir_contract::Outcome;
use weir_tests::oracle::fixtures::Engines;
use weir_tests::oracle::{Expiry, Java, Judgement, Load, TableAt, TableDefinition, Version};

use crate::listing::listing;
use crate::place::Place;
use crate::sweep::on_every_supported_table;
use crate::weir::weir;

/// Keeps as little as the references allow.
const KEEP_LITTLE: [&str; 6] = ["--retain-max", "1", "--retain-min", "1", "--older-than", "0s"];

const JAVA_KEEPS_LITTLE: Expiry =
    Expiry { retain_min: Some(1), retain_max: Some(1), older_than: Some(Duration::ZERO) };

/// Noon of the 20th of November 2026.
const NOON: i64 = 1_795_176_000_000;

#[test]
fn a_tag_is_what_javas_is_and_leaves_what_javas_leaves() {
    on_every_supported_table(|engines, place, fixture, table| {
        let java = engines.java;
        let copy = place.copy(table, "by_java");
        let first = java.snapshots(table).unwrap()[0].id;
        let rows = java.read(table, &Version::Snapshot(first)).unwrap();
        let first_id = first.to_string();
        weir("create-tag", table, &["--tag", "weir plain", "--snapshot", &first_id]).done();
        weir("create-tag", table, &["--tag", "weir 1.5", "--snapshot", &first_id, "--time-retained", "90m"])
            .done();
        java.create_tag(&copy, "weir plain", first).unwrap();
        java.create_tag_for(&copy, "weir 1.5", first, Duration::from_mins(90)).unwrap();
        assert_same_tags(java, table, &copy);

        java.compact(table, true).unwrap();
        java.compact(&copy, true).unwrap();
        weir("expire-snapshots", table, &KEEP_LITTLE).done();
        java.expire(&copy, &JAVA_KEEPS_LITTLE).unwrap();
        for tag in ["weir plain", "weir 1.5"] {
            let tagged = java.read(table, &Version::Tag(tag.to_owned())).unwrap();
            rows.assert_same(&tagged, "rows of the tag by Java");
        }
        let before = Judgement::of(engines, table, fixture.python_reads).unwrap();
        for tag in ["weir plain", "weir 1.5"] {
            java.delete_tag(&copy, tag).unwrap();
        }
        weir("delete-tag", table, &["--tag", "weir plain,weir 1.5"]).done();
        before.assert_unchanged(&Judgement::of(engines, table, fixture.python_reads).unwrap());
        assert_eq!(java.orphans(table).unwrap(), Vec::<String>::new(), "files that nothing refers to");
        assert_same_kinds_of_files(&place.path(table), &place.path(&copy));
    });
}

#[test]
fn a_table_that_java_has_expired_gets_rid_of_its_tags() {
    on_every_supported_table(|engines, place, fixture, table| {
        let java = engines.java;
        let snapshots = java.snapshots(table).unwrap();
        for snapshot in snapshots.iter().take(3) {
            java.create_tag(table, &format!("t{}", snapshot.id), snapshot.id).unwrap();
        }
        engines.write_more(table).unwrap();
        java.expire(table, &JAVA_KEEPS_LITTLE).unwrap();
        let copy = place.copy(table, "by_java");
        let before = Judgement::of(engines, table, fixture.python_reads).unwrap();
        for snapshot in snapshots.iter().take(3) {
            let tag = format!("t{}", snapshot.id);
            java.delete_tag(&copy, &tag).unwrap();
            weir("delete-tag", table, &["--tag", &tag]).done();
            before.assert_unchanged(&Judgement::of(engines, table, fixture.python_reads).unwrap());
            let (ours, theirs) = (files(&place.path(table)), files(&place.path(&copy)));
            let more: Vec<&String> = ours.iter().filter(|path| !theirs.contains(path)).collect();
            let less: Vec<&String> = theirs.iter().filter(|path| !ours.contains(path)).collect();
            assert_eq!((more, less), (vec![], vec![]), "kept by Weir alone, by Java alone, after {tag}");
        }
    });
}

/// Hazard 4: with Java's own deletion and expiry the branch is lost.
#[test]
fn hazard_4_a_branch_made_from_a_tag_survives() {
    let (engines, place) = (Engines::shared(), Place::new());
    let java = engines.java;
    let table = place.table("branched");
    make(java, &table, 4);
    java.create_tag(&table, "base", 2).unwrap();
    java.create_branch(&table, "side", "base").unwrap();
    java.compact(&table, true).unwrap();
    let rows = java.read(&table.branch("side"), &Version::Latest).unwrap();
    let copy = place.copy(&table, "by_java");
    weir("expire-snapshots", &table, &KEEP_LITTLE).done();
    weir("delete-tag", &table, &["--tag", "base"]).done();
    let after = java.read(&table.branch("side"), &Version::Latest).unwrap();
    rows.assert_same(&after, "rows of the branch");
    java.expire(&copy, &JAVA_KEEPS_LITTLE).unwrap();
    java.delete_tag(&copy, "base").unwrap();
    assert!(java.read(&copy.branch("side"), &Version::Latest).is_err(), "Java keeps branches, too, now");
}

#[test]
fn automatic_tags_are_those_of_java() {
    let (engines, place) = (Engines::shared(), Place::new());
    let java = engines.java;
    let original = place.table("original");
    make(java, &original, 14);
    let hour = 3_600_000;
    // Gaps of hours: within a period, over one, over several; the last one is a tag that is missed late.
    let gaps = [0, 1, 5, 24, 1, 2, 60, 1, 1, 1, 24, 3, 12, 25];
    let mut time = NOON;
    for (id, gap) in (1..).zip(gaps) {
        time += gap * hour;
        set_time(&place.path(&original), id, time, (id != 5).then_some(time + 7 * hour / 2));
    }
    let periods = [
        [("tag.creation-period", "daily"), ("tag.period-formatter", "with_dashes")],
        [("tag.creation-period", "daily"), ("tag.period-formatter", "without_dashes")],
        [("tag.creation-period", "daily"), ("tag.period-formatter", "without_dashes_and_spaces")],
        [("tag.creation-period", "hourly"), ("tag.period-formatter", "with_dashes")],
        [("tag.creation-period", "hourly"), ("tag.period-formatter", "without_dashes")],
        [("tag.creation-period", "hourly"), ("tag.period-formatter", "without_dashes_and_spaces")],
        [("tag.creation-period", "two-hours"), ("tag.period-formatter", "without_dashes")],
        [("tag.creation-period-duration", "90 min"), ("tag.period-formatter", "with_dashes")],
        [("tag.creation-period-duration", "7 d"), ("tag.period-formatter", "with_dashes")],
    ];
    let extras: [&[(&str, &str)]; 5] = [
        &[],
        &[("tag.automatic-completion", "true")],
        &[("sink.process-time-zone", "Asia/Shanghai"), ("sink.watermark-time-zone", "America/New_York")],
        &[("tag.num-retained-max", "2"), ("tag.default-time-retained", "30 d")],
        &[
            ("tag.create-success-file", "true"),
            ("tag.automatic-completion", "true"),
            ("tag.num-retained-max", "4"),
        ],
    ];
    for mode in ["process-time", "watermark"] {
        for (number, period) in periods.iter().enumerate() {
            for (extra_number, extra) in extras.iter().enumerate() {
                let name = format!("{mode}_{number}_{extra_number}");
                let table = place.copy(&original, &name);
                let copy = place.copy(&original, &format!("{name}_java"));
                let options: Vec<(&str, &str)> =
                    [("tag.automatic-creation", mode)].iter().chain(period).chain(*extra).copied().collect();
                let theirs = options.iter().fold(copy, |table, (key, value)| table.with_option(key, value));
                java.auto_tags(&theirs).unwrap();
                let texts: Vec<String> =
                    options.iter().map(|(key, value)| format!("{key}={value}")).collect();
                let flags: Vec<&str> = texts.iter().flat_map(|text| ["--option", text.as_str()]).collect();
                let dry = weir("auto-tag", &table, &[&flags[..], &["--dry-run"]].concat()).done();
                assert_eq!(dry.result.outcome, Outcome::DryRun, "{options:?}: {}", dry.result.message);
                weir("auto-tag", &table, &flags).done();
                assert!(!java.tags(&table).unwrap().is_empty());
                assert_same_tags(java, &table, &theirs);
                assert_eq!(
                    success_files(&place.path(&table)),
                    success_files(&place.path(&theirs)),
                    "{options:?}"
                );
                let again = weir("auto-tag", &table, &flags).done();
                assert_eq!(again.result.outcome, Outcome::NothingToDo, "{options:?}");
                // Java goes on where Weir has tagged.
                let ours =
                    options.iter().fold(table.clone(), |table, (key, value)| table.with_option(key, value));
                let tags = java.tags(&table).unwrap();
                java.auto_tags(&ours).unwrap();
                assert_eq!(java.tags(&table).unwrap(), tags, "{options:?}");
            }
        }
    }
}

/// Day by day with a delay, as a writer that tags at each commit does it.
#[test]
fn automatic_tags_with_a_delay_are_those_of_java() {
    let (engines, place) = (Engines::shared(), Place::new());
    let original = place.table("original");
    make(engines.java, &original, 12);
    for id in 1..=12 {
        // 20:00, 04:00, 12:00 of each day.
        set_time(&place.path(&original), id, NOON + id * 8 * 3_600_000, None);
    }
    for delay in ["0 s", "3 h", "4 h", "5 h", "13 h"] {
        let (table, copy) = (place.copy(&original, delay), place.copy(&original, &format!("{delay}_java")));
        let theirs = copy
            .with_option("tag.automatic-creation", "process-time")
            .with_option("tag.creation-delay", delay);
        engines.java.auto_tags(&theirs).unwrap();
        let delay = delay.replace(' ', "");
        weir("auto-tag", &table, &["--mode", "process-time", "--delay", &delay]).done();
        assert_same_tags(engines.java, &table, &theirs);
    }
}

/// Some snapshots after the newest automatic tag have expired.
#[test]
fn automatic_tags_go_on_after_an_expiry_as_javas_do() {
    let (engines, place) = (Engines::shared(), Place::new());
    let java = engines.java;
    let original = place.table("original");
    make(java, &original, 14);
    for id in 1..=14 {
        set_time(&place.path(&original), id, NOON + id * 9 * 3_600_000, None);
    }
    java.create_tag(&original, "2026-11-20", 3).unwrap();
    let keep_six = Expiry { retain_min: Some(6), retain_max: Some(6), ..JAVA_KEEPS_LITTLE };
    java.expire(&original, &keep_six).unwrap();
    for completion in ["true", "false"] {
        let table = place.copy(&original, completion);
        let copy = place.copy(&original, &format!("{completion}_java"));
        let theirs = copy
            .with_option("tag.automatic-creation", "process-time")
            .with_option("tag.automatic-completion", completion);
        java.auto_tags(&theirs).unwrap();
        weir("auto-tag", &table, &["--mode", "process-time", "--completion", completion]).done();
        assert!(java.tags(&table).unwrap().len() > 2);
        assert_same_tags(java, &table, &theirs);
    }
}

#[test]
fn flags_stand_for_table_options() {
    let (engines, place) = (Engines::shared(), Place::new());
    let table = place.table("flags");
    make(engines.java, &table, 3);
    for id in 1..=3 {
        set_time(&place.path(&table), id, 0, Some(NOON + id * 3_600_000));
    }
    weir(
        "auto-tag",
        &table,
        &[
            "--mode",
            "watermark",
            "--period",
            "hourly",
            "--delay",
            "0s",
            "--formatter",
            "without_dashes_and_spaces",
            "--completion",
            "--time-retained",
            "1d",
            "--keep-hourly",
            "2",
            "--keep-daily",
            "1",
            "--time-zone",
            "Asia/Shanghai",
        ],
    )
    .done();
    let tags = engines.java.tags(&table).unwrap();
    let names: Vec<&str> = tags.iter().map(|tag| tag.name.as_str()).collect();
    assert_eq!(names, ["2026112013", "2026112014"]);
    assert_eq!(tags[0].retained_millis, Some(86_400_000));
    let listed = weir("list-tags", &table, &[]).done();
    assert_eq!(listed.result.message, "2 tags");
}

#[test]
fn tags_expire_as_javas_do() {
    let (engines, place) = (Engines::shared(), Place::new());
    let java = engines.java;
    let table = place.table("expiring");
    make(java, &table, 5);
    java.create_tag_for(&table, "over", 1, Duration::from_millis(1)).unwrap();
    java.create_tag_for(&table, "young", 2, Duration::from_hours(1)).unwrap();
    java.create_tag(&table, "endless", 3).unwrap();
    java.compact(&table, true).unwrap();
    java.expire(&table, &JAVA_KEEPS_LITTLE).unwrap();
    for (is_limited, remaining) in [(false, vec!["endless", "young"]), (true, vec![])] {
        let name = is_limited.to_string();
        let (ours, theirs) = (place.copy(&table, &name), place.copy(&table, &format!("{name}_java")));
        // Where a tag tells no time, that of its file counts: now, for a copy.
        std::thread::sleep(Duration::from_millis(50));
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let now = u64::try_from(now.as_millis()).unwrap();
        weir("expire-tags", &ours, if is_limited { &["--older-than", "0s"] } else { &[] }).done();
        java.expire_tags(&theirs, is_limited.then_some(now)).unwrap();
        let names: Vec<String> = java.tags(&ours).unwrap().into_iter().map(|tag| tag.name).collect();
        assert_eq!(names, remaining);
        assert_eq!(files(&place.path(&ours)), files(&place.path(&theirs)));
    }
}

#[test]
fn a_renamed_tag_is_javas() {
    let (engines, place) = (Engines::shared(), Place::new());
    let table = place.table("renamed");
    make(engines.java, &table, 2);
    engines.java.create_tag(&table, "old", 1).unwrap();
    let copy = place.copy(&table, "by_java");
    weir("rename-tag", &table, &["--tag", "old", "--target", "new"]).done();
    engines.java.rename_tag(&copy, "old", "new").unwrap();
    assert_same_tags(engines.java, &table, &copy);
    assert_eq!(files(&place.path(&table)), files(&place.path(&copy)));
}

/// pypaimon reads a tag with and without times.
#[test]
fn pypaimon_reads_the_tags() {
    let (engines, place) = (Engines::shared(), Place::new());
    let table = place.table("python");
    make(engines.java, &table, 3);
    let rows = engines.java.read(&table, &Version::Snapshot(2)).unwrap();
    weir("create-tag", &table, &["--tag", "plain", "--snapshot", "2"]).done();
    weir("create-tag", &table, &["--tag", "timed", "--snapshot", "2", "--time-retained", "720h"]).done();
    for tag in ["plain", "timed"] {
        let read = engines.python.read(&table, &Version::Tag(tag.to_owned())).unwrap();
        rows.assert_same(&read, "rows of the tag by pypaimon");
    }
}

/// A table with this many snapshots of overlapping rows.
fn make(java: &Java, table: &TableAt, snapshots: u64) {
    let definition = TableDefinition::new()
        .column("id", "BIGINT NOT NULL")
        .column("text", "STRING")
        .primary_key(["id"])
        .option("bucket", "1")
        .write_only();
    java.create(table, &definition).unwrap();
    for seed in 0..snapshots {
        java.generate(table, 10, &Load::seeded(seed).distinct(20)).unwrap();
    }
}

/// Rewrites when a snapshot was committed, and its watermark.
fn set_time(table: &Path, id: i64, millis: i64, watermark: Option<i64>) {
    let path = table.join(format!("snapshot/snapshot-{id}"));
    let mut json: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    json["timeMillis"] = millis.into();
    json["watermark"] = watermark.map_or(Value::Null, Value::from);
    std::fs::write(path, json.to_string()).unwrap();
}

/// Fails unless Java reads the same tags. When they were made differs by the time between the two.
#[track_caller]
fn assert_same_tags(java: &Java, ours: &TableAt, theirs: &TableAt) {
    let told = |table: &TableAt| -> BTreeMap<String, (Value, bool, Option<u64>)> {
        let tags = java.tags(table).unwrap().into_iter();
        tags.map(|tag| (tag.name, (tag.snapshot, tag.create_time.is_some(), tag.retained_millis))).collect()
    };
    assert_eq!(told(ours), told(theirs));
}

fn success_files(table: &Path) -> Vec<String> {
    files(table).into_iter().filter(|path| path.ends_with("_SUCCESS")).collect()
}

/// Paths of the table's files without hints and what Weir keeps for itself.
fn files(table: &Path) -> Vec<String> {
    let files = listing(table).into_keys();
    files
        .filter(|path| {
            !path.starts_with(".weir/") && !path.ends_with("EARLIEST") && !path.ends_with("LATEST")
        })
        .collect()
}

/// Fails unless two tables with the same history have as many files in each directory; their compactions gave names of
/// their own.
#[track_caller]
fn assert_same_kinds_of_files(ours: &Path, theirs: &Path) {
    let count = |table: &Path| {
        let mut counts = BTreeMap::<String, usize>::new();
        for path in files(table) {
            let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
            *counts.entry(directory.to_owned()).or_default() += 1;
        }
        counts
    };
    assert_eq!(count(ours), count(theirs));
}
