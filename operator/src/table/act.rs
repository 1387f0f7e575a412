use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use kube::{
    Api, Resource as _, ResourceExt as _,
    api::{Patch, PatchParams, PostParams},
    core::DeserializeGuard,
    runtime::controller::Action,
};
use serde_json::{Map, Value, json};
use weir_contract::{InspectParameters, Invocation, Operation, RunIdentity};
use weir_crds::{CompactionJob, RunKind, SnapshotExpiry, Table, labels};

use super::{
    decide::{Creation, Plan, decide, operation_status},
    inspection::{Inspection, recorded, services},
    observe::{Observed, PastRun, observe},
};
use crate::{
    FIELD_MANAGER as CREATOR,
    conditions::{self, READY, conditions},
    context::Context,
    error::Error,
    events::{Note, publish},
    executor::{EndReason, Launched, Verdict, Work, delete_job, launch, scheduled_run_name},
    fence,
    run::{Run, delete_run},
};

/// Field manager of the conditions and schedule times of Tables.
const FIELD_MANAGER: &str = "weir-operator/table";
/// When to look again although nothing happened.
const RESYNC: Duration = Duration::from_mins(10);
/// When to look again for a free place among all Jobs.
const NEXT_SLOT: Duration = Duration::from_secs(10);
/// Longest time that an inspection may take, all attempts included.
const INSPECTION_DEADLINE_SECONDS: i64 = 30 * 60;

/// One look at one Table.
pub async fn reconcile(
    guarded: Arc<DeserializeGuard<Table>>,
    context: Arc<Context>,
) -> Result<Action, Error> {
    let table = match &*guarded {
        DeserializeGuard(Ok(table)) => Arc::new(table.clone()),
        DeserializeGuard(Err(invalid)) => {
            context.report_invalid(&guarded.object_ref(&()), &invalid.error).await;
            return Ok(Action::requeue(RESYNC));
        }
    };
    if table.metadata.deletion_timestamp.is_some() {
        return Ok(Action::await_change());
    }
    let observed = observe(table, &context).await?;
    let now = context.clock.now();
    let plan = decide(&observed, now);
    Actor { observed: &observed, context: &context, now }.act(plan).await
}

struct Actor<'a> {
    observed: &'a Observed,
    context: &'a Context,
    now: Timestamp,
}

