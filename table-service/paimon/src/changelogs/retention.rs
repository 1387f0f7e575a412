//! Which long-lived changelogs to keep.

use crate::expiry::Retention;
use crate::expiry::retention::{Age, Bound};

/// Decides which changelogs stay (maintenance §4.1). `changelogs` ascend by id and `consumers` are names with the next
/// snapshot that each will read. `None` when there are no changelogs.
///
/// Numbers to keep count back from the latest *snapshot*, a changelog's own time is compared, and the newest changelog
/// always stays.
pub(super) fn first_kept(
    changelogs: &[Age],
    latest_snapshot: i64,
    retention: &Retention,
    consumers: &[(String, i64)],
) -> Option<Bound> {
    let (earliest, latest) = (changelogs.first()?.id, changelogs.last()?.id);
    let mut limit = (latest, "the newest changelog is kept".to_owned());
    let mut hold = |id: i64, held_by: String| {
        if id < limit.0 {
            limit = (id, held_by);
        }
    };
    hold(
        latest_snapshot.saturating_sub(retention.min).saturating_add(1),
        format!("at least {} snapshots and changelogs are kept", retention.min),
    );
    if let Some((name, next)) = consumers.iter().min_by_key(|(_, next)| *next) {
        hold(*next, format!("consumer {name} has yet to read snapshot {next}"));
    }
    hold(
        earliest.saturating_add(retention.max_deletes),
        format!("at most {} changelogs are expired at once", retention.max_deletes),
    );
    let forced = latest_snapshot.saturating_sub(retention.max).saturating_add(1);
    let young = changelogs
        .iter()
        .find(|changelog| changelog.id >= forced && changelog.time_millis >= retention.older_than)
        .map(|changelog| changelog.id);
    let (bound, held_by) = match young {
        Some(young) if young < limit.0 => (young, format!("changelog {young} is not old enough")),
        _ => limit,
    };
    let end = changelogs.iter().map(|changelog| changelog.id).find(|&id| id >= bound).unwrap_or(latest);
    Some(Bound { end, held_by })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Changelogs 1 to 6 of a table with snapshots up to 10, one each second.
    fn changelogs() -> Vec<Age> {
        (1..=6).map(|id| Age { id, time_millis: id * 1000 }).collect()
    }

    fn retention() -> Retention {
        Retention { min: 1, max: i64::from(i32::MAX), older_than: i64::MAX, max_deletes: i64::from(i32::MAX) }
    }

    fn end(retention: &Retention, consumers: &[(&str, i64)]) -> i64 {
        let consumers: Vec<_> = consumers.iter().map(|(name, next)| ((*name).to_owned(), *next)).collect();
        first_kept(&changelogs(), 10, retention, &consumers).unwrap().end
    }

    #[test]
    fn the_newest_changelog_always_stays() {
        assert_eq!(end(&retention(), &[]), 6);
        assert_eq!(first_kept(&[], 10, &retention(), &[]), None);
    }

    #[test]
    fn numbers_count_back_from_the_latest_snapshot() {
        assert_eq!(end(&Retention { min: 7, ..retention() }, &[]), 4);
        assert_eq!(end(&Retention { max: 8, older_than: 0, ..retention() }, &[]), 3);
    }

    #[test]
    fn a_changelog_is_as_old_as_its_own_commit() {
        assert_eq!(end(&Retention { older_than: 4000, ..retention() }, &[]), 4);
    }

    #[test]
    fn a_consumer_keeps_what_it_has_yet_to_read() {
        assert_eq!(end(&retention(), &[("fast", 9), ("slow", 3)]), 3);
        assert_eq!(end(&retention(), &[("far behind", 0)]), 1);
    }

    #[test]
    fn one_run_expires_a_bounded_range() {
        assert_eq!(end(&Retention { max_deletes: 2, ..retention() }, &[]), 3);
    }

    #[test]
    fn a_bound_in_a_gap_moves_to_the_next_changelog_that_exists() {
        let mut changelogs = changelogs();
        changelogs.retain(|changelog| !(2..=4).contains(&changelog.id));
        let bound = first_kept(&changelogs, 10, &Retention { max_deletes: 2, ..retention() }, &[]);
        assert_eq!(bound.unwrap().end, 5);
    }
}
