//! What the operator knows of the cluster: one trimmed cache for each kind, and indexes over them.
//!
//! Caches hold only what deciding reads: the pod template of a Job, the spec of a pod and managed fields would be
//! most of the memory.

use std::{collections::HashSet, sync::Arc};

use k8s_openapi::api::{batch::v1::Job, core::v1::Pod};
use kube::{
    ResourceExt as _,
    core::DeserializeGuard,
    runtime::reflector::{ObjectRef, Store},
};
use weir_crds::{CompactionJob, RunKind, SnapshotExpiry, Table, labels};

use crate::run::Run;

mod filled;
mod index;
mod trim;

pub use filled::Filled;
pub use index::Index;
pub use trim::{trim_job, trim_object, trim_pod};

/// A cached object that may not be readable by this version.
pub type Guarded<K> = DeserializeGuard<K>;

/// The caches of one watched namespace, or of all.
#[derive(Debug)]
pub struct Caches {
    /// Tables.
    pub tables: Store<Guarded<Table>>,
    /// CompactionJobs.
    pub compactions: RunCache<CompactionJob>,
    /// SnapshotExpiries.
    pub expiries: RunCache<SnapshotExpiry>,
    /// Jobs of the operator.
    pub jobs: Store<Job>,
    /// Pods of those Jobs.
    pub pods: Store<Pod>,
    /// Jobs by the UID of what they work for.
    pub jobs_by_uid: Index,
    /// Pods by the UID of what they work for.
    pub pods_by_uid: Index,
    /// Which of them have been filled once.
    pub filled: Filled,
}

/// One of the caches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheName {
    /// Tables.
    Tables,
    /// CompactionJobs.
    CompactionJobs,
    /// SnapshotExpiries.
    SnapshotExpiries,
    /// Jobs.
    Jobs,
    /// Pods.
    Pods,
}

impl CacheName {
    /// Every cache.
    pub const ALL: [Self; 5] =
        [Self::Tables, Self::CompactionJobs, Self::SnapshotExpiries, Self::Jobs, Self::Pods];
}

impl From<RunKind> for CacheName {
    fn from(kind: RunKind) -> Self {
        match kind {
            RunKind::CompactionJob => Self::CompactionJobs,
            RunKind::SnapshotExpiry => Self::SnapshotExpiries,
        }
    }
}

/// Runs of one kind, found by the table that they ask for.
#[derive(Debug)]
pub struct RunCache<K: Run> {
    /// The runs.
    pub store: Store<Guarded<K>>,
    /// Names of runs by the name of their table.
    pub by_table: Index,
}

impl<K: Run> RunCache<K> {
    /// Runs that ask for `table`.
    pub fn of_table(&self, namespace: &str, table: &str) -> Vec<Arc<Guarded<K>>> {
        let name = |name: String| self.store.get(&ObjectRef::new(&name).within(namespace));
        self.by_table.names(namespace, table).into_iter().filter_map(name).collect()
    }
}

impl Caches {
    /// The named Table, unless this version cannot read it.
    pub fn table(&self, namespace: &str, name: &str) -> Option<Arc<Table>> {
        let guarded = self.tables.get(&ObjectRef::new(name).within(namespace))?;
        match &*guarded {
            DeserializeGuard(Ok(table)) => Some(Arc::new(table.clone())),
            DeserializeGuard(Err(_)) => None,
        }
    }

    /// Jobs that work for the object with `uid`.
    pub fn jobs_of(&self, namespace: &str, uid: &str) -> Vec<Arc<Job>> {
        let name = |name: String| self.jobs.get(&ObjectRef::new(&name).within(namespace));
        self.jobs_by_uid.names(namespace, uid).into_iter().filter_map(name).collect()
    }

    /// Pods that work for the object with `uid`.
    pub fn pods_of(&self, namespace: &str, uid: &str) -> Vec<Arc<Pod>> {
        let name = |name: String| self.pods.get(&ObjectRef::new(&name).within(namespace));
        self.pods_by_uid.names(namespace, uid).into_iter().filter_map(name).collect()
    }

    /// UIDs of what the unfinished Jobs work for.
    pub fn unfinished_jobs(&self) -> HashSet<String> {
        self.jobs
            .state_filter(|job| !is_finished(job))
            .iter()
            .filter_map(|job| job.labels().get(labels::RUN_UID).cloned())
            .collect()
    }
}

fn is_finished(job: &Job) -> bool {
    job.status.as_ref().and_then(|status| status.conditions.as_ref()).is_some_and(|conditions| {
        conditions.iter().any(|it| matches!(it.type_.as_str(), "Complete" | "Failed") && it.status == "True")
    })
}
