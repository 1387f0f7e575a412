use std::sync::Arc;

use jiff::Timestamp;
use k8s_openapi::api::{batch::v1::Job, core::v1::Pod};
use kube::{Api, Resource as _, ResourceExt as _, core::DeserializeGuard};
use weir_crds::{ActiveRun, CompactionJob, RunKind, SnapshotExpiry, Table};

use super::locations::TableKey;
use crate::{
    context::Context,
    error::Error,
    executor::{has_active_pods, is_at_work, is_owned_by},
    fence,
    run::Run,
};

/// A Table and everything that bears on what to do with it. Plain data: deciding reads nothing else.
#[derive(Clone, Debug)]
pub struct Observed {
    /// The Table.
    pub table: Arc<Table>,
    /// An older Table whose location overlaps.
    pub conflict: Option<TableKey>,
    /// Runs of every kind that ask for this table.
    pub runs: Vec<PastRun>,
    /// Places whose run is gone, and with it every pod of it.
    pub abandoned: Vec<ActiveRun>,
    /// Jobs that inspect the table.
    pub inspections: Vec<InspectionJob>,
}

/// A Job that inspects the table.
#[derive(Clone, Debug)]
pub struct InspectionJob {
    /// The Job.
    pub job: Arc<Job>,
    /// Its pods.
    pub pods: Vec<Arc<Pod>>,
}

/// A run of the table, waiting, active or ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastRun {
    /// Its kind.
    pub kind: RunKind,
    /// Its name.
    pub name: String,
    /// Its UID.
    pub uid: String,
    /// Whether a schedule of this very Table created it.
    pub scheduled: bool,
    /// When it ended, and whether it succeeded.
    pub end: Option<(Timestamp, bool)>,
}

impl Observed {
    /// Whether a place is held by a run that is not known.
    pub fn has_place_without_run(&self) -> bool {
        let known = |uid: &str| self.runs.iter().any(|run| run.uid == uid);
        fence::active_runs(&self.table).iter().any(|place| !known(&place.uid))
    }

    /// Whether the run `uid` holds a place.
    pub fn holds_place(&self, uid: &str) -> bool {
        fence::active_runs(&self.table).iter().any(|run| run.uid == uid)
    }
}

/// Reads everything that bears on `table` from the caches, and from the server whether runs that hold a place exist.
pub async fn observe(table: Arc<Table>, context: &Context) -> Result<Observed, Error> {
    let namespace = table.namespace().unwrap_or_default();
    let name = table.name_any();
    let uid = table.uid().unwrap_or_default();
    let caches = &context.caches;
    let key = (namespace.clone(), name.clone());
    let mut runs = past_runs::<CompactionJob>(context, &key, &uid);
    runs.extend(past_runs::<SnapshotExpiry>(context, &key, &uid));
    let inspections = caches
        .jobs_of(&namespace, &uid)
        .into_iter()
        .filter(|job| is_owned_by(job, &uid))
        .map(|job| InspectionJob {
            pods: caches
                .pods_of(&namespace, &uid)
                .into_iter()
                .filter(|pod| {
                    pod.owner_references().iter().any(|owner| Some(&owner.uid) == job.metadata.uid.as_ref())
                })
                .collect(),
            job,
        })
        .collect();
    let conflict = context.locations().older(&key);
    Ok(Observed {
        conflict,
        abandoned: abandoned(&table, &runs, &namespace, context).await?,
        table,
        runs,
        inspections,
    })
}

fn past_runs<K: Run>(context: &Context, (namespace, table): &TableKey, uid: &str) -> Vec<PastRun> {
    K::cache(&context.caches)
        .of_table(namespace, table)
        .iter()
        .filter_map(|run| match &**run {
            DeserializeGuard(Ok(run)) => Some(past_run(run, uid)),
            DeserializeGuard(Err(_)) => None,
        })
        .collect()
}

fn past_run<K: Run>(run: &K, table_uid: &str) -> PastRun {
    let state = run.status().map(|status| &status.state);
    PastRun {
        kind: K::KIND,
        name: run.name_any(),
        uid: run.uid().unwrap_or_default(),
        scheduled: run.owner_references().iter().any(|owner| owner.uid == table_uid),
        end: state
            .and_then(|state| state.completion_time.as_ref().map(|time| (time.0, state.failure.is_none()))),
    }
}

/// A cache may lag behind, so a place is abandoned only if the server knows of no such run and no pod of it either.
async fn abandoned(
    table: &Table,
    runs: &[PastRun],
    namespace: &str,
    context: &Context,
) -> Result<Vec<ActiveRun>, Error> {
    let mut abandoned = Vec::new();
    for place in fence::active_runs(table) {
        if runs.iter().any(|run| run.uid == place.uid)
            || has_active_pods(&context.caches.pods_of(namespace, &place.uid))
        {
            continue;
        }
        let exists = match place.kind {
            RunKind::CompactionJob => exists::<CompactionJob>(context, namespace, place).await?,
            RunKind::SnapshotExpiry => exists::<SnapshotExpiry>(context, namespace, place).await?,
        };
        if !exists && !is_at_work(&context.client, namespace, &place.uid).await? {
            abandoned.push(place.clone());
        }
    }
    Ok(abandoned)
}

async fn exists<K: Run>(context: &Context, namespace: &str, place: &ActiveRun) -> Result<bool, Error> {
    let runs: Api<K> = Api::namespaced(context.client.clone(), namespace);
    let found = runs.get_metadata_opt(&place.name).await;
    let found = found.map_err(|source| Error::api("get run", &place.name, source))?;
    Ok(found.is_some_and(|run| run.meta().uid.as_deref() == Some(&place.uid)))
}
