//! The watches and controllers of one namespace, or of all.

use std::{fmt::Debug, sync::Arc, time::Duration};

use futures::{
    Stream, StreamExt as _, TryStreamExt as _,
    channel::mpsc::{UnboundedReceiver, unbounded},
    future::{Ready, ready},
};
use k8s_openapi::api::{batch::v1::Job, core::v1::Pod};
use kube::{
    Api, Client, Resource, ResourceExt as _,
    core::NamespaceResourceScope,
    runtime::{
        Controller, WatchStreamExt as _,
        controller::{self, Action},
        reflector::{self, ObjectRef, Store, store::Writer},
        watcher,
    },
};
use serde::de::DeserializeOwned;
use tokio::time::{Instant, timeout};
use weir_crds::{CompactionJob, SnapshotExpiry, Table, labels};

use crate::{
    caches::{Caches, Filled, Guarded, Index, RunCache, trim_job, trim_object, trim_pod},
    context::{Context, Shared},
    error::Error,
    routes::Routes,
    run,
    shutdown::Shutdown,
    table,
};

/// Reconciles of one controller that work at once.
const CONCURRENCY: u16 = 32;
/// Longest time of a reconcile, so that a silent connection cannot hold an object for ever.
const RECONCILE_TIMEOUT: Duration = Duration::from_mins(1);
/// Pause before an object is looked at again whose cache lagged behind.
const OUTDATED_PAUSE: Duration = Duration::from_millis(500);

/// Watches `namespace`, or all of them, and acts until `shutdown`.
pub async fn run(shared: Arc<Shared>, namespace: Option<String>, shutdown: Shutdown) {
    let (caches, writers) = caches();
    let caches = Arc::new(caches);
    let context = Arc::new(Context { shared, caches: Arc::clone(&caches) });
    let (routes, triggers) = routes(&context);
    let watch = Watch { client: context.client.clone(), namespace };
    let everything = watcher::Config::default().any_semantic();
    let ours = everything.clone().labels(&format!("{}={}", labels::MANAGED_BY, labels::OPERATOR));

    let (on_table, on_compaction) = (Arc::clone(&routes), Arc::clone(&routes));
    let (on_expiry, on_job, on_pod) = (Arc::clone(&routes), Arc::clone(&routes), routes);
    let tables = watch
        .events(everything.clone(), writers.tables, trim_object, move |event| {
            on_table.table_changed(event);
        })
        .applied_objects();
    let compactions = watch
        .events(everything.clone(), writers.compactions, trim_object, move |event| {
            on_compaction.run_changed(event);
        })
        .applied_objects();
    let expiries = watch
        .events(everything, writers.expiries, trim_object, move |event| {
            on_expiry.run_changed(event);
        })
        .applied_objects();
    let jobs = watch.events(ours.clone(), writers.jobs, trim_job, move |event| {
        on_job.job_changed(event);
    });
    let pods = watch.events(ours, writers.pods, trim_pod, move |event| {
        on_pod.pod_changed(event);
    });

    let controller = |name| ControllerOf { name, context: Arc::clone(&context), shutdown: shutdown.clone() };
    let table = controller("table").run(tables, caches.tables.clone(), triggers.tables, table::reconcile);
    let compaction = controller("compactionjob").run(
        compactions,
        caches.compactions.store.clone(),
        triggers.compactions,
        run::reconcile::<CompactionJob>,
    );
    let expiry = controller("snapshotexpiry").run(
        expiries,
        caches.expiries.store.clone(),
        triggers.expiries,
        run::reconcile::<SnapshotExpiry>,
    );
    tokio::select! {
        _ = async { tokio::join!(table, compaction, expiry) } => {}
        _ = async { tokio::join!(follow("jobs", jobs), follow("pods", pods)) } => {}
        () = report_ready(&context) => {}
        () = stopped_while_filling(&context, shutdown.clone()) => {}
    }
}

/// Where the watches write.
struct Writers {
    tables: Writer<Guarded<Table>>,
    compactions: Writer<Guarded<CompactionJob>>,
    expiries: Writer<Guarded<SnapshotExpiry>>,
    jobs: Writer<Job>,
    pods: Writer<Pod>,
}

fn caches() -> (Caches, Writers) {
    let (tables, tables_writer) = reflector::store();
    let (compactions, compactions_writer) = reflector::store();
    let (expiries, expiries_writer) = reflector::store();
    let (jobs, jobs_writer) = reflector::store();
    let (pods, pods_writer) = reflector::store();
    let caches = Caches {
        tables,
        compactions: RunCache { store: compactions, by_table: Index::default() },
        expiries: RunCache { store: expiries, by_table: Index::default() },
        jobs,
        pods,
        jobs_by_uid: Index::default(),
        pods_by_uid: Index::default(),
        filled: Filled::default(),
    };
    let writers = Writers {
        tables: tables_writer,
        compactions: compactions_writer,
        expiries: expiries_writer,
        jobs: jobs_writer,
        pods: pods_writer,
    };
    (caches, writers)
}

/// What wakes the controllers beside their own objects.
struct Triggers {
    tables: UnboundedReceiver<ObjectRef<Guarded<Table>>>,
    compactions: UnboundedReceiver<ObjectRef<Guarded<CompactionJob>>>,
    expiries: UnboundedReceiver<ObjectRef<Guarded<SnapshotExpiry>>>,
}

