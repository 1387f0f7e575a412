//! May this run start now? A chain of questions; the first that objects decides what the run waits for.

use weir_crds::Table;

use super::observe::Observed;
use crate::{
    conditions::{self, READY},
    executor::has_active_pods,
    fence::Place,
};

/// What a run waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// One CamelCase word.
    pub reason: &'static str,
    /// The same for people.
    pub message: String,
}

impl Waiting {
    /// Waiting for `reason`.
    pub fn new(reason: &'static str, message: impl Into<String>) -> Self {
        Self { reason, message: message.into() }
    }
}

type Objection = fn(&Observed, &Table) -> Option<Waiting>;

const CHAIN: &[Objection] = &[
    run_is_suspended,
    table_is_suspended,
    table_is_not_ready,
    older_run_waits,
    place_is_taken,
    old_pod_remains,
];

/// What `run` waits for, if it may not start.
pub fn objection(run: &Observed) -> Option<Waiting> {
    let Some(table) = run.table.as_deref().filter(|table| table.metadata.deletion_timestamp.is_none()) else {
        let message = format!("there is no Table {} in this namespace", run.table_name);
        return Some(Waiting::new("TableNotFound", message));
    };
    CHAIN.iter().find_map(|objects| objects(run, table))
}

fn run_is_suspended(run: &Observed, _: &Table) -> Option<Waiting> {
    run.suspend.then(|| Waiting::new("Suspended", "the run is suspended"))
}

fn table_is_suspended(_: &Observed, table: &Table) -> Option<Waiting> {
    table.spec.suspend.then(|| Waiting::new("TableSuspended", "the Table is suspended"))
}

fn table_is_not_ready(_: &Observed, table: &Table) -> Option<Waiting> {
    let status = table.status.as_ref();
    let ready = status.and_then(|status| conditions::find(&status.conditions, READY));
    // A condition of an older generation may speak of another store or identity.
    let current = ready
        .filter(|ready| ready.status != "True" || ready.observed_generation == table.metadata.generation);
    match current {
        Some(ready) if ready.status == "True" => None,
        Some(ready) => {
            Some(Waiting::new("TableNotReady", format!("the Table is not ready: {}", ready.reason)))
        }
        None => Some(Waiting::new("TableNotReady", "the Table has not been looked at yet")),
    }
}

fn older_run_waits(run: &Observed, _: &Table) -> Option<Waiting> {
    let ahead = run.ahead.as_ref()?;
    (run.place == Place::Free)
        .then(|| Waiting::new("TableBusy", format!("{} {ahead} waits longer for this table", run.kind)))
}

fn place_is_taken(run: &Observed, _: &Table) -> Option<Waiting> {
    match &run.place {
        Place::Taken(by) => {
            Some(Waiting::new("TableBusy", format!("{} {by} is active on this table", run.kind)))
        }
        Place::Free | Place::Own => None,
    }
}

fn old_pod_remains(run: &Observed, _: &Table) -> Option<Waiting> {
    has_active_pods(&run.pods)
        .then(|| Waiting::new("Stopping", "a pod of an earlier attempt has not stopped yet"))
}
