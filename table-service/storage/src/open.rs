use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, S3CopyIfNotExists};
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig};

use crate::local::HiddenStaging;
use crate::{Error, ErrorKind, Location, Result, Scheme};

/// A store with what the meter needs to know about it.
pub(crate) struct Opened {
    pub(crate) store: Arc<dyn ObjectStore>,
    /// Keys that one delete request can carry.
    pub(crate) delete_batch: u64,
}

/// Opens the store of a location. Credentials, region and endpoint come from the environment under the names
/// that `object_store` reads (`AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL`, …).
pub(crate) fn open(location: &Location) -> Result<Opened> {
    match location.scheme() {
        Scheme::File => Ok(Opened { store: Arc::new(HiddenStaging::default()), delete_batch: 1 }),
        Scheme::S3 => open_s3(location),
    }
}

fn open_s3(location: &Location) -> Result<Opened> {
    // A second installation fails harmlessly: the provider is then the one that is already there.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let plain_http = endpoint_variables().any(|value| value.starts_with("http://"));
    let client = ClientOptions::new()
        .with_allow_http(plain_http)
        .with_connect_timeout(Duration::from_secs(5))
        .with_timeout(Duration::from_mins(1));
    let retry = RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(5),
            base: 2.0,
        },
        max_retries: 6,
        retry_timeout: Duration::from_mins(1),
    };
    let store = AmazonS3Builder::from_env()
        .with_bucket_name(location.bucket())
        .with_client_options(client)
        .with_retry(retry)
        .with_copy_if_not_exists(S3CopyIfNotExists::Multipart)
        .build()
        .map_err(|error| {
            let error = Error::from_store("open", location.to_string(), &error);
            Error::new(ErrorKind::Invalid, "open", location.to_string(), error.cause())
        })?;
    Ok(Opened { store: Arc::new(store), delete_batch: 1000 })
}

fn endpoint_variables() -> impl Iterator<Item = String> {
    ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
}
