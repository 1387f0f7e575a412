//! The wiring: client, health server, election, scopes, stop.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, atomic::Ordering},
};

use futures::future::join_all;
use kube::{Client, Config};
use tokio::net::TcpListener;

use crate::{
    CONTROLLER,
    backoff::Backoff,
    clock::Clock,
    context::Shared,
    error::Error,
    events::recorder,
    executor::Slots,
    health,
    lease::{Candidate, LeaseTimes},
    metrics::Metrics,
    scope,
    shutdown::{Shutdown, shutdown},
    table::Locations,
};

/// What an operator is started with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Image of table-service pods whose Table names none.
    pub job_image: String,
    /// Namespaces to watch; none means all.
    pub watch_namespaces: Vec<String>,
    /// Jobs that may be unfinished at once; 0 for any number.
    pub max_concurrent_jobs: usize,
    /// The election; `None` acts at once.
    pub election: Option<Election>,
    /// Name of this process.
    pub identity: String,
    /// Address of the HTTP server; port 0 takes any free one.
    pub listen: SocketAddr,
    /// The time.
    pub clock: Clock,
}

/// Which Lease decides who acts.
#[derive(Clone, Debug)]
pub struct Election {
    /// Namespace of the Lease.
    pub namespace: String,
    /// Name of the Lease.
    pub name: String,
    /// Its times.
    pub times: LeaseTimes,
}

/// A client for the cluster of the kubeconfig or, within a pod, of the ServiceAccount.
pub async fn connect() -> Result<Client, Error> {
    let mut config = Config::infer().await.map_err(|source| Error::Configuration(Box::new(source)))?;
    let agent = concat!("weir-operator/", env!("CARGO_PKG_VERSION"));
    config.headers.push((axum::http::header::USER_AGENT, axum::http::HeaderValue::from_static(agent)));
    Client::try_from(config).map_err(|source| Error::Configuration(Box::new(source)))
}

/// Runs an operator until `stop`, or until it loses its Lease.
pub async fn operate(client: Client, settings: Settings, stop: Shutdown) -> Result<(), Error> {
    let listener = health::listen(settings.listen).await?;
    operate_on(client, settings, listener, stop).await
}

/// Runs an operator as [`operate`] does, with a port that is open already.
pub async fn operate_on(
    client: Client,
    settings: Settings,
    listener: TcpListener,
    stop: Shutdown,
) -> Result<(), Error> {
    let shared = Arc::new(Shared {
        clock: settings.clock.clone(),
        slots: Slots::new(settings.max_concurrent_jobs),
        locations: Mutex::new(Locations::default()),
        job_image: settings.job_image.clone(),
        recorder: recorder(client.clone(), settings.identity.clone()),
        metrics: Metrics::new(),
        backoff: Backoff::default(),
        unready: 0.into(),
        client,
    });
    let (ended, http_stop) = shutdown();
    let http = tokio::spawn(health::serve(listener, Arc::clone(&shared), http_stop.wait()));
    let result = lead(&shared, &settings, stop).await;
    ended.now();
    if let Err(error) = http.await {
        tracing::warn!(%error, "the HTTP server did not stop cleanly");
    }
    result
}

async fn lead(shared: &Arc<Shared>, settings: &Settings, stop: Shutdown) -> Result<(), Error> {
    let Some(election) = &settings.election else {
        act(shared, settings, stop).await;
        return Ok(());
    };
    let candidate = Candidate::new(
        shared.client.clone(),
        &election.namespace,
        &election.name,
        &settings.identity,
        election.times,
    );
    let lease = tokio::select! {
        lease = candidate.acquire() => lease,
        () = stop.clone().wait() => return Ok(()),
    };
    tracing::info!(lease = election.name, identity = settings.identity, "leading");
    let result = tokio::select! {
        () = act(shared, settings, stop) => Ok(()),
        error = candidate.hold(lease) => Err(error),
    };
    if result.is_ok() {
        candidate.release().await;
    }
    result
}

/// Acts in every scope until `stop`; reconciles that have begun are finished.
async fn act(shared: &Arc<Shared>, settings: &Settings, stop: Shutdown) {
    let scopes: Vec<Option<String>> = match settings.watch_namespaces.as_slice() {
        [] => vec![None],
        namespaces => namespaces.iter().cloned().map(Some).collect(),
    };
    shared.unready.store(scopes.len(), Ordering::Relaxed);
    shared.metrics.leads(true);
    tracing::info!(controller = CONTROLLER, namespaces = ?settings.watch_namespaces, "acting");
    join_all(scopes.into_iter().map(|namespace| scope::run(Arc::clone(shared), namespace, stop.clone())))
        .await;
    shared.metrics.leads(false);
}
