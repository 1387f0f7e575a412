use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::ResourceExt as _;
use weir_crds::{CompactionJob, Maintenance, OperationStatus, RunKind, Schedule, SnapshotExpiry, Table};

use super::{
    findings::{health, readiness},
    history::obsolete,
    inspection::{Inspection, inspection},
    observe::{Observed, PastRun},
    schedule::{ScheduleError, Timetable},
};
use crate::{
    conditions::{Finding, READY},
    executor::leaves_schedule_alone,
    run::Run,
};

/// When to look again at a place whose run is gone, but not yet its pods.
const ABANDONED_PAUSE: SignedDuration = SignedDuration::from_secs(15);

/// What to do with a Table; the parts are independent of each other.
#[derive(Clone, Debug)]
pub struct Plan {
    /// About inspecting it.
    pub inspection: Inspection,
    /// Runs to create.
    pub creations: Vec<Creation>,
    /// Scheduled runs beyond the history limits.
    pub obsolete: Vec<PastRun>,
    /// Conditions of the status.
    pub findings: Vec<Finding>,
    /// Times of each schedule; a kind without a schedule has none.
    pub schedules: Vec<ScheduleTimes>,
    /// When to look again.
    pub next_look: Option<Timestamp>,
}

/// A run to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Creation {
    /// Kind of the run.
    pub kind: RunKind,
    /// The slot that it is for.
    pub slot: Timestamp,
    /// Whether the slot is too old to be used, and is only to be noted.
    pub missed: bool,
}

/// Times of one schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleTimes {
    /// Kind of the runs.
    pub kind: RunKind,
    /// When the schedule was first seen.
    pub since: Time,
    /// Slot that was used last, the one in this plan included.
    pub last: Option<Time>,
    /// When the next run is created.
    pub next: Option<Time>,
}

/// Decides what to do with a Table at `now`.
pub fn decide(observed: &Observed, now: Timestamp) -> Plan {
    let table = &observed.table;
    let inspection = inspection(observed, now);
    let maintenance = table.spec.maintenance.clone().unwrap_or_default();
    let outlooks = [
        outlook::<CompactionJob>(observed, &maintenance, now),
        outlook::<SnapshotExpiry>(observed, &maintenance, now),
    ];
    let invalid = outlooks.iter().find_map(|outlook| outlook.invalid.as_ref());
    let next = outlooks.iter().filter_map(|outlook| outlook.next).min();
    let mut findings = readiness(table, observed.conflict.as_ref(), invalid, &inspection, next);
    findings.extend(outlooks.iter().filter_map(|outlook| outlook.health.clone()));
    // Runs of an unready Table could only wait.
    let acts = !table.spec.suspend && findings.iter().any(|it| it.type_ == READY && it.status == "True");
    let mut plan = Plan {
        next_look: looks(&inspection, acts.then_some(next).flatten(), observed, now),
        inspection,
        creations: Vec::new(),
        obsolete: outlooks.iter().flat_map(|outlook| outlook.obsolete.clone()).collect(),
        findings,
        schedules: Vec::new(),
    };
    for outlook in outlooks.into_iter().filter(|outlook| outlook.scheduled) {
        let creation = outlook.due.filter(|_| acts);
        let last = creation.as_ref().map(|creation| creation.slot).or(outlook.last);
        let next = outlook.next.filter(|_| acts).map(Time);
        let since = Time(outlook.since);
        plan.schedules.push(ScheduleTimes { kind: outlook.kind, since, last: last.map(Time), next });
        plan.creations.extend(creation);
    }
    plan
}

fn looks(
    inspection: &Inspection,
    next_run: Option<Timestamp>,
    observed: &Observed,
    now: Timestamp,
) -> Option<Timestamp> {
    let inspection = match inspection {
        Inspection::Rest(until) | Inspection::Follow(_, until) => *until,
        Inspection::Launch(_) | Inspection::Discard(_) | Inspection::Record(_) => None,
    };
    let place = observed.has_place_without_run().then(|| now.saturating_add(ABANDONED_PAUSE).unwrap_or(now));
    [inspection, next_run, place].into_iter().flatten().min()
}

/// What one schedule of a Table asks for.
struct Outlook {
    kind: RunKind,
    scheduled: bool,
    invalid: Option<ScheduleError>,
    due: Option<Creation>,
    since: Timestamp,
    last: Option<Timestamp>,
    next: Option<Timestamp>,
    health: Option<Finding>,
    obsolete: Vec<PastRun>,
}

fn outlook<K: Run>(observed: &Observed, maintenance: &Maintenance, now: Timestamp) -> Outlook {
    let table = &observed.table;
    let status = operation_status(table, K::KIND);
    let schedule = K::schedule(maintenance);
    let mut outlook = Outlook {
        kind: K::KIND,
        scheduled: schedule.is_some(),
        invalid: None,
        due: None,
        since: status.scheduled_since.as_ref().map_or(now, |time| time.0),
        last: status.last_schedule_time.as_ref().map(|time| time.0),
        next: None,
        health: health(K::KIND, &status, None),
        obsolete: schedule.map(|schedule| obsolete::<K>(observed, schedule)).unwrap_or_default(),
    };
    let Some(schedule) = schedule else { return outlook };
    match Timetable::new(schedule, &format!("{}/{}", table.uid().unwrap_or_default(), K::KIND)) {
        Ok(timetable) if !schedule.suspend => {
            follow(&mut outlook, observed, schedule, &timetable, &status, now);
        }
        Ok(_) => {}
        Err(error) => outlook.invalid = Some(error),
    }
    outlook
}

fn follow(
    outlook: &mut Outlook,
    observed: &Observed,
    schedule: &Schedule,
    timetable: &Timetable,
    status: &OperationStatus,
    now: Timestamp,
) {
    let since = outlook.last.map_or(outlook.since, |last| last.max(outlook.since));
    let pause = paused_until(&observed.table, timetable, status).filter(|until| *until > now);
    let kind = outlook.kind;
    let busy = observed.runs.iter().any(|run| run.kind == kind && run.scheduled && run.end.is_none());
    if pause.is_none() && !busy {
        outlook.due = timetable.due(since, now).map(|slot| Creation {
            kind,
            slot,
            missed: schedule
                .starting_deadline_seconds
                .is_some_and(|deadline| now.duration_since(timetable.start(slot)).as_secs() > deadline),
        });
    }
    let used = outlook.due.as_ref().map_or(since, |creation| creation.slot);
    outlook.next = timetable.next_start(used, pause.unwrap_or(now));
    outlook.health = health(kind, status, pause);
}

/// Until when failures pause a schedule. A changed spec starts anew.
fn paused_until(table: &Table, timetable: &Timetable, status: &OperationStatus) -> Option<Timestamp> {
    let failures = status.consecutive_failures.filter(|failures| *failures > 0)?;
    let last = status.last_run_ref.as_ref()?;
    if status.failures_generation != table.metadata.generation || leaves_schedule_alone(&last.reason) {
        return None;
    }
    let failed = status.last_failure_time.as_ref()?.0;
    failed.checked_add(timetable.pause(failures, failed)).ok()
}

/// The stored status of the runs of `kind`.
pub fn operation_status(table: &Table, kind: RunKind) -> OperationStatus {
    let status = table.status.as_ref();
    let operation = match kind {
        RunKind::CompactionJob => status.and_then(|status| status.compaction.clone()),
        RunKind::SnapshotExpiry => status.and_then(|status| status.snapshot_expiry.clone()),
    };
    operation.unwrap_or_default()
}

#[cfg(test)]
mod tests;
