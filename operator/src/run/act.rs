use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use k8s_openapi::{api::batch::v1::Job, apimachinery::pkg::apis::meta::v1::Time};
use kube::{
    Api, Resource as _, ResourceExt as _,
    api::{DeleteParams, Patch, PatchParams, Preconditions},
    core::DeserializeGuard,
    runtime::controller::Action,
};
use serde_json::json;
use weir_contract::{Invocation, RunIdentity, TableOwner};
use weir_crds::{ActiveRun, RunStatus, Table, labels};

use super::{
    decide::{Decision, decide},
    kind::Run,
    observe::{Observed, observe},
    policy::Waiting,
    status::{At, JobView, ended, queued, running},
};
use crate::{
    context::Context,
    error::Error,
    events::{Note, publish},
    executor::{
        EndReason, Launched, Startup, Verdict, Work, attempts, delete_job, is_at_work, is_owned_by, launch,
    },
    fence::{self, EndOfRun, Place},
};

/// Field manager of the status of runs.
const FIELD_MANAGER: &str = "weir-operator/run";
/// When to look again although nothing happened.
const RESYNC: Duration = Duration::from_mins(10);
/// When to look again for a free place among all Jobs.
const NEXT_SLOT: Duration = Duration::from_secs(10);

/// One look at one run.
pub async fn reconcile<K: Run>(
    guarded: Arc<DeserializeGuard<K>>,
    context: Arc<Context>,
) -> Result<Action, Error> {
    let run = match &*guarded {
        DeserializeGuard(Ok(run)) => run,
        DeserializeGuard(Err(invalid)) => {
            context.report_invalid(&guarded.object_ref(&()), &invalid.error).await;
            return Ok(Action::requeue(RESYNC));
        }
    };
    let observed = observe(run, &context).await?;
    let now = context.clock.now();
    let decision = decide(&observed, &run.name_any(), now);
    Actor { run, observed: &observed, context: &context, now }.act(decision).await
}

struct Actor<'a, K: Run> {
    run: &'a K,
    observed: &'a Observed,
    context: &'a Context,
    now: Timestamp,
}

