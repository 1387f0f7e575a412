use proptest::prelude::*;

use super::*;
use crate::testing::{file, key_types, names};

fn partitioned(ranges: &[(&str, (i32, i32))]) -> Vec<Vec<Vec<String>>> {
    let files: Vec<_> = ranges.iter().map(|(name, keys)| Arc::new(file(name, 0, *keys))).collect();
    let sections = partition(&files, &key_types()).unwrap();
    let owned = |run: &Vec<Arc<DataFileMeta>>| names(run).into_iter().map(str::to_owned).collect();
    sections.iter().map(|section| section.iter().map(owned).collect()).collect()
}

#[test]
fn files_without_common_keys_are_sections_of_their_own() {
    assert_eq!(partitioned(&[("b", (10, 19)), ("a", (0, 9))]), [[["a"]], [["b"]]]);
}

#[test]
fn files_that_meet_in_one_key_share_a_section() {
    assert_eq!(partitioned(&[("a", (0, 10)), ("b", (10, 20))]), [[["a"], ["b"]]]);
}

#[test]
fn files_are_packed_into_the_least_number_of_runs() {
    let sections = partitioned(&[("wide", (0, 100)), ("x", (0, 10)), ("y", (20, 30)), ("z", (40, 50))]);
    assert_eq!(sections, [[vec!["x", "y", "z"], vec!["wide"]]]);
}

proptest! {
    #[test]
    fn sections_and_runs_are_disjoint_and_lose_no_file(ranges in prop::collection::vec((0..200i32, 0..30i32), 0..40)) {
        let files: Vec<_> = ranges
            .iter()
            .enumerate()
            .map(|(i, (start, length))| Arc::new(file(&format!("f{i}"), 0, (*start, start + length))))
            .collect();
        let sections = partition(&files, &key_types()).unwrap();
        let bounds = |file: &DataFileMeta| {
            let decode = |row: &[u8]| BinaryRow::decode(row, &key_types()).unwrap();
            (Key(decode(&file.min_key)), Key(decode(&file.max_key)))
        };
        let mut seen = 0;
        let mut last_section: Option<Key> = None;
        for section in &sections {
            let mut end: Option<Key> = None;
            for run in section {
                let mut last: Option<Key> = None;
                for file in run {
                    let (min, max) = bounds(file);
                    prop_assert!(last.as_ref().is_none_or(|last| min > *last), "a run overlaps itself");
                    prop_assert!(last_section.as_ref().is_none_or(|last| min > *last), "sections overlap");
                    end = end.max(Some(max.clone()));
                    last = Some(max);
                    seen += 1;
                }
            }
            last_section = last_section.max(end);
        }
        prop_assert_eq!(seen, files.len());
    }
}