impl Actor<'_> {
    /// Runs are created before their slot is noted as used: a stop in between repeats the creation, which is
    /// harmless, and never loses a slot.
    async fn act(&self, plan: Plan) -> Result<Action, Error> {
        if let Some(place) = self.observed.abandoned.first() {
            fence::free(&self.context.client, self.table(), &place.uid, None).await?;
            return Ok(Action::requeue(Duration::from_secs(1)));
        }
        for creation in &plan.creations {
            self.create(creation).await?;
        }
        for run in &plan.obsolete {
            self.prune(run).await?;
        }
        self.store(&plan).await?;
        let full = self.inspect(&plan.inspection).await?;
        let wait = self.context.wait_until(plan.next_look, self.now, RESYNC);
        Ok(Action::requeue(if full { wait.min(NEXT_SLOT) } else { wait }))
    }

    async fn create(&self, creation: &Creation) -> Result<(), Error> {
        if creation.missed {
            let message = format!("{} slot {} was missed", creation.kind, creation.slot);
            self.note(Note::warning("ScheduleMissed", "Schedule", message)).await;
            return Ok(());
        }
        match creation.kind {
            RunKind::CompactionJob => self.create_run::<CompactionJob>(creation.slot).await,
            RunKind::SnapshotExpiry => self.create_run::<SnapshotExpiry>(creation.slot).await,
        }
    }

    async fn create_run<K: Run>(&self, slot: Timestamp) -> Result<(), Error> {
        let table = self.table();
        let Some(maintenance) = &table.spec.maintenance else { return Ok(()) };
        let name = scheduled_run_name(&table.name_any(), slot);
        let mut run = K::scheduled(&table.name_any(), &name, maintenance);
        let meta = run.meta_mut();
        meta.namespace = table.namespace();
        meta.owner_references = table.controller_owner_ref(&()).map(|owner| vec![owner]);
        meta.labels = Some(run_labels(&table.name_any()));
        meta.annotations = Some([(labels::SCHEDULED_AT.to_owned(), slot.to_string())].into());
        let runs: Api<K> = Api::namespaced(self.context.client.clone(), &self.namespace());
        let parameters = PostParams { field_manager: Some(CREATOR.to_owned()), ..PostParams::default() };
        match runs.create(&parameters, &run).await {
            Ok(_) => {
                let message = format!("created {} {name} for slot {slot}", K::KIND);
                self.note(Note::normal("RunCreated", "Schedule", message)).await;
                Ok(())
            }
            Err(kube::Error::Api(status)) if status.is_already_exists() => self.adopt(&runs, &name).await,
            Err(source) => Err(Error::api("create run", &name, source)),
        }
    }

    /// A run of the slot's name is ours from an attempt before, or somebody else's, which is left alone.
    async fn adopt<K: Run>(&self, runs: &Api<K>, name: &str) -> Result<(), Error> {
        let found = runs.get_opt(name).await.map_err(|source| Error::api("get run", name, source))?;
        let uid = self.table().uid();
        let ours = found
            .is_none_or(|run| run.owner_references().iter().any(|owner| Some(&owner.uid) == uid.as_ref()));
        if !ours {
            let message = format!("{} {name} exists and does not belong to this Table", K::KIND);
            self.note(Note::warning("NameCollision", "Schedule", message)).await;
        }
        Ok(())
    }

    async fn prune(&self, run: &PastRun) -> Result<(), Error> {
        let (client, namespace) = (self.context.client.clone(), self.namespace());
        let uid = Some(run.uid.clone());
        match run.kind {
            RunKind::CompactionJob => {
                delete_run::<CompactionJob>(&Api::namespaced(client, &namespace), &run.name, uid).await
            }
            RunKind::SnapshotExpiry => {
                delete_run::<SnapshotExpiry>(&Api::namespaced(client, &namespace), &run.name, uid).await
            }
        }
    }

    /// Tells whether the inspection waits for a free place among all Jobs.
    async fn inspect(&self, inspection: &Inspection) -> Result<bool, Error> {
        match inspection {
            Inspection::Rest(_) | Inspection::Follow(..) => Ok(false),
            Inspection::Discard(job) => delete_job(&self.context.client, job).await.map(|()| false),
            Inspection::Launch(name) => self.launch_inspection(name).await,
            Inspection::Record(verdict) => self.record(verdict).await.map(|()| false),
        }
    }

    async fn launch_inspection(&self, name: &str) -> Result<bool, Error> {
        let uid = self.table().uid().unwrap_or_default();
        if !self.context.slots.reserve(&uid, &self.context.caches.unfinished_jobs()) {
            return Ok(true);
        }
        let launched = launch(&self.context.client, &self.inspection_work(name)).await;
        if !matches!(launched, Ok(Launched::Running(_))) {
            self.context.slots.release(&uid);
        }
        match launched? {
            Launched::Running(_) => Ok(false),
            Launched::NameTaken => Err(Error::Outdated { object: name.to_owned() }),
            Launched::Refused(message) => {
                let message = format!("the API server refuses the inspection's Job: {message}");
                let verdict = Verdict::failed(EndReason::ConfigError, &message, self.now);
                self.record(&verdict).await.map(|()| false)
            }
        }
    }

    fn inspection_work(&self, name: &str) -> Work {
        let table = self.table();
        let uid = table.uid().unwrap_or_default();
        let template = table.spec.job_template.clone().unwrap_or_default();
        let identity = RunIdentity { name: format!("{}/{}", self.namespace(), table.name_any()), uid };
        Work {
            namespace: self.namespace(),
            job_name: name.to_owned(),
            owner: table.controller_owner_ref(&()).unwrap_or_default(),
            table: table.name_any(),
            invocation: Invocation {
                operation: Operation::Inspect(InspectParameters { services: services(table) }),
                location: table.spec.location.clone(),
                dry_run: false,
                options: std::collections::BTreeMap::new(),
                run: Some(identity),
                owner: None,
            },
            storage: table.spec.storage.clone(),
            resources: None,
            backoff_limit: None,
            active_deadline_seconds: Some(
                template
                    .active_deadline_seconds
                    .map_or(INSPECTION_DEADLINE_SECONDS, |limit| limit.min(INSPECTION_DEADLINE_SECONDS)),
            ),
            template,
            default_image: self.context.job_image.clone(),
        }
    }

    async fn record(&self, verdict: &Verdict) -> Result<(), Error> {
        let table = self.table();
        let found = verdict.result.as_ref().and_then(|result| result.table.as_ref());
        fence::record_inspection(&self.context.client, table, &recorded(table, verdict), found).await?;
        self.context.slots.release(&table.uid().unwrap_or_default());
        self.context.metrics.inspection_ended(verdict.reason);
        Ok(())
    }

    /// Writes the conditions and schedule times unless they are stored already.
    async fn store(&self, plan: &Plan) -> Result<(), Error> {
        let table = self.table();
        let stored = table.status.clone().unwrap_or_default();
        let generation = table.metadata.generation;
        let conditions = conditions(plan.findings.clone(), &stored.conditions, generation, self.now);
        let times_stored = RunKind::ALL.into_iter().all(|kind| {
            let status = operation_status(table, kind);
            let times = plan.schedules.iter().find(|times| times.kind == kind);
            let times = times.map_or((None, None, None), |times| {
                (Some(times.since.clone()), times.last.clone(), times.next.clone())
            });
            times == (status.scheduled_since, status.last_schedule_time, status.next_schedule_time)
        });
        if times_stored && stored.conditions == conditions && stored.observed_generation == generation {
            return Ok(());
        }
        let mut status = Map::from_iter([
            ("observedGeneration".to_owned(), json!(generation)),
            ("conditions".to_owned(), json!(conditions)),
        ]);
        for times in &plan.schedules {
            let since = Some(times.since.clone());
            let fields = [
                ("scheduledSince", &since),
                ("lastScheduleTime", &times.last),
                ("nextScheduleTime", &times.next),
            ];
            let fields: Map<String, Value> = fields
                .into_iter()
                .filter_map(|(name, time)| time.as_ref().map(|time| (name.to_owned(), json!(time))))
                .collect();
            status.insert(fence::operation_field(times.kind).to_owned(), Value::Object(fields));
        }
        self.apply(Value::Object(status)).await?;
        let before = conditions::find(&stored.conditions, READY);
        self.report_transition(before.map(|it| it.reason.as_str()), plan).await;
        Ok(())
    }

    async fn apply(&self, status: Value) -> Result<(), Error> {
        let table = self.table();
        let name = table.name_any();
        let tables: Api<Table> = Api::namespaced(self.context.client.clone(), &self.namespace());
        let body = json!({
            "apiVersion": Table::api_version(&()),
            "kind": Table::kind(&()),
            "metadata": { "uid": table.uid() },
            "status": status,
        });
        match tables
            .patch_status(&name, &PatchParams::apply(FIELD_MANAGER).force(), &Patch::Apply(body))
            .await
        {
            Ok(_) => Ok(()),
            Err(kube::Error::Api(status)) if status.is_not_found() => Ok(()),
            Err(source) => Err(Error::api("write the status of Table", &name, source)),
        }
    }

    async fn report_transition(&self, before: Option<&str>, plan: &Plan) {
        let Some(ready) = plan.findings.iter().find(|finding| finding.type_ == READY) else { return };
        if before == Some(ready.reason.as_str()) {
            return;
        }
        tracing::info!(
            table = self.table().name_any(),
            namespace = self.namespace(),
            ready = ready.status,
            reason = ready.reason,
            detail = ready.message,
            "a Table changed its state"
        );
        let note = match ready.status {
            "False" => Note::warning("NotReady", "Inspect", format!("{}: {}", ready.reason, ready.message)),
            "True" => Note::normal("Ready", "Inspect", format!("{}: {}", ready.reason, ready.message)),
            _ => return,
        };
        self.note(note).await;
    }

    async fn note(&self, note: Note) {
        publish(&self.context.recorder, &self.table().object_ref(&()), note).await;
    }

    fn table(&self) -> &Table {
        &self.observed.table
    }

    fn namespace(&self) -> String {
        self.table().namespace().unwrap_or_default()
    }
}

fn run_labels(table: &str) -> std::collections::BTreeMap<String, String> {
    [(labels::MANAGED_BY, labels::OPERATOR), (labels::PART_OF, "weir"), (labels::TABLE, table)]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}
