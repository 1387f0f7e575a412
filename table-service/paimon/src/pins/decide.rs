use std::ops::Range;

use weir_paimon_spec::Snapshot;

use super::ledger::Group;
use super::{PinKind, PinsView, Totals, Without};
use crate::expiry::{Age, Hold, Retention, first_kept};
use crate::table::References;

/// Numbers of a table's roots: snapshots of `main` ascending, its tags, its changelogs, the changelogs that its
/// snapshots live on as once they expire, then the branches. A branch has a number for each snapshot, and at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Roots {
    snapshots: u32,
    tags: Range<u32>,
    changelogs: Range<u32>,
    afterlives: Range<u32>,
    branches: Vec<Range<u32>>,
}

impl Roots {
    /// The roots; `is_decoupled` says that snapshots become changelogs.
    pub(super) fn of(snapshots: &[Snapshot], references: &References, is_decoupled: bool) -> Self {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let mut next = count(snapshots.len());
        let mut take = |n: usize| {
            let range = next..next.saturating_add(count(n));
            next = range.end;
            range
        };
        let tags = take(references.tags.len());
        let changelogs = take(references.changelogs.len());
        let afterlives = take(if is_decoupled { snapshots.len() } else { 0 });
        let branches = references.branches.iter().map(|branch| take(branch.snapshots.len().max(1))).collect();
        Self { snapshots: count(snapshots.len()), tags, changelogs, afterlives, branches }
    }

    /// Numbers of the tags, in the order of the references.
    pub(super) fn tags(&self) -> Range<u32> {
        self.tags.clone()
    }

    /// Numbers of the changelogs, in the order of the references.
    pub(super) fn changelogs(&self) -> Range<u32> {
        self.changelogs.clone()
    }

    /// Numbers of the changelogs that the snapshots become, in their order; empty when they become none.
    pub(super) fn afterlives(&self) -> Range<u32> {
        self.afterlives.clone()
    }

    /// Numbers of each branch, in the order of the references.
    pub(super) fn branches(&self) -> impl Iterator<Item = Range<u32>> {
        self.branches.iter().cloned()
    }

    /// How many of these are snapshots of `main`.
    pub(super) fn count_snapshots(&self, leaving: &Leaving) -> usize {
        leaving.0.iter().map(|range| range.end.min(self.snapshots).saturating_sub(range.start) as usize).sum()
    }
}

/// Roots that go: ranges, ascending and apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Leaving(Vec<Range<u32>>);

impl Leaving {
    fn of(range: Range<u32>) -> Self {
        Self(if range.is_empty() { Vec::new() } else { vec![range] })
    }

    /// These and others.
    pub(super) fn and(mut self, other: &Self) -> Self {
        self.0.extend(other.0.iter().cloned());
        self.0.sort_unstable_by_key(|range| (range.start, range.end));
        let mut joined: Vec<Range<u32>> = Vec::with_capacity(self.0.len());
        for range in self.0 {
            match joined.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => joined.push(range),
            }
        }
        Self(joined)
    }

    fn covers(&self, roots: &[Range<u32>]) -> bool {
        roots.iter().all(|range| {
            let at = self.0.partition_point(|own| own.end < range.end);
            self.0.get(at).is_some_and(|own| own.start <= range.start)
        })
    }

    fn meets(&self, roots: &[Range<u32>]) -> bool {
        roots.iter().any(|range| {
            let at = self.0.partition_point(|own| own.end <= range.start);
            self.0.get(at).is_some_and(|own| own.start < range.end)
        })
    }
}

/// Answers from the groups of a ledger.
pub(super) struct Answer<'a> {
    pub(super) groups: &'a [Group],
    pub(super) roots: &'a Roots,
}

impl Answer<'_> {
    /// Everything.
    pub(super) fn total(&self) -> Totals {
        sum(self.groups.iter())
    }

    /// What the newest snapshot needs.
    pub(super) fn reached_by_latest(&self) -> Totals {
        let Some(latest) = self.roots.snapshots.checked_sub(1) else { return Totals::default() };
        let latest = Leaving::of(latest..latest + 1);
        sum(self.groups.iter().filter(|group| latest.meets(&group.roots)))
    }

    /// Files that go when `leaving` goes too, after `base` has gone, which is part of it.
    pub(super) fn freed(&self, base: &Leaving, leaving: &Leaving) -> Totals {
        sum(self.groups.iter().filter(|group| leaving.covers(&group.roots) && !base.covers(&group.roots)))
    }

    /// Bytes that `leaving` holds beside others, without those that the newest snapshot needs.
    pub(super) fn shared_bytes(&self, base: &Leaving, leaving: &Leaving) -> u64 {
        let latest =
            self.roots.snapshots.checked_sub(1).map_or_else(Leaving::default, |n| Leaving::of(n..n + 1));
        let own = Leaving(minus(&leaving.0, &base.0));
        let shared = self.groups.iter().filter(|group| {
            own.meets(&group.roots) && !leaving.covers(&group.roots) && !latest.meets(&group.roots)
        });
        sum(shared).bytes
    }
}

