use super::*;

/// Snapshots 1 to `count`, one each second.
fn history(count: i64) -> Vec<Age> {
    (1..=count).map(|id| Age { id, time_millis: id * 1000 }).collect()
}

fn retention() -> Retention {
    Retention { min: 1, max: i64::from(i32::MAX), older_than: i64::MAX, max_deletes: i64::from(i32::MAX) }
}

fn end(snapshots: &[Age], retention: &Retention, consumers: &[(&str, i64)]) -> i64 {
    let holds: Vec<_> = consumers.iter().map(|(name, next)| Hold::of_consumer(name, *next)).collect();
    first_kept(snapshots, retention, &holds).unwrap().end
}

#[test]
fn a_table_without_snapshots_has_nothing_to_decide() {
    assert_eq!(first_kept(&[], &retention(), &[]), None);
}

#[test]
fn the_least_number_is_kept_whatever_its_age() {
    assert_eq!(end(&history(10), &Retention { min: 3, ..retention() }, &[]), 8);
    assert_eq!(end(&history(2), &Retention { min: 3, ..retention() }, &[]), 1);
    assert_eq!(end(&history(10), &retention(), &[]), 10);
}

#[test]
fn a_snapshot_stays_until_its_successor_is_old() {
    let retention = Retention { older_than: 5000, ..retention() };
    // Snapshot 4 was the table's state until second 5.
    assert_eq!(end(&history(10), &retention, &[]), 4);
}

#[test]
fn the_greatest_number_expires_young_snapshots() {
    let retention = Retention { older_than: 0, max: 4, ..retention() };
    assert_eq!(end(&history(10), &retention, &[]), 7);
}

#[test]
fn a_consumer_keeps_what_it_has_yet_to_read() {
    assert_eq!(end(&history(10), &retention(), &[("fast", 9), ("slow", 3)]), 3);
    let bound = first_kept(&history(10), &retention(), &[Hold::of_consumer("slow", 3)]).unwrap();
    assert_eq!(bound.held_by, "consumer slow has yet to read snapshot 3");
    // Not even the greatest number overrules it.
    assert_eq!(end(&history(10), &Retention { max: 2, ..retention() }, &[("slow", 3)]), 3);
}

#[test]
fn one_run_expires_a_bounded_range() {
    assert_eq!(end(&history(10), &Retention { max_deletes: 2, ..retention() }, &[]), 3);
    assert_eq!(end(&history(10), &Retention { max_deletes: 0, ..retention() }, &[]), 1);
}

#[test]
fn a_bound_in_a_gap_moves_to_the_next_snapshot_that_exists() {
    let mut snapshots = history(10);
    snapshots.retain(|snapshot| !(4..=7).contains(&snapshot.id));
    assert_eq!(end(&snapshots, &Retention { min: 5, ..retention() }, &[]), 8);
    assert_eq!(end(&snapshots, &retention(), &[("slow", 5)]), 8);
}

#[test]
fn the_earliest_hold_counts_whatever_the_greatest_number() {
    let hold = |snapshot: i64| Hold { snapshot, why: format!("somebody needs {snapshot}") };
    let few = Retention { max: 2, ..retention() };
    let bound = first_kept(&history(10), &few, &[hold(6), hold(4)]).unwrap();
    assert_eq!((bound.end, bound.held_by.as_str()), (4, "somebody needs 4"));
    // What is kept anyway needs no hold.
    assert_eq!(first_kept(&history(10), &retention(), &[hold(11)]).unwrap().end, 10);
}
