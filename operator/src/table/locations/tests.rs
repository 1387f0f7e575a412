use proptest::prelude::*;

use super::*;

fn claim(created: i64, name: &str) -> Claim {
    Claim { created: Timestamp::from_second(created).unwrap(), table: key(name) }
}

fn key(name: &str) -> TableKey {
    ("sales".to_owned(), name.to_owned())
}

#[test]
fn the_younger_of_two_nested_locations_conflicts_with_the_older() {
    let mut locations = Locations::default();
    locations.put(claim(1, "warehouse"), "", "s3://lake/warehouse");
    locations.put(claim(2, "orders"), "", "s3://lake/warehouse/orders");
    assert_eq!(locations.older(&key("orders")), Some(key("warehouse")));
    assert_eq!(locations.older(&key("warehouse")), None);
    assert_eq!(locations.neighbours(&key("warehouse")), [key("orders")]);
}

#[test]
fn a_common_prefix_of_names_is_no_nesting() {
    let mut locations = Locations::default();
    locations.put(claim(1, "a"), "", "s3://lake/orders");
    locations.put(claim(2, "b"), "", "s3://lake/orders-archive");
    locations.put(claim(3, "c"), "", "s3://lake/orders.v2");
    assert_eq!(locations.older(&key("b")), None);
    assert_eq!(locations.older(&key("c")), None);
}

#[test]
fn the_same_path_on_another_endpoint_is_another_place() {
    let mut locations = Locations::default();
    locations.put(claim(1, "a"), "http://one:9000", "s3://lake/orders");
    locations.put(claim(2, "b"), "http://two:9000", "s3://lake/orders");
    assert_eq!(locations.older(&key("b")), None);
}

#[test]
fn a_deleted_table_frees_its_location() {
    let mut locations = Locations::default();
    locations.put(claim(1, "a"), "", "s3://lake/orders");
    locations.put(claim(2, "b"), "", "s3://lake/orders");
    locations.remove(&key("a"));
    assert_eq!(locations.older(&key("b")), None);
}

fn overlap(one: &str, other: &str) -> bool {
    let (one, other) = (format!("{one}/"), format!("{other}/"));
    one.starts_with(&other) || other.starts_with(&one)
}

proptest! {
    #[test]
    fn finds_what_comparing_all_tables_finds(
        places in prop::collection::vec(
            (prop::collection::vec(prop_oneof!["a", "b", "a-", "a0"], 1..4), 0_i64..4), 1..10,
        ),
        removed in prop::collection::vec(any::<bool>(), 10),
    ) {
        let tables: Vec<_> = places
            .iter()
            .enumerate()
            .map(|(i, (path, created))| (claim(*created, &format!("t{i}")), format!("s3://{}", path.join("/"))))
            .collect();
        let mut locations = Locations::default();
        for (claim, location) in &tables {
            locations.put(claim.clone(), "", location);
        }
        for (i, (claim, _)) in tables.iter().enumerate() {
            if removed[i] {
                locations.remove(&claim.table);
            }
        }
        let left: Vec<_> = tables.iter().enumerate().filter(|(i, _)| !removed[*i]).map(|(_, it)| it).collect();
        for (own, location) in &left {
            let oldest = left
                .iter()
                .filter(|(other, there)| other < own && overlap(location, there))
                .map(|(other, _)| other)
                .min();
            prop_assert_eq!(locations.older(&own.table), oldest.map(|oldest| oldest.table.clone()));
        }
    }
}
