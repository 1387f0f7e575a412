//! Runs of one table under every order of events, with reads that lag behind and stops between any two writes.

use std::collections::BTreeMap;

use k8s_openapi::api::batch::v1::Job;
use proptest::prelude::*;
use weir_crds::ActiveRun;

use super::*;

/// What the API server holds, as far as runs of one table go.
#[derive(Clone, Debug, Default)]
struct Server {
    /// Version of the Table's status.
    version: u64,
    active: Vec<ActiveRun>,
    runs: BTreeMap<usize, ModelRun>,
}

#[derive(Clone, Debug, Default)]
struct ModelRun {
    version: u64,
    suspend: bool,
    state: RunState,
    job: Option<JobState>,
    pod: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum JobState {
    Active,
    Complete,
}

#[derive(Clone, Debug)]
enum Event {
    /// The operator looks at a run as it was `lag` events ago and does the first `writes` writes of what it decides.
    Reconcile {
        run: usize,
        lag: usize,
        writes: usize,
    },
    JobEnds(usize),
    PodStops(usize),
    Suspend(usize, bool),
    JobIsDeleted(usize),
}

const RUNS: usize = 4;

fn kind(run: usize) -> RunKind {
    RunKind::ALL[run % 2]
}

fn uid(run: usize) -> String {
    format!("uid-{run}")
}

impl Server {
    fn observe(&self, run: usize) -> Observed {
        let model = &self.runs[&run];
        let mut observed = fresh();
        observed.kind = kind(run);
        observed.uid = uid(run);
        observed.suspend = model.suspend;
        observed.state = model.state.clone();
        observed.place = crate::fence::place(&self.active, kind(run), &uid(run));
        observed.job = model.job.map(|state| Arc::new(rendered(run, state)));
        observed.pods = if model.pod { vec![pod("x", json!({"phase": "Running"}))] } else { vec![] };
        observed
    }

    /// Does the writes of a decision in their order; stops after `writes` of them or at a conflict.
    fn act(&mut self, run: usize, seen: &Server, decision: &Decision, writes: usize) {
        let steps: &[fn(&mut Server, usize, &Server) -> bool] = match decision {
            Decision::Launch => &[Self::take, Self::create_job, Self::mark_running],
            Decision::Suspend => &[Self::mark_queued, Self::delete_job],
            Decision::Vacate(_) => &[Self::free, Self::mark_queued],
            Decision::Finish(_) => &[Self::mark_ended],
            Decision::StopJob => &[Self::delete_job],
            Decision::Release(_) => &[Self::free],
            Decision::Follow(..) => &[Self::mark_running],
            Decision::Wait(_) => &[Self::mark_queued],
            Decision::Rest(_) | Decision::Delete => &[],
        };
        for step in steps.iter().take(writes) {
            if !step(self, run, seen) {
                return;
            }
        }
    }

    fn take(&mut self, run: usize, seen: &Server) -> bool {
        if crate::fence::place(&seen.active, kind(run), &uid(run)) == Place::Own {
            return true;
        }
        if self.runs[&run].version != seen.runs[&run].version || self.version != seen.version {
            return false;
        }
        self.active.push(ActiveRun {
            kind: kind(run),
            name: run.to_string(),
            uid: uid(run),
            since: Time(at(NOW)),
        });
        self.version += 1;
        true
    }

    fn create_job(&mut self, run: usize, _: &Server) -> bool {
        let model = self.runs.get_mut(&run).unwrap();
        if model.job.is_none() {
            model.job = Some(JobState::Active);
            model.pod = true;
        }
        true
    }

    fn free(&mut self, run: usize, seen: &Server) -> bool {
        if self.version != seen.version {
            return false;
        }
        self.active.retain(|place| place.uid != uid(run));
        self.version += 1;
        true
    }

    fn delete_job(&mut self, run: usize, _: &Server) -> bool {
        self.runs.get_mut(&run).unwrap().job = None;
        true
    }

    fn mark_running(&mut self, run: usize, _: &Server) -> bool {
        self.write(run, |state| state.start_time = Some(Time(at(NOW))))
    }

    fn mark_queued(&mut self, run: usize, _: &Server) -> bool {
        self.write(run, |state| *state = RunState::default())
    }

    fn mark_ended(&mut self, run: usize, _: &Server) -> bool {
        self.write(run, |state| state.completion_time = Some(Time(at(NOW))))
    }

