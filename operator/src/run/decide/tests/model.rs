//! Runs of one table under every order of events, with caches that lag behind, each as far as it likes, and stops
//! between any two writes.

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
    pods: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum JobState {
    Active,
    Complete,
}

#[derive(Clone, Debug)]
enum Event {
    /// The operator looks at a run with caches that lag behind and does the first `writes` writes of what it decides.
    Reconcile {
        run: usize,
        lags: Lags,
        writes: usize,
    },
    JobEnds(usize),
    PodStops(usize),
    Suspend(usize, bool),
    JobIsDeleted(usize),
}

/// How many events ago each cache was up to date.
#[derive(Clone, Copy, Debug)]
struct Lags {
    runs: usize,
    tables: usize,
    jobs: usize,
    pods: usize,
}

const RUNS: usize = 4;

fn kind(run: usize) -> RunKind {
    RunKind::ALL[run % 2]
}

fn uid(run: usize) -> String {
    format!("uid-{run}")
}

impl Server {
    /// What the caches hold that lag behind the last of `history`.
    fn cached(history: &[Server], lags: Lags) -> Server {
        let at = |lag: usize| &history[history.len().saturating_sub(1 + lag)];
        let mut seen = at(lags.runs).clone();
        (seen.version, seen.active) = (at(lags.tables).version, at(lags.tables).active.clone());
        for (run, model) in &mut seen.runs {
            model.job = at(lags.jobs).runs[run].job;
            model.pods = at(lags.pods).runs[run].pods;
        }
        seen
    }

    /// What the operator observes with these caches: a Job that they miss is read from the server while the run holds
    /// its place.
    fn observe(&self, run: usize, seen: &Server) -> Observed {
        let mut observed = seen.cached_view(run);
        if observed.job.is_none() && observed.place == Place::Own {
            observed.job = self.cached_view(run).job;
        }
        observed
    }

