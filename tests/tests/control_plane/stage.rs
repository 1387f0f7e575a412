//! A namespace of its own with an operator of its own, for one scenario.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use k8s_openapi::NamespaceResourceScope;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams, PostParams};
use kube::{Api, Client, Resource};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use weir_crds::Table;
use weir_operator::clock::Clock;
use weir_operator::operator::{Election, Settings, operate};
use weir_operator::shutdown::{Stop, shutdown};
use weir_tests::suite::Environment;

use crate::kubelet::{End, Kubelet};

const PATIENCE: Duration = Duration::from_secs(40);
const PAUSE: Duration = Duration::from_millis(100);

/// What a scenario works with.
pub(crate) struct Stage {
    pub(crate) client: Client,
    pub(crate) namespace: String,
    pub(crate) kubelet: Kubelet,
    pub(crate) clock: Clock,
    operator: Option<Operator>,
}

/// An operator in this process.
pub(crate) struct Operator {
    stop: Stop,
    task: JoinHandle<Result<(), weir_operator::error::Error>>,
}

impl Operator {
    /// Starts an operator that watches `namespace`.
    pub(crate) fn start(
        client: Client,
        namespace: &str,
        identity: &str,
        election: Option<Election>,
        max_concurrent_jobs: usize,
        clock: Clock,
    ) -> Self {
        let settings = Settings {
            job_image: "weir.dev/weir:test".to_owned(),
            watch_namespaces: vec![namespace.to_owned()],
            max_concurrent_jobs,
            election,
            identity: identity.to_owned(),
            listen: ([127, 0, 0, 1], 0).into(),
            clock,
        };
        let (stop, stopped) = shutdown();
        Self { stop, task: tokio::spawn(operate(client, settings, stopped)) }
    }

    /// Stops it as SIGTERM does.
    pub(crate) async fn stop(self) -> Result<()> {
        self.stop.now();
        Ok(self.task.await??)
    }

    /// Ends it in the middle of whatever it does.
    pub(crate) fn kill(self) {
        self.task.abort();
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.task.is_finished()
    }
}

impl Stage {
    /// A namespace without an operator.
    pub(crate) async fn empty(environment: &Arc<Environment>, name: &str) -> Result<Self> {
        let client = environment.cluster.client().await?;
        let namespace = environment.cluster.namespace(name).await?;
        let kubelet = Kubelet::new(client.clone(), &namespace);
        Ok(Self { client, namespace, kubelet, clock: Clock::default(), operator: None })
    }

    /// A namespace with an operator.
    pub(crate) async fn new(environment: &Arc<Environment>, name: &str) -> Result<Self> {
        let mut stage = Self::empty(environment, name).await?;
        stage.start_operator();
        Ok(stage)
    }

    pub(crate) fn start_operator(&mut self) {
        self.start_operator_with(0);
    }

    pub(crate) fn start_operator_with(&mut self, max_concurrent_jobs: usize) {
        let clock = self.clock.clone();
        let operator =
            Operator::start(self.client.clone(), &self.namespace, "test", None, max_concurrent_jobs, clock);
        self.operator = Some(operator);
    }

    pub(crate) fn kill_operator(&mut self) {
        if let Some(operator) = self.operator.take() {
            operator.kill();
        }
    }

    pub(crate) async fn stop_operator(&mut self) -> Result<()> {
        match self.operator.take() {
            Some(operator) => operator.stop().await,
            None => Ok(()),
        }
    }

    pub(crate) fn api<K: Resource<DynamicType = (), Scope = NamespaceResourceScope>>(&self) -> Api<K> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// Creates a Table with these members in its spec.
    pub(crate) async fn table(&self, name: &str, spec: Value) -> Result<Table> {
        let mut manifest = json!({
            "apiVersion": "weir.dev/v1alpha1", "kind": "Table", "metadata": {"name": name},
            "spec": {"format": "Paimon", "location": format!("s3://lake/{}/{name}", self.namespace)},
        });
        if let (Some(target), Value::Object(members)) = (manifest["spec"].as_object_mut(), spec) {
            target.extend(members);
        }
        self.create(manifest).await
    }