fn sum<'a>(groups: impl Iterator<Item = &'a Group>) -> Totals {
    groups.fold(Totals::default(), |sum, group| Totals {
        files: sum.files + group.totals.files,
        bytes: sum.bytes + group.totals.bytes,
    })
}

/// Ranges without those of `others`, which are ranges of the same kind.
fn minus(ranges: &[Range<u32>], others: &[Range<u32>]) -> Vec<Range<u32>> {
    let mut left = Vec::new();
    for range in ranges {
        let mut start = range.start;
        for other in others.iter().filter(|other| other.start < range.end && other.end > range.start) {
            if start < other.start {
                left.push(start..other.start);
            }
            start = start.max(other.end);
        }
        if start < range.end {
            left.push(start..range.end);
        }
    }
    left
}

impl PinsView {
    /// The first snapshot that an expiry would keep, and why, without the consumers named.
    pub(super) fn bound(&self, retention: &Retention, without: &[String]) -> Option<(i64, String)> {
        let ages: Vec<Age> =
            self.snapshots.iter().map(|one| Age { id: one.id, time_millis: one.time_millis }).collect();
        let consumers = self
            .references
            .consumers
            .iter()
            .filter(|(name, _)| self.consumers_count && !without.contains(name))
            .map(|(name, consumer)| Hold::of_consumer(name, consumer.next_snapshot));
        let holds: Vec<Hold> = consumers.chain(self.due_tag.clone()).collect();
        first_kept(&ages, retention, &holds).map(|bound| (bound.end, bound.held_by))
    }

    /// The roots that go with an expiry and the references left out.
    pub(super) fn expirable(&self, retention: &Retention, without: &Without) -> Leaving {
        let end = self.bound(retention, &without.consumers).map_or(i64::MIN, |(end, _)| end);
        let expired = self.snapshots.iter().filter(|snapshot| snapshot.id < end).count();
        let mut leaving = Leaving::of(0..u32::try_from(expired).unwrap_or(u32::MAX));
        for ((name, _), number) in self.references.tags.iter().zip(self.roots.tags()) {
            if without.tags.contains(name) {
                leaving = leaving.and(&Leaving::of(number..number + 1));
            }
        }
        for (branch, numbers) in self.references.branches.iter().zip(self.roots.branches()) {
            if without.branches.contains(&branch.name) {
                leaving = leaving.and(&Leaving::of(numbers));
            }
        }
        leaving
    }

    /// Every pin with the roots that go without it.
    pub(super) fn questions(
        &self,
        retention: &Retention,
        now_millis: i64,
    ) -> Vec<(PinKind, String, Leaving)> {
        let base = self.expirable(retention, &Without::default());
        let tags = self.references.tags.iter().map(|(name, _)| {
            let without = Without { tags: vec![name.clone()], ..Without::default() };
            (PinKind::Tag, name.clone(), self.expirable(retention, &without))
        });
        let branches = self.references.branches.iter().map(|branch| {
            let without = Without { branches: vec![branch.name.clone()], ..Without::default() };
            (PinKind::Branch, branch.name.clone(), self.expirable(retention, &without))
        });
        let consumers = self.references.consumers.iter().map(|(name, _)| {
            let without = Without { consumers: vec![name.clone()], ..Without::default() };
            (PinKind::Consumer, name.clone(), self.expirable(retention, &without))
        });
        let mut questions: Vec<_> = tags.chain(branches).chain(consumers).collect();
        let least = Retention { min: 1, older_than: now_millis, ..*retention };
        questions.push((
            PinKind::Retention,
            String::new(),
            self.expirable(&least, &Without::default()).and(&base),
        ));
        if !self.roots.changelogs.is_empty() {
            let changelogs = Leaving::of(self.roots.changelogs()).and(&base);
            questions.push((PinKind::Changelogs, String::new(), changelogs));
        }
        questions
    }
}

#[cfg(test)]
#[allow(clippy::single_range_in_vec_init, reason = "a set of one range is meant")]
mod tests;
