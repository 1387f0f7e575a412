//! Which sorted runs of a bucket to compact: universal compaction as Paimon's writers decide it.
//!
//! Source: Paimon `UniversalCompaction`, `EarlyFullCompaction`, `ForceUpLevel0Compaction`, `OffPeakHours` (format §8.2–8.4).

/// A sorted run as picking sees it: newest first in a list, level 0 files one by one, then one run for each level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RunSize {
    /// Level of the run's files.
    pub(crate) level: i32,
    /// Their size in bytes.
    pub(crate) bytes: u64,
}

/// Settings of universal compaction, from the table's options.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct UniversalSettings {
    /// `num-sorted-run.compaction-trigger`.
    pub(crate) trigger: usize,
    /// `compaction.max-size-amplification-percent`.
    pub(crate) max_size_amplification_percent: u64,
    /// `compaction.size-ratio`, with the off-peak ratio added when it applies now.
    pub(crate) size_ratio: u64,
    /// `compaction.force-up-level-0`.
    pub(crate) force_up_level0: bool,
    /// `compaction.total-size-threshold` in bytes.
    pub(crate) total_size_threshold: Option<u64>,
    /// `compaction.incremental-size-threshold` in bytes.
    pub(crate) incremental_size_threshold: Option<u64>,
    /// Whether `compaction.optimization-interval` is set and has passed since the last full compaction.
    pub(crate) optimization_due: bool,
}

/// The first `runs` runs of the list, to be compacted into `output_level`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pick {
    /// Length of the prefix; a unit never skips a run.
    pub(crate) runs: usize,
    /// Level of the result, never 0.
    pub(crate) output_level: i32,
}

/// What a full compaction picks: everything, unless one run at the highest level is all there is.
pub(crate) fn pick_full(runs: &[RunSize], max_level: i32) -> Option<Pick> {
    match runs {
        [] => None,
        [only] if only.level == max_level => None,
        _ => Some(Pick { runs: runs.len(), output_level: max_level }),
    }
}

/// What universal compaction picks, if anything. `max_level` is the highest level of the bucket.
pub(crate) fn pick(runs: &[RunSize], max_level: i32, settings: &UniversalSettings) -> Option<Pick> {
    let universal = Universal { runs, max_level, settings };
    universal
        .early_full()
        .or_else(|| universal.size_amplification())
        .or_else(|| (runs.len() >= settings.trigger).then(|| universal.extend(1, false)).flatten())
        .or_else(|| {
            (runs.len() > settings.trigger)
                .then(|| universal.extend(runs.len() - settings.trigger + 1, false))
                .flatten()
        })
        .or_else(|| {
            let level0 = runs.iter().take_while(|run| run.level == 0).count();
            (settings.force_up_level0 && level0 > 0).then(|| universal.extend(level0, true)).flatten()
        })
}

struct Universal<'a> {
    runs: &'a [RunSize],
    max_level: i32,
    settings: &'a UniversalSettings,
}

