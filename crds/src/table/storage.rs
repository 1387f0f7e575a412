use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How to reach the object store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct Storage {
    /// Amazon S3, or a store that speaks its protocol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub s3: Option<S3Storage>,
}

/// Amazon S3, or a store that speaks its protocol.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "has(self.accessKeyIdSecretRef) == has(self.secretAccessKeySecretRef)",
    "accessKeyIdSecretRef and secretAccessKeySecretRef go together"
))]
#[x_kube(validation = (
    "!has(self.sessionTokenSecretRef) || has(self.accessKeyIdSecretRef)",
    "sessionTokenSecretRef needs accessKeyIdSecretRef"
))]
pub struct S3Storage {
    /// URL of the store, for example `http://minio:9000`. Unset: Amazon's endpoint of the region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 8, max = 512), regex(pattern = r"^https?://[^/?#\s@]+/?$"))]
    pub endpoint: Option<String>,
    /// Region of the bucket, for example `eu-west-1`. Unset: the pod's environment, else `us-east-1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63), regex(pattern = r"^[a-z0-9-]+$"))]
    pub region: Option<String>,
    /// Whether the bucket is named in the path instead of the host, which most stores other than Amazon's need.
    /// Default: false.
    #[serde(default)]
    pub path_style_access: bool,
    /// The access key. Unset: the pod's ambient identity, such as a workload identity of its ServiceAccount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_key_id_secret_ref: Option<SecretKeyRef>,
    /// The secret key that belongs to the access key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_access_key_secret_ref: Option<SecretKeyRef>,
    /// The session token of a temporary access key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_token_secret_ref: Option<SecretKeyRef>,
}

/// One key of a Secret in the namespace of the Table. Only pods read it, never the operator.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct SecretKeyRef {
    /// Name of the Secret.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// Key within the Secret.
    #[schemars(length(min = 1, max = 253))]
    pub key: String,
}
