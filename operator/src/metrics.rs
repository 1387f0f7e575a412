//! Measurements in OpenMetrics text, with Kubernetes' naming. No object name is a label.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};
use weir_crds::RunKind;

use crate::{error::Error, executor::EndReason, fence::EndOfRun};

/// The measurements of the process.
#[derive(Debug)]
pub struct Metrics {
    registry: Mutex<Registry>,
    reconciles: Family<ReconcileLabels, Counter>,
    reconcile_errors: Family<ErrorLabels, Counter>,
    reconcile_duration: Family<ControllerLabels, Histogram, fn() -> Histogram>,
    runs: Family<RunLabels, Counter>,
    run_duration: Family<OutcomeLabels, Histogram, fn() -> Histogram>,
    run_queue: Family<KindLabels, Histogram, fn() -> Histogram>,
    inspections: Family<ReasonLabels, Counter>,
    overwritten_commits: Counter,
    leader: Gauge<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ControllerLabels {
    controller: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReconcileLabels {
    controller: &'static str,
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ErrorLabels {
    controller: &'static str,
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindLabels {
    kind: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    kind: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RunLabels {
    kind: &'static str,
    outcome: &'static str,
    reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabels {
    reason: &'static str,
}

/// From a tenth of a second to six hours.
fn long() -> Histogram {
    Histogram::new(exponential_buckets(1.0, 2.5, 12))
}

/// From a millisecond to a minute.
fn short() -> Histogram {
    Histogram::new(exponential_buckets(0.001, 3.0, 11))
}

impl Metrics {
    /// Measurements that start at zero.
    pub fn new() -> Self {
        let metrics = Self {
            registry: Mutex::default(),
            reconciles: Family::default(),
            reconcile_errors: Family::default(),
            reconcile_duration: Family::new_with_constructor(short),
            runs: Family::default(),
            run_duration: Family::new_with_constructor(long),
            run_queue: Family::new_with_constructor(long),
            inspections: Family::default(),
            overwritten_commits: Counter::default(),
            leader: Gauge::default(),
        };
        let mut registry = Registry::with_prefix("weir_operator");
        metrics.register(&mut registry);
        *metrics.registry.lock().unwrap_or_else(PoisonError::into_inner) = registry;
        metrics
    }

    fn register(&self, registry: &mut Registry) {
        registry.register("reconcile", "Reconciles", self.reconciles.clone());
        registry.register("reconcile_errors", "Failed reconciles", self.reconcile_errors.clone());
        let unit = || Unit::Seconds;
        let duration = self.reconcile_duration.clone();
        registry.register_with_unit("reconcile_duration", "Time of a reconcile", unit(), duration);
        registry.register("runs", "Runs that ended", self.runs.clone());
        let duration = self.run_duration.clone();
        registry.register_with_unit(
            "run_duration",
            "Time from the Job's creation to the end",
            unit(),
            duration,
        );
        let queue = self.run_queue.clone();
        registry.register_with_unit("run_queue", "Time from creation to the start of a run", unit(), queue);
        registry.register("inspections", "Inspections that ended", self.inspections.clone());
        let overwritten =
            "Commits of compactions that other writers replaced on stores that do not protect them";
        registry.register("overwritten_commits", overwritten, self.overwritten_commits.clone());
        registry.register("leader", "1 while this process acts", self.leader.clone());
    }

    /// A reconcile of `controller` ended.
    pub fn reconciled(&self, controller: &'static str, took: Duration, error: Option<&Error>) {
        let result = if error.is_some() { "error" } else { "success" };
        self.reconciles.get_or_create(&ReconcileLabels { controller, result }).inc();
        self.reconcile_duration.get_or_create(&ControllerLabels { controller }).observe(took.as_secs_f64());
        if let Some(error) = error {
            let labels = ErrorLabels { controller, reason: error.reason() };
            self.reconcile_errors.get_or_create(&labels).inc();
        }
    }

    /// A run got its Job after it had waited for `queued`.
    pub fn run_started(&self, kind: RunKind, queued: Duration) {
        self.run_queue.get_or_create(&KindLabels { kind: kind.as_str() }).observe(queued.as_secs_f64());
    }

    /// A run that began at `started` ended.
    pub fn run_ended(&self, kind: RunKind, end: &EndOfRun, started: Option<Timestamp>) {
        let outcome = if end.succeeded { "success" } else { "failure" };
        let kind = kind.as_str();
        self.runs.get_or_create(&RunLabels { kind, outcome, reason: end.run.reason.clone() }).inc();
        if let Some(started) = started {
            let took = end.completed.duration_since(started).as_secs_f64().max(0.0);
            self.run_duration.get_or_create(&OutcomeLabels { kind, outcome }).observe(took);
        }
    }

    /// So many commits of a run were replaced by other writers.
    pub fn commits_overwritten(&self, commits: i64) {
        self.overwritten_commits.inc_by(u64::try_from(commits).unwrap_or(0));
    }

    /// An inspection ended.
    pub fn inspection_ended(&self, reason: EndReason) {
        self.inspections.get_or_create(&ReasonLabels { reason: reason.as_str() }).inc();
    }

    /// Whether this process acts.
    pub fn leads(&self, leads: bool) {
        self.leader.set(i64::from(leads));
    }

    /// All measurements as OpenMetrics text.
    pub fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry.lock().unwrap_or_else(PoisonError::into_inner))?;
        Ok(text)
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use weir_crds::LastRun;

    use super::*;

    #[test]
    fn measurements_have_the_names_that_dashboards_know() {
        let metrics = Metrics::new();
        metrics.reconciled("table", Duration::from_millis(3), Some(&Error::LeaseLost("x".into())));
        let end = EndOfRun {
            run: LastRun {
                kind: RunKind::CompactionJob,
                name: "orders-1".into(),
                uid: "u".into(),
                reason: "CommitConflict".into(),
                message: String::new(),
            },
            succeeded: false,
            completed: Timestamp::UNIX_EPOCH,
            table: None,
        };
        metrics.run_ended(RunKind::CompactionJob, &end, Some(Timestamp::UNIX_EPOCH));
        metrics.commits_overwritten(2);
        let text = metrics.text().unwrap();
        for line in [
            "weir_operator_reconcile_total{controller=\"table\",result=\"error\"} 1",
            "weir_operator_reconcile_errors_total{controller=\"table\",reason=\"LeaseLost\"} 1",
            "weir_operator_reconcile_duration_seconds_count{controller=\"table\"} 1",
            "weir_operator_runs_total{kind=\"CompactionJob\",outcome=\"failure\",reason=\"CommitConflict\"} 1",
            "weir_operator_run_duration_seconds_count{kind=\"CompactionJob\",outcome=\"failure\"} 1",
            "weir_operator_overwritten_commits_total 2",
            "weir_operator_leader 0",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
        assert!(!text.contains("orders-1"), "no object's name is a label");
    }
}