    /// Creates a Table and lets its inspection succeed.
    pub(crate) async fn ready_table(&self, name: &str, spec: Value) -> Result<Table> {
        self.table(name, spec).await?;
        self.kubelet.end_inspection(name, End::done("Inspect")).await?;
        self.until(name, "is ready", |table: &Table| ready(table).0 == "True").await
    }

    /// Creates a run.
    pub(crate) async fn run<K>(&self, name: &str, spec: Value) -> Result<K>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
            + Clone
            + Debug
            + Serialize
            + DeserializeOwned,
    {
        let (version, kind) = (K::api_version(&()).into_owned(), K::kind(&()).into_owned());
        self.create(json!({"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec}))
            .await
    }

    pub(crate) async fn create<K>(&self, manifest: Value) -> Result<K>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
            + Clone
            + Debug
            + Serialize
            + DeserializeOwned,
    {
        let object: K = serde_json::from_value(manifest)?;
        Ok(self.api::<K>().create(&PostParams::default(), &object).await?)
    }

    pub(crate) async fn patch<K>(&self, name: &str, patch: Value) -> Result<K>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned,
    {
        Ok(self.api::<K>().patch(name, &PatchParams::default(), &Patch::Merge(patch)).await?)
    }

    pub(crate) async fn delete<K>(&self, name: &str) -> Result<()>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned,
    {
        self.api::<K>().delete(name, &DeleteParams::background()).await?;
        Ok(())
    }

    pub(crate) async fn list<K>(&self) -> Result<Vec<K>>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned,
    {
        Ok(self.api::<K>().list(&ListParams::default()).await?.items)
    }

    /// Waits until the named object is as wanted.
    pub(crate) async fn until<K>(&self, name: &str, what: &str, wanted: impl Fn(&K) -> bool) -> Result<K>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
            + Clone
            + Debug
            + Serialize
            + DeserializeOwned,
    {
        let api = self.api::<K>();
        let mut last = None;
        let found = eventually(async || {
            last = api.get_opt(name).await?;
            Ok(last.clone().filter(|object| wanted(object)))
        });
        match found.await? {
            Some(object) => Ok(object),
            None => bail!(
                "{} {name} never {what}: {}",
                K::kind(&()),
                serde_json::to_string_pretty(&last.context("it does not exist")?)?
            ),
        }
    }

    /// Waits until the named object is gone.
    pub(crate) async fn until_gone<K>(&self, name: &str) -> Result<()>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned,
    {
        let api = self.api::<K>();
        let gone = eventually(async || Ok(api.get_metadata_opt(name).await?.is_none().then_some(())));
        gone.await?.with_context(|| format!("{} {name} is still there", K::kind(&())))
    }
}

/// Asks again and again until there is an answer, or patience ends.
pub(crate) async fn eventually<T>(mut ask: impl AsyncFnMut() -> Result<Option<T>>) -> Result<Option<T>> {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask().await? {
            return Ok(Some(answer));
        }
        if tokio::time::Instant::now() > deadline {
            return Ok(None);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Status and reason of the condition `Ready`, of the current generation.
pub(crate) fn ready(table: &Table) -> (String, String) {
    let current = table.status.iter().flat_map(|status| &status.conditions).find(|condition| {
        condition.type_ == "Ready" && condition.observed_generation == table.metadata.generation
    });
    current.map_or((String::new(), String::new()), |ready| (ready.status.clone(), ready.reason.clone()))
}

/// Status and reason of the condition `Succeeded`.
pub(crate) fn succeeded<R>(status: Option<&weir_crds::RunStatus<R>>) -> (&str, &str) {
    status
        .and_then(|status| status.state.conditions.iter().find(|condition| condition.type_ == "Succeeded"))
        .map_or(("", ""), |condition| (&condition.status, &condition.reason))
}

/// Names of the runs that hold a place.
pub(crate) fn active(table: &Table) -> Vec<String> {
    table.status.iter().flat_map(|status| &status.active_runs).map(|run| run.name.clone()).collect()
}
