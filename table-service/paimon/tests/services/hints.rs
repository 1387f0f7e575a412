//! Hints that cannot be used: a reader finds the newest snapshot without them.

use std::collections::BTreeMap;

use weir_paimon::{ErrorKind, Table};
use weir_storage::faults::Fault;

use crate::table::TestTable;

/// A writer replaces the hint while it is read, and the read fails.
#[tokio::test]
async fn a_latest_hint_that_cannot_be_read_is_as_good_as_none() {
    let table = TestTable::with_history().await;
    let newest = table.open().await.latest_snapshot().await.unwrap().unwrap().id;
    let (storage, calls) = table.faulty(0, None);
    let opened = Table::open(storage, &BTreeMap::new()).await.unwrap();
    let hint_read = calls.calls() + 1;
    assert_eq!(opened.latest_snapshot().await.unwrap().unwrap().id, newest);

    let (storage, _) = table.faulty(hint_read, Some(Fault::Error));
    let opened = Table::open(storage, &BTreeMap::new()).await.unwrap();
    assert_eq!(opened.latest_snapshot().await.unwrap().unwrap().id, newest);

    let (storage, _) = table.faulty(hint_read, Some(Fault::Denied));
    let opened = Table::open(storage, &BTreeMap::new()).await.unwrap();
    assert_eq!(opened.latest_snapshot().await.unwrap_err().kind(), ErrorKind::Denied);
}

#[tokio::test]
async fn a_latest_hint_with_half_a_number_is_as_good_as_none() {
    let table = TestTable::with_history().await;
    let newest = table.open().await.latest_snapshot().await.unwrap().unwrap().id;
    for content in ["", "x", "1x", "-1", "1", "999", "9223372036854775807"] {
        std::fs::write(table.path("snapshot/LATEST"), content).unwrap();
        let found = table.open().await.latest_snapshot().await.unwrap().unwrap().id;
        assert_eq!(found, newest, "hint {content:?}");
    }
}
