//! Waiting for the Table and its runs, with what they say in the end.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use kube::{Api, Client};
use weir_crds::{CompactionJob, RunPhase, RunState, SnapshotExpiry, Table};

/// How long the Table or a run may take.
const LIMIT: Duration = Duration::from_mins(2);
const INTERVAL: Duration = Duration::from_millis(200);

/// Waits until the Table is ready.
pub(crate) async fn wait_for_table(client: &Client, namespace: &str, name: &str) -> Result<()> {
    let tables: Api<Table> = Api::namespaced(client.clone(), namespace);
    let deadline = Instant::now() + LIMIT;
    loop {
        let table = tables.get(name).await?;
        let conditions = table.status.as_ref().map(|status| status.conditions.as_slice()).unwrap_or_default();
        let ready = conditions.iter().find(|condition| condition.type_ == "Ready");
        match ready.map(|condition| condition.status.as_str()) {
            Some("True") => return Ok(()),
            _ if Instant::now() > deadline => bail!("the Table is not ready: {ready:?}"),
            _ => tokio::time::sleep(INTERVAL).await,
        }
    }
}

/// Waits until the `CompactionJob` has succeeded.
pub(crate) async fn wait_for_compaction(client: &Client, namespace: &str, name: &str) -> Result<String> {
    let runs: Api<CompactionJob> = Api::namespaced(client.clone(), namespace);
    wait(async || Ok(runs.get(name).await?.status.map(|status| status.state))).await
}

/// Waits until the `SnapshotExpiry` has succeeded.
pub(crate) async fn wait_for_expiry(client: &Client, namespace: &str, name: &str) -> Result<String> {
    let runs: Api<SnapshotExpiry> = Api::namespaced(client.clone(), namespace);
    wait(async || Ok(runs.get(name).await?.status.map(|status| status.state))).await
}

async fn wait(mut state: impl AsyncFnMut() -> Result<Option<RunState>>) -> Result<String> {
    let deadline = Instant::now() + LIMIT;
    loop {
        let state = state().await?;
        let phase = state.as_ref().and_then(|state| state.phase);
        match (phase, state) {
            (Some(RunPhase::Succeeded), Some(state)) => {
                let snapshot = |id: Option<String>| id.unwrap_or_else(|| "none".to_owned());
                return Ok(format!(
                    "snapshot {} to {}",
                    snapshot(state.snapshot_before),
                    snapshot(state.snapshot_after)
                ));
            }
            (Some(phase), state) if phase.is_terminal() => bail!("the run ended with {phase:?}: {state:#?}"),
            (_, state) if Instant::now() > deadline => bail!("the run has not ended: {state:#?}"),
            _ => tokio::time::sleep(INTERVAL).await,
        }
    }
}
