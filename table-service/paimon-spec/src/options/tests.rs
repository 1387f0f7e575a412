use std::time::Duration;

use super::*;
use crate::error::ErrorKind;
use crate::manifest::Compression;
use crate::stats::StatsMode;

fn options(pairs: &[(&str, &str)]) -> TableOptions {
    TableOptions::default().with_overrides(pairs.iter().copied())
}

#[test]
fn every_default_can_be_read() {
    assert_eq!(keys::unreadable(&TableOptions::default()).len(), 0);
}

#[test]
fn defaults_are_those_of_the_released_java() {
    let options = TableOptions::default();
    assert_eq!(options.get(&keys::BUCKET).unwrap(), -1);
    assert_eq!(options.get(&keys::MERGE_ENGINE).unwrap(), MergeEngine::Deduplicate);
    assert_eq!(options.get(&keys::MANIFEST_TARGET_FILE_SIZE).unwrap().bytes(), 8 << 20);
    assert_eq!(options.get(&keys::SNAPSHOT_TIME_RETAINED).unwrap(), Duration::from_hours(1));
    assert_eq!(options.get(&keys::SNAPSHOT_NUM_RETAINED_MAX).unwrap(), i32::MAX);
    assert_eq!(options.get(&keys::METADATA_STATS_MODE).unwrap(), StatsMode::Truncate(16));
    assert_eq!(options.get(&keys::COMMIT_MAX_RETRY_WAIT).unwrap(), Duration::from_secs(10));
    assert_eq!(options.manifest_compression().unwrap(), Compression::Zstd);
    assert_eq!(options.num_levels().unwrap(), 6);
    assert_eq!(options.num_sorted_run_stop_trigger().unwrap(), 8);
    assert_eq!(options.target_file_size(true).unwrap(), MemorySize(128 << 20));
    assert_eq!(options.target_file_size(false).unwrap(), MemorySize(256 << 20));
    assert_eq!(options.find(&keys::TARGET_FILE_SIZE).unwrap(), None);
    assert!(!options.get(&keys::WRITE_ONLY).unwrap());
}

#[test]
fn overrides_win_over_the_schema() {
    let options = options(&[("bucket", "2"), ("num-levels", "3")]).with_overrides([("bucket", "7")]);
    assert_eq!(options.get(&keys::BUCKET).unwrap(), 7);
    assert_eq!(options.num_levels().unwrap(), 3);
    assert_eq!(options.iter().collect::<Vec<_>>(), [("bucket", "7"), ("num-levels", "3")]);
}

#[test]
fn older_names_count_after_the_name() {
    let old = options(&[("write.compaction-skip", "true")]);
    assert!(old.get(&keys::WRITE_ONLY).unwrap());
    assert!(!old.with_overrides([("write-only", "false")]).get(&keys::WRITE_ONLY).unwrap());
    assert!(options(&[("deduplicate.ignore-delete", "TRUE")]).get(&keys::IGNORE_DELETE).unwrap());
}

#[test]
fn reads_sizes_as_paimon_does() {
    for (text, bytes) in [
        ("0", 0),
        ("12", 12),
        ("500 bytes", 500),
        ("64 kb", 64 << 10),
        ("128mb", 128 << 20),
        (" 128 MB ", 128 << 20),
        ("1g", 1 << 30),
        ("2 tebibytes", 2 << 40),
        ("9223372036854775807 bytes", 9_223_372_036_854_775_807),
    ] {
        assert_eq!(MemorySize::parse(text).unwrap(), MemorySize(bytes), "{text}");
    }
    for text in ["", "mb", "1.5 mb", "-1", "1 mib", "1 xb", "9223372036854775808", "16777216 tb"] {
        assert_eq!(MemorySize::parse(text).unwrap_err().kind, ErrorKind::Invalid, "{text}");
    }
    for bytes in [0, 1, 1023, 1024, 1536, 128 << 20, 3 << 40] {
        let size = MemorySize(bytes);
        assert_eq!(MemorySize::parse(&size.to_string()).unwrap(), size);
    }
    assert_eq!(MemorySize(128 << 20).to_string(), "128 mb");
}

