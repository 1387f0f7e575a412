//! A namespace per test.

use std::time::Duration;

use anyhow::Result;
use k8s_openapi::api::core::v1::{Namespace, ServiceAccount};
use kube::api::{ObjectMeta, PostParams};
use kube::{Api, Client};
use uuid::Uuid;

use super::wait;

/// Makes a namespace and waits for its default `ServiceAccount`, without which no pod can be made.
pub(super) async fn create(client: Client, prefix: &str) -> Result<String> {
    let unique = Uuid::new_v4().simple().to_string();
    let name = format!("{prefix}-{}", &unique[..8]);
    let namespace = Namespace {
        metadata: ObjectMeta { name: Some(name.clone()), ..ObjectMeta::default() },
        ..Namespace::default()
    };
    Api::all(client.clone()).create(&PostParams::default(), &namespace).await?;
    let accounts: Api<ServiceAccount> = Api::namespaced(client, &name);
    wait::until("the namespace's default ServiceAccount", Duration::from_secs(30), async || {
        Ok(accounts.get_opt("default").await?.is_some())
    })
    .await?;
    Ok(name)
}
