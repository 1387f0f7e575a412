use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use weir_contract::Invocation;
use weir_crds::{JobTemplate, Resources, Storage};

/// A piece of work for one Job: everything that its rendering depends on.
#[derive(Clone, Debug, PartialEq)]
pub struct Work {
    /// Namespace of the Job.
    pub namespace: String,
    /// Name of the Job.
    pub job_name: String,
    /// The run, or for an inspection the Table.
    pub owner: OwnerReference,
    /// Name of the Table that is worked on.
    pub table: String,
    /// What to do.
    pub invocation: Invocation,
    /// How the pod reaches the object store.
    pub storage: Option<Storage>,
    /// Settings of the pod.
    pub template: JobTemplate,
    /// Replaces the resources of the template.
    pub resources: Option<Resources>,
    /// Replaces the retries of the template.
    pub backoff_limit: Option<i32>,
    /// Replaces the deadline of the template.
    pub active_deadline_seconds: Option<i64>,
    /// Image of pods whose template names none.
    pub default_image: String,
}
