use weir_crds::{RunKind, Schedule};

use super::observe::{Observed, PastRun};
use crate::run::Run;

/// Scheduled runs of `K` that ended and exceed the limits of `schedule`, oldest first. Runs that still hold a place
/// stay: their end is not counted yet.
pub fn obsolete<K: Run>(observed: &Observed, schedule: &Schedule) -> Vec<PastRun> {
    let mut obsolete = Vec::new();
    for (succeeded, limit) in
        [(true, schedule.successful_jobs_history_limit), (false, schedule.failed_jobs_history_limit)]
    {
        let mut ended = ended_runs(observed, K::KIND, succeeded);
        ended.sort_by_key(|run| (run.end, run.name.clone()));
        let surplus = ended.len().saturating_sub(usize::try_from(limit).unwrap_or(0));
        obsolete.extend(ended.into_iter().take(surplus).cloned());
    }
    obsolete
}

fn ended_runs(observed: &Observed, kind: RunKind, succeeded: bool) -> Vec<&PastRun> {
    observed
        .runs
        .iter()
        .filter(|run| run.kind == kind && run.scheduled)
        .filter(|run| run.end.is_some_and(|(_, success)| success == succeeded))
        .filter(|run| !observed.holds_place(&run.uid))
        .collect()
}
