use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

fn options(values: &[(&str, &str)]) -> TableOptions {
    TableOptions::new(values.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
}

fn daily() -> Rule {
    Rule::of(&options(&[("tag.automatic-creation", "process-time")]), &TimeZone::UTC, None).unwrap().unwrap()
}

fn tags(names: &[(&str, i64)]) -> Vec<AutomaticTag> {
    daily().automatic(names.iter().copied())
}

fn names(tags: &[AutomaticTag]) -> Vec<&str> {
    tags.iter().map(|tag| tag.name.as_str()).collect()
}

/// Beginnings of days: their names as `2026-11-20`.
fn days(starts: &BTreeSet<i64>) -> Vec<String> {
    starts.iter().map(|&start| date_of(start).unwrap().to_string()).collect()
}

#[test]
fn the_oldest_tags_above_the_number_go() {
    let there = tags(&[("2026-11-17", 1), ("2026-11-18", 2), ("2026-11-19", 3)]);
    let due = tags(&[("2026-11-20", 4)]);
    let decision = Retention::Newest(2).decide(&daily(), &there, due.clone());
    assert_eq!(names(&decision.create), ["2026-11-20"]);
    assert_eq!(names(&decision.delete), ["2026-11-17", "2026-11-18"]);
    assert_eq!(
        Retention::All.decide(&daily(), &there, due.clone()),
        Decision { create: due, delete: vec![] }
    );
}

#[test]
fn a_tag_that_would_go_at_once_is_not_made() {
    let due = tags(&[("2026-11-18", 2), ("2026-11-19", 3), ("2026-11-20", 4)]);
    let decision = Retention::Newest(1).decide(&daily(), &tags(&[("2026-11-17", 1)]), due);
    assert_eq!(names(&decision.create), ["2026-11-20"]);
    assert_eq!(names(&decision.delete), ["2026-11-17"]);
}

#[test]
fn a_tag_that_only_looks_like_a_day_is_nobodys_to_delete() {
    let there = tags(&[("2026-11-17 before the migration", 1), ("2026-11-18", 2), ("2026-11-19", 3)]);
    let decision = Retention::Newest(1).decide(&daily(), &there, Vec::new());
    assert_eq!(names(&decision.delete), ["2026-11-18"]);
}

#[test]
fn a_number_that_keeps_nothing_is_refused() {
    for number in ["0", "-1"] {
        let error = Retention::of(&options(&[("tag.num-retained-max", number)]), Generations::default());
        assert_eq!(error.unwrap_err().kind(), ErrorKind::Invalid);
    }
    let three = options(&[("tag.num-retained-max", "3")]);
    assert_eq!(Retention::of(&three, Generations::default()).unwrap(), Retention::Newest(3));
    let generations = Generations { daily: 1, ..Generations::default() };
    assert_eq!(Retention::of(&three, generations).unwrap(), Retention::Generations(generations));
}

#[test]
fn fathers_and_grandfathers_are_the_last_of_their_time() {
    let first = daily().automatic([("2026-08-01", 1)].into_iter())[0].start;
    // To the 10th of November, a Tuesday.
    let starts: BTreeSet<i64> = (0..102).map(|day| first + day * DAY).collect();
    let generations = Generations { daily: 3, weekly: 2, monthly: 3, yearly: 5, ..Generations::default() };
    assert_eq!(
        days(&generations.kept(&starts)),
        ["2026-09-30", "2026-10-31", "2026-11-08", "2026-11-09", "2026-11-10"]
    );
    let hourly: BTreeSet<i64> = (0..50).map(|hour| first + hour * HOUR).collect();
    let generations = Generations { hourly: 2, daily: 2, ..Generations::default() };
    let kept: Vec<i64> = generations.kept(&hourly).into_iter().map(|start| (start - first) / HOUR).collect();
    assert_eq!(kept, [47, 48, 49]);
}

#[test]
fn a_year_without_tags_is_not_counted() {
    let starts: BTreeSet<i64> = tags(&[("2019-05-01", 1), ("2020-12-31", 2), ("2026-01-01", 3)])
        .iter()
        .map(|tag| tag.start)
        .collect();
    let generations = Generations { yearly: 2, ..Generations::default() };
    assert_eq!(days(&generations.kept(&starts)), ["2020-12-31", "2026-01-01"]);
}

fn generations() -> impl Strategy<Value = Generations> {
    (0..4_u32, 0..5_u32, 0..4_u32, 0..4_u32, 0..3_u32)
        .prop_map(|(hourly, daily, weekly, monthly, yearly)| Generations {
            hourly,
            daily,
            weekly,
            monthly,
            yearly,
        })
        .prop_filter("something is kept", |generations| *generations != Generations::default())
}

/// Beginnings of hours in three years.
fn starts() -> impl Strategy<Value = BTreeSet<i64>> {
    proptest::collection::btree_set(
        (0..26_000_i64).prop_map(|hour| 1_700_000_000_000 / HOUR * HOUR + hour * HOUR),
        1..120,
    )
}

/// The same, said group by group: of the newest `count` groups the newest member.
fn model(starts: &BTreeSet<i64>, count: u32, group: impl Fn(i64) -> String) -> BTreeSet<i64> {
    let mut last = std::collections::BTreeMap::<String, i64>::new();
    for &start in starts {
        last.insert(group(start), start);
    }
    let mut lasts: Vec<i64> = last.into_values().collect();
    lasts.sort_unstable();
    lasts.into_iter().rev().take(usize::try_from(count).unwrap()).collect()
}

proptest! {
    #[test]
    fn generations_are_the_newest_of_the_newest_groups(starts in starts(), generations in generations()) {
        let text = |format: &'static str| {
            move |start: i64| {
                Timestamp::from_millisecond(start).unwrap().to_zoned(TimeZone::UTC).strftime(format).to_string()
            }
        };
        let mut expected = model(&starts, generations.hourly, text("%Y%m%d%H"));
        expected.extend(model(&starts, generations.daily, text("%Y%m%d")));
        expected.extend(model(&starts, generations.weekly, text("%G-%V")));
        expected.extend(model(&starts, generations.monthly, text("%Y%m")));
        expected.extend(model(&starts, generations.yearly, text("%Y")));
        let kept = generations.kept(&starts);
        prop_assert_eq!(&kept, &expected);
        prop_assert!(kept.contains(starts.last().unwrap()), "the newest always stays");
        prop_assert_eq!(&generations.kept(&kept), &kept, "what stays once stays when nothing is added");
    }

    #[test]
    fn deciding_after_every_tag_or_at_the_end_keeps_the_same(starts in starts(), generations in generations()) {
        let mut stepwise = BTreeSet::new();
        for &start in &starts {
            stepwise.insert(start);
            stepwise = generations.kept(&stepwise);
        }
        prop_assert_eq!(stepwise, generations.kept(&starts));
    }
}
