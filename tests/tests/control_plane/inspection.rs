use std::sync::Arc;

use anyhow::{Context as _, Result};
use futures::future::try_join_all;
use k8s_openapi::api::batch::v1::Job;
use serde_json::json;
use weir_contract::ExitCode;
use weir_crds::Table;
use weir_tests::suite::Environment;

use crate::kubelet::End;
use crate::stage::{Stage, ready};

pub(crate) async fn an_unusable_table_says_why(environment: Arc<Environment>) -> Result<()> {
    let stage = Stage::new(&environment, "unusable").await?;
    let causes = [
        (ExitCode::Unsupported, "TableNotFound", true),
        (ExitCode::Unsupported, "UnsupportedTable", true),
        (ExitCode::Permission, "PermissionDenied", true),
    ];
    let tables = causes.iter().map(async |(code, reason, stalled)| {
        let name = reason.to_lowercase();
        stage.table(&name, json!({})).await?;
        let end = End::reported(*code, "Inspect", "Failed", reason, json!({}));
        stage.kubelet.end_inspection(&name, end).await?;
        let table: Table =
            stage.until(&name, "is refused", |table: &Table| ready(table).0 == "False").await?;
        assert_eq!(ready(&table).1, *reason);
        let conditions = table.status.unwrap_or_default().conditions;
        assert_eq!(conditions.iter().any(|it| it.type_ == "Stalled"), *stalled);
        let message = &conditions.iter().find(|it| it.type_ == "Ready").context("no condition")?.message;
        assert_eq!(*message, format!("the pod says {reason}"));
        anyhow::Ok(())
    });
    try_join_all(tables).await?;
    Ok(())
}

pub(crate) async fn a_changed_store_is_inspected_anew(environment: Arc<Environment>) -> Result<()> {
    let stage = Stage::new(&environment, "changed").await?;
    stage.ready_table("orders", json!({})).await?;
    let storage = json!({"spec": {"storage": {"s3": {"endpoint": "http://other:9000"}}}});
    stage.patch::<Table>("orders", storage).await?;
    stage.until("orders", "is being inspected", |table: &Table| ready(table).1 == "Inspecting").await?;
    stage.kubelet.end_inspection("orders", End::done("Inspect")).await?;
    let table: Table = stage.until("orders", "is ready", |table: &Table| ready(table).0 == "True").await?;
    let inspection = table.status.and_then(|status| status.inspection).unwrap_or_default();
    assert_eq!(inspection.count, 2);
    Ok(())
}

pub(crate) async fn the_older_of_two_tables_on_one_location_acts(
    environment: Arc<Environment>,
) -> Result<()> {
    let stage = Stage::new(&environment, "conflict").await?;
    let outer = format!("s3://lake/{}/warehouse", stage.namespace);
    stage.ready_table("older", json!({"location": outer})).await?;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    stage.table("younger", json!({"location": format!("{outer}/orders")})).await?;
    stage.until("younger", "is refused", |table: &Table| ready(table).1 == "LocationConflict").await?;
    let jobs = stage.list::<Job>().await?;
    assert!(
        !jobs.iter().any(|job| job.metadata.name.as_deref().is_some_and(|name| name.starts_with("younger"))),
        "nothing looks at a contested location"
    );
    stage.delete::<Table>("older").await?;
    stage.kubelet.end_inspection("younger", End::done("Inspect")).await?;
    stage.until("younger", "is ready", |table: &Table| ready(table).0 == "True").await?;
    Ok(())
}
