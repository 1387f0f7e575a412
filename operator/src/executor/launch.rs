use k8s_openapi::api::{batch::v1::Job, core::v1::Pod};
use kube::{
    Api, Client,
    api::{DeleteParams, ListParams, PostParams, Preconditions},
};
use weir_crds::labels;

use super::{job::render_job, verdict::has_active_pods, work::Work};
use crate::{FIELD_MANAGER, error::Error};

/// What became of an attempt to create a Job.
#[must_use]
#[derive(Clone, Debug)]
pub enum Launched {
    /// The Job exists and is ours, created now or by an attempt before.
    Running(Box<Job>),
    /// A Job of another owner has the name.
    NameTaken,
    /// The API server refuses the Job for what the template says.
    Refused(String),
}

/// Creates the Job of `work`. Repeating it is harmless: the name decides.
pub async fn launch(client: &Client, work: &Work) -> Result<Launched, Error> {
    let jobs: Api<Job> = Api::namespaced(client.clone(), &work.namespace);
    let parameters = PostParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PostParams::default() };
    match jobs.create(&parameters, &render_job(work)).await {
        Ok(job) => Ok(Launched::Running(Box::new(job))),
        Err(kube::Error::Api(status)) if status.is_already_exists() => adopt(&jobs, work).await,
        Err(kube::Error::Api(status)) if status.is_invalid() => Ok(Launched::Refused(status.message)),
        Err(source) => Err(Error::api("create Job", &work.job_name, source)),
    }
}

async fn adopt(jobs: &Api<Job>, work: &Work) -> Result<Launched, Error> {
    let job = jobs.get(&work.job_name).await.map_err(|e| Error::api("get Job", &work.job_name, e))?;
    Ok(if is_owned_by(&job, &work.owner.uid) {
        Launched::Running(Box::new(job))
    } else {
        Launched::NameTaken
    })
}

/// Whether the object with `uid` controls `job`.
pub fn is_owned_by(job: &Job, uid: &str) -> bool {
    job.metadata
        .owner_references
        .iter()
        .flatten()
        .any(|owner| owner.controller == Some(true) && owner.uid == uid)
}

/// Whether the server knows of a pod of ours at work for the object with `uid`. Caches may lag behind.
pub async fn is_at_work(client: &Client, namespace: &str, uid: &str) -> Result<bool, Error> {
    let pods: Api<Pod> = Api::namespaced(client.clone(), namespace);
    let (managed_by, run_uid) = (labels::MANAGED_BY, labels::RUN_UID);
    let of_object =
        ListParams::default().labels(&format!("{managed_by}={},{run_uid}={uid}", labels::OPERATOR));
    let found = pods.list(&of_object).await.map_err(|e| Error::api("list the pods of", uid, e))?;
    Ok(has_active_pods(&found.items))
}

/// Deletes `job` and its pods, which get SIGTERM. One that is gone or replaced already is left alone.
pub async fn delete_job(client: &Client, job: &Job) -> Result<(), Error> {
    let (Some(namespace), Some(name)) = (&job.metadata.namespace, &job.metadata.name) else { return Ok(()) };
    let jobs: Api<Job> = Api::namespaced(client.clone(), namespace);
    let preconditions = Preconditions { uid: job.metadata.uid.clone(), resource_version: None };
    let parameters = DeleteParams { preconditions: Some(preconditions), ..DeleteParams::background() };
    match jobs.delete(name, &parameters).await {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if status.is_not_found() || status.is_conflict() => Ok(()),
        Err(source) => Err(Error::api("delete Job", name, source)),
    }
}
