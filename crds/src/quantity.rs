use std::{borrow::Cow, collections::BTreeMap, fmt};

use k8s_openapi::{
    api::core::v1::ResourceRequirements,
    apimachinery::pkg::{api::resource::Quantity, util::intstr::IntOrString},
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// What a quantity may look like; the pattern that Kubernetes itself publishes.
pub(crate) const QUANTITY_PATTERN: &str = r"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$";

/// What a number of bytes may look like: a quantity that is neither negative nor less than a byte.
const BYTES_PATTERN: &str = r"^[0-9]{1,15}(\.[0-9]{1,3})?([KMGTP]i|[kMGTP])?$";

/// CPU and memory of a container.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct Resources {
    /// What the scheduler reserves, for example `{cpu: "2", memory: 4Gi}`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 16))]
    pub requests: BTreeMap<String, ContainerQuantity>,
    /// What the container may use at most. The table service sizes its memory by the memory limit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 16))]
    pub limits: BTreeMap<String, ContainerQuantity>,
}

/// A Kubernetes quantity as people write it: `2` or `500m` or `4Gi`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ContainerQuantity(pub IntOrString);

/// A number of bytes as people write it: `1000000` or `128Mi` or `10Gi`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ByteQuantity(pub IntOrString);

impl fmt::Display for ByteQuantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            IntOrString::Int(value) => value.fmt(f),
            IntOrString::String(value) => value.fmt(f),
        }
    }
}

impl JsonSchema for ByteQuantity {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "ByteQuantity".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "x-kubernetes-int-or-string": true,
            "anyOf": [{"type": "integer"}, {"type": "string"}],
            "minimum": 1,
            "maxLength": 24,
            "pattern": BYTES_PATTERN,
        })
    }
}

impl From<&Resources> for ResourceRequirements {
    fn from(resources: &Resources) -> Self {
        let quantities = |named: &BTreeMap<String, ContainerQuantity>| {
            (!named.is_empty())
                .then(|| named.iter().map(|(name, value)| (name.clone(), value.into())).collect())
        };
        Self {
            requests: quantities(&resources.requests),
            limits: quantities(&resources.limits),
            ..Self::default()
        }
    }
}

impl From<&ContainerQuantity> for Quantity {
    fn from(value: &ContainerQuantity) -> Self {
        Self(match &value.0 {
            IntOrString::Int(value) => value.to_string(),
            IntOrString::String(value) => value.clone(),
        })
    }
}

impl JsonSchema for ContainerQuantity {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Quantity".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "x-kubernetes-int-or-string": true,
            "anyOf": [{"type": "integer"}, {"type": "string"}],
            "maxLength": 32,
            "pattern": QUANTITY_PATTERN,
        })
    }
}
