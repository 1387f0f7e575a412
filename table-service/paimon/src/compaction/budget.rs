//! How much of a plan one run does.

use super::plan::{BucketPlan, CompactionPlan};

/// What a plan left for later runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LeftOut {
    /// Buckets that need work.
    pub buckets: usize,
    /// Bytes that the work on them reads.
    pub bytes: u64,
}

/// Cuts the plan where the files to be rewritten would exceed `max_input_bytes`, but never before its first bucket.
/// Plans begin with the buckets that readers suffer from most.
pub(super) fn cut(plan: &mut CompactionPlan, max_input_bytes: Option<u64>) -> LeftOut {
    let Some(budget) = max_input_bytes else { return LeftOut::default() };
    let mut spent: u64 = 0;
    let mut kept = 0;
    for bucket in &plan.buckets {
        spent = spent.saturating_add(bucket.input_bytes());
        if kept > 0 && spent > budget {
            break;
        }
        kept += 1;
    }
    let rest = plan.buckets.split_off(kept);
    LeftOut { buckets: rest.len(), bytes: rest.iter().map(BucketPlan::input_bytes).sum() }
}

#[cfg(test)]
mod tests {
    use super::super::plan::Task;
    use super::*;
    use crate::table::BucketKey;
    use crate::testing::{file, shared};

    /// Buckets that rewrite this many files of 1000 bytes.
    fn plan(files: &[usize]) -> CompactionPlan {
        let bucket = |(bucket, files): (i32, &usize)| BucketPlan {
            key: BucketKey { partition: Vec::new(), bucket },
            total_buckets: 9,
            sorted_runs: *files,
            output_level: 5,
            drop_deletes: true,
            tasks: vec![Task::Rewrite(vec![vec![shared(&vec![file("a", 0, (0, 9)); *files])]])],
        };
        CompactionPlan { buckets: (0..).zip(files).map(bucket).collect() }
    }

    fn cut_at(files: &[usize], budget: Option<u64>) -> (usize, LeftOut) {
        let mut plan = plan(files);
        let left = cut(&mut plan, budget);
        (plan.buckets.len(), left)
    }

    #[test]
    fn without_a_budget_everything_is_done() {
        assert_eq!(cut_at(&[3, 2], None), (2, LeftOut::default()));
    }

    #[test]
    fn a_plan_ends_before_the_bucket_that_would_exceed_the_budget() {
        assert_eq!(cut_at(&[3, 2, 1], Some(6000)), (3, LeftOut::default()));
        assert_eq!(cut_at(&[3, 2, 1], Some(5999)), (2, LeftOut { buckets: 1, bytes: 1000 }));
        assert_eq!(cut_at(&[3, 2, 0], Some(4999)), (1, LeftOut { buckets: 2, bytes: 2000 }));
    }

    #[test]
    fn at_least_one_bucket_is_done() {
        assert_eq!(cut_at(&[3, 2], Some(0)), (1, LeftOut { buckets: 1, bytes: 2000 }));
        assert_eq!(cut_at(&[], Some(0)), (0, LeftOut::default()));
    }
}