#[test]
fn reads_durations_as_paimon_does() {
    for (text, duration) in [
        ("1 h", Duration::from_hours(1)),
        ("1h", Duration::from_hours(1)),
        ("2 DAYS", Duration::from_hours(48)),
        ("30 min", Duration::from_mins(30)),
        ("5 m", Duration::from_mins(5)),
        ("10 secs", Duration::from_secs(10)),
        ("7", Duration::from_millis(7)),
        ("7 ms", Duration::from_millis(7)),
        ("7 µs", Duration::from_micros(7)),
        ("7 nanos", Duration::from_nanos(7)),
    ] {
        assert_eq!(<Duration as OptionValue>::parse(text).unwrap(), duration, "{text}");
    }
    for text in ["", "h", "-1 h", "1.5 h", "1 month", "PT1H", "9223372036854775807 d"] {
        assert_eq!(<Duration as OptionValue>::parse(text).unwrap_err().kind, ErrorKind::Invalid, "{text}");
    }
}

#[test]
fn names_key_and_value_of_what_it_cannot_read() {
    let error = options(&[("bucket", "four")]).get(&keys::BUCKET).unwrap_err();
    assert_eq!(error.to_string(), "option bucket = 'four': the value is not a 32-bit integer");
    assert_eq!(error.kind, ErrorKind::Invalid);
    let error = options(&[("merge-engine", "newest")]).get(&keys::MERGE_ENGINE).unwrap_err();
    assert!(error.to_string().contains("known values are deduplicate, partial-update"), "{error}");
    assert!(options(&[("write-only", "yes")]).get(&keys::WRITE_ONLY).is_err());
}

#[test]
fn words_ignore_case_only() {
    assert_eq!(LookupCompact::parse("RADICAL").unwrap(), LookupCompact::Radical);
    assert_eq!(TagPeriodFormatter::parse("with_dashes").unwrap(), TagPeriodFormatter::WithDashes);
    assert!(MergeEngine::parse("partial_update").is_err());
    assert_eq!(MergeEngine::PartialUpdate.word(), "partial-update");
}

#[test]
fn reads_values_by_level() {
    let options = options(&[
        ("file.format.per.level", "0:AVRO, 5:parquet"),
        ("file.compression.per.level", "0:lz4"),
        ("file.compression", "snappy"),
    ]);
    assert_eq!(options.file_format(0).unwrap(), "avro");
    assert_eq!(options.file_format(3).unwrap(), "parquet");
    assert_eq!(options.file_compression(0).unwrap(), "lz4");
    assert_eq!(options.file_compression(5).unwrap(), "snappy");
    let broken = TableOptions::default().with_overrides([("file.format.per.level", "0=avro")]);
    assert!(broken.file_format(0).is_err());
}

#[test]
fn lists_are_separated_by_commas() {
    assert_eq!(options(&[("sequence.field", " a , b,")]).sequence_fields().unwrap(), ["a", "b"]);
    assert!(TableOptions::default().sequence_fields().unwrap().is_empty());
}

#[test]
fn finds_the_options_of_columns() {
    let options = options(&[
        ("fields.a.stats-mode", "full"),
        ("fields.a.b.stats-mode", "none"),
        ("fields.stats-mode", "x"),
        ("fields.a.aggregate-function", "sum"),
    ]);
    let found: Vec<_> = options.field_options("stats-mode").collect();
    assert_eq!(found, [("a.b", "none"), ("a", "full")]);
}

#[test]
fn changelogs_are_decoupled_when_they_stay_longer() {
    assert!(!TableOptions::default().is_changelog_decoupled().unwrap());
    assert!(options(&[("changelog.time-retained", "61 min")]).is_changelog_decoupled().unwrap());
    assert!(!options(&[("changelog.time-retained", "1 min")]).is_changelog_decoupled().unwrap());
    let fewer = [("snapshot.num-retained.max", "20"), ("changelog.num-retained.max", "30")];
    assert!(options(&fewer).is_changelog_decoupled().unwrap());
    assert_eq!(options(&fewer).changelog_retention().unwrap().max, 30);
    assert!(options(&[("snapshot.num-retained.min", "0")]).snapshot_retention().is_err());
}

#[test]
fn codecs_of_manifests_have_two_names() {
    assert_eq!(
        options(&[("manifest.compression", "none")]).manifest_compression().unwrap(),
        Compression::None
    );
    let overridden = options(&[("manifest.compression", "snappy"), ("avro.codec", "deflate")]);
    assert_eq!(overridden.manifest_compression().unwrap(), Compression::Deflate);
    assert!(options(&[("manifest.compression", "lzo")]).manifest_compression().is_err());
}
