//! `expire-tags` and `list-tags`.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use weir_paimon::tags::{ExpireTags, ListTags, parse_time_zone};

use super::*;

fn expiry(older_than: Option<Timestamp>) -> ExpireTags {
    ExpireTags { older_than, time_zone: TimeZone::UTC, dry_run: false, options: BTreeMap::new() }
}

async fn expire_tags(request: &ExpireTags, table: &TestTable) -> (DeleteTagsOutcome, DeleteTagsReport) {
    let mut report = DeleteTagsReport::default();
    (request.run(&table.storage(), &Control::new(), &mut report).await.unwrap(), report)
}

/// Adds times to a tag file, as if it was written so many hours ago by a machine whose wall clock showed `offset` hours
/// more than UTC.
async fn age(table: &TestTable, tag: &str, hours: i64, offset: i64, retained_seconds: Option<u64>) {
    let path = format!("tag/tag-{tag}");
    let made = Timestamp::now() - jiff::SignedDuration::from_hours(hours);
    let wall = (made + jiff::SignedDuration::from_hours(offset)).to_zoned(TimeZone::UTC).datetime();
    let content = table.storage().read(&path).await.unwrap();
    let snapshot = Tag::parse(&content).unwrap().snapshot;
    let tag = Tag::new(snapshot, retained_seconds.map(|seconds| (wall, Duration::from_secs(seconds))));
    table.storage().overwrite(&path, tag.to_json().unwrap().into()).await.unwrap();
    let file = std::fs::File::options().write(true).open(table.path(&path)).unwrap();
    file.set_modified(SystemTime::from(made)).unwrap();
}

/// Makes the times of a tag unreadable.
async fn break_times(table: &TestTable, tag: &str) {
    let path = format!("tag/tag-{tag}");
    let content = String::from_utf8(table.storage().read(&path).await.unwrap().to_vec()).unwrap();
    let content = content.replacen('{', r#"{"tagCreateTime":"soon","tagTimeRetained":1,"#, 1);
    table.storage().overwrite(&path, content.into()).await.unwrap();
}

#[tokio::test]
async fn tags_go_when_their_time_is_over() {
    let table =
        with_tags_of_expired_snapshots(&[("old", 2), ("young", 3), ("endless", 4), ("broken", 5)]).await;
    age(&table, "old", 25, 0, Some(86_400)).await;
    age(&table, "young", 23, 0, Some(86_400)).await;
    age(&table, "endless", 1000, 0, None).await;
    break_times(&table, "broken").await;

    let dry = ExpireTags { dry_run: true, ..expiry(None) };
    let (outcome, plan) = expire_tags(&dry, &table).await;
    assert_eq!((outcome, plan.tags.as_slice()), (DeleteTagsOutcome::Planned, ["old".to_owned()].as_slice()));
    assert_eq!(table.tag_names().await.len(), 4);
    let (outcome, report) = expire_tags(&expiry(None), &table).await;
    assert_eq!((outcome, report.files), (DeleteTagsOutcome::Deleted, plan.files));
    assert_eq!(report.kept[0].tag, "broken");
    assert!(report.kept[0].reason.contains("tagCreateTime"), "{}", report.kept[0].reason);
    assert_eq!(table.tag_names().await, ["broken", "endless", "young"]);
    assert_eq!(table.files().await, table.reachable_and_hints().await);

    let day_ago = Timestamp::now() - jiff::SignedDuration::from_hours(24);
    let (_, report) = expire_tags(&expiry(Some(day_ago)), &table).await;
    assert_eq!(report.tags, ["endless"]);
    assert_eq!(expire_tags(&expiry(Some(day_ago)), &table).await.0, DeleteTagsOutcome::NothingToDo);
}

/// Hazard 10: wall times without their zones.
#[tokio::test]
async fn hazard_10_a_zone_that_is_not_known_never_shortens_a_life() {
    let table = with_tags_of_expired_snapshots(&[("east", 2), ("west", 3)]).await;
    age(&table, "east", 7, 8, Some(6 * 3600)).await;
    age(&table, "west", 5, -8, Some(6 * 3600)).await;
    // By UTC the tag in the east was made in an hour, that in the west thirteen hours ago.
    assert_eq!(expire_tags(&expiry(None), &table).await.0, DeleteTagsOutcome::NothingToDo);
    let told = ExpireTags { time_zone: parse_time_zone("+08:00").unwrap(), ..expiry(None) };
    assert_eq!(expire_tags(&told, &table).await.1.tags, ["east"]);
    age(&table, "west", 7, -8, Some(6 * 3600)).await;
    assert_eq!(expire_tags(&expiry(None), &table).await.1.tags, ["west"]);
}

/// Hazard 9: the clock of a tag's maker is wrong, that of the store is right.
#[tokio::test]
async fn hazard_9_a_wrong_clock_never_shortens_a_life() {
    let table = with_tags_of_expired_snapshots(&[("behind", 2), ("ahead", 3)]).await;
    age(&table, "behind", 1, -4, Some(2 * 3600)).await;
    age(&table, "ahead", 1, 4, Some(2 * 3600)).await;
    assert_eq!(expire_tags(&expiry(None), &table).await.0, DeleteTagsOutcome::NothingToDo);
}

#[tokio::test]
async fn a_list_tells_what_each_tag_is() {
    let table = with_tags_of_expired_snapshots(&[("2026-11-20", 2)]).await;
    table.tag("b", 8).await;
    break_times(&table, "b").await;
    let request =
        ListTags { time_zone: TimeZone::UTC, options: options(&[("tag.automatic-creation", "watermark")]) };
    let made = creation("b", TagSource::Snapshot(8));
    let made = CreateTag { name: "c".into(), time_retained: Some(Duration::from_mins(1)), ..made };
    assert_eq!(
        made.run(&table.storage(), &mut CreateTagReport::default()).await.unwrap(),
        CreateTagOutcome::Created
    );
    let tags = request.run(&table.storage()).await.unwrap();
    let told: Vec<_> = tags
        .iter()
        .map(|tag| {
            (tag.name.as_str(), tag.snapshot, tag.is_automatic, tag.is_retained, tag.time_retained_seconds)
        })
        .collect();
    assert_eq!(
        told,
        [("2026-11-20", 2, true, false, None), ("b", 8, false, true, None), ("c", 8, false, true, Some(60))]
    );
    assert!(tags[1].problem.as_ref().unwrap().contains("tagCreateTime"), "{:?}", tags[1]);
    let life = tags[2].expires.unwrap().duration_since(Timestamp::now()).as_secs();
    assert!((50..=60).contains(&life), "{life}");
}