    fn write(&mut self, run: usize, change: impl FnOnce(&mut RunState)) -> bool {
        let model = self.runs.get_mut(&run).unwrap();
        change(&mut model.state);
        model.version += 1;
        true
    }

    fn happen(&mut self, event: &Event) {
        match event {
            Event::JobEnds(run) => {
                let model = self.runs.get_mut(run).unwrap();
                if model.job == Some(JobState::Active) {
                    model.job = Some(JobState::Complete);
                    model.pod = false;
                }
            }
            Event::PodStops(run) => {
                let model = self.runs.get_mut(run).unwrap();
                if model.job.is_none() {
                    model.pod = false;
                }
            }
            Event::Suspend(run, suspend) => {
                let model = self.runs.get_mut(run).unwrap();
                model.suspend = *suspend;
                model.version += 1;
            }
            Event::JobIsDeleted(run) => self.runs.get_mut(run).unwrap().job = None,
            Event::Reconcile { .. } => {}
        }
    }

    fn working(&self, of: RunKind) -> usize {
        self.runs.iter().filter(|(run, model)| kind(**run) == of && model.pod).count()
    }
}

fn rendered(run: usize, state: JobState) -> Job {
    let status = if state == JobState::Complete { complete() } else { json!({"active": 1}) };
    let mut job = (*job(status)).clone();
    for owner in job.metadata.owner_references.iter_mut().flatten() {
        owner.uid = uid(run);
    }
    job
}

fn event() -> impl Strategy<Value = Event> {
    let run = 0..RUNS;
    prop_oneof![
        8 => (run.clone(), 0..4_usize, 1..4_usize)
            .prop_map(|(run, lag, writes)| Event::Reconcile { run, lag, writes }),
        2 => run.clone().prop_map(Event::JobEnds),
        2 => run.clone().prop_map(Event::PodStops),
        1 => (run.clone(), any::<bool>()).prop_map(|(run, suspend)| Event::Suspend(run, suspend)),
        1 => run.prop_map(Event::JobIsDeleted),
    ]
}

fn reconcile(server: &mut Server, seen: &Server, run: usize, writes: usize) -> Decision {
    let mut observed = seen.observe(run);
    // Jobs that the cache misses are read from the server while the run holds its place.
    if observed.job.is_none() && observed.place == Place::Own {
        observed.job = server.observe(run).job;
    }
    let decision = decide(&observed, "run", at(NOW));
    server.act(run, seen, &decision, writes);
    decision
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn never_do_two_runs_of_one_kind_work_and_everything_comes_to_an_end(
        events in prop::collection::vec(event(), 1..60),
    ) {
        let runs = (0..RUNS).map(|run| (run, ModelRun::default())).collect();
        let mut server = Server { runs, ..Server::default() };
        let mut history = vec![server.clone()];
        for event in &events {
            if let Event::Reconcile { run, lag, writes } = event {
                let ended = server.runs[run].state.completion_time.is_some();
                let seen = history[history.len().saturating_sub(1 + lag)].clone();
                // A controller never sees an object older than its own last look at it; ends are never undone.
                if !(ended && seen.runs[run].state.completion_time.is_none()) {
                    reconcile(&mut server, &seen, *run, *writes);
                }
            } else {
                server.happen(event);
            }
            for kind in RunKind::ALL {
                prop_assert!(server.working(kind) <= 1, "two {kind}s work after {event:?}: {server:#?}");
                prop_assert!(server.active.iter().filter(|place| place.kind == kind).count() <= 1);
            }
            history.push(server.clone());
        }
        settle(&mut server)?;
    }
}

/// With fresh reads and no further events, every run ends or names what it waits for, and no place is left behind.
fn settle(server: &mut Server) -> Result<(), TestCaseError> {
    for _ in 0..40 {
        for run in 0..RUNS {
            server.happen(&Event::Suspend(run, false));
            let seen = server.clone();
            reconcile(server, &seen, run, usize::MAX);
            server.happen(&Event::JobEnds(run));
            server.happen(&Event::PodStops(run));
        }
    }
    prop_assert!(server.active.is_empty(), "a place is left: {server:#?}");
    for (run, model) in &server.runs {
        prop_assert!(model.state.completion_time.is_some(), "run {run} has not ended: {model:?}");
    }
    Ok(())
}
