//! Which files of a partition without buckets to join.

use std::sync::Arc;
use weir_paimon_spec::DataFileMeta;

use super::settings::AppendSettings;
use crate::compaction::plan::Strategy;

/// The small files of a partition, in the order given, when there are enough of them: as many as
/// `compaction.min.file-num`, or two target files' worth (Paimon `AppendCompactCoordinator`).
///
/// Paimon joins them in bins of two target files, so that a parallel job has many tasks, and joins what is left small
/// in later runs; here all of them go into one list of files, of which only the last can be small. A full compaction
/// joins any two.
pub(super) fn pick<'a>(
    files: impl IntoIterator<Item = &'a Arc<DataFileMeta>>,
    settings: &AppendSettings,
) -> Vec<Arc<DataFileMeta>> {
    let small = small(files, settings);
    let weight: u64 = small.iter().map(|file| bytes(file) + settings.open_file_bytes).sum();
    let is_enough = small.len() >= settings.min_files
        || weight >= 2 * settings.target_bytes
        || settings.strategy == Strategy::Full;
    if small.len() >= 2 && is_enough { small } else { Vec::new() }
}

/// The small ones of some files.
pub(super) fn small<'a>(
    files: impl IntoIterator<Item = &'a Arc<DataFileMeta>>,
    settings: &AppendSettings,
) -> Vec<Arc<DataFileMeta>> {
    files.into_iter().filter(|file| bytes(file) < settings.small_file_bytes).cloned().collect()
}

/// Size of a file in bytes.
pub(super) fn bytes(file: &DataFileMeta) -> u64 {
    u64::try_from(file.file_size).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compaction::append::settings::Arrangement;

    fn settings(strategy: Strategy) -> AppendSettings {
        AppendSettings::of_test(strategy, Arrangement::Loose)
    }

    fn picked(sizes: &[i64], settings: &AppendSettings) -> Vec<i64> {
        let files: Vec<Arc<DataFileMeta>> = sizes
            .iter()
            .map(|size| Arc::new(DataFileMeta::append(format!("{size}.parquet"), *size, 1)))
            .collect();
        pick(&files, settings).iter().map(|file| file.file_size).collect()
    }

    #[test]
    fn small_files_are_joined_in_the_order_given_and_large_ones_are_left_alone() {
        let sizes = [5, 700, 3, 699, 2000, 1, 2];
        assert_eq!(picked(&sizes, &settings(Strategy::Auto)), [5, 3, 699, 1, 2]);
    }

    #[test]
    fn a_few_small_files_wait_for_more_unless_the_compaction_is_full() {
        assert_eq!(picked(&[5, 3, 900, 1, 2], &settings(Strategy::Auto)), [0; 0]);
        assert_eq!(picked(&[5, 3, 900, 1, 2], &settings(Strategy::Full)), [5, 3, 1, 2]);
    }

    #[test]
    fn two_target_files_worth_of_small_files_are_enough() {
        assert_eq!(picked(&[656, 656, 657], &settings(Strategy::Auto)), [0; 0]);
        assert_eq!(picked(&[656, 657, 657], &settings(Strategy::Auto)), [656, 657, 657]);
    }

    #[test]
    fn one_small_file_is_what_a_compaction_leaves() {
        for strategy in [Strategy::Auto, Strategy::Full] {
            assert_eq!(picked(&[1000, 1003, 5], &settings(strategy)), [0; 0]);
            assert_eq!(picked(&[], &settings(strategy)), [0; 0]);
        }
    }
}
