//! The kinds of run: what each asks of a pod, and where its figures are.

mod compaction_job;
mod snapshot_expiry;

use std::{collections::BTreeMap, fmt::Debug};

use kube::{CustomResourceExt, Resource, core::NamespaceResourceScope};
use serde::{Serialize, de::DeserializeOwned};
use weir_contract::{Operation, RunResult};
use weir_crds::{Maintenance, RunKind, RunRequest, RunStatus, Schedule};

use crate::caches::{Caches, RunCache};

/// What the reconciler needs to know of a kind of run.
pub trait Run:
    Resource<DynamicType = (), Scope = NamespaceResourceScope>
    + CustomResourceExt
    + Clone
    + Debug
    + Serialize
    + DeserializeOwned
    + Send
    + Sync
    + 'static
{
    /// The kind.
    const KIND: RunKind;
    /// Figures of the result.
    type Figures: Clone + Debug + PartialEq + Serialize + Send + Sync;

    /// The asked table, suspension and limits.
    fn request(&self) -> &RunRequest;
    /// The verb with its parameters.
    fn operation(&self) -> Operation;
    /// Table options that the run overrides, and whether it only plans.
    fn modifiers(&self) -> (BTreeMap<String, String>, bool);
    /// The stored status.
    fn status(&self) -> Option<&RunStatus<Self::Figures>>;
    /// The figures within what a pod reported.
    fn figures(result: &RunResult) -> Option<Self::Figures>;
    /// The schedule of this kind.
    fn schedule(maintenance: &Maintenance) -> Option<&Schedule>;
    /// A run of `table` with the parameters of its schedule.
    fn scheduled(table: &str, name: &str, maintenance: &Maintenance) -> Self;
    /// Where runs of this kind are cached.
    fn cache(caches: &Caches) -> &RunCache<Self>;
}