    fn cached_view(&self, run: usize) -> Observed {
        let model = &self.runs[&run];
        let mut observed = fresh();
        observed.kind = kind(run);
        observed.uid = uid(run);
        observed.suspend = model.suspend;
        observed.state = model.state.clone();
        observed.place = crate::fence::place(&self.active, kind(run), &uid(run));
        observed.job = model.job.map(|state| Arc::new(rendered(run, state)));
        observed.pods = if model.pods > 0 { vec![pod("x", json!({"phase": "Running"}))] } else { vec![] };
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

    /// Without a Job, what counts is which pods the server knows.
    fn is_stopped(&self, run: usize, seen: &Server) -> bool {
        self.observe(run, seen).job.is_some() || self.runs[&run].pods == 0
    }

    fn take(&mut self, run: usize, seen: &Server) -> bool {
        let held = crate::fence::place(&seen.active, kind(run), &uid(run)) == Place::Own;
        if held && !self.is_stopped(run, seen) {
            return false;
        }
        if self.runs[&run].version != seen.runs[&run].version || self.version != seen.version {
            return false;
        }
        if crate::fence::place(&self.active, kind(run), &uid(run)) != Place::Own {
            self.active.push(ActiveRun {
                kind: kind(run),
                name: run.to_string(),
                uid: uid(run),
                since: Time(at(NOW)),
            });
            self.version += 1;
        }
        true
    }

    fn create_job(&mut self, run: usize, _: &Server) -> bool {
        let model = self.runs.get_mut(&run).unwrap();
        if model.job.is_none() {
            model.job = Some(JobState::Active);
            model.pods += 1;
        }
        true
    }

    fn free(&mut self, run: usize, seen: &Server) -> bool {
        if !self.is_stopped(run, seen) || self.version != seen.version {
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

    fn mark_running(&mut self, run: usize, seen: &Server) -> bool {
        self.write(run, seen, |state| state.start_time = Some(Time(at(NOW))))
    }

    fn mark_queued(&mut self, run: usize, seen: &Server) -> bool {
        self.write(run, seen, |state| *state = RunState::default())
    }

    fn mark_ended(&mut self, run: usize, seen: &Server) -> bool {
        self.write(run, seen, |state| state.completion_time = Some(Time(at(NOW))))
    }

    fn write(&mut self, run: usize, seen: &Server, change: impl FnOnce(&mut RunState)) -> bool {
        let model = self.runs.get_mut(&run).unwrap();
        if model.version != seen.runs[&run].version {
            return false;
        }
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
                    model.pods = 0;
                }
            }
            Event::PodStops(run) => {
                let model = self.runs.get_mut(run).unwrap();
                if model.job.is_none() {
                    model.pods = 0;
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
        self.runs.iter().filter(|(run, _)| kind(**run) == of).map(|(_, model)| model.pods).sum()
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

fn lags() -> impl Strategy<Value = Lags> {
    let lag = || prop_oneof![3 => Just(0), 1 => 1..7_usize];
    (lag(), lag(), lag(), lag()).prop_map(|(runs, tables, jobs, pods)| Lags { runs, tables, jobs, pods })
}

fn event() -> impl Strategy<Value = Event> {
    let run = 0..RUNS;
    prop_oneof![
        8 => (run.clone(), lags(), 1..4_usize)
            .prop_map(|(run, lags, writes)| Event::Reconcile { run, lags, writes }),
        2 => run.clone().prop_map(Event::JobEnds),
        2 => run.clone().prop_map(Event::PodStops),
        1 => (run.clone(), any::<bool>()).prop_map(|(run, suspend)| Event::Suspend(run, suspend)),
        2 => run.prop_map(Event::JobIsDeleted),
    ]
}

fn reconcile(server: &mut Server, seen: &Server, run: usize, writes: usize) -> Decision {
    let observed = server.observe(run, seen);
    let decision = decide(&observed, "run", at(NOW));
    server.act(run, seen, &decision, writes);
    decision
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(1000)))]

    #[test]
    fn never_do_two_runs_of_one_kind_work_and_everything_comes_to_an_end(
        events in prop::collection::vec(event(), 1..60),
    ) {
        let mut server = play(&events)?;
        settle(&mut server)?;
    }
}

/// What the server holds after `events`, if every state on the way is allowed.
fn play(events: &[Event]) -> Result<Server, TestCaseError> {
    let runs = (0..RUNS).map(|run| (run, ModelRun::default())).collect();
    let mut server = Server { runs, ..Server::default() };
    let mut history = vec![server.clone()];
    for event in events {
        if let Event::Reconcile { run, lags, writes } = event {
            let seen = Server::cached(&history, *lags);
            reconcile(&mut server, &seen, *run, *writes);
        } else {
            server.happen(event);
        }
        let before = &history[history.len() - 1];
        for kind in RunKind::ALL {
            prop_assert!(server.working(kind) <= 1, "two pods of {kind}s work after {event:?}: {server:#?}");
            prop_assert!(server.active.iter().filter(|place| place.kind == kind).count() <= 1);
        }
        for (run, model) in &server.runs {
            let (was, is) = (&before.runs[run], model);
            let had_ended = was.state.completion_time.is_some();
            prop_assert!(
                !had_ended || is.state.completion_time.is_some(),
                "{event:?} undoes the end of {run}"
            );
            let has_new_job = was.job.is_none() && is.job.is_some();
            prop_assert!(!(had_ended && has_new_job), "{event:?} starts {run} again, which has ended");
        }
        history.push(server.clone());
    }
    Ok(server)
}

fn look(run: usize, lags: Lags, writes: usize) -> Event {
    Event::Reconcile { run, lags, writes }
}

const FRESH: Lags = Lags { runs: 0, tables: 0, jobs: 0, pods: 0 };

#[test]
fn a_place_that_was_given_up_is_not_launched_on() {
    let resumed = Lags { tables: 2, ..FRESH };
    let events = [
        look(1, FRESH, 1),
        Event::Suspend(1, true),
        look(1, FRESH, 1),
        Event::Suspend(1, false),
        look(1, resumed, 3),
        look(3, FRESH, 3),
    ];
    play(&events).unwrap();
}

#[test]
fn a_pod_whose_job_was_deleted_before_the_caches_knew_of_it_keeps_the_place() {
    let without_the_pod = Lags { pods: 3, ..FRESH };
    let events = [
        look(1, FRESH, 3),
        Event::JobIsDeleted(1),
        look(1, FRESH, 1),
        look(1, without_the_pod, 1),
        look(3, FRESH, 3),
    ];
    play(&events).unwrap();
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
