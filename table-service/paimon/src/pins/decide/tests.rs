use super::*;

fn group(roots: &[Range<u32>], bytes: u64) -> Group {
    Group { roots: roots.to_vec(), totals: Totals { files: 1, bytes } }
}

fn leaving(ranges: &[Range<u32>]) -> Leaving {
    ranges.iter().fold(Leaving::default(), |all, range| all.and(&Leaving::of(range.clone())))
}

/// Three snapshots, two tags.
fn roots() -> Roots {
    Roots { snapshots: 3, tags: 3..5, changelogs: 5..5, afterlives: 5..5, branches: Vec::new() }
}

#[test]
fn a_file_that_two_pins_hold_is_freed_by_neither_and_shared_by_both() {
    let groups = [group(&[3..5], 100), group(&[3..4], 10), group(&[2..3, 3..4], 1)];
    let roots = roots();
    let answer = Answer { groups: &groups, roots: &roots };
    let (first, both) = (leaving(&[3..4]), leaving(&[3..5]));
    assert_eq!(answer.freed(&Leaving::default(), &first), Totals { files: 1, bytes: 10 });
    assert_eq!(answer.shared_bytes(&Leaving::default(), &first), 100);
    assert_eq!(answer.freed(&Leaving::default(), &both), Totals { files: 2, bytes: 110 });
}

#[test]
fn what_goes_anyway_is_nobodys() {
    let groups = [group(&[0..1], 100), group(&[0..2], 10), group(&[0..1, 3..4], 1)];
    let roots = roots();
    let answer = Answer { groups: &groups, roots: &roots };
    let base = leaving(&[0..1]);
    assert_eq!(answer.freed(&Leaving::default(), &base), Totals { files: 1, bytes: 100 });
    assert_eq!(answer.freed(&base, &leaving(&[0..2])), Totals { files: 1, bytes: 10 });
    assert_eq!(answer.freed(&base, &leaving(&[0..1, 3..4])), Totals { files: 1, bytes: 1 });
}

#[test]
fn ranges_are_covered_only_as_a_whole() {
    let all = leaving(&[0..2, 4..6]);
    assert!(all.covers(&[0..1, 4..6]));
    assert!(!all.covers(&[1..5]));
    assert!(!all.covers(&[6..7]));
    assert!(all.meets(&[1..5]) && !all.meets(&[2..4, 6..9]));
    assert_eq!(minus(&[0..6], &[0..2, 4..5]), [2..4, 5..6]);
}
