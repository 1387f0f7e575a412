//! What people see when something is wrong.

use std::sync::Arc;

use anyhow::Result;
use serde_json::{Value, json};
use weir_tests::oracle::Row;
use weir_tests::suite::Environment;

use crate::lake::{Lake, TABLE, orders};

pub(crate) async fn a_wrong_secret(environment: Arc<Environment>) -> Result<()> {
    let lake = Lake::new(environment, "wrong-secret").await?;
    lake.write_orders(1)?;
    lake.objects.create_secret("wrong", lake.environment().s3.access_key(), "not the key").await?;
    let mut spec = lake.table_spec(&json!({}));
    for reference in ["accessKeyIdSecretRef", "secretAccessKeySecretRef"] {
        spec["storage"]["s3"][reference]["name"] = json!("wrong");
    }
    let message = not_ready(&lake, &spec, "PermissionDenied").await?;
    assert!(!message.contains("not the key"), "{message}");
    Ok(())
}

pub(crate) async fn a_missing_bucket(environment: Arc<Environment>) -> Result<()> {
    let lake = Lake::new(environment, "missing-bucket").await?;
    let mut spec = lake.table_spec(&json!({}));
    spec["location"] = json!("s3://no-such-bucket/warehouse/default.db/orders");
    let message = not_ready(&lake, &spec, "StorageUnavailable").await?;
    assert!(message.contains("no-such-bucket"), "{message}");
    Ok(())
}

pub(crate) async fn a_missing_table(environment: Arc<Environment>) -> Result<()> {
    let lake = Lake::new(environment, "missing-table").await?;
    let message = not_ready(&lake, &lake.table_spec(&json!({})), "TableNotFound").await?;
    assert!(message.contains(lake.table.location()), "{message}");
    Ok(())
}

pub(crate) async fn an_unsupported_table(environment: Arc<Environment>) -> Result<()> {
    let lake = Lake::new(environment, "unsupported").await?;
    lake.engines.java.create(&lake.table, &orders().option("merge-engine", "partial-update"))?;
    for version in 0..6 {
        lake.engines.java.write(&lake.table, &[Row::insert(json!([1, "text", version]))])?;
    }
    let before = lake.listing()?;
    let maintenance = json!({"compaction": {"schedule": "* * * * *"}});
    let message = not_ready(&lake, &lake.table_spec(&maintenance), "UnsupportedTable").await?;
    assert!(message.contains("merge-engine"), "{message}");
    assert_eq!(lake.listing()?, before);
    Ok(())
}

/// Creates the Table and waits until it is not ready for this reason; the message.
async fn not_ready(lake: &Lake, spec: &Value, reason: &str) -> Result<String> {
    lake.objects.create_table(TABLE, spec).await?;
    let (found, message) = lake.objects.wait_for_ready(TABLE, "False").await?;
    assert_eq!(found, reason, "{message}");
    Ok(message)
}
