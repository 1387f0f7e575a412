//! The harness's own cluster: what scenarios may rely on.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{ListParams, PostParams};
use kube::{Api, Client};
use object_store::aws::AmazonS3Builder;
use serde_json::json;
use weir_storage::{Create, Storage};
use weir_tests::cluster::{ClusterOptions, Nodes};
use weir_tests::image::Image;
use weir_tests::suite::{Environment, Suite};
use weir_tests::{tools, workspace};

fn main() -> ExitCode {
    Suite::default()
        .scenario("runs_a_pod_to_its_end", runs_a_pod_to_its_end)
        .scenario("the_s3_server_creates_an_object_only_once", the_s3_server_creates_an_object_only_once)
        .scenario("namespaces_are_new_each_time", namespaces_are_new_each_time)
        .run(|| {
            let mut options = ClusterOptions::new("cluster", Nodes::One);
            options.manifests = vec![workspace::root().join("crds/yaml")];
            options.images = vec![helm_image()?];
            Ok(options)
        })
}

/// A program that ends by itself: `helm version`.
fn helm_image() -> Result<Image> {
    let program = tools::program(&tools::helm()?, "helm");
    Image::of_program("weir.dev/helm", &program)
}

async fn runs_a_pod_to_its_end(environment: Arc<Environment>) -> Result<()> {
    let client = environment.cluster.client().await?;
    let namespace = environment.cluster.namespace("pod").await?;
    let jobs: Api<Job> = Api::namespaced(client.clone(), &namespace);
    let container = json!({
        "name": "helm", "image": helm_image()?.reference(), "args": ["version"], "imagePullPolicy": "Never",
        "env": [{"name": "HOME", "value": "/tmp"}],
        "securityContext": {"runAsUser": 65532, "runAsNonRoot": true, "capabilities": {"drop": ["ALL"]}},
    });
    let job: Job = serde_json::from_value(json!({
        "metadata": {"name": "version"},
        "spec": {"backoffLimit": 0, "template": {"spec": {"restartPolicy": "Never", "containers": [container]}}},
    }))?;
    jobs.create(&PostParams::default(), &job).await?;
    for _ in 0..200 {
        let status = jobs.get("version").await?.status.unwrap_or_default();
        if status.succeeded == Some(1) {
            let log = log_of_only_pod(client, &namespace).await?;
            assert!(log.contains("v3.22"), "unexpected log: {log}");
            return Ok(());
        }
        if status.failed.is_some() {
            bail!("the job failed: {status:?}");
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("the job did not end")
}

async fn log_of_only_pod(client: Client, namespace: &str) -> Result<String> {
    let pods: Api<Pod> = Api::namespaced(client, namespace);
    let pod = pods.list(&ListParams::default()).await?.items.pop().context("no pod")?;
    Ok(pods.logs(&pod.metadata.name.context("no name")?, &kube::api::LogParams::default()).await?)
}

async fn the_s3_server_creates_an_object_only_once(environment: Arc<Environment>) -> Result<()> {
    let server = &environment.s3;
    server.create_bucket("conditional")?;
    let store = AmazonS3Builder::new()
        .with_endpoint(server.endpoint())
        .with_region(server.region())
        .with_access_key_id(server.access_key())
        .with_secret_access_key(server.secret_key())
        .with_bucket_name("conditional")
        .with_allow_http(true)
        .build()?;
    let storage = Storage::metered(Arc::new(store), 1000, "s3://conditional/table".parse()?);
    let snapshot = "snapshot/snapshot-1";
    assert!(matches!(storage.create(snapshot, "first".into()).await?, Create::Created));

    let second = storage.create(snapshot, "second".into()).await?;
    assert!(matches!(&second, Create::Exists(content) if content == "first"), "{second:?}");
    assert_eq!(storage.read(snapshot).await?, "first");
    Ok(())
}

async fn namespaces_are_new_each_time(environment: Arc<Environment>) -> Result<()> {
    let first = environment.cluster.namespace("same").await?;
    let second = environment.cluster.namespace("same").await?;
    assert_ne!(first, second);
    Ok(())
}
