//! The manifests of `examples/`, with the demo's own storage in them.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::Deserialize as _;
use serde_json::{Value, json};
use weir_tests::cluster::Cluster;
use weir_tests::s3::S3Server;
use weir_tests::{process, product, workspace};

/// Applies `examples/table.yaml` with the location and the S3 server of the demo, and the Secret that it names; the
/// name of the Table.
pub(crate) fn apply_table(
    cluster: &Cluster,
    server: &S3Server,
    namespace: &str,
    location: &str,
) -> Result<String> {
    process::output(cluster.kubectl().args(["create", "namespace", namespace]))?;
    let mut table = read("table.yaml")?
        .into_iter()
        .find(|document| document["kind"] == "Table")
        .context("examples/table.yaml has no Table")?;
    table["spec"]["location"] = json!(location);
    let storage = &mut table["spec"]["storage"]["s3"];
    storage["endpoint"] = json!(server.endpoint());
    storage["region"] = json!(server.region());
    let secret = secret(storage, server)?;
    let name = table["metadata"]["name"].as_str().context("a Table without a name")?.to_owned();
    apply(cluster, namespace, "table", &[secret, table])?;
    Ok(name)
}

/// Applies `examples/compaction-job.yaml` with the resources of the Table, which fit on small machines; its name.
pub(crate) fn apply_compaction(cluster: &Cluster, namespace: &str) -> Result<String> {
    let mut run = read_only("compaction-job.yaml")?;
    if let Some(spec) = run["spec"].as_object_mut() {
        spec.remove("resources");
    }
    apply_run(cluster, namespace, run)
}

/// Applies `examples/snapshot-expiry.yaml` as more than a preview, for snapshots as young as the demo's; its name.
pub(crate) fn apply_expiry(cluster: &Cluster, namespace: &str) -> Result<String> {
    let mut run = read_only("snapshot-expiry.yaml")?;
    let parameters = &mut run["spec"]["parameters"];
    parameters["dryRun"] = json!(false);
    parameters["olderThan"] = json!("0s");
    parameters["retainMin"] = json!(1);
    parameters["retainMax"] = json!(3);
    apply_run(cluster, namespace, run)
}

fn apply_run(cluster: &Cluster, namespace: &str, run: Value) -> Result<String> {
    let name = run["metadata"]["name"].as_str().context("an example without a name")?.to_owned();
    apply(cluster, namespace, "run", &[run])?;
    Ok(name)
}

fn read_only(file: &str) -> Result<Value> {
    read(file)?.pop().with_context(|| format!("examples/{file} is empty"))
}

/// The Secret that the storage of a Table refers to.
fn secret(storage: &Value, server: &S3Server) -> Result<Value> {
    let mut data = serde_json::Map::new();
    let keys =
        [("accessKeyIdSecretRef", server.access_key()), ("secretAccessKeySecretRef", server.secret_key())];
    for (reference, value) in keys {
        let key =
            storage[reference]["key"].as_str().with_context(|| format!("no {reference} in the example"))?;
        data.insert(key.to_owned(), json!(value));
    }
    let name = &storage["accessKeyIdSecretRef"]["name"];
    Ok(json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": data}))
}

fn apply(cluster: &Cluster, namespace: &str, name: &str, documents: &[Value]) -> Result<()> {
    let items: Vec<Value> = documents
        .iter()
        .cloned()
        .map(|mut document| {
            if let Some(metadata) = document["metadata"].as_object_mut() {
                metadata.remove("namespace");
            }
            document
        })
        .collect();
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
    let file =
        tempfile::Builder::new().prefix(name).suffix(".json").tempfile().context("making a manifest")?;
    fs::write(file.path(), list.to_string()).context("writing a manifest")?;
    product::apply(cluster, namespace, file.path())
}

fn read(file: &str) -> Result<Vec<Value>> {
    let path: PathBuf = workspace::root().join("examples").join(file);
    let content = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    serde_yaml_ng::Deserializer::from_str(&content)
        .map(|document| Value::deserialize(document).with_context(|| format!("parsing {}", path.display())))
        .collect()
}
