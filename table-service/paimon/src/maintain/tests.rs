use super::*;

fn request(time_zone: Option<TimeZone>) -> Maintain {
    Maintain {
        include: Vec::new(),
        retain_min: None,
        retain_max: None,
        older_than: None,
        max_deletes: None,
        keep_writers_for: None,
        consumers_idle_for: None,
        grace: Duration::ZERO,
        time_zone,
        dry_run: true,
        commit_user: "weir-test-0".to_owned(),
        options: BTreeMap::new(),
    }
}

/// A partition is dropped once its time is before the clock on the wall: a clock that is behind drops later.
#[test]
fn without_a_zone_a_partition_stays_as_long_as_in_the_zone_that_comes_last() {
    let now: Timestamp = "2026-11-21T06:00:00Z".parse().unwrap();
    let wall = |request: &Maintain| now.to_zoned(request.zone_of_partitions()).datetime().to_string();
    assert_eq!(wall(&request(None)), "2026-11-20T18:00:00");
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    assert_eq!(wall(&request(Some(zone))), "2026-11-21T14:00:00");
    assert_eq!(request(None).zone_of_tags(), TimeZone::UTC);
}
