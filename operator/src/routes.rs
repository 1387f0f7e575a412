//! Which objects to look at when another one changes.

use std::sync::Arc;

use futures::channel::mpsc::UnboundedSender;
use k8s_openapi::api::{batch::v1::Job, core::v1::Pod};
use kube::{
    Resource, ResourceExt as _,
    core::DeserializeGuard,
    runtime::{reflector::ObjectRef, watcher::Event},
};
use weir_crds::{CompactionJob, RunKind, SnapshotExpiry, Table, labels};

use crate::{
    caches::{CacheName, Guarded, Index},
    context::Context,
    fence,
    run::Run,
    table::{Claim, TableKey},
};

/// Keeps the indexes and wakes the controllers of one scope.
pub struct Routes {
    /// What the controllers share.
    pub context: Arc<Context>,
    /// Wakes the controller of Tables.
    pub tables: UnboundedSender<ObjectRef<Guarded<Table>>>,
    /// Wakes the controller of CompactionJobs.
    pub compactions: UnboundedSender<ObjectRef<Guarded<CompactionJob>>>,
    /// Wakes the controller of SnapshotExpiries.
    pub expiries: UnboundedSender<ObjectRef<Guarded<SnapshotExpiry>>>,
}

impl Routes {
    /// A Table wakes its runs, and the Tables whose locations overlap its own.
    pub fn table_changed(&self, event: &Event<Guarded<Table>>) {
        let Some((object, exists)) = self.changed(event, CacheName::Tables) else { return };
        let key: TableKey = (object.namespace().unwrap_or_default(), object.name_any());
        self.note_location(&key, object, exists);
        self.wake_runs::<CompactionJob>(&key);
        self.wake_runs::<SnapshotExpiry>(&key);
        if let DeserializeGuard(Ok(table)) = object {
            for place in fence::active_runs(table) {
                self.wake_run(place.kind, &key.0, &place.name);
            }
        }
    }

    /// A run wakes its table.
    pub fn run_changed<K: Run>(&self, event: &Event<Guarded<K>>) {
        let Some((object, exists)) = self.changed(event, K::KIND.into()) else { return };
        let namespace = object.namespace().unwrap_or_default();
        let index = &K::cache(&self.context.caches).by_table;
        let DeserializeGuard(Ok(run)) = object else { return };
        if exists {
            index.put(&namespace, &object.name_any(), &run.request().table_ref.name);
        } else {
            index.remove(&namespace, &object.name_any());
        }
        self.wake_table(&namespace, &run.request().table_ref.name);
    }

    /// A Job wakes what it works for; one that is gone may leave a place behind.
    pub fn job_changed(&self, event: &Event<Job>) {
        let Some((job, exists)) = self.changed(event, CacheName::Jobs) else { return };
        note_uid(&self.context.caches.jobs_by_uid, job, exists);
        self.wake_worked_for(job, exists);
    }

    /// A pod wakes what it works for; one that is gone may leave a place behind.
    pub fn pod_changed(&self, event: &Event<Pod>) {
        let Some((pod, exists)) = self.changed(event, CacheName::Pods) else { return };
        note_uid(&self.context.caches.pods_by_uid, pod, exists);
        self.wake_worked_for(pod, exists);
    }

    /// The object of an event, and whether it exists.
    fn changed<'a, K>(&self, event: &'a Event<K>, cache: CacheName) -> Option<(&'a K, bool)> {
        match event {
            Event::Apply(object) | Event::InitApply(object) => Some((object, true)),
            Event::Delete(object) => Some((object, false)),
            Event::Init => None,
            Event::InitDone => {
                self.context.caches.filled.mark(cache);
                None
            }
        }
    }

    fn note_location(&self, key: &TableKey, object: &Guarded<Table>, exists: bool) {
        let mut locations = self.context.locations();
        let mut neighbours = locations.neighbours(key);
        match object {
            DeserializeGuard(Ok(table)) if exists => {
                let created = table.metadata.creation_timestamp.as_ref().map(|time| time.0);
                let claim = Claim { created: created.unwrap_or_default(), table: key.clone() };
                locations.put(claim, endpoint(table), &table.spec.location);
                neighbours.extend(locations.neighbours(key));
            }
            _ => locations.remove(key),
        }
        drop(locations);
        for (namespace, name) in neighbours {
            self.wake_table(&namespace, &name);
        }
    }

    fn wake_runs<K: Run>(&self, (namespace, table): &TableKey) {
        for run in K::cache(&self.context.caches).of_table(namespace, table) {
            if let DeserializeGuard(Ok(run)) = &*run
                && run.status().is_none_or(|status| status.state.completion_time.is_none())
            {
                self.wake_run(K::KIND, namespace, &run.name_any());
            }
        }
    }

    fn wake_worked_for<K: Resource>(&self, object: &K, exists: bool) {
        let namespace = object.namespace().unwrap_or_default();
        if let Some(table) = object.labels().get(labels::TABLE).filter(|_| !exists) {
            self.wake_table(&namespace, table);
        }
        let (Some(operation), Some(name)) =
            (object.labels().get(labels::OPERATION), object.labels().get(labels::RUN))
        else {
            return;
        };
        match kind_of(operation) {
            Some(kind) => self.wake_run(kind, &namespace, name),
            None => self.wake_table(&namespace, name),
        }
    }

    fn wake_run(&self, kind: RunKind, namespace: &str, name: &str) {
        // A closed channel means that the controller has stopped.
        let _ = match kind {
            RunKind::CompactionJob => {
                self.compactions.unbounded_send(ObjectRef::new(name).within(namespace)).is_ok()
            }
            RunKind::SnapshotExpiry => {
                self.expiries.unbounded_send(ObjectRef::new(name).within(namespace)).is_ok()
            }
        };
    }

    fn wake_table(&self, namespace: &str, name: &str) {
        let _ = self.tables.unbounded_send(ObjectRef::new(name).within(namespace));
    }
}

fn note_uid<K: Resource>(index: &Index, object: &K, exists: bool) {
    let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
    match object.labels().get(labels::RUN_UID) {
        Some(uid) if exists => index.put(&namespace, &name, uid),
        _ => index.remove(&namespace, &name),
    }
}

/// The kind of run that `verb` is executed for; none for an inspection, which is a Table's own.
fn kind_of(verb: &str) -> Option<RunKind> {
    match verb {
        "compact" => Some(RunKind::CompactionJob),
        "maintain" => Some(RunKind::SnapshotExpiry),
        _ => None,
    }
}

fn endpoint(table: &Table) -> &str {
    let s3 = table.spec.storage.as_ref().and_then(|storage| storage.s3.as_ref());
    s3.and_then(|s3| s3.endpoint.as_deref()).unwrap_or_default().trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use weir_contract::{CompactParameters, InspectParameters, Invocation, MaintainParameters, Operation};

    use super::*;

    #[test]
    fn every_verb_of_a_run_leads_back_to_its_kind() {
        let verb = |operation| {
            Invocation {
                operation,
                location: String::new(),
                dry_run: false,
                options: std::collections::BTreeMap::new(),
                run: None,
                owner: None,
            }
            .verb()
        };
        assert_eq!(
            kind_of(verb(Operation::Compact(CompactParameters::default()))),
            Some(RunKind::CompactionJob)
        );
        assert_eq!(
            kind_of(verb(Operation::Maintain(MaintainParameters::default()))),
            Some(RunKind::SnapshotExpiry)
        );
        assert_eq!(kind_of(verb(Operation::Inspect(InspectParameters::default()))), None);
    }
}
