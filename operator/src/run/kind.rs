use std::{collections::BTreeMap, fmt::Debug};

use kube::{CustomResourceExt, Resource, core::NamespaceResourceScope};
use serde::{Serialize, de::DeserializeOwned};
use weir_contract::{
    CompactParameters, CompactionResult, ExpiryResult, MaintainParameters, Operation, PartitionFilter,
    RunResult,
};
use weir_crds::{
    CompactionJob, CompactionJobSpec, CompactionParameters, ExpiryParameters, Maintenance, Resources,
    RunKind, RunStatus, Schedule, SnapshotExpiry, SnapshotExpirySpec, TableRef,
};

use crate::caches::{Caches, RunCache};

/// What the reconciler needs to know of a kind of run.
pub trait Run:
    Resource<DynamicType = (), Scope = NamespaceResourceScope>
    + CustomResourceExt
    + Clone
    + Debug
    + Serialize
    + DeserializeOwned
    + Send
    + Sync
    + 'static
{
    /// The kind.
    const KIND: RunKind;
    /// Figures of the result.
    type Figures: Clone + Debug + PartialEq + Serialize + Send + Sync;

    /// The asked table, suspension and limits.
    fn request(&self) -> Request<'_>;
    /// The verb with its parameters.
    fn operation(&self) -> Operation;
    /// Table options that the run overrides, and whether it only plans.
    fn modifiers(&self) -> (BTreeMap<String, String>, bool);
    /// The stored status.
    fn status(&self) -> Option<&RunStatus<Self::Figures>>;
    /// The figures within what a pod reported.
    fn figures(result: &RunResult) -> Option<Self::Figures>;
    /// The schedule of this kind.
    fn schedule(maintenance: &Maintenance) -> Option<&Schedule>;
    /// A run of `table` with the parameters of its schedule.
    fn scheduled(table: &str, name: &str, maintenance: &Maintenance) -> Self;
    /// Where runs of this kind are cached.
    fn cache(caches: &Caches) -> &RunCache<Self>;
}

/// The part of a run's spec that all kinds share.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Name of the Table.
    pub table: &'a str,
    /// Whether the run is held back.
    pub suspend: bool,
    /// Replacement of the template's resources.
    pub resources: Option<&'a Resources>,
    /// Replacement of the template's retries.
    pub backoff_limit: Option<i32>,
    /// Replacement of the template's deadline.
    pub active_deadline_seconds: Option<i64>,
    /// Seconds after its end at which the run deletes itself.
    pub ttl_seconds_after_finished: Option<i32>,
}

impl Run for CompactionJob {
    const KIND: RunKind = RunKind::CompactionJob;
    type Figures = CompactionResult;

    fn request(&self) -> Request<'_> {
        let CompactionJobSpec {
            table_ref,
            suspend,
            parameters: _,
            resources,
            backoff_limit,
            active_deadline_seconds,
            ttl_seconds_after_finished,
        } = &self.spec;
        Request {
            table: &table_ref.name,
            suspend: *suspend,
            resources: resources.as_ref(),
            backoff_limit: *backoff_limit,
            active_deadline_seconds: *active_deadline_seconds,
            ttl_seconds_after_finished: *ttl_seconds_after_finished,
        }
    }

    fn operation(&self) -> Operation {
        let CompactionParameters {
            strategy,
            partitions,
            condition,
            buckets,
            partition_idle_time,
            max_input_bytes,
            verify,
            options: _,
            dry_run: _,
        } = self.spec.parameters.clone().unwrap_or_default();
        Operation::Compact(CompactParameters {
            strategy: strategy.unwrap_or_default(),
            partitions: partitions.into_iter().map(PartitionFilter).collect(),
            condition,
            buckets,
            partition_idle_time,
            max_input_bytes: max_input_bytes.map(|bytes| bytes.to_string()),
            verify,
        })
    }

    fn modifiers(&self) -> (BTreeMap<String, String>, bool) {
        let parameters = self.spec.parameters.clone().unwrap_or_default();
        (parameters.options, parameters.dry_run)
    }

    fn status(&self) -> Option<&RunStatus<CompactionResult>> {
        self.status.as_ref()
    }

    fn figures(result: &RunResult) -> Option<CompactionResult> {
        result.compaction.clone()
    }

    fn schedule(maintenance: &Maintenance) -> Option<&Schedule> {
        maintenance.compaction.as_ref().map(|block| &block.schedule)
    }

    fn scheduled(table: &str, name: &str, maintenance: &Maintenance) -> Self {
        let parameters = maintenance.compaction.as_ref().and_then(|block| block.parameters.clone());
        let table_ref = TableRef { name: table.to_owned() };
        Self::new(name, CompactionJobSpec { table_ref, parameters, ..CompactionJobSpec::default() })
    }

    fn cache(caches: &Caches) -> &RunCache<Self> {
        &caches.compactions
    }
}

impl Run for SnapshotExpiry {
    const KIND: RunKind = RunKind::SnapshotExpiry;
    type Figures = ExpiryResult;

