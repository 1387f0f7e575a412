use super::*;

fn values(values: &[(&str, Option<&str>)]) -> Vec<(String, Option<String>)> {
    values.iter().map(|(column, value)| ((*column).to_owned(), value.map(str::to_owned))).collect()
}

fn read(formatter: Option<&str>, text: &str) -> Option<String> {
    let extractor = TimeExtractor::new(None, formatter, false).unwrap();
    extractor.time_of(&values(&[("dt", Some(text))])).map(|time| time.to_string())
}

#[test]
fn dates_are_read_leniently_without_a_formatter() {
    for (text, time) in [
        ("2026-11-20", "2026-11-20T00:00:00"),
        ("2026-1-2", "2026-01-02T00:00:00"),
        ("2026-1-2 3:4:5", "2026-01-02T03:04:05"),
        ("2026-11-20 13:14:15.123456789", "2026-11-20T13:14:15.123456789"),
        ("2026-13-32", "2027-02-01T00:00:00"),
        ("2026-11-20 25:00:00", "2026-11-21T01:00:00"),
    ] {
        assert_eq!(read(None, text).as_deref(), Some(time), "{text}");
    }
    for text in
        ["", "20261120", "2026-11-20 ", "2026-11-20 13", "2026-11-20T00:00:00", "x", "2026-11-20 1:2:3."]
    {
        assert_eq!(read(None, text), None, "{text}");
    }
}

#[test]
fn a_formatter_reads_what_its_pattern_says() {
    for (formatter, text, time) in [
        ("yyyyMMdd", "20261120", "2026-11-20T00:00:00"),
        ("yyyyMMddHH", "2026112013", "2026-11-20T13:00:00"),
        ("yyyyMMddHHmmssSSS", "20261120131415009", "2026-11-20T13:14:15.009"),
        ("uuuu-MM-dd'T'HH:mm:ss.SSS", "2026-11-20T01:02:03.004", "2026-11-20T01:02:03.004"),
        ("yy/M/d", "26/1/2", "2026-01-02T00:00:00"),
        ("yyyy-MM-dd[ HH:mm]", "2026-11-20", "2026-11-20T00:00:00"),
        ("yyyy-MM-dd[ HH:mm]", "2026-11-20 10:30", "2026-11-20T10:30:00"),
        ("[yyyyMMdd][yyyy-MM-dd]", "2026-11-20", "2026-11-20T00:00:00"),
        ("yyyy-MM-dd", "2026-02-31", "2026-02-28T00:00:00"),
        ("yyyy-MM-dd HH:mm", "2026-11-20 24:00", "2026-11-21T00:00:00"),
    ] {
        assert_eq!(read(Some(formatter), text).as_deref(), Some(time), "{formatter} {text}");
    }
    for (formatter, text) in [
        ("yyyyMMdd", "2026-11-20"),
        ("yyyyMMdd", "120261120"),
        ("yyyyMM", "202611"),
        ("yyyy-MM-dd", "2026-13-01"),
        ("yyyy-MM-dd", "2026-11-32"),
        ("yyyy-MM-dd", "0000-11-20"),
        ("yyyy-MM-dd HH", "2026-11-20 25"),
    ] {
        assert_eq!(read(Some(formatter), text), None, "{formatter} {text}");
    }
}

#[test]
fn a_formatter_with_other_letters_is_refused() {
    for formatter in [
        "YYYY-MM-dd",
        "yyyy-MMM-dd",
        "yyyy-DDD",
        "yyyy-MM-dd hh",
        "yyyy-MM-dd z",
        "yyyy{",
        "a]",
        "'open",
        "ddd",
    ] {
        let error = TimeExtractor::new(None, Some(formatter), false).unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::Unsupported, "{formatter}");
        assert!(error.to_string().contains(formatter), "{error}");
    }
}

#[test]
fn strictness_takes_nothing_out_of_range() {
    let strict = |formatter, text: &str| {
        let extractor = TimeExtractor::new(None, formatter, true).unwrap();
        extractor.time_of(&values(&[("dt", Some(text))]))
    };
    assert!(strict(None, "2026-2-28").is_some());
    assert_eq!(strict(None, "2026-2-31"), None);
    assert_eq!(strict(None, "2026-2-28 24:0:0"), None);
    assert_eq!(strict(Some("yyyyMMdd"), "20260231"), None);
}

#[test]
fn a_pattern_puts_values_together() {
    let time = |pattern: &str, of: &[(&str, Option<&str>)]| {
        let extractor = TimeExtractor::new(Some(pattern.to_owned()), None, false).unwrap();
        extractor.time_of(&values(of)).map(|time| time.to_string())
    };
    let both = [("dt", Some("2026-11-20")), ("hour", Some("7"))];
    assert_eq!(time("$dt $hour:00:00", &both).as_deref(), Some("2026-11-20T07:00:00"));
    assert_eq!(time("$dt", &both).as_deref(), Some("2026-11-20T00:00:00"));
    assert_eq!(
        time("$dt", &[("d", Some("x")), ("dt", Some("2026-11-20"))]).as_deref(),
        Some("2026-11-20T00:00:00")
    );
    assert_eq!(time("$dt", &[("dt", Some("2026-11-20")), ("hour", None)]), None, "a null among the values");
    assert_eq!(time("$day", &both), None);
}
