//! A store in front of another that lets a test do something right before an object is written.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use async_trait::async_trait;
use futures::FutureExt;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

/// What happens before a single put: it sees the path and the content and answers with the content to write.
pub(crate) type BeforePut = Arc<dyn Fn(Path, PutPayload) -> BoxFuture<'static, PutPayload> + Send + Sync>;

/// The store.
pub(crate) struct HookedStore {
    inner: Arc<dyn ObjectStore>,
    before_put: BeforePut,
    /// Name of an object that listings lack.
    hidden: Option<&'static str>,
    /// Which objects must not be written.
    denied: Option<Denied>,
}

type Denied = Box<dyn Fn(&Path) -> bool + Send + Sync>;

impl HookedStore {
    pub(crate) fn new(inner: Arc<dyn ObjectStore>, before_put: BeforePut) -> Self {
        Self { inner, before_put, hidden: None, denied: None }
    }

    /// Listings lack the objects of this name.
    pub(crate) fn hiding(self, name: &'static str) -> Self {
        Self { hidden: Some(name), ..self }
    }

    /// Writing such an object is denied.
    pub(crate) fn denying(self, is_denied: impl Fn(&Path) -> bool + Send + Sync + 'static) -> Self {
        Self { denied: Some(Box::new(is_denied)), ..self }
    }
}

impl fmt::Debug for HookedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HookedStore")
    }
}

impl fmt::Display for HookedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HookedStore({})", self.inner)
    }
}

#[async_trait]
impl ObjectStore for HookedStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        let payload = (self.before_put)(location.clone(), payload).await;
        if self.denied.as_ref().is_some_and(|is_denied| is_denied(location)) {
            return Err(Error::PermissionDenied { path: location.to_string(), source: "denied".into() });
        }
        self.inner.put_opts(location, payload, opts).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        opts: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, opts).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(location, options).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let mut listed = self.inner.list_with_delimiter(prefix).await?;
        listed.objects.retain(|object| self.hidden.is_none() || object.location.filename() != self.hidden);
        Ok(listed)
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

/// A store on the local disk; `step` runs to its end right before the `nth` object is written whose path `is_it`
/// accepts.
pub(crate) fn before_nth(
    nth: usize,
    is_it: impl Fn(&Path) -> bool + Send + Sync + 'static,
    step: impl Fn() + Send + Sync + 'static,
) -> Arc<dyn ObjectStore> {
    let seen = AtomicUsize::new(0);
    let hook = move |path: Path, payload| {
        if is_it(&path) && seen.fetch_add(1, SeqCst) + 1 == nth {
            step();
        }
        async move { payload }.boxed()
    };
    Arc::new(HookedStore::new(Arc::new(LocalFileSystem::new()), Arc::new(hook)))
}

/// Runs something to its end on a thread of its own, as another process would.
pub(crate) fn elsewhere<F: Future<Output = ()>>(make: impl FnOnce() -> F + Send + 'static) {
    let thread = std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(make());
    });
    thread.join().unwrap();
}
