use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use anyhow::{Context, Result};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::uri::{Authority, Scheme};
use http::{Method, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::runtime::Runtime;

use super::S3Server;
use crate::oracle::Storage;

/// A place in front of an S3 server from which every request takes longer, as over a network.
///
/// Connections stay open and bodies are passed on as they come, in both directions; requests wait beside each other.
/// It ends when the value is dropped.
#[derive(Debug)]
pub struct DelayedS3 {
    address: SocketAddr,
    counts: Arc<Counts>,
    storage: Storage,
    _runtime: Runtime,
}

/// Requests that went through.
#[derive(Debug, Default)]
struct Counts {
    gets: AtomicU64,
    others: AtomicU64,
}

#[derive(Clone)]
struct Upstream {
    authority: Authority,
    delay: Duration,
    client: Client<HttpConnector, Body>,
    counts: Arc<Counts>,
}

impl DelayedS3 {
    /// Adds `delay` to every request to `server`, at another port of its address.
    pub fn before(server: &S3Server, delay: Duration) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let counts = Arc::new(Counts::default());
        let upstream = Upstream {
            authority: server.endpoint.to_string().parse().context("the address of the S3 server")?,
            delay,
            client: Client::builder(TokioExecutor::new()).build_http(),
            counts: Arc::clone(&counts),
        };
        let listener = runtime.block_on(tokio::net::TcpListener::bind((*server.endpoint.ip(), 0)))?;
        let address = listener.local_addr()?;
        let service = axum::Router::new().fallback(pass_on).with_state(upstream);
        runtime.spawn(async move {
            // It serves until the runtime ends.
            let _ = axum::serve(listener, service).await;
        });
        let storage = Storage::s3(&format!("http://{address}"), &server.access_key, &server.secret_key);
        Ok(Self { address, counts, storage, _runtime: runtime })
    }

    /// How engines and `weir` reach the server through the delay.
    pub const fn storage(&self) -> &Storage {
        &self.storage
    }

    /// Address that requests are sent to.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// GET requests for objects that have come so far.
    pub fn object_gets(&self) -> u64 {
        self.counts.gets.load(Relaxed)
    }

    /// All other requests that have come so far.
    pub fn other_requests(&self) -> u64 {
        self.counts.others.load(Relaxed)
    }
}

async fn pass_on(State(upstream): State<Upstream>, mut request: Request) -> Response {
    upstream.counts.count(&request);
    tokio::time::sleep(upstream.delay).await;
    match upstream.redirect(&mut request) {
        Ok(()) => match upstream.client.request(request).await {
            Ok(response) => response.into_response(),
            Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
        },
        Err(error) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    }
}

impl Upstream {
    /// Points a request at the server. `Host` stays: the request's signature covers it.
    fn redirect(&self, request: &mut Request) -> Result<(), http::uri::InvalidUriParts> {
        let mut parts = std::mem::take(request.uri_mut()).into_parts();
        parts.scheme = Some(Scheme::HTTP);
        parts.authority = Some(self.authority.clone());
        *request.uri_mut() = Uri::from_parts(parts)?;
        Ok(())
    }
}

impl Counts {
    /// Listings are GETs of a bucket, whose path has no second part.
    fn count(&self, request: &Request) {
        let of_object = request.uri().path().trim_matches('/').contains('/');
        let counter = if request.method() == Method::GET && of_object { &self.gets } else { &self.others };
        counter.fetch_add(1, Relaxed);
    }
}
