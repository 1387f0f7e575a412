use jiff::{SignedDuration, Timestamp};
use weir_contract::TableSummary;
use weir_crds::{LastRun, Table};

use super::{
    observe::Observed,
    policy::{Waiting, objection},
};
use crate::{
    conditions::{self, SUCCEEDED},
    executor::{EndReason, Startup, Verdict, has_active_pods, is_owned_by, startup, verdict},
    fence::{EndOfRun, Place},
};

const START_DEADLINE_SECONDS: i64 = 600;

/// What to do with a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// Nothing before then.
    Rest(Option<Timestamp>),
    /// Wait for something; say what for.
    Wait(Waiting),
    /// Take a place on the table, unless it is taken already, and create the Job.
    Launch,
    /// The Job is under way; say how far it has come, and look again then.
    Follow(Startup, Option<Timestamp>),
    /// Say that the run is suspended, then delete its Job.
    Suspend,
    /// Free the place of a run that has not ended, and say what it waits for.
    Vacate(Waiting),
    /// Record the end of the run.
    Finish(Box<Verdict>),
    /// Delete the unfinished Job of a run that has ended.
    StopJob,
    /// Free the place of a run that has ended.
    Release(Box<EndOfRun>),
    /// Delete the run, whose time to live is over.
    Delete,
}

/// Decides what to do with `run` at `now`.
pub fn decide(run: &Observed, name: &str, now: Timestamp) -> Decision {
    if run.deleting {
        return Decision::Rest(None);
    }
    if run.has_ended() {
        return ended(run, name, now);
    }
    match &run.job {
        Some(job) if !is_owned_by(job, &run.uid) => match run.place {
            Place::Own => finish_without_pod(
                EndReason::JobNameConflict,
                &format!("Job {} belongs to another object; delete or rename one of them", run.job_name),
                now,
            ),
            _ => waiting_or_launch(run),
        },
        Some(job) => {
            if let Some(verdict) = verdict(job, &run.pods, &run.uid) {
                return Decision::Finish(Box::new(verdict));
            }
            if run.suspend {
                return Decision::Suspend;
            }
            under_way(run, startup(job, &run.pods), now)
        }
        None => without_job(run, now),
    }
}

fn ended(run: &Observed, name: &str, now: Timestamp) -> Decision {
    let own_job = run.job.as_deref().filter(|job| is_owned_by(job, &run.uid));
    if own_job.is_some_and(|job| verdict(job, &run.pods, &run.uid).is_none()) {
        return Decision::StopJob;
    }
    if run.place == Place::Own {
        return if has_active_pods(&run.pods) {
            Decision::Rest(None)
        } else {
            Decision::Release(Box::new(end_of_run(run, name, now)))
        };
    }
    let completed = run.state.completion_time.as_ref().map_or(now, |time| time.0);
    let Some(expiry) = run.ttl.map(|ttl| completed.checked_add(ttl).unwrap_or(Timestamp::MAX)) else {
        return Decision::Rest(None);
    };
    if expiry <= now { Decision::Delete } else { Decision::Rest(Some(expiry)) }
}

fn without_job(run: &Observed, now: Timestamp) -> Decision {
    if run.place != Place::Own {
        return waiting_or_launch(run);
    }
    if run.state.start_time.is_some() {
        let message = format!("Job {} was deleted before it ended", run.job_name);
        return finish_without_pod(EndReason::JobDeleted, &message, now);
    }
    match objection(run) {
        None => Decision::Launch,
        Some(waiting) if has_active_pods(&run.pods) => Decision::Wait(waiting),
        Some(waiting) => Decision::Vacate(waiting),
    }
}

fn waiting_or_launch(run: &Observed) -> Decision {
    objection(run).map_or(Decision::Launch, Decision::Wait)
}

fn under_way(run: &Observed, startup: Startup, now: Timestamp) -> Decision {
    let Startup::Pending { reason, message, since } = &startup else {
        return Decision::Follow(startup, None);
    };
    let allowed = SignedDuration::from_secs(start_deadline_seconds(run.table.as_deref()));
    let deadline = since.checked_add(allowed).unwrap_or(Timestamp::MAX);
    if deadline <= now {
        let message = format!("the pod did not start within {} s: {message}", allowed.as_secs());
        return finish_without_pod(*reason, &message, now);
    }
    Decision::Follow(startup, Some(deadline))
}

/// Seconds that a pod of `table` has to start.
pub fn start_deadline_seconds(table: Option<&Table>) -> i64 {
    table
        .and_then(|table| table.spec.job_template.as_ref())
        .and_then(|template| template.start_deadline_seconds)
        .unwrap_or(START_DEADLINE_SECONDS)
}

fn finish_without_pod(reason: EndReason, message: &str, now: Timestamp) -> Decision {
    Decision::Finish(Box::new(Verdict::failed(reason, message, now)))
}

fn end_of_run(run: &Observed, name: &str, now: Timestamp) -> EndOfRun {
    let succeeded = conditions::find(&run.state.conditions, SUCCEEDED);
    EndOfRun {
        run: LastRun {
            kind: run.kind,
            name: name.to_owned(),
            uid: run.uid.clone(),
            reason: succeeded.map(|it| it.reason.clone()).unwrap_or_default(),
            message: succeeded.map(|it| it.message.clone()).unwrap_or_default(),
        },
        succeeded: run.state.failure.is_none(),
        completed: run.state.completion_time.as_ref().map_or(now, |time| time.0),
        table: reported_table(run),
    }
}

/// The table as the pod saw it, while the pod still exists.
fn reported_table(run: &Observed) -> Option<TableSummary> {
    verdict(run.job.as_deref()?, &run.pods, &run.uid)?.result?.table
}

#[cfg(test)]
mod tests;