    fn request(&self) -> Request<'_> {
        let SnapshotExpirySpec {
            table_ref,
            suspend,
            parameters: _,
            resources,
            backoff_limit,
            active_deadline_seconds,
            ttl_seconds_after_finished,
        } = &self.spec;
        Request {
            table: &table_ref.name,
            suspend: *suspend,
            resources: resources.as_ref(),
            backoff_limit: *backoff_limit,
            active_deadline_seconds: *active_deadline_seconds,
            ttl_seconds_after_finished: *ttl_seconds_after_finished,
        }
    }

    fn operation(&self) -> Operation {
        let ExpiryParameters {
            include,
            consumers_idle_for,
            time_zone,
            older_than,
            retain_min,
            retain_max,
            max_deletes,
            options: _,
            dry_run: _,
        } = self.spec.parameters.clone().unwrap_or_default();
        let count = |number: Option<i32>| number.and_then(|number| u32::try_from(number).ok());
        Operation::Maintain(MaintainParameters {
            include,
            consumers_idle_for,
            time_zone,
            retain_min: count(retain_min),
            retain_max: count(retain_max),
            older_than,
            max_deletes: count(max_deletes),
        })
    }

    fn modifiers(&self) -> (BTreeMap<String, String>, bool) {
        let parameters = self.spec.parameters.clone().unwrap_or_default();
        (parameters.options, parameters.dry_run)
    }

    fn status(&self) -> Option<&RunStatus<ExpiryResult>> {
        self.status.as_ref()
    }

    fn figures(result: &RunResult) -> Option<ExpiryResult> {
        result.expiry.clone()
    }

    fn schedule(maintenance: &Maintenance) -> Option<&Schedule> {
        maintenance.snapshot_expiry.as_ref().map(|block| &block.schedule)
    }

    fn scheduled(table: &str, name: &str, maintenance: &Maintenance) -> Self {
        let parameters = maintenance.snapshot_expiry.as_ref().and_then(|block| block.parameters.clone());
        let table_ref = TableRef { name: table.to_owned() };
        Self::new(name, SnapshotExpirySpec { table_ref, parameters, ..SnapshotExpirySpec::default() })
    }

    fn cache(caches: &Caches) -> &RunCache<Self> {
        &caches.expiries
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use weir_contract::Invocation;

    use super::*;

    #[test]
    fn every_parameter_of_a_compaction_reaches_the_command_line() {
        let job: CompactionJob = serde_json::from_value(json!({
            "apiVersion": "weir.dev/v1alpha1",
            "kind": "CompactionJob",
            "metadata": {"name": "orders-1"},
            "spec": {"tableRef": {"name": "orders"}, "parameters": {
                "strategy": "Minor",
                "where": "dt >= '2026-11-01' AND region IN ('eu', 'us')",
                "buckets": "0-99,120",
                "partitionIdleTime": "24h",
                "maxInputBytes": "10Gi",
                "verify": true,
                "options": {"commit.max-retries": "3"},
                "dryRun": true,
            }},
        }))
        .unwrap();
        let (options, dry_run) = job.modifiers();
        let location = "s3://lake/orders".to_owned();
        let asked =
            Invocation { operation: job.operation(), location, dry_run, options, run: None, owner: None };
        assert_eq!(
            asked.args(),
            [
                "compact",
                "s3://lake/orders",
                "--strategy=minor",
                "--where=dt >= '2026-11-01' AND region IN ('eu', 'us')",
                "--buckets=0-99,120",
                "--partition-idle-time=24h",
                "--max-input-bytes=10Gi",
                "--option=commit.max-retries=3",
                "--verify",
                "--dry-run",
            ]
        );
    }

    #[test]
    fn every_parameter_of_an_expiry_reaches_the_command_line() {
        let expiry: SnapshotExpiry = serde_json::from_value(json!({
            "apiVersion": "weir.dev/v1alpha1",
            "kind": "SnapshotExpiry",
            "metadata": {"name": "orders-1"},
            "spec": {"tableRef": {"name": "orders"}, "parameters": {
                "include": ["Tags", "Snapshots"],
                "retainMin": 5,
                "retainMax": 50,
                "maxDeletes": 500,
                "olderThan": "72h",
                "consumersIdleFor": "240h",
                "timeZone": "Europe/Berlin",
            }},
        }))
        .unwrap();
        let (options, dry_run) = expiry.modifiers();
        let location = "s3://lake/orders".to_owned();
        let asked =
            Invocation { operation: expiry.operation(), location, dry_run, options, run: None, owner: None };
        assert_eq!(
            asked.args(),
            [
                "maintain",
                "s3://lake/orders",
                "--include=tags",
                "--include=snapshots",
                "--retain-min=5",
                "--retain-max=50",
                "--max-deletes=500",
                "--older-than=72h",
                "--consumers-idle-for=240h",
                "--time-zone=Europe/Berlin",
            ]
        );
    }
}
