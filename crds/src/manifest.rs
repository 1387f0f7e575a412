//! The CustomResourceDefinitions as manifests.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt as _;
use serde_json::{Map, Value, json};

use crate::{CompactionJob, SnapshotExpiry, Table};

mod schema;

/// Why a manifest could not be generated.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The definition is not representable as JSON.
    #[error("serialize the definition of {kind}")]
    Serialize {
        /// Kind of the definition.
        kind: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The definition is not representable as YAML.
    #[error("write the definition of {kind} as YAML")]
    Write {
        /// Kind of the definition.
        kind: String,
        /// Why.
        #[source]
        source: serde_yaml_ng::Error,
    },
}

/// One manifest to apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// File name: `<plural>.yaml`.
    pub file_name: String,
    /// The YAML text.
    pub text: String,
}

/// The definitions of every kind, as the API server gets them.
pub fn definitions() -> Result<Vec<Value>, ManifestError> {
    [Table::crd(), CompactionJob::crd(), SnapshotExpiry::crd()].into_iter().map(definition).collect()
}

/// The manifests of every kind.
pub fn manifests() -> Result<Vec<Manifest>, ManifestError> {
    definitions()?
        .iter()
        .map(|definition| {
            let names = &definition["spec"]["names"];
            let kind = names["kind"].as_str().unwrap_or_default();
            let text = serde_yaml_ng::to_string(definition)
                .map_err(|source| ManifestError::Write { kind: kind.to_owned(), source })?;
            let file_name = format!("{}.yaml", names["plural"].as_str().unwrap_or_default());
            Ok(Manifest { file_name, text })
        })
        .collect()
}

fn definition(crd: CustomResourceDefinition) -> Result<Value, ManifestError> {
    let kind = crd.spec.names.kind.clone();
    let mut definition =
        serde_json::to_value(crd).map_err(|source| ManifestError::Serialize { kind, source })?;
    for version in definition["spec"]["versions"].as_array_mut().into_iter().flatten() {
        schema::finish(&mut version["schema"]["openAPIV3Schema"]);
    }
    if let Some(metadata) = definition["metadata"].as_object_mut() {
        metadata.insert("labels".to_owned(), json!({"app.kubernetes.io/part-of": "weir"}));
    }
    Ok(definition)
}

/// The properties of an object schema.
fn properties(schema: &mut Value) -> Option<&mut Map<String, Value>> {
    schema.get_mut("properties")?.as_object_mut()
}
