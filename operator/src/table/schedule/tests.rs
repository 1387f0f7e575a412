use proptest::prelude::*;
use rstest::rstest;

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn schedule(fields: &str, zone: Option<&str>) -> Schedule {
    Schedule {
        schedule: fields.to_owned(),
        time_zone: zone.map(str::to_owned),
        jitter_seconds: Some(0),
        ..Schedule::default()
    }
}

fn timetable(fields: &str, zone: Option<&str>) -> Timetable {
    Timetable::new(&schedule(fields, zone), "seed").unwrap()
}

fn slots(timetable: &Timetable, after: &str, count: usize) -> Vec<String> {
    let mut slots = vec![at(after)];
    for _ in 0..count {
        slots.push(timetable.after(*slots.last().unwrap()).unwrap());
    }
    slots[1..].iter().map(ToString::to_string).collect()
}

#[test]
fn a_daily_time_within_the_spring_gap_runs_right_after_it() {
    let nightly = timetable("30 2 * * *", Some("Europe/Berlin"));
    assert_eq!(
        slots(&nightly, "2026-03-28T12:00:00Z", 2),
        ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"],
        "03:00 summer time, then 02:30 summer time"
    );
}

#[test]
fn a_daily_time_within_the_repeated_autumn_hour_runs_once() {
    let nightly = timetable("30 2 * * *", Some("Europe/Berlin"));
    assert_eq!(
        slots(&nightly, "2026-10-24T12:00:00Z", 2),
        ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"],
        "02:30 summer time, then 02:30 winter time of the next day"
    );
}

#[rstest]
#[case::steps("*/10 * * * *", "2026-11-21T00:01:00Z", "2026-11-21T00:10:00Z")]
#[case::step_from_a_start("5/15 * * * *", "2026-11-21T00:06:00Z", "2026-11-21T00:20:00Z")]
#[case::weekday_zero_is_sunday("0 0 * * 0", "2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z")]
#[case::names("0 0 * JAN MON", "2026-11-21T00:00:00Z", "2027-01-04T00:00:00Z")]
#[case::macros("@hourly", "2026-11-21T00:00:00Z", "2026-11-21T01:00:00Z")]
#[case::leap_day("0 0 29 2 *", "2026-11-21T00:00:00Z", "2028-02-29T00:00:00Z")]
fn reads_what_a_cron_job_reads(#[case] fields: &str, #[case] after: &str, #[case] next: &str) {
    assert_eq!(slots(&timetable(fields, None), after, 1), [next]);
}

#[rstest]
#[case::four_fields("* * * *")]
#[case::with_seconds("0 * * * * *")]
#[case::out_of_range("61 * * * *")]
#[case::words("every day")]
#[case::never("0 0 30 2 *")]
fn refuses_what_no_cron_job_reads(#[case] fields: &str) {
    let error = Timetable::new(&schedule(fields, None), "seed").unwrap_err();
    assert_eq!(error.reason(), "InvalidSchedule");
}

#[test]
fn refuses_an_unknown_zone_by_name() {
    let error = Timetable::new(&schedule("@daily", Some("Mars/Olympus")), "seed").unwrap_err();
    assert_eq!(error.to_string(), "timeZone `Mars/Olympus` is not a known IANA time zone");
    assert_eq!(error.reason(), "InvalidTimeZone");
}

#[test]
fn only_the_latest_of_several_missed_slots_is_due() {
    let hourly = timetable("0 * * * *", None);
    let due = hourly.due(at("2026-11-21T00:30:00Z"), at("2026-11-21T05:30:00Z"));
    assert_eq!(due, Some(at("2026-11-21T05:00:00Z")));
    assert_eq!(hourly.due(at("2026-11-21T05:00:00Z"), at("2026-11-21T05:30:00Z")), None);
}