impl<K: Run> Actor<'_, K> {
    async fn act(&self, decision: Decision) -> Result<Action, Error> {
        match decision {
            Decision::Rest(until) => Ok(self.look_again(until)),
            Decision::Wait(waiting) => self.wait(&waiting).await,
            Decision::Launch => self.launch().await,
            Decision::Follow(startup, until) => self.follow(&startup, until).await,
            Decision::Suspend => self.suspend().await,
            Decision::Vacate(waiting) => self.vacate(&waiting).await,
            Decision::Finish(verdict) => self.finish(&verdict).await,
            Decision::StopJob => self.stop_job().await,
            Decision::Release(end) => self.release(&end).await,
            Decision::Delete => self.delete().await,
        }
    }

    async fn wait(&self, waiting: &Waiting) -> Result<Action, Error> {
        let state = queued(&self.observed.state, waiting, self.at());
        self.store(RunStatus { state, result: None }).await?;
        Ok(self.look_again(None))
    }

    async fn launch(&self) -> Result<Action, Error> {
        let Some(table) = &self.observed.table else { return Ok(self.look_again(None)) };
        let slots = &self.context.slots;
        if !slots.reserve(&self.observed.uid, &self.context.caches.unfinished_jobs()) {
            let message = "as many Jobs as the operator allows are active";
            self.wait(&Waiting::new("ConcurrencyLimit", message)).await?;
            return Ok(Action::requeue(NEXT_SLOT));
        }
        let launched = self.take_place_and_create_job(table).await;
        if !matches!(launched, Ok(Launched::Running(_))) {
            slots.release(&self.observed.uid);
        }
        match launched? {
            Launched::Running(job) => self.launched(&job).await,
            Launched::NameTaken => {
                let message = format!("Job {} belongs to another object", self.observed.job_name);
                self.finish(&Verdict::failed(EndReason::JobNameConflict, &message, self.now)).await
            }
            Launched::Refused(message) => {
                let message = format!("the API server refuses the Job: {message}");
                self.finish(&Verdict::failed(EndReason::ConfigError, &message, self.now)).await
            }
        }
    }

    async fn take_place_and_create_job(&self, table: &Table) -> Result<Launched, Error> {
        self.confirm().await?;
        if self.observed.place == Place::Own {
            self.confirm_stopped().await?;
        }
        let place = ActiveRun {
            kind: K::KIND,
            name: self.run.name_any(),
            uid: self.observed.uid.clone(),
            since: Time(self.now),
        };
        fence::take(&self.context.client, table, place).await?;
        launch(&self.context.client, &self.work(table)).await
    }

    /// Reads the run from the server: a cache that lags behind could start a run that has ended.
    async fn confirm(&self) -> Result<(), Error> {
        let name = self.run.name_any();
        let stored = self.api().get_opt(&name).await.map_err(|e| Error::api("get run", &name, e))?;
        let current = stored.filter(|stored| {
            stored.uid().as_deref() == Some(&self.observed.uid)
                && stored.resource_version() == self.run.resource_version()
        });
        current.map(|_| ()).ok_or(Error::Outdated { object: name })
    }

    /// Makes sure that a run without a Job has no pod at work: the caches may know that the Job was deleted and not yet
    /// that it had a pod.
    async fn confirm_stopped(&self) -> Result<(), Error> {
        let own_job = self.observed.job.as_ref().filter(|job| is_owned_by(job, &self.observed.uid));
        if own_job.is_none()
            && is_at_work(&self.context.client, &self.namespace(), &self.observed.uid).await?
        {
            return Err(Error::Outdated { object: self.run.name_any() });
        }
        Ok(())
    }

    async fn launched(&self, job: &Job) -> Result<Action, Error> {
        tracing::info!(
            kind = K::KIND.as_str(),
            run = self.run.name_any(),
            namespace = self.run.namespace(),
            table = self.observed.table_name,
            job = job.name_any(),
            "started a run"
        );
        let view = job_view(job, self.now);
        let state = running(&self.observed.state, view, &Startup::Begun, self.at());
        self.store(RunStatus { state, result: None }).await?;
        self.context.metrics.run_started(K::KIND, self.waited());
        self.note(Note::normal("Started", "Launch", format!("created Job {}", job.name_any()))).await;
        Ok(self.look_again(None))
    }

    async fn follow(&self, startup: &Startup, until: Option<Timestamp>) -> Result<Action, Error> {
        if let Some(job) = &self.observed.job {
            let state = running(&self.observed.state, job_view(job, self.now), startup, self.at());
            self.store(RunStatus { state, result: None }).await?;
        }
        Ok(self.look_again(until))
    }

    /// The status goes first: a Job that is missing afterwards was not deleted by somebody else.
    async fn suspend(&self) -> Result<Action, Error> {
        let waiting = Waiting::new("Suspended", "the run is suspended");
        let state = queued(&self.observed.state, &waiting, self.at());
        if self.store(RunStatus { state, result: None }).await? {
            self.note(Note::normal("Suspended", "Suspend", "the Job is stopped; resuming starts anew")).await;
        }
        if let Some(job) = &self.observed.job {
            delete_job(&self.context.client, job).await?;
        }
        self.context.slots.release(&self.observed.uid);
        Ok(self.look_again(None))
    }

    async fn vacate(&self, waiting: &Waiting) -> Result<Action, Error> {
        if let Some(table) = &self.observed.table {
            self.confirm_stopped().await?;
            fence::free(&self.context.client, table, &self.observed.uid, None).await?;
        }
        self.wait(waiting).await
    }

    async fn finish(&self, verdict: &Verdict) -> Result<Action, Error> {
        let view = self.observed.job.as_deref().map(|job| job_view(job, self.now));
        let status = ended::<K>(&self.observed.state, verdict, view, self.at());
        if self.store(status).await? {
            self.report_end(verdict).await;
        }
        self.context.slots.release(&self.observed.uid);
        Ok(self.look_again(None))
    }

    async fn report_end(&self, verdict: &Verdict) {
        let figures = verdict.result.as_ref().and_then(|result| result.compaction.as_ref());
        self.context.metrics.commits_overwritten(figures.map_or(0, |figures| figures.overwritten_commits));
        let (reason, message) = (verdict.reason.as_str(), verdict.message.as_str());
        tracing::info!(
            kind = K::KIND.as_str(),
            run = self.run.name_any(),
            namespace = self.run.namespace(),
            table = self.observed.table_name,
            reason,
            detail = message,
            "a run ended"
        );
        let note = if verdict.succeeded() {
            Note::normal("Succeeded", "Finish", message.to_owned())
        } else {
            Note::warning("Failed", "Finish", format!("{reason}: {message}"))
        };
        self.note(note).await;
    }

    async fn stop_job(&self) -> Result<Action, Error> {
        if let Some(job) = &self.observed.job {
            delete_job(&self.context.client, job).await?;
        }
        Ok(self.look_again(None))
    }

    async fn release(&self, end: &EndOfRun) -> Result<Action, Error> {
        if let Some(table) = &self.observed.table {
            self.confirm_stopped().await?;
            fence::free(&self.context.client, table, &self.observed.uid, Some(end)).await?;
            let started = self.observed.state.start_time.as_ref().map(|time| time.0);
            self.context.metrics.run_ended(K::KIND, end, started);
        }
        Ok(self
            .look_again(self.observed.ttl.map(|ttl| end.completed.saturating_add(ttl).unwrap_or(self.now))))
    }

    async fn delete(&self) -> Result<Action, Error> {
        let name = self.run.name_any();
        delete_run(&self.api(), &name, self.run.uid()).await?;
        Ok(Action::await_change())
    }

    /// Writes `status` unless it is stored already; tells whether it wrote. A run that has changed since it was observed
    /// keeps its status: an end that a lagging cache has not seen is never undone.
    async fn store(&self, status: RunStatus<K::Figures>) -> Result<bool, Error> {
        if self.run.status() == Some(&status) {
            return Ok(false);
        }
        let name = self.run.name_any();
        let body = json!({
            "apiVersion": K::api_version(&()),
            "kind": K::kind(&()),
            "metadata": { "uid": self.run.uid(), "resourceVersion": self.run.resource_version() },
            "status": status,
        });
        let parameters = PatchParams::apply(FIELD_MANAGER).force();
        match self.api().patch_status(&name, &parameters, &Patch::Apply(body)).await {
            Ok(_) => Ok(true),
            Err(kube::Error::Api(status)) if status.is_not_found() => Ok(false),
            Err(kube::Error::Api(status)) if status.is_conflict() => Err(Error::Outdated { object: name }),
            Err(source) => Err(Error::api("write the status of run", &name, source)),
        }
    }

    fn work(&self, table: &Table) -> Work {
        let request = self.run.request();
        let (options, dry_run) = self.run.modifiers();
        let namespace = self.namespace();
        let identity = RunIdentity {
            name: format!("{namespace}/{}", self.run.name_any()),
            uid: self.observed.uid.clone(),
        };
        let operation = self.run.operation();
        Work {
            job_name: self.observed.job_name.clone(),
            owner: self.run.controller_owner_ref(&()).unwrap_or_default(),
            table: table.name_any(),
            invocation: Invocation {
                owner: operation.deletes_files().then(|| owner_of(table)),
                operation,
                location: table.spec.location.clone(),
                dry_run,
                options,
                run: Some(identity),
            },
            storage: table.spec.storage.clone(),
            template: table.spec.job_template.clone().unwrap_or_default(),
            resources: request.resources.clone(),
            backoff_limit: request.backoff_limit,
            active_deadline_seconds: request.active_deadline_seconds,
            default_image: self.context.job_image.clone(),
            namespace,
        }
    }

    async fn note(&self, note: Note) {
        publish(&self.context.recorder, &self.run.object_ref(&()), note).await;
    }

    fn api(&self) -> Api<K> {
        Api::namespaced(self.context.client.clone(), &self.namespace())
    }

    fn namespace(&self) -> String {
        self.run.namespace().unwrap_or_default()
    }

    fn at(&self) -> At {
        At { generation: self.run.meta().generation, now: self.now }
    }

    fn waited(&self) -> Duration {
        let created = self.run.meta().creation_timestamp.as_ref().map_or(self.now, |time| time.0);
        self.now.duration_since(created).try_into().unwrap_or_default()
    }

    fn look_again(&self, until: Option<Timestamp>) -> Action {
        Action::requeue(self.context.wait_until(until, self.now, RESYNC))
    }
}

/// Deletes the run with `uid`; one that is gone or replaced already is left alone.
pub async fn delete_run<K: Run>(runs: &Api<K>, name: &str, uid: Option<String>) -> Result<(), Error> {
    let preconditions = Preconditions { uid, resource_version: None };
    let parameters = DeleteParams { preconditions: Some(preconditions), ..DeleteParams::background() };
    match runs.delete(name, &parameters).await {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if status.is_not_found() || status.is_conflict() => Ok(()),
        Err(source) => Err(Error::api("delete run", name, source)),
    }
}

fn job_view(job: &Job, now: Timestamp) -> JobView<'_> {
    JobView {
        name: job.metadata.name.as_deref().unwrap_or_default(),
        created: job.metadata.creation_timestamp.as_ref().map_or(now, |time| time.0),
        attempts: attempts(job),
    }
}

/// The Table on whose behalf a run deletes files.
fn owner_of(table: &Table) -> TableOwner {
    TableOwner {
        namespace: table.namespace().unwrap_or_default(),
        name: table.name_any(),
        uid: table.uid().unwrap_or_default(),
        take_over: table.annotations().get(labels::TAKE_OVER).is_some_and(|value| value == "true"),
    }
}
