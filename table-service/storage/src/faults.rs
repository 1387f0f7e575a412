//! A store that fails on purpose, for tests of everything above it.
//!
//! Calls are numbered from 1 in the order in which they are made; at the chosen ones a [`Fault`] happens. The
//! same numbers on the same work hit the same call, so every position of a procedure can be tried in turn.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt, stream};
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The call fails and has no effect.
    Error,
    /// The call has its effect and then fails: a lost answer.
    AppliedThenError,
    /// Access is denied.
    Denied,
    /// This call and every later one fail: the process is gone.
    Crash,
}

/// A store in front of another that fails where it is told to.
#[derive(Debug)]
pub struct FaultStore {
    inner: Arc<dyn ObjectStore>,
    calls: AtomicU64,
    faults: Mutex<BTreeMap<u64, Fault>>,
}

impl FaultStore {
    /// Fails at the given calls.
    pub fn new(inner: Arc<dyn ObjectStore>, faults: impl IntoIterator<Item = (u64, Fault)>) -> Self {
        Self { inner, calls: AtomicU64::new(0), faults: Mutex::new(faults.into_iter().collect()) }
    }

    /// Calls so far.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }

    fn next(&self) -> Option<Fault> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        let faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let crashed = faults.range(..=call).any(|(_, fault)| *fault == Fault::Crash);
        if crashed { Some(Fault::Crash) } else { faults.get(&call).copied() }
    }

    /// The error before the call, if it has no effect.
    fn before(fault: Option<Fault>, path: &Path) -> Result<()> {
        match fault {
            None | Some(Fault::AppliedThenError) => Ok(()),
            Some(Fault::Denied) => {
                Err(Error::PermissionDenied { path: path.to_string(), source: "injected".into() })
            }
            Some(Fault::Error | Fault::Crash) => Err(injected()),
        }
    }

    /// The error after the call, if its answer is lost.
    fn after<T>(fault: Option<Fault>, answer: Result<T>) -> Result<T> {
        if fault == Some(Fault::AppliedThenError) { answer.and(Err(injected())) } else { answer }
    }
}

fn injected() -> Error {
    Error::Generic { store: "faults", source: "injected failure: connection reset".into() }
}

impl std::fmt::Display for FaultStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FaultStore({})", self.inner)
    }
}

#[async_trait]
impl ObjectStore for FaultStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        let fault = self.next();
        Self::before(fault, location)?;
        Self::after(fault, self.inner.put_opts(location, payload, opts).await)
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        opts: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let fault = self.next();
        Self::before(fault, location)?;
        Self::after(fault, self.inner.put_multipart_opts(location, opts).await)
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let fault = self.next();
        Self::before(fault, location)?;
        Self::after(fault, self.inner.get_opts(location, options).await)
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let fault = self.next();
        match Self::before(fault, &Path::default()) {
            // Each key is answered, as a bulk delete that fails as a whole is.
            Err(_) => locations
                .and_then(move |location| async move { Self::before(fault, &location).map(|()| location) })
                .boxed(),
            Ok(()) => {
                self.inner.delete_stream(locations).map(move |answer| Self::after(fault, answer)).boxed()
            }
        }
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let fault = self.next();
        match Self::before(fault, &Path::default()).and(Self::after(fault, Ok(()))) {
            Err(error) => stream::once(async { Err(error) }).boxed(),
            Ok(()) => self.inner.list(prefix),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let fault = self.next();
        Self::before(fault, &Path::default())?;
        Self::after(fault, self.inner.list_with_delimiter(prefix).await)
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let fault = self.next();
        Self::before(fault, from)?;
        Self::after(fault, self.inner.copy_opts(from, to, options).await)
    }
}