fn routes(context: &Arc<Context>) -> (Arc<Routes>, Triggers) {
    let (wake_tables, tables) = unbounded();
    let (wake_compactions, compactions) = unbounded();
    let (wake_expiries, expiries) = unbounded();
    let routes = Routes {
        context: Arc::clone(context),
        tables: wake_tables,
        compactions: wake_compactions,
        expiries: wake_expiries,
    };
    (Arc::new(routes), Triggers { tables, compactions, expiries })
}

/// Tells when the caches are filled, and never returns.
async fn report_ready(context: &Context) {
    context.caches.filled.wait().await;
    context.scope_ready();
    futures::future::pending::<()>().await;
}

/// Returns when the stop comes before the caches are filled: a controller that has not begun would wait for its cache
/// for ever, and no reconcile has begun either.
async fn stopped_while_filling(context: &Context, shutdown: Shutdown) {
    tokio::select! {
        () = context.caches.filled.wait() => futures::future::pending::<()>().await,
        () = shutdown.wait() => {}
    }
}

/// What is watched.
struct Watch {
    client: Client,
    namespace: Option<String>,
}

impl Watch {
    fn events<K>(
        &self,
        config: watcher::Config,
        writer: Writer<K>,
        trim: fn(&mut K),
        changed: impl Fn(&watcher::Event<K>) + Send + 'static,
    ) -> impl Stream<Item = watcher::Result<watcher::Event<K>>> + Send + 'static
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
            + Clone
            + Debug
            + DeserializeOwned
            + Send
            + Sync
            + 'static,
    {
        let client = self.client.clone();
        let api: Api<K> = match &self.namespace {
            Some(namespace) => Api::namespaced(client, namespace),
            None => Api::all(client),
        };
        watcher(api, config).default_backoff().modify(trim).reflect(writer).inspect_ok(changed)
    }
}

async fn follow<K>(what: &'static str, events: impl Stream<Item = watcher::Result<watcher::Event<K>>>) {
    events.for_each(|event| log_failure(what, event.err())).await;
}

fn log_failure(watch: &'static str, error: Option<impl std::error::Error>) -> Ready<()> {
    if let Some(error) = error {
        tracing::warn!(%error, watch, "a watch failed and is tried again");
    }
    ready(())
}

/// A controller and what its reconciles share.
struct ControllerOf {
    name: &'static str,
    context: Arc<Context>,
    shutdown: Shutdown,
}

impl ControllerOf {
    async fn run<K, Reconcile, Outcome>(
        self,
        events: impl Stream<Item = watcher::Result<Guarded<K>>> + Send + 'static,
        store: Store<Guarded<K>>,
        triggers: UnboundedReceiver<ObjectRef<Guarded<K>>>,
        reconcile: Reconcile,
    ) where
        K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + Sync + 'static,
        Reconcile: Fn(Arc<Guarded<K>>, Arc<Context>) -> Outcome + Copy + Send + Sync + 'static,
        Outcome: Future<Output = Result<Action, Error>> + Send + 'static,
    {
        let name = self.name;
        Controller::for_stream(events, store)
            .with_config(controller::Config::default().concurrency(CONCURRENCY))
            .reconcile_on(triggers)
            .graceful_shutdown_on(self.shutdown.wait())
            .run(
                move |object, context| attempt(name, object, context, reconcile),
                move |object, error, context| after_failure(name, &*object, error, &context),
                self.context,
            )
            .for_each(|result| {
                let failed = result.err().filter(|error| matches!(error, controller::Error::QueueError(_)));
                log_failure(name, failed)
            })
            .await;
    }
}

async fn attempt<K, Reconcile, Outcome>(
    name: &'static str,
    object: Arc<Guarded<K>>,
    context: Arc<Context>,
    reconcile: Reconcile,
) -> Result<Action, Error>
where
    K: Resource<DynamicType = ()>,
    Reconcile: Fn(Arc<Guarded<K>>, Arc<Context>) -> Outcome,
    Outcome: Future<Output = Result<Action, Error>>,
{
    context.caches.filled.wait().await;
    let key = key(name, &*object);
    let began = Instant::now();
    let result = timeout(RECONCILE_TIMEOUT, reconcile(object, Arc::clone(&context)))
        .await
        .unwrap_or(Err(Error::Timeout(RECONCILE_TIMEOUT)));
    context.metrics.reconciled(name, began.elapsed(), result.as_ref().err());
    if result.is_ok() {
        context.backoff.succeeded(&key);
    }
    result
}

fn after_failure<K: Resource<DynamicType = ()>>(
    name: &'static str,
    object: &K,
    error: &Error,
    context: &Context,
) -> Action {
    if error.is_outdated() {
        return Action::requeue(context.backoff.spread(OUTDATED_PAUSE));
    }
    let pause = context.backoff.failed(&key(name, object));
    tracing::warn!(
        %error,
        controller = name,
        namespace = object.meta().namespace,
        name = object.meta().name,
        pause_seconds = pause.as_secs_f64(),
        "a reconcile failed and is tried again"
    );
    Action::requeue(pause)
}

fn key<K: Resource>(controller: &str, object: &K) -> String {
    format!("{controller}/{}/{}", object.namespace().unwrap_or_default(), object.name_any())
}
