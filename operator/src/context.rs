//! What reconciles share.

use std::{
    ops::Deref,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use k8s_openapi::api::core::v1::ObjectReference;
use kube::{Client, runtime::events::Recorder};

use crate::{
    backoff::Backoff,
    caches::Caches,
    clock::Clock,
    events::{Note, publish},
    executor::Slots,
    metrics::Metrics,
    table::Locations,
};

/// What every reconcile of the process shares.
pub struct Shared {
    /// Connection to the API server.
    pub client: Client,
    /// The time.
    pub clock: Clock,
    /// Places for Jobs.
    pub slots: Slots,
    /// Where Tables say their data is, over all namespaces.
    pub locations: Mutex<Locations>,
    /// Image of table-service pods whose Table names none.
    pub job_image: String,
    /// Publisher of events.
    pub recorder: Recorder,
    /// Measurements.
    pub metrics: Metrics,
    /// Pauses after failed reconciles.
    pub backoff: Backoff,
    /// Scopes whose caches are not filled yet.
    pub unready: AtomicUsize,
}

/// What the reconciles of one watched namespace, or of all, share.
pub struct Context {
    /// What they share with the others.
    pub shared: Arc<Shared>,
    /// What they know of the cluster.
    pub caches: Arc<Caches>,
}

impl Deref for Context {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.shared
    }
}

impl Shared {
    /// Whether everything that this process watches is in the caches. A standby watches nothing and is ready.
    pub fn is_ready(&self) -> bool {
        self.unready.load(Ordering::Relaxed) == 0
    }

    /// The caches of one more scope are filled.
    pub fn scope_ready(&self) {
        self.unready.fetch_sub(1, Ordering::Relaxed);
    }

    /// The locations of all Tables.
    pub fn locations(&self) -> MutexGuard<'_, Locations> {
        self.locations.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long to wait until `until`, at most `longest`, which is spread so that not everything looks again at once.
    pub fn wait_until(&self, until: Option<Timestamp>, now: Timestamp, longest: Duration) -> Duration {
        let longest = self.backoff.spread(longest);
        let wait = until.map(|until| Duration::try_from(until.duration_since(now)).unwrap_or_default());
        wait.map_or(longest, |wait| wait.max(Duration::from_millis(200)).min(longest))
    }

    /// Tells that this version cannot read an object.
    pub async fn report_invalid(&self, object: &ObjectReference, error: &str) {
        tracing::warn!(
            kind = object.kind,
            name = object.name,
            namespace = object.namespace,
            error,
            "unreadable object"
        );
        let message = format!("this version of the operator cannot read the object: {error}");
        publish(&self.recorder, object, Note::warning("InvalidObject", "Read", message)).await;
    }
}
