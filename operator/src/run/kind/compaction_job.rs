use std::collections::BTreeMap;

use weir_contract::{CompactParameters, CompactionResult, Operation, PartitionFilter, RunResult};
use weir_crds::{
    CompactionJob, CompactionJobSpec, CompactionParameters, Maintenance, RunKind, RunRequest, RunStatus,
    Schedule,
};

use super::Run;
use crate::caches::{Caches, RunCache};

impl Run for CompactionJob {
    const KIND: RunKind = RunKind::CompactionJob;
    type Figures = CompactionResult;

    fn request(&self) -> &RunRequest {
        &self.spec.request
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
        Self::new(name, CompactionJobSpec { request: RunRequest::of(table), parameters })
    }

    fn cache(caches: &Caches) -> &RunCache<Self> {
        &caches.compactions
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
}
