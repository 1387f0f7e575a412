use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use k8s_openapi::api::coordination::v1::Lease;
use serde_json::json;
use weir_crds::Table;
use weir_operator::clock::Clock;
use weir_operator::lease::LeaseTimes;
use weir_operator::operator::Election;
use weir_tests::suite::Environment;

use crate::kubelet::End;
use crate::stage::{Operator, Stage, eventually, ready};

pub(crate) async fn two_operators_share_one_lease(environment: Arc<Environment>) -> Result<()> {
    let stage = Stage::empty(&environment, "election").await?;
    // Long enough that an operator on a busy machine keeps what it holds.
    let times = LeaseTimes {
        duration: Duration::from_secs(10),
        renew_deadline: Duration::from_secs(8),
        retry_period: Duration::from_millis(300),
    };
    let election = || Some(Election { namespace: stage.namespace.clone(), name: "weir".to_owned(), times });
    let start = |identity: &str| {
        Operator::start(stage.client.clone(), &stage.namespace, identity, election(), 0, Clock::default())
    };
    let first = start("first");
    wait_for_holder(&stage, "first").await?;
    let second = start("second");
    stage.table("orders", json!({})).await?;
    stage.kubelet.end_inspection("orders", End::done("Inspect")).await?;
    stage.until("orders", "is ready", |table: &Table| ready(table).0 == "True").await?;
    assert_eq!(holder(&stage).await?.as_deref(), Some("first"));

    first.kill();
    wait_for_holder(&stage, "second").await?;
    stage.table("items", json!({})).await?;
    stage.kubelet.end_inspection("items", End::done("Inspect")).await?;
    stage.until("items", "is ready", |table: &Table| ready(table).0 == "True").await?;

    let third = start("third");
    second.stop().await?;
    wait_for_holder(&stage, "third").await?;
    steal(&stage).await?;
    let ended = eventually(async || Ok(third.has_ended().then_some(()))).await?;
    assert!(ended.is_some(), "an operator that lost its Lease ends");
    assert!(third.stop().await.is_err(), "and says so");
    Ok(())
}

async fn holder(stage: &Stage) -> Result<Option<String>> {
    let lease = stage.api::<Lease>().get_opt("weir").await?;
    Ok(lease.and_then(|lease| lease.spec).and_then(|spec| spec.holder_identity))
}

async fn wait_for_holder(stage: &Stage, identity: &str) -> Result<()> {
    let held = eventually(async || Ok((holder(stage).await?.as_deref() == Some(identity)).then_some(())));
    held.await?.ok_or_else(|| anyhow::anyhow!("{identity} never held the Lease"))
}

/// Somebody else takes the Lease over, as after a long pause of its holder.
async fn steal(stage: &Stage) -> Result<()> {
    stage.patch::<Lease>("weir", json!({"spec": {"holderIdentity": "thief"}})).await?;
    Ok(())
}