#[test]
fn jitter_delays_every_slot_by_the_same_share() {
    let mut delayed = schedule("0 * * * *", None);
    delayed.jitter_seconds = Some(86_400);
    let delayed = Timetable::new(&delayed, "seed").unwrap();
    let slot = at("2026-11-21T05:00:00Z");
    let delay = delayed.start(slot).duration_since(slot);
    assert!(delay > SignedDuration::from_hours(1), "this seed has a delay longer than the period: {delay}");
    let just_before = delayed.start(slot).checked_sub(SignedDuration::from_secs(1)).unwrap();
    assert!(delayed.due(at("2026-11-21T04:00:00Z"), just_before).is_none_or(|due| due < slot));
    assert_eq!(delayed.due(at("2026-11-21T04:00:00Z"), delayed.start(slot)), Some(slot));
}

#[rstest]
#[case::first(1, "1h")]
#[case::second(2, "2h")]
#[case::fifth(5, "16h")]
#[case::longest(6, "32h")]
#[case::no_longer(60, "32h")]
#[case::none(0, "0s")]
fn a_daily_schedule_pauses_from_an_hour_to_32(#[case] failures: i32, #[case] pause: &str) {
    let daily = timetable("@daily", None);
    assert_eq!(daily.pause(failures, at("2026-11-21T00:00:00Z")), pause.parse().unwrap());
}

#[test]
fn a_frequent_schedule_pauses_by_its_own_period_first() {
    let often = timetable("*/5 * * * *", None);
    assert_eq!(often.pause(1, at("2026-11-21T00:00:00Z")), SignedDuration::from_mins(5));
    assert_eq!(often.pause(3, at("2026-11-21T00:00:00Z")), SignedDuration::from_mins(20));
}

fn fields() -> impl Strategy<Value = String> {
    let minute =
        prop_oneof![Just("*".to_owned()), (0..60u8).prop_map(|m| m.to_string()), Just("*/7".to_owned())];
    let hour =
        prop_oneof![Just("*".to_owned()), (0..24u8).prop_map(|h| h.to_string()), Just("1-5".to_owned())];
    let day = prop_oneof![Just("*".to_owned()), (1..29u8).prop_map(|d| d.to_string())];
    let weekday = prop_oneof![Just("*".to_owned()), (0..7u8).prop_map(|d| d.to_string())];
    (minute, hour, day, weekday).prop_map(|(m, h, d, w)| format!("{m} {h} {d} * {w}"))
}

fn zone() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just("Etc/UTC"),
        Just("Europe/Berlin"),
        Just("America/New_York"),
        Just("Australia/Lord_Howe"),
        Just("Africa/Casablanca"),
        Just("Asia/Kolkata"),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn slots_go_forward_and_are_found_again_looking_back(
        fields in fields(), zone in zone(), second in 1_700_000_000_i64..1_900_000_000,
    ) {
        let timetable = timetable(&fields, Some(zone));
        let mut time = Timestamp::from_second(second).unwrap();
        for _ in 0..20 {
            let slot = timetable.after(time).unwrap();
            prop_assert!(slot > time);
            prop_assert_eq!(slot.as_second() % 60, 0, "slots are whole minutes, which name the runs");
            prop_assert_eq!(timetable.due(time, slot), Some(slot));
            time = slot;
        }
    }

    #[test]
    fn a_run_starts_at_most_once_for_a_slot(
        fields in fields(), zone in zone(), seed in "[a-z]{8}", second in 1_700_000_000_i64..1_900_000_000,
        steps in prop::collection::vec(1_i64..200_000, 1..40),
    ) {
        let mut jittered = schedule(&fields, Some(zone));
        jittered.jitter_seconds = None;
        let timetable = Timetable::new(&jittered, &seed).unwrap();
        let mut last = Timestamp::from_second(second).unwrap();
        let mut now = last;
        for step in steps {
            now = now.checked_add(SignedDuration::from_secs(step)).unwrap();
            let next = timetable.next_start(last, now).unwrap();
            prop_assert!(next > now);
            if let Some(slot) = timetable.due(last, now) {
                prop_assert!(slot > last && timetable.start(slot) <= now);
                last = slot;
            }
            prop_assert_eq!(timetable.due(last, now), None);
        }
    }
}
