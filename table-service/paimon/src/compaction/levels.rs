//! The LSM tree of one bucket.

use std::collections::BTreeMap;
use std::sync::Arc;

use weir_paimon_spec::DataFileMeta;

use super::universal::RunSize;

/// The sorted runs of a bucket, newest first: every level 0 file alone, then one run for each level above
/// (Paimon `Levels`, format §8.1).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Levels {
    runs: Vec<LevelRun>,
    max_level: i32,
}

/// A sorted run of a bucket.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LevelRun {
    /// Level of its files.
    pub(crate) level: i32,
    /// Its files; one for level 0.
    pub(crate) files: Vec<Arc<DataFileMeta>>,
}

impl Levels {
    /// Arranges the files of a bucket. `num_levels` is the table's option; files may sit higher when it was lowered.
    pub(crate) fn new(files: &[Arc<DataFileMeta>], num_levels: i32) -> Self {
        let mut level0: Vec<&Arc<DataFileMeta>> = files.iter().filter(|file| file.level == 0).collect();
        level0.sort_by(|a, b| {
            b.max_sequence_number
                .cmp(&a.max_sequence_number)
                .then(a.min_sequence_number.cmp(&b.min_sequence_number))
                .then(a.creation_time.cmp(&b.creation_time))
                .then(a.file_name.cmp(&b.file_name))
        });
        let mut runs: Vec<LevelRun> =
            level0.into_iter().map(|file| LevelRun { level: 0, files: vec![Arc::clone(file)] }).collect();
        let mut upper = BTreeMap::<i32, Vec<Arc<DataFileMeta>>>::new();
        for file in files.iter().filter(|file| file.level > 0) {
            upper.entry(file.level).or_default().push(Arc::clone(file));
        }
        let highest = upper.keys().next_back().copied().unwrap_or(0);
        runs.extend(upper.into_iter().map(|(level, files)| LevelRun { level, files }));
        Self { runs, max_level: (num_levels - 1).max(highest) }
    }

    /// The runs, newest first.
    pub(crate) fn runs(&self) -> &[LevelRun] {
        &self.runs
    }

    /// The highest level that files can have.
    pub(crate) const fn max_level(&self) -> i32 {
        self.max_level
    }

    /// The highest level that has files; 0 for none.
    pub(crate) fn highest_non_empty(&self) -> i32 {
        self.runs.iter().map(|run| run.level).max().unwrap_or(0)
    }

    /// What picking looks at.
    pub(crate) fn sizes(&self) -> Vec<RunSize> {
        self.runs
            .iter()
            .map(|run| RunSize {
                level: run.level,
                bytes: run.files.iter().map(|file| u64::try_from(file.file_size).unwrap_or(0)).sum(),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::shared;

    fn file(name: &str, level: i32, sequences: (i64, i64)) -> DataFileMeta {
        DataFileMeta {
            level,
            min_sequence_number: sequences.0,
            max_sequence_number: sequences.1,
            ..DataFileMeta::append(name, 10, 1)
        }
    }

    fn names(levels: &Levels) -> Vec<Vec<&str>> {
        levels
            .runs()
            .iter()
            .map(|run| run.files.iter().map(|file| file.file_name.as_str()).collect())
            .collect()
    }

    #[test]
    fn newer_files_come_first_and_a_level_is_one_run() {
        let files = [
            file("old", 0, (0, 9)),
            file("deep-a", 5, (0, 0)),
            file("new", 0, (20, 29)),
            file("wide", 0, (10, 29)),
            file("mid", 3, (0, 0)),
            file("deep-b", 5, (0, 0)),
        ];
        let levels = Levels::new(&shared(&files), 6);
        assert_eq!(
            names(&levels),
            [vec!["wide"], vec!["new"], vec!["old"], vec!["mid"], vec!["deep-a", "deep-b"]]
        );
        assert_eq!(levels.max_level(), 5);
        assert_eq!(levels.highest_non_empty(), 5);
    }

    #[test]
    fn files_above_a_lowered_number_of_levels_raise_the_highest_level() {
        assert_eq!(Levels::new(&shared(&[file("a", 7, (0, 0))]), 4).max_level(), 7);
        assert_eq!(Levels::new(&[], 4).max_level(), 3);
        assert_eq!(Levels::new(&[], 4).highest_non_empty(), 0);
    }
}
