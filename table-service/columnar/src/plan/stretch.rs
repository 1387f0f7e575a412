//! Where row groups can be copied as they are, and what lies between them.

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

use crate::Value;
use crate::leaf::compare_values;
use crate::read::{OpenInput, Run};

/// A part of the input, in the order of the output.
pub(crate) enum Stretch {
    /// Rows of every run that are merged, or copied when there is one run without a key.
    Rows(Vec<Range<u64>>),
    /// A row group that shares no key with any other run.
    Splice(SplicedGroup),
}

/// A row group that can be copied.
#[derive(Clone)]
pub(crate) struct SplicedGroup {
    /// Its run.
    pub(crate) run: usize,
    /// Its rows, counted in the run.
    pub(crate) rows: Range<u64>,
    /// Its file, and its place in there.
    pub(crate) file: Arc<OpenInput>,
    pub(crate) row_group: usize,
}

/// A row group of a run, as far as it matters for splicing.
struct Candidate {
    group: SplicedGroup,
    /// Least and greatest value of the first key column; equal for all when there is no key.
    keys: Option<(Value, Value)>,
    is_fit: bool,
}

/// What decides whether a row group is copied.
pub(crate) trait SpliceRules {
    /// Least and greatest value of the first key column of a row group; `None` when they are not known.
    fn keys(&self, file: &OpenInput, row_group: usize) -> Option<(Value, Value)>;

    /// Whether two row groups of one run may have the same value of the first key column, because there
    /// are more key columns.
    fn may_touch(&self) -> bool;

    /// Whether a row group may be copied as it is, whatever lies beside it.
    fn is_fit(&self, file: &OpenInput, row_group: usize) -> bool;

    /// Rows below which what lies between copied row groups takes one of them in, so that no small row
    /// groups come to be.
    fn least_rows(&self) -> u64;
}

/// Parts the runs of a merge. Row groups of other runs lie wholly before or after a copied one.
pub(crate) fn merge_stretches(runs: &[Run], rules: &impl SpliceRules) -> Vec<Stretch> {
    let all = || vec![Stretch::Rows(runs.iter().map(|run| 0..run.rows()).collect())];
    let candidates: Vec<Candidate> = candidates(runs, rules);
    // A row group whose keys nobody knows may overlap any other.
    if candidates.iter().any(|candidate| candidate.keys.is_none()) {
        return all();
    }
    let mut solo: Vec<&Candidate> =
        candidates.iter().filter(|one| one.is_fit && is_alone(one, &candidates, rules)).collect();
    solo.sort_by(|left, right| compare_candidates(left, right));
    let mut cuts = Vec::with_capacity(solo.len());
    for one in solo {
        cuts.push((rows_before(one, &candidates, runs.len()), one.group.clone()));
    }
    stretches(cuts, &runs.iter().map(Run::rows).collect::<Vec<_>>(), rules.least_rows())
}

/// Parts one run whose rows are copied in order.
pub(crate) fn copy_stretches(run: &Run, rules: &impl SpliceRules) -> Vec<Stretch> {
    let groups = candidates(std::slice::from_ref(run), rules);
    let fit = groups.into_iter().filter(|candidate| candidate.is_fit);
    let cuts = fit.map(|candidate| (vec![candidate.group.rows.start], candidate.group)).collect();
    stretches(cuts, &[run.rows()], rules.least_rows())
}

fn candidates(runs: &[Run], rules: &impl SpliceRules) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for (number, run) in runs.iter().enumerate() {
        for (file, file_rows) in run.parts(&(0..run.rows())) {
            let first = run.first_row(file);
            for (row_group, rows) in file.row_groups(&file_rows) {
                let start = first + file.first_row(row_group);
                candidates.push(Candidate {
                    keys: rules.keys(file, row_group),
                    is_fit: rules.is_fit(file, row_group),
                    group: SplicedGroup {
                        run: number,
                        rows: start..start + (rows.end - rows.start),
                        file: Arc::clone(file),
                        row_group,
                    },
                });
            }
        }
    }
    candidates
}

/// Whether no other row group has a key between the least and the greatest of this one. Those of its own
/// run must come before or after it, as they stand: a run that breaks its promise is for the merge to find.
fn is_alone(one: &Candidate, all: &[Candidate], rules: &impl SpliceRules) -> bool {
    let Some((min, max)) = &one.keys else { return false };
    all.iter().all(|other| {
        let Some((other_min, other_max)) = &other.keys else { return false };
        let (before, after) = (compare_values(other_max, min), compare_values(other_min, max));
        if other.group.run != one.group.run {
            return before.is_lt() || after.is_gt();
        }
        match other.group.rows.start.cmp(&one.group.rows.start) {
            Ordering::Less => before.is_lt() || (before.is_eq() && rules.may_touch()),
            Ordering::Equal => true,
            Ordering::Greater => after.is_gt() || (after.is_eq() && rules.may_touch()),
        }
    })
}

fn compare_candidates(left: &Candidate, right: &Candidate) -> Ordering {
    let keys = match (&left.keys, &right.keys) {
        (Some(left), Some(right)) => {
            compare_values(&left.0, &right.0).then(compare_values(&left.1, &right.1))
        }
        _ => Ordering::Equal,
    };
    keys.then(left.group.rows.start.cmp(&right.group.rows.start))
}

/// Per run, the rows whose keys come before those of a row group that stands alone.
fn rows_before(one: &Candidate, all: &[Candidate], runs: usize) -> Vec<u64> {
    let mut before = vec![0; runs];
    for other in all {
        let run = other.group.run;
        let comes_before = if run == one.group.run {
            other.group.rows.end <= one.group.rows.start
        } else {
            match (&other.keys, &one.keys) {
                (Some((_, other_max)), Some((min, _))) => compare_values(other_max, min).is_lt(),
                _ => false,
            }
        };
        if comes_before {
            before[run] = before[run].max(other.group.rows.end);
        }
    }
    before
}

/// Lays the copied row groups and what lies between them out. `cuts` are the row groups in key order,
/// each with the rows of every run that come before it.
fn stretches(cuts: Vec<(Vec<u64>, SplicedGroup)>, end: &[u64], least_rows: u64) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    let mut at = vec![0; end.len()];
    for (before, group) in cuts {
        let between: u64 = before.iter().zip(&at).map(|(before, at)| before - at).sum();
        if between > 0 && between < least_rows {
            // What is too little for a row group takes this one in, and what follows it.
            continue;
        }
        if between > 0 {
            stretches.push(Stretch::Rows(ranges(&at, &before)));
        }
        at = before;
        at[group.run] = group.rows.end;
        stretches.push(Stretch::Splice(group));
    }
    let rest: u64 = end.iter().zip(&at).map(|(end, at)| end - at).sum();
    if rest > 0 {
        if rest < least_rows
            && let Some(Stretch::Splice(last)) = stretches.last()
        {
            at[last.run] = last.rows.start;
            stretches.pop();
        }
        stretches.push(Stretch::Rows(ranges(&at, end)));
    }
    stretches
}

fn ranges(from: &[u64], to: &[u64]) -> Vec<Range<u64>> {
    from.iter().zip(to).map(|(from, to)| *from..*to).collect()
}
