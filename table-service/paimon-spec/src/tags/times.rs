//! When a tag was made and how long it lives, as Java's Jackson writes it (maintenance §3.1).

use std::time::Duration;

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Time};
use serde_json::{Number, Value};

use crate::error::{At, Error, Result};
use crate::snapshot::{Snapshot, Tag};

impl Tag {
    /// A tag of a snapshot; with a retention it also tells since when: the wall time of its maker.
    pub fn new(snapshot: Snapshot, retention: Option<(DateTime, Duration)>) -> Self {
        Self {
            tag_create_time: retention.map(|(created, _)| array_of(created)),
            tag_time_retained: retention
                .and_then(|(_, retained)| Number::from_f64(retained.as_secs_f64()).map(Value::Number)),
            snapshot,
        }
    }

    /// When the tag was made: the wall time of its maker, whose zone nobody wrote down. `None` for a tag without
    /// retention.
    pub fn create_time(&self) -> Result<Option<DateTime>> {
        self.tag_create_time.as_ref().map(|value| date_time(value).at(|| "tagCreateTime")).transpose()
    }

    /// How long the tag lives; `None` for ever.
    pub fn time_retained(&self) -> Result<Option<Duration>> {
        self.tag_time_retained.as_ref().map(|value| duration(value).at(|| "tagTimeRetained")).transpose()
    }
}

/// `[year, month, day, hour, minute, second, nanosecond]`, without the last two where they are zero.
fn array_of(time: DateTime) -> Value {
    let mut parts = vec![
        i32::from(time.year()),
        i32::from(time.month()),
        i32::from(time.day()),
        i32::from(time.hour()),
        i32::from(time.minute()),
    ];
    if time.second() != 0 || time.subsec_nanosecond() != 0 {
        parts.push(i32::from(time.second()));
    }
    if time.subsec_nanosecond() != 0 {
        parts.push(time.subsec_nanosecond());
    }
    parts.into()
}

fn date_time(value: &Value) -> Result<DateTime> {
    let unreadable = || Error::corrupt(format!("{value} is not a local time"));
    match value {
        Value::String(text) => text.parse().map_err(|_| unreadable()),
        Value::Array(parts) => from_parts(parts).ok_or_else(unreadable),
        _ => Err(unreadable()),
    }
}

fn from_parts(parts: &[Value]) -> Option<DateTime> {
    if !(3..=7).contains(&parts.len()) {
        return None;
    }
    let part = |index: usize| parts.get(index).map_or(Some(0), Value::as_i64);
    let small = |index: usize| part(index)?.try_into().ok();
    let date = Date::new(part(0)?.try_into().ok()?, small(1)?, small(2)?).ok()?;
    let time = Time::new(small(3)?, small(4)?, small(5)?, part(6)?.try_into().ok()?).ok()?;
    Some(date.to_datetime(time))
}

fn duration(value: &Value) -> Result<Duration> {
    let read = match value {
        Value::Number(number) => match number.as_u64() {
            Some(seconds) => Some(Duration::from_secs(seconds)),
            None => number.as_f64().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
        },
        Value::String(text) => {
            text.parse::<SignedDuration>().ok().and_then(|length| Duration::try_from(length).ok())
        }
        _ => None,
    };
    read.ok_or_else(|| Error::corrupt(format!("{value} is not a length of time in seconds")))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    /// A tag file with these two members, written by Java 1.4.2 without the rest.
    fn tag(created: &str, retained: &str) -> Tag {
        let json = format!(
            r#"{{"version":3,"id":1,"schemaId":0,"baseManifestList":"b","deltaManifestList":"d","commitUser":"u","commitIdentifier":1,"commitKind":"APPEND","timeMillis":1,"fromTheFuture":{{"a":[1]}},"tagCreateTime":{created},"tagTimeRetained":{retained}}}"#
        );
        Tag::parse(json.as_bytes()).unwrap()
    }

    #[test]
    fn times_are_read_in_every_form_that_jackson_writes() {
        let day = date(2026, 11, 20);
        for (text, time) in [
            ("[2026,11,20,0,0]", day.at(0, 0, 0, 0)),
            ("[2026,11,20,23,59,58]", day.at(23, 59, 58, 0)),
            ("[2026,11,20,1,2,3,4]", day.at(1, 2, 3, 4)),
            ("[2026,11,20]", day.at(0, 0, 0, 0)),
            (r#""2026-11-20T01:02:03.5""#, day.at(1, 2, 3, 500_000_000)),
        ] {
            assert_eq!(tag(text, "1").create_time().unwrap(), Some(time), "{text}");
        }
        for text in
            ["[2026,13,1,0,0]", "[2026,11]", "[2026,11,20,0,0,0,0,0]", "5", r#""soon""#, r#"["a",1,1]"#]
        {
            let error = tag(text, "1").create_time().unwrap_err();
            assert!(error.to_string().starts_with("tagCreateTime"), "{error}");
        }
    }

    #[test]
    fn retentions_are_read_in_every_form() {
        for (text, millis) in [
            ("86400.000000000", 86_400_000),
            ("3600", 3_600_000),
            ("0.0", 0),
            ("1.500000000", 1500),
            (r#""PT24H""#, 86_400_000),
        ] {
            let retained = tag("[2026,11,20,0,0]", text).time_retained().unwrap();
            assert_eq!(retained, Some(Duration::from_millis(millis)), "{text}");
        }
        for text in ["-1", "-0.5", r#""-PT1H""#, "[1]", r#""long""#] {
            assert!(tag("[2026,11,20,0,0]", text).time_retained().is_err(), "{text}");
        }
    }

    #[test]
    fn a_tag_without_retention_is_a_plain_snapshot() {
        let snapshot = tag("[2026,11,20,0,0]", "1").snapshot;
        let json = Tag::new(snapshot.clone(), None).to_json().unwrap();
        assert_eq!(json, snapshot.to_json().unwrap());
        let read = Tag::parse(&json).unwrap();
        assert_eq!((read.create_time().unwrap(), read.time_retained().unwrap()), (None, None));
    }

    #[test]
    fn what_is_written_is_what_java_writes() {
        let snapshot = tag("[2026,11,20,0,0]", "1").snapshot;
        for (created, array) in [
            (date(2026, 11, 20).at(8, 0, 0, 0), "[2026,11,20,8,0]"),
            (date(2026, 1, 2).at(3, 4, 5, 0), "[2026,1,2,3,4,5]"),
            (date(2026, 1, 2).at(3, 4, 0, 7), "[2026,1,2,3,4,0,7]"),
        ] {
            let written = Tag::new(snapshot.clone(), Some((created, Duration::from_millis(2_592_000_500))));
            let json: Value = serde_json::from_slice(&written.to_json().unwrap()).unwrap();
            assert_eq!(json["tagCreateTime"].to_string(), array);
            assert_eq!(json["tagTimeRetained"].to_string(), "2592000.5");
            assert_eq!(json["fromTheFuture"]["a"][0], 1, "unknown members stay");
            assert_eq!(written.create_time().unwrap(), Some(created));
            assert_eq!(written.time_retained().unwrap(), Some(Duration::from_millis(2_592_000_500)));
        }
    }
}
