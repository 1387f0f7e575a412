//! One Table object for one table: runs that delete refuse the table of another.

use weir_paimon::ErrorKind;
use weir_paimon::owner::{Claim, Owner};

use crate::table::TestTable;

const MARKER: &str = ".weir/owner.json";

fn claim(owner: &str) -> Claim {
    Claim { owner: Some(owner.parse().unwrap()), ..Claim::default() }
}

#[tokio::test]
async fn the_first_owner_keeps_the_table_until_another_takes_it_over() {
    let table = TestTable::new().await;
    let storage = table.storage();
    let (first, second) = (claim("sales/orders/0b1c"), claim("sales/orders/22aa"));
    first.require(&storage).await.unwrap();
    first.require(&storage).await.unwrap();
    let error = second.require(&storage).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsafe);
    assert!(error.to_string().contains("sales/orders (uid 0b1c)"), "{error}");
    assert!(error.to_string().contains("--take-over"), "{error}");

    Claim { take_over: true, ..second.clone() }.require(&storage).await.unwrap();
    second.require(&storage).await.unwrap();
    assert_eq!(first.require(&storage).await.unwrap_err().kind(), ErrorKind::Unsafe);
}

#[tokio::test]
async fn a_dry_run_is_refused_alike_and_leaves_no_marker() {
    let table = TestTable::new().await;
    let storage = table.storage();
    let dry = |owner| Claim { dry_run: true, ..claim(owner) };
    dry("sales/orders/0b1c").require(&storage).await.unwrap();
    assert_eq!(storage.stat(MARKER).await.unwrap(), None);
    claim("sales/orders/0b1c").require(&storage).await.unwrap();
    assert_eq!(dry("sales/orders/22aa").require(&storage).await.unwrap_err().kind(), ErrorKind::Unsafe);
    Claim { take_over: true, ..dry("sales/orders/22aa") }.require(&storage).await.unwrap();
    claim("sales/orders/0b1c").require(&storage).await.unwrap();
}

#[tokio::test]
async fn people_own_nothing_and_are_not_refused() {
    let table = TestTable::new().await;
    Claim::default().require(&table.storage()).await.unwrap();
    assert_eq!(table.storage().stat(MARKER).await.unwrap(), None);
    claim("sales/orders/0b1c").require(&table.storage()).await.unwrap();
    Claim::default().require(&table.storage()).await.unwrap();
}

#[tokio::test]
async fn a_marker_that_cannot_be_read_is_somebody_elses() {
    let table = TestTable::new().await;
    table.storage().overwrite(MARKER, "{".into()).await.unwrap();
    let error = claim("sales/orders/0b1c").require(&table.storage()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsafe);
}

#[test]
fn an_owner_is_written_with_its_namespace_name_and_uid() {
    let owner: Owner = "sales/orders/0b1c".parse().unwrap();
    assert_eq!(owner.to_string(), "sales/orders/0b1c");
    for text in ["", "sales/orders", "sales//0b1c", "a/b/c/d"] {
        assert!(text.parse::<Owner>().is_err(), "{text}");
    }
}

#[tokio::test]
async fn a_table_that_was_made_anew_follows_an_owner_that_is_not_seen_any_more() {
    let table = TestTable::new().await;
    let storage = table.storage();
    let (old, new, other) =
        (claim("sales/orders/0b1c"), claim("sales/orders/22aa"), claim("sales/copy/33bb"));
    old.require(&storage).await.unwrap();
    let marker = std::fs::File::options().write(true).open(table.path(MARKER)).unwrap();
    let before = |hours: u64| std::time::SystemTime::now() - std::time::Duration::from_hours(hours);

    marker.set_modified(before(47)).unwrap();
    assert_eq!(new.require(&storage).await.unwrap_err().kind(), ErrorKind::Unsafe);
    marker.set_modified(before(49)).unwrap();
    assert_eq!(other.require(&storage).await.unwrap_err().kind(), ErrorKind::Unsafe);
    old.require(&storage).await.unwrap();
    assert_eq!(
        new.require(&storage).await.unwrap_err().kind(),
        ErrorKind::Unsafe,
        "the old one was seen again"
    );

    let marker = std::fs::File::options().write(true).open(table.path(MARKER)).unwrap();
    marker.set_modified(before(49)).unwrap();
    new.require(&storage).await.unwrap();
    assert_eq!(old.require(&storage).await.unwrap_err().kind(), ErrorKind::Unsafe);
}

#[tokio::test]
async fn where_there_is_no_table_no_marker_is_left() {
    let directory = tempfile::tempdir().unwrap();
    let location = directory.path().to_str().unwrap().parse().unwrap();
    let storage = weir_storage::Storage::open(&location).unwrap();
    claim("sales/orders/0b1c").require(&storage).await.unwrap();
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}
