//! Kubernetes objects of a scenario: made as people make them, and waited for.

use std::fmt::Debug;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use k8s_openapi::api::core::v1::{Pod, Secret};
use kube::api::{DeleteParams, ListParams, Patch, PatchParams, PostParams};
use kube::{Api, Client, Resource};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use weir_crds::{CompactionJob, RunPhase, RunState, SnapshotExpiry, Table};

/// How long anything may take; schedules have minutes.
const LIMIT: Duration = Duration::from_mins(3);
const INTERVAL: Duration = Duration::from_millis(100);

/// The objects of one namespace.
pub(crate) struct Objects {
    client: Client,
    namespace: String,
}

impl Objects {
    pub(crate) fn new(client: Client, namespace: &str) -> Self {
        Self { client, namespace: namespace.to_owned() }
    }

    /// The objects of a kind.
    pub(crate) fn api<K>(&self) -> Api<K>
    where
        K: Resource<Scope = k8s_openapi::NamespaceResourceScope>,
        K::DynamicType: Default,
    {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    pub(crate) async fn create_secret(&self, name: &str, access_key: &str, secret_key: &str) -> Result<()> {
        let data = json!({"accessKeyId": access_key, "secretAccessKey": secret_key});
        let secret = object(&json!({"metadata": {"name": name}, "stringData": data}))?;
        self.api::<Secret>().create(&PostParams::default(), &secret).await.context("creating the Secret")?;
        Ok(())
    }

    pub(crate) async fn create_table(&self, name: &str, spec: &Value) -> Result<()> {
        self.create::<Table>("Table", name, spec).await
    }

    pub(crate) async fn create_compaction(&self, name: &str, spec: &Value) -> Result<()> {
        self.create::<CompactionJob>("CompactionJob", name, spec).await
    }

    pub(crate) async fn create_expiry(&self, name: &str, spec: &Value) -> Result<()> {
        self.create::<SnapshotExpiry>("SnapshotExpiry", name, spec).await
    }

    async fn create<K>(&self, kind: &str, name: &str, spec: &Value) -> Result<()>
    where
        K: Resource<Scope = k8s_openapi::NamespaceResourceScope>
            + Clone
            + Debug
            + Serialize
            + DeserializeOwned,
        K::DynamicType: Default,
    {
        let object = object(&json!({
            "apiVersion": "weir.dev/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec
        }))?;
        self.api::<K>()
            .create(&PostParams::default(), &object)
            .await
            .context(format!("creating {kind} {name}"))?;
        Ok(())
    }

    /// Changes members of an object's spec.
    pub(crate) async fn change<K>(&self, name: &str, spec: &Value) -> Result<()>
    where
        K: Resource<Scope = k8s_openapi::NamespaceResourceScope> + Clone + Debug + DeserializeOwned,
        K::DynamicType: Default,
    {
        let patch = Patch::Merge(json!({"spec": spec}));
        self.api::<K>()
            .patch(name, &PatchParams::default(), &patch)
            .await
            .context(format!("changing {name}"))?;
        Ok(())
    }

    pub(crate) async fn delete_table(&self, name: &str) -> Result<()> {
        let tables = self.api::<Table>();
        tables.delete(name, &DeleteParams::default()).await?;
        wait("the Table is gone", async || Ok(tables.get_opt(name).await?.is_none().then_some(()))).await
    }

    /// Waits for a status of the Table's condition `Ready`; its reason and message.
    pub(crate) async fn wait_for_ready(&self, table: &str, status: &str) -> Result<(String, String)> {
        let tables = self.api::<Table>();
        wait(&format!("Ready = {status}"), async || {
            let conditions = tables.get(table).await?.status.unwrap_or_default().conditions;
            let ready = conditions.into_iter().find(|condition| condition.type_ == "Ready");
            Ok(ready.filter(|ready| ready.status == status).map(|ready| (ready.reason, ready.message)))
        })
        .await
    }

    /// Waits until a run has ended; how.
    pub(crate) async fn ended<K>(&self, name: &str) -> Result<RunState>
    where
        K: Resource<Scope = k8s_openapi::NamespaceResourceScope>
            + Clone
            + Debug
            + Serialize
            + DeserializeOwned,
        K::DynamicType: Default,
    {
        wait(&format!("the end of {name}"), async || {
            let state = self.state::<K>(name).await?;
            Ok(state.filter(|state| state.phase.is_some_and(RunPhase::is_terminal)))
        })
        .await
    }

    /// Waits until a run has succeeded; fails when it failed.
    pub(crate) async fn succeeded<K>(&self, name: &str) -> Result<RunState>
    where
        K: Resource<Scope = k8s_openapi::NamespaceResourceScope>
            + Clone
            + Debug
            + Serialize
            + DeserializeOwned,
        K::DynamicType: Default,
    {
        let state = self.ended::<K>(name).await?;
        if state.phase != Some(RunPhase::Succeeded) {
            bail!("{name} failed: {state:#?}");
        }
        Ok(state)
    }

    /// Where a run stands.
    pub(crate) async fn state<K>(&self, name: &str) -> Result<Option<RunState>>
    where
        K: Resource<Scope = k8s_openapi::NamespaceResourceScope>
            + Clone
            + Debug
            + Serialize
            + DeserializeOwned,
        K::DynamicType: Default,
    {
        let run = serde_json::to_value(self.api::<K>().get(name).await?)?;
        Ok(run
            .get("status")
            .filter(|status| !status.is_null())
            .cloned()
            .map(serde_json::from_value)
            .transpose()?)
    }

    /// Waits for a pod of a run's Job; its name.
    pub(crate) async fn pod_of<K>(&self, run: &str) -> Result<String>
    where
        K: Resource<Scope = k8s_openapi::NamespaceResourceScope>
            + Clone
            + Debug
            + Serialize
            + DeserializeOwned,
        K::DynamicType: Default,
    {
        let pods = self.api::<Pod>();
        wait(&format!("a pod of {run}"), async || {
            let Some(job) = self.state::<K>(run).await?.and_then(|state| state.job_name) else {
                return Ok(None);
            };
            let labels = ListParams::default().labels(&format!("batch.kubernetes.io/job-name={job}"));
            Ok(pods.list(&labels).await?.items.pop().and_then(|pod| pod.metadata.name))
        })
        .await
    }
}

fn object<K: DeserializeOwned>(json: &Value) -> Result<K> {
    serde_json::from_value(json.clone()).with_context(|| format!("{json}"))
}

/// Asks until there is an answer.
pub(crate) async fn wait<T>(what: &str, mut ask: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    let deadline = Instant::now() + LIMIT;
    loop {
        if let Some(answer) = ask().await.with_context(|| format!("waiting for {what}"))? {
            return Ok(answer);
        }
        if Instant::now() > deadline {
            bail!("waited {} s in vain for {what}", LIMIT.as_secs());
        }
        tokio::time::sleep(INTERVAL).await;
    }
}
