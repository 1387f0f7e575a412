use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::{batch::v1::Job, core::v1::Pod};
use kube::{Api, ResourceExt, core::DeserializeGuard, runtime::reflector::ObjectRef};
use weir_crds::{RunKind, RunState, Table};

use super::kind::Run;
use crate::{
    caches::Caches,
    context::Context,
    error::Error,
    executor::run_job_name,
    fence::{self, Place},
};

/// A run and everything that bears on what to do with it. Plain data: deciding reads nothing else.
#[derive(Clone, Debug)]
pub struct Observed {
    /// Kind of the run.
    pub kind: RunKind,
    /// UID of the run.
    pub uid: String,
    /// Whether its deletion has begun.
    pub deleting: bool,
    /// Whether it is held back.
    pub suspend: bool,
    /// How long it stays after its end; `None` for ever.
    pub ttl: Option<SignedDuration>,
    /// Its stored state.
    pub state: RunState,
    /// Name of the table that it asks for.
    pub table_name: String,
    /// That table, if there is one.
    pub table: Option<Arc<Table>>,
    /// Who holds its place on the table.
    pub place: Place,
    /// An older run of the same kind that waits for the same table.
    pub ahead: Option<String>,
    /// Name of its Job.
    pub job_name: String,
    /// That Job, if there is one.
    pub job: Option<Arc<Job>>,
    /// Pods of the run that still exist.
    pub pods: Vec<Arc<Pod>>,
}

impl Observed {
    /// Whether the run has ended.
    pub fn has_ended(&self) -> bool {
        self.state.completion_time.is_some()
    }
}

/// Reads everything that bears on `run` from the caches, and its Job from the server when the caches miss one that
/// should exist.
pub async fn observe<K: Run>(run: &K, context: &Context) -> Result<Observed, Error> {
    let caches = &context.caches;
    let namespace = run.namespace().unwrap_or_default();
    let request = run.request();
    let uid = run.uid().unwrap_or_default();
    let table = caches.table(&namespace, &request.table_ref.name);
    let active = table.as_deref().map(fence::active_runs).unwrap_or_default();
    let place = fence::place(active, K::KIND, &uid);
    let job_name = run_job_name(K::KIND, &run.name_any());
    let mut job = caches.jobs.get(&ObjectRef::new(&job_name).within(&namespace));
    if job.is_none() && place == Place::Own {
        let jobs: Api<Job> = Api::namespaced(context.client.clone(), &namespace);
        let found = jobs.get_opt(&job_name).await;
        job = found.map_err(|source| Error::api("get Job", &job_name, source))?.map(Arc::new);
    }
    let scheduled = run.owner_references().iter().any(|owner| owner.kind == "Table");
    let template_ttl = table
        .as_ref()
        .and_then(|table| table.spec.job_template.as_ref())
        .and_then(|template| template.ttl_seconds_after_finished)
        .filter(|_| !scheduled);
    let ttl = request.ttl_seconds_after_finished.or(template_ttl);
    Ok(Observed {
        kind: K::KIND,
        deleting: run.meta().deletion_timestamp.is_some(),
        suspend: request.suspend,
        ttl: ttl.map(|seconds| SignedDuration::from_secs(seconds.into())),
        state: run.status().map(|status| status.state.clone()).unwrap_or_default(),
        table_name: request.table_ref.name.clone(),
        ahead: ahead(run, &namespace, caches),
        pods: caches.pods_of(&namespace, &uid),
        uid,
        table,
        place,
        job_name,
        job,
    })
}

/// The oldest run of the same kind that waits for the same table and is older than `run`.
fn ahead<K: Run>(run: &K, namespace: &str, caches: &Caches) -> Option<String> {
    let own = age(run);
    K::cache(caches)
        .of_table(namespace, &run.request().table_ref.name)
        .iter()
        .filter_map(|other| match &**other {
            DeserializeGuard(Ok(other)) => Some(other),
            DeserializeGuard(Err(_)) => None,
        })
        .filter(|other| waits(*other) && age(*other) < own)
        .min_by_key(|other| age(*other))
        .map(ResourceExt::name_any)
}

fn waits<K: Run>(run: &K) -> bool {
    let ended = run.status().is_some_and(|status| status.state.completion_time.is_some());
    !ended && !run.request().suspend && run.meta().deletion_timestamp.is_none()
}

/// Age decides who goes first; the name decides within one second.
fn age<K: Run>(run: &K) -> (Option<Timestamp>, String) {
    (run.meta().creation_timestamp.as_ref().map(|time| time.0), run.name_any())
}
