//! Names of the environment variables of a table-service pod.
//!
//! Credentials and endpoints carry the names that the `object_store` builders read, so that `weir` behaves the
//! same on a laptop and in a pod. Secret values reach a pod only through these, by `secretKeyRef`.

/// Access key of an S3 credential.
pub const AWS_ACCESS_KEY_ID: &str = "AWS_ACCESS_KEY_ID";
/// Secret key of an S3 credential.
pub const AWS_SECRET_ACCESS_KEY: &str = "AWS_SECRET_ACCESS_KEY";
/// Session token of a temporary S3 credential.
pub const AWS_SESSION_TOKEN: &str = "AWS_SESSION_TOKEN";
/// Region of the bucket.
pub const AWS_REGION: &str = "AWS_REGION";
/// Endpoint of an S3-compatible store.
pub const AWS_ENDPOINT_URL: &str = "AWS_ENDPOINT_URL";
/// `true` lets the endpoint be plain HTTP.
pub const AWS_ALLOW_HTTP: &str = "AWS_ALLOW_HTTP";
/// `false` asks for path-style requests.
pub const AWS_VIRTUAL_HOSTED_STYLE_REQUEST: &str = "AWS_VIRTUAL_HOSTED_STYLE_REQUEST";
/// Directory for spilled data; the pod's scratch volume.
pub const TMPDIR: &str = "TMPDIR";
/// Bytes that may be spilled there, as a quantity: the size limit of the scratch volume.
pub const WEIR_SPILL: &str = "WEIR_SPILL";
/// Log filter in `tracing` syntax.
pub const RUST_LOG: &str = "RUST_LOG";

/// Variables that the operator sets itself; a user's `jobTemplate.env` may not name them.
pub const RESERVED: &[&str] = &[
    AWS_ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY,
    AWS_SESSION_TOKEN,
    AWS_REGION,
    AWS_ENDPOINT_URL,
    AWS_ALLOW_HTTP,
    AWS_VIRTUAL_HOSTED_STYLE_REQUEST,
    TMPDIR,
    WEIR_SPILL,
];
