//! Leader election by a `coordination.k8s.io/v1` Lease.
//!
//! Every write carries the resource version that was read, so of two that try at once one gets a conflict. Another
//! holder's clock is never compared with ours: a Lease has expired when we have seen no change of it for its duration.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use k8s_openapi::{
    api::coordination::v1::{Lease, LeaseSpec},
    apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta},
};
use kube::{Api, Client, api::PostParams};
use tokio::time::timeout;

use crate::{FIELD_MANAGER, error::Error};

/// Times of the election.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseTimes {
    /// How long the others wait for a silent holder.
    pub duration: Duration,
    /// How long the holder tries to renew before it gives up. Less than `duration`.
    pub renew_deadline: Duration,
    /// Pause between two attempts.
    pub retry_period: Duration,
}

impl Default for LeaseTimes {
    fn default() -> Self {
        Self {
            duration: Duration::from_secs(15),
            renew_deadline: Duration::from_secs(10),
            retry_period: Duration::from_secs(2),
        }
    }
}

/// One candidate for the leadership.
#[derive(Clone, Debug)]
pub struct Candidate {
    leases: Api<Lease>,
    name: String,
    identity: String,
    times: LeaseTimes,
}

impl Candidate {
    /// A candidate called `identity`, which no other process may be called.
    pub fn new(client: Client, namespace: &str, name: &str, identity: &str, times: LeaseTimes) -> Self {
        let leases = Api::namespaced(client, namespace);
        Self { leases, name: name.to_owned(), identity: identity.to_owned(), times }
    }

    /// Waits until this candidate leads.
    pub async fn acquire(&self) -> Lease {
        let mut seen: Option<(Option<String>, Instant)> = None;
        loop {
            match timeout(self.times.renew_deadline, self.try_acquire(&mut seen)).await {
                Ok(Ok(Some(lease))) => return lease,
                Ok(Ok(None)) => {}
                Ok(Err(error)) => {
                    tracing::warn!(%error, lease = self.name, "the Lease could not be acquired");
                }
                Err(_) => tracing::warn!(lease = self.name, "the API server does not answer"),
            }
            tokio::time::sleep(self.times.retry_period).await;
        }
    }

    /// Renews `lease` until that fails for the renew deadline; returns why.
    pub async fn hold(&self, mut lease: Lease) -> Error {
        let mut renewed = Instant::now();
        while renewed.elapsed() < self.times.renew_deadline {
            tokio::time::sleep(self.times.retry_period).await;
            let left = self.times.renew_deadline.saturating_sub(renewed.elapsed());
            let began = Instant::now();
            match timeout(left, self.renew(&lease)).await {
                Ok(Ok(Some(current))) => {
                    lease = current;
                    renewed = began;
                }
                Ok(Ok(None)) | Err(_) => break,
                Ok(Err(error)) => tracing::warn!(%error, lease = self.name, "the Lease could not be renewed"),
            }
        }
        Error::LeaseLost(self.name.clone())
    }

    /// Gives the leadership up, so that the next candidate need not wait.
    pub async fn release(&self) {
        let released = async {
            let Some(mut lease) = self.read().await? else { return Ok(()) };
            if lease.spec.as_ref().and_then(|spec| spec.holder_identity.as_ref()) != Some(&self.identity) {
                return Ok(());
            }
            let spec = lease.spec.get_or_insert_default();
            spec.holder_identity = Some(String::new());
            spec.lease_duration_seconds = Some(1);
            self.replace(&lease).await.map(|_| ())
        };
        if let Err(error) = released.await {
            tracing::warn!(%error, lease = self.name, "the Lease could not be released");
        }
    }

    async fn try_acquire(
        &self,
        seen: &mut Option<(Option<String>, Instant)>,
    ) -> Result<Option<Lease>, Error> {
        let Some(lease) = self.read().await? else { return self.create().await };
        let version = lease.metadata.resource_version.clone();
        let unchanged_since = match seen {
            Some((known, since)) if *known == version => *since,
            _ => seen.insert((version, Instant::now())).1,
        };
        let spec = lease.spec.clone().unwrap_or_default();
        let holder = spec.holder_identity.unwrap_or_default();
        let seconds = u64::try_from(spec.lease_duration_seconds.unwrap_or(0)).unwrap_or(0);
        let expired = unchanged_since.elapsed() >= Duration::from_secs(seconds);
        if !holder.is_empty() && holder != self.identity && !expired {
            return Ok(None);
        }
        let transitions =
            spec.lease_transitions.unwrap_or(0).saturating_add(i32::from(holder != self.identity));
        self.replace(&Lease { spec: Some(self.spec(transitions)), ..lease }).await
    }

    async fn renew(&self, lease: &Lease) -> Result<Option<Lease>, Error> {
        let mut lease = lease.clone();
        if let Some(spec) = &mut lease.spec {
            spec.renew_time = Some(MicroTime(Timestamp::now()));
        }
        if let Some(renewed) = self.replace(&lease).await? {
            return Ok(Some(renewed));
        }
        // A conflict may be an own write whose answer was lost.
        let current = self.read().await?;
        Ok(current.filter(|current| {
            current.spec.as_ref().and_then(|spec| spec.holder_identity.as_ref()) == Some(&self.identity)
        }))
    }

    async fn read(&self) -> Result<Option<Lease>, Error> {
        self.leases.get_opt(&self.name).await.map_err(|source| Error::api("get Lease", &self.name, source))
    }

    async fn create(&self) -> Result<Option<Lease>, Error> {
        let lease = Lease {
            metadata: ObjectMeta { name: Some(self.name.clone()), ..ObjectMeta::default() },
            spec: Some(self.spec(0)),
        };
        unless_lost(self.leases.create(&parameters(), &lease).await, "create Lease", &self.name)
    }

    async fn replace(&self, lease: &Lease) -> Result<Option<Lease>, Error> {
        unless_lost(self.leases.replace(&self.name, &parameters(), lease).await, "replace Lease", &self.name)
    }

    fn spec(&self, transitions: i32) -> LeaseSpec {
        let now = MicroTime(Timestamp::now());
        LeaseSpec {
            holder_identity: Some(self.identity.clone()),
            lease_duration_seconds: i32::try_from(self.times.duration.as_secs()).ok(),
            acquire_time: Some(now.clone()),
            renew_time: Some(now),
            lease_transitions: Some(transitions),
            ..LeaseSpec::default()
        }
    }
}

fn parameters() -> PostParams {
    PostParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PostParams::default() }
}

/// The written Lease; `None` when another candidate was faster.
fn unless_lost(
    written: Result<Lease, kube::Error>,
    action: &'static str,
    name: &str,
) -> Result<Option<Lease>, Error> {
    match written {
        Ok(lease) => Ok(Some(lease)),
        Err(kube::Error::Api(status)) if status.is_conflict() || status.is_already_exists() => Ok(None),
        Err(source) => Err(Error::api(action, name, source)),
    }
}
