//! Why the operator could not go on.

use std::time::Duration;

/// Why a reconcile, or the operator as a whole, could not go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A request to the API server failed.
    #[error("{action} {object}: {source}")]
    Api {
        /// What was attempted, as a verb and a kind.
        action: &'static str,
        /// Name of the object.
        object: String,
        /// Why it failed.
        #[source]
        source: Box<kube::Error>,
    },
    /// The object in the cache is older than the one on the server; the next event brings it.
    #[error("{object} changed meanwhile")]
    Outdated {
        /// Name of the object.
        object: String,
    },
    /// A reconcile took too long.
    #[error("no result after {0:?}")]
    Timeout(Duration),
    /// There is no usable configuration of a cluster.
    #[error("find the cluster: {0}")]
    Configuration(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A port could not be opened.
    #[error("listen on {address}: {source}")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Another operator may act now.
    #[error("the leader Lease {0} is lost")]
    LeaseLost(String),
}

impl Error {
    /// A request to do `action` to `object` failed.
    pub fn api(action: &'static str, object: &str, source: kube::Error) -> Self {
        Self::Api { action, object: object.to_owned(), source: Box::new(source) }
    }

    /// A word of a closed set for metrics.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Api { source, .. } => match source.as_ref() {
                kube::Error::Api(status) if status.is_conflict() => "Conflict",
                kube::Error::Api(status) if status.is_forbidden() => "Forbidden",
                kube::Error::Api(status) if status.is_not_found() => "NotFound",
                kube::Error::Api(status) if status.is_invalid() => "Invalid",
                kube::Error::Api(_) => "Api",
                _ => "Connection",
            },
            Self::Outdated { .. } => "Outdated",
            Self::Timeout(_) => "Timeout",
            Self::Configuration(_) => "Configuration",
            Self::Listen { .. } => "Listen",
            Self::LeaseLost(_) => "LeaseLost",
        }
    }

    /// Whether the cause is only that the cache lags behind the server.
    pub fn is_outdated(&self) -> bool {
        match self {
            Self::Outdated { .. } => true,
            Self::Api { source, .. } => {
                matches!(source.as_ref(), kube::Error::Api(status) if status.is_conflict())
            }
            _ => false,
        }
    }
}
