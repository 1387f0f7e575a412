use std::collections::BTreeMap;

use weir_contract::{ExpiryResult, MaintainParameters, Operation, RunResult};
use weir_crds::{
    ExpiryParameters, Maintenance, RunKind, RunRequest, RunStatus, Schedule, SnapshotExpiry,
    SnapshotExpirySpec,
};

use super::Run;
use crate::caches::{Caches, RunCache};

impl Run for SnapshotExpiry {
    const KIND: RunKind = RunKind::SnapshotExpiry;
    type Figures = ExpiryResult;

    fn request(&self) -> &RunRequest {
        &self.spec.request
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
        Self::new(name, SnapshotExpirySpec { request: RunRequest::of(table), parameters })
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