impl Universal<'_> {
    fn full(&self) -> Pick {
        Pick { runs: self.runs.len(), output_level: self.max_level }
    }

    fn early_full(&self) -> Option<Pick> {
        if self.runs.len() <= 1 {
            return None;
        }
        let total: u64 = self.runs.iter().map(|run| run.bytes).sum();
        let incremental: u64 =
            self.runs.iter().filter(|run| run.level != self.max_level).map(|run| run.bytes).sum();
        let due = self.settings.optimization_due
            || self.settings.total_size_threshold.is_some_and(|threshold| total < threshold)
            || self.settings.incremental_size_threshold.is_some_and(|threshold| incremental > threshold);
        due.then(|| self.full())
    }

    fn size_amplification(&self) -> Option<Pick> {
        if self.runs.len() < self.settings.trigger {
            return None;
        }
        let (oldest, newer) = self.runs.split_last()?;
        let newer: u64 = newer.iter().map(|run| run.bytes).sum();
        (newer * 100 > self.settings.max_size_amplification_percent * oldest.bytes).then(|| self.full())
    }

    /// Extends a prefix of `count` runs by the runs that are not much larger than what is collected before them.
    fn extend(&self, mut count: usize, force: bool) -> Option<Pick> {
        let mut triggered = force || count > 1;
        let mut size: u64 = self.runs.iter().take(count).map(|run| run.bytes).sum();
        for next in self.runs.iter().skip(count) {
            if size * (100 + self.settings.size_ratio) / 100 < next.bytes && (!triggered || next.level > 1) {
                break;
            }
            size += next.bytes;
            count += 1;
            triggered = true;
        }
        triggered.then(|| self.unit(count))
    }

    /// A unit of the first `count` runs: its output goes right below the next run, and never to level 0.
    fn unit(&self, mut count: usize) -> Pick {
        let mut output_level = self.runs.get(count).map_or(self.max_level, |next| (next.level - 1).max(0));
        if output_level == 0 {
            for run in self.runs.iter().skip(count) {
                count += 1;
                if run.level != 0 {
                    output_level = run.level;
                    break;
                }
            }
        }
        if count == self.runs.len() {
            output_level = self.max_level;
        }
        Pick { runs: count, output_level }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: i32 = 5;

    fn settings() -> UniversalSettings {
        UniversalSettings {
            trigger: 5,
            max_size_amplification_percent: 200,
            size_ratio: 1,
            force_up_level0: false,
            total_size_threshold: None,
            incremental_size_threshold: None,
            optimization_due: false,
        }
    }

    fn runs(list: &[(i32, u64)]) -> Vec<RunSize> {
        list.iter().map(|&(level, bytes)| RunSize { level, bytes }).collect()
    }

    fn picked(list: &[(i32, u64)], settings: &UniversalSettings) -> Option<(usize, i32)> {
        pick(&runs(list), MAX, settings).map(|pick| (pick.runs, pick.output_level))
    }

    #[test]
    fn few_runs_are_left_alone() {
        assert_eq!(picked(&[], &settings()), None);
        assert_eq!(picked(&[(0, 1), (0, 1), (0, 1), (5, 100)], &settings()), None);
    }

    #[test]
    fn much_newer_data_makes_a_full_compaction() {
        assert_eq!(picked(&[(0, 60), (0, 60), (0, 60), (0, 60), (5, 100)], &settings()), Some((5, 5)));
    }

    #[test]
    fn runs_of_similar_size_are_joined_up_to_the_next_larger_one() {
        let list = [(0, 10), (0, 10), (0, 10), (3, 100), (4, 1000), (5, 10_000)];
        assert_eq!(picked(&list, &settings()), Some((3, 2)));
    }

    #[test]
    fn too_many_runs_are_reduced_to_the_trigger() {
        // No run is within one percent of the one before it, so only the number of runs asks for work.
        let list = [(0, 1), (0, 100), (1, 10_000), (3, 1_000_000), (4, 100_000_000), (5, 10_000_000_000)];
        assert_eq!(picked(&list, &settings()), Some((3, 2)));
    }

    #[test]
    fn a_unit_never_ends_at_level_zero() {
        let list = [(0, 10), (0, 10), (0, 1_000_000), (1, 5_000_000), (5, 1_000_000_000)];
        assert_eq!(picked(&list, &settings()), Some((4, 4)));
    }

    #[test]
    fn early_full_compaction_follows_each_of_its_thresholds() {
        let list = [(0, 10), (5, 1000)];
        assert_eq!(picked(&list, &settings()), None);
        let due = UniversalSettings { optimization_due: true, ..settings() };
        assert_eq!(picked(&list, &due), Some((2, 5)));
        let total = UniversalSettings { total_size_threshold: Some(1011), ..settings() };
        assert_eq!(picked(&list, &total), Some((2, 5)));
        let incremental = UniversalSettings { incremental_size_threshold: Some(9), ..settings() };
        assert_eq!(picked(&list, &incremental), Some((2, 5)));
        assert_eq!(picked(&[(5, 1000)], &due), None);
    }

    #[test]
    fn forcing_level_zero_up_compacts_a_single_new_file() {
        let forced = UniversalSettings { force_up_level0: true, ..settings() };
        assert_eq!(picked(&[(0, 10), (4, 1000), (5, 100_000)], &forced), Some((1, 3)));
        assert_eq!(picked(&[(4, 1000), (5, 100_000)], &forced), None);
    }

    #[test]
    fn a_full_compaction_takes_everything_but_a_finished_bucket() {
        assert_eq!(pick_full(&runs(&[]), MAX), None);
        assert_eq!(pick_full(&runs(&[(5, 10)]), MAX), None);
        assert_eq!(pick_full(&runs(&[(0, 10)]), MAX), Some(Pick { runs: 1, output_level: 5 }));
        assert_eq!(pick_full(&runs(&[(0, 10), (5, 10)]), MAX), Some(Pick { runs: 2, output_level: 5 }));
    }
}
