use weir_paimon_spec::tags::parse_time_zone;

use super::*;

const HOUR: u64 = 3600;

fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A tag that says it was made at 08:00, with a file of this time.
fn made_at_eight(modified: &str, retained_hours: u64) -> Age {
    Age {
        created: Some("2026-11-20T08:00".parse().unwrap()),
        retained: Some(Duration::from_secs(retained_hours * HOUR)),
        modified: instant(modified),
    }
}

fn zone(name: &str) -> TimeZone {
    parse_time_zone(name).unwrap()
}

fn end(age: Age, time_zone: &str) -> Life {
    age.life(&zone(time_zone))
}

fn until(text: &str) -> Life {
    Life::Until(instant(text))
}

#[test]
fn a_tag_lives_for_its_retention() {
    let age = made_at_eight("2026-11-20T08:00:03Z", 24);
    assert_eq!(end(age, "UTC"), until("2026-11-21T08:00:03Z"));
    assert!(!age.is_over(instant("2026-11-21T08:00:03Z"), None, &TimeZone::UTC));
    assert!(age.is_over(instant("2026-11-21T08:00:04Z"), None, &TimeZone::UTC));
}

#[test]
fn a_wrong_zone_never_shortens_a_life() {
    // Made in New York at 08:00, 13:00 in UTC: the zone is not known here, the file's time tells.
    assert_eq!(end(made_at_eight("2026-11-20T13:00:00Z", 24), "UTC"), until("2026-11-21T13:00:00Z"));
    // Made in Shanghai at 08:00, midnight in UTC: it lives eight hours too long, unless the zone is told.
    assert_eq!(end(made_at_eight("2026-11-20T00:00:00Z", 24), "UTC"), until("2026-11-21T08:00:00Z"));
    assert_eq!(
        end(made_at_eight("2026-11-20T00:00:00Z", 24), "Asia/Shanghai"),
        until("2026-11-21T00:00:00Z")
    );
}

#[test]
fn a_file_that_was_copied_later_is_not_younger_than_any_zone_explains() {
    assert_eq!(end(made_at_eight("2026-12-24T00:00:00Z", 24), "UTC"), until("2026-11-21T20:00:00Z"));
}

#[test]
fn the_later_of_two_equal_wall_times_counts() {
    let age = Age {
        created: Some("2026-10-25T02:30".parse().unwrap()),
        ..made_at_eight("2026-10-25T00:00:00Z", 1)
    };
    assert_eq!(end(age, "Europe/Berlin"), until("2026-10-25T02:30:00Z"));
    // 02:30 did not exist in spring.
    let age = Age {
        created: Some("2026-03-29T02:30".parse().unwrap()),
        ..made_at_eight("2026-03-29T00:00:00Z", 1)
    };
    assert_eq!(end(age, "Europe/Berlin"), until("2026-03-29T02:30:00Z"));
}

#[test]
fn a_tag_without_retention_lives_for_ever_unless_an_age_is_given() {
    for (created, retained) in [(None, None), (Some("2020-01-01T00:00"), None), (None, Some(1))] {
        let age = Age {
            created: created.map(|time| time.parse().unwrap()),
            retained: retained.map(Duration::from_secs),
            modified: instant("2026-11-20T08:00:00Z"),
        };
        assert_eq!(end(age, "UTC"), Life::Endless);
        let now = instant("2030-01-01T00:00:00Z");
        assert!(!age.is_over(now, None, &TimeZone::UTC));
        // As in Paimon the file's time stands in.
        assert!(!age.is_over(now, Some(instant("2026-11-20T08:00:00Z")), &TimeZone::UTC));
        assert!(age.is_over(now, Some(instant("2026-11-20T08:00:01Z")), &TimeZone::UTC));
    }
}

#[test]
fn an_age_takes_tags_before_their_time() {
    let age = made_at_eight("2026-11-20T08:00:00Z", 1_000_000);
    let now = instant("2026-11-22T00:00:00Z");
    assert!(!age.is_over(now, Some(instant("2026-11-20T08:00:00Z")), &TimeZone::UTC));
    assert!(age.is_over(now, Some(instant("2026-11-20T09:00:00Z")), &TimeZone::UTC));
}

#[test]
fn a_retention_beyond_all_calendars_is_endless() {
    let age = Age { retained: Some(Duration::MAX), ..made_at_eight("2026-11-20T08:00:00Z", 1) };
    assert_eq!(end(age, "UTC"), Life::Endless);
}
