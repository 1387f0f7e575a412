//! Consumers: what each holds back, and how one is moved, removed or expired.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use weir_paimon::ErrorKind;
use weir_paimon::consumers::{
    ConsumerView, ExpireConsumers, ExpireConsumersOutcome, ExpireConsumersReport, ListConsumers,
    ListConsumersReport, ResetConsumer, ResetConsumerOutcome, ResetConsumerReport,
};

use crate::table::TestTable;

/// A table with six snapshots and these consumers: their next snapshots and how many hours they have been silent.
async fn with_consumers(consumers: &[(&str, &str, u64)]) -> TestTable {
    let table = TestTable::with_history().await;
    std::fs::create_dir_all(table.path("consumer")).unwrap();
    for (id, content, hours) in consumers {
        let path = table.path(&format!("consumer/consumer-{id}"));
        std::fs::write(&path, content).unwrap();
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_hours(*hours)).unwrap();
    }
    table
}

fn next(snapshot: i64) -> String {
    format!(r#"{{"nextSnapshot": {snapshot}}}"#)
}

fn hours_ago(hours: u64) -> Timestamp {
    Timestamp::now() - Duration::from_hours(hours)
}

#[tokio::test]
async fn a_list_says_what_each_consumer_holds_back() {
    let table = with_consumers(&[("ahead", &next(7), 1), ("broken", "{", 2), ("slow", &next(3), 30)]).await;
    let options = BTreeMap::from([("snapshot.num-retained.min".to_owned(), "2".to_owned())]);
    let mut report = ListConsumersReport::default();
    let storage = table.storage();
    ListConsumers { options }.run(&storage, &mut report).await.unwrap();
    assert_eq!(report.latest_snapshot, Some(6));
    let [ahead, broken, slow] = &report.consumers[..] else { panic!("{report:?}") };
    let place = |view: &ConsumerView| view.lag.map(|lag| (lag.next_snapshot, lag.lag_snapshots));
    assert_eq!((place(ahead), ahead.blocks.as_slice()), (Some((7, 0)), [].as_slice()));
    assert_eq!((place(slow), slow.blocks.as_slice()), (Some((3, 4)), [3, 4].as_slice()));
    assert_eq!((place(broken), broken.blocks.as_slice()), (None, [1, 2, 3, 4].as_slice()));
    assert!(broken.broken.as_ref().unwrap().contains("consumer-broken"));
    assert!((slow.idle_seconds - 30 * 3600).abs() < 60);
    assert_eq!((storage.requests().put, storage.requests().delete), (0, 0));
}

async fn reset(
    table: &TestTable,
    consumer: &str,
    next_snapshot: Option<i64>,
    dry_run: bool,
) -> (weir_paimon::Result<ResetConsumerOutcome>, ResetConsumerReport) {
    let consumer = consumer.to_owned();
    let mut report = ResetConsumerReport::default();
    let request = ResetConsumer { consumer, next_snapshot, dry_run, options: BTreeMap::new() };
    (request.run(&table.storage(), &mut report).await, report)
}

#[tokio::test]
async fn a_consumer_moves_only_to_a_snapshot_that_exists() {
    let table = with_consumers(&[("slow", &next(3), 0)]).await;
    let file = table.path("consumer/consumer-slow");
    let (outcome, report) = reset(&table, "slow", Some(5), true).await;
    assert_eq!(outcome.unwrap(), ResetConsumerOutcome::Planned);
    assert_eq!((report.from, report.to), (Some(3), Some(5)));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), next(3));
    let (outcome, _) = reset(&table, "slow", Some(7), false).await;
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("there are snapshots 1 to 6"), "{error}");
    assert_eq!(reset(&table, "slow", Some(5), false).await.0.unwrap(), ResetConsumerOutcome::Reset);
    assert_eq!(table.open().await.references().await.unwrap().consumers[0].1.next_snapshot, 5);
    assert_eq!(reset(&table, "slow", Some(5), false).await.0.unwrap(), ResetConsumerOutcome::NothingToDo);
    assert_eq!(reset(&table, "new", Some(6), false).await.0.unwrap(), ResetConsumerOutcome::Reset);
    assert!(table.path("consumer/consumer-new").exists());
    assert_eq!(reset(&table, "a/b", None, false).await.0.unwrap_err().kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn a_consumer_can_be_removed_even_when_its_file_is_broken() {
    let table = with_consumers(&[("broken", "{", 0)]).await;
    assert_eq!(reset(&table, "broken", None, true).await.0.unwrap(), ResetConsumerOutcome::Planned);
    assert!(table.path("consumer/consumer-broken").exists());
    assert_eq!(reset(&table, "broken", None, false).await.0.unwrap(), ResetConsumerOutcome::Reset);
    assert!(!table.path("consumer/consumer-broken").exists());
    assert_eq!(reset(&table, "broken", None, false).await.0.unwrap(), ResetConsumerOutcome::NothingToDo);
}

#[tokio::test]
async fn only_silent_consumers_that_hold_something_back_expire() {
    let table = with_consumers(&[
        ("alive", &next(2), 1),
        ("broken", "{", 50),
        ("done", &next(7), 50),
        ("lost", &next(3), 50),
    ])
    .await;
    let expire = |older_than, option: Option<&str>, dry_run| {
        let options = option.map(|time| ("consumer.expiration-time".to_owned(), time.to_owned()));
        let request = ExpireConsumers { older_than, dry_run, options: options.into_iter().collect() };
        let storage = table.storage();
        async move {
            let mut report = ExpireConsumersReport::default();
            (request.run(&storage, &mut report).await.unwrap(), report)
        }
    };
    let left = || async {
        let files = table.files().await;
        files
            .iter()
            .filter_map(|path| path.strip_prefix("consumer/consumer-").map(str::to_owned))
            .collect::<Vec<_>>()
    };
    // Nobody said how long is too long.
    assert_eq!(expire(None, None, false).await.0, ExpireConsumersOutcome::NothingToDo);
    assert_eq!(expire(Some(hours_ago(51)), None, false).await.0, ExpireConsumersOutcome::NothingToDo);
    let (outcome, report) = expire(Some(hours_ago(24)), None, true).await;
    assert_eq!(outcome, ExpireConsumersOutcome::Planned);
    assert_eq!(report.expired, BTreeMap::from([("lost".to_owned(), 3)]));
    assert_eq!(left().await.len(), 4);
    let (outcome, report) = expire(None, Some("24 h"), false).await;
    assert_eq!(outcome, ExpireConsumersOutcome::Expired);
    assert_eq!(report.expired, BTreeMap::from([("lost".to_owned(), 3)]));
    assert_eq!((report.caught_up, report.broken), (vec!["done".to_owned()], vec!["broken".to_owned()]));
    assert_eq!(report.active, ["alive"]);
    assert_eq!(left().await, ["alive", "broken", "done"]);
}
