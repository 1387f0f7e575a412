use k8s_openapi::api::{batch::v1::Job, core::v1::Pod};
use kube::{Resource, ResourceExt};

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Drops what no decision reads from the metadata of an object.
pub fn trim_object<K: Resource>(object: &mut K) {
    object.managed_fields_mut().clear();
    object.annotations_mut().remove(LAST_APPLIED);
}

/// Drops what no decision reads from a Job.
pub fn trim_job(job: &mut Job) {
    trim_object(job);
    if let Some(spec) = &mut job.spec {
        spec.template.spec = None;
        spec.template.metadata = None;
        spec.pod_failure_policy = None;
    }
}

/// Drops what no decision reads from a pod.
pub fn trim_pod(pod: &mut Pod) {
    trim_object(pod);
    pod.spec = None;
}
