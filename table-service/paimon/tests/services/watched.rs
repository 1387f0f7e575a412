//! A store in front of another that lets a test do something before a call, and hide files from listings.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt, stream};
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

/// What is asked of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Put,
    Get,
    Head,
    Delete,
    /// Copying, with the path of the new object.
    Copy,
    /// Everything below a directory.
    List,
    /// The direct children of a directory.
    ListDirectory,
}

/// What happens before a call; a deletion has no path of its own.
pub(crate) type Before = Arc<dyn Fn(Call, String) -> BoxFuture<'static, ()> + Send + Sync>;

/// Which files a listing leaves out.
pub(crate) type Hides = Arc<dyn Fn(Call, &str) -> bool + Send + Sync>;

/// The store.
pub(crate) struct WatchedStore {
    inner: Arc<dyn ObjectStore>,
    before: Before,
    hides: Hides,
}

impl WatchedStore {
    pub(crate) fn new(inner: Arc<dyn ObjectStore>, before: Before, hides: Hides) -> Self {
        Self { inner, before, hides }
    }
}

impl fmt::Debug for WatchedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WatchedStore")
    }
}

impl fmt::Display for WatchedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WatchedStore({})", self.inner)
    }
}

#[async_trait]
impl ObjectStore for WatchedStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        (self.before)(Call::Put, location.to_string()).await;
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
        let call = if options.head { Call::Head } else { Call::Get };
        (self.before)(call, location.to_string()).await;
        self.inner.get_opts(location, options).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let (inner, before) = (Arc::clone(&self.inner), Arc::clone(&self.before));
        let answers = async move {
            before(Call::Delete, String::new()).await;
            inner.delete_stream(locations)
        };
        stream::once(answers).flatten().boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (inner, before, hides) =
            (Arc::clone(&self.inner), Arc::clone(&self.before), Arc::clone(&self.hides));
        let prefix = prefix.cloned();
        let entries = async move {
            before(Call::List, prefix.as_ref().map(ToString::to_string).unwrap_or_default()).await;
            inner.list(prefix.as_ref())
        };
        let entries = stream::once(entries).flatten();
        entries.try_filter(move |meta| std::future::ready(!hides(Call::List, meta.location.as_ref()))).boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        (self.before)(Call::ListDirectory, prefix.map(ToString::to_string).unwrap_or_default()).await;
        let mut result = self.inner.list_with_delimiter(prefix).await?;
        let hides = |path: &Path| (self.hides)(Call::ListDirectory, path.as_ref());
        result.objects.retain(|meta| !hides(&meta.location));
        result.common_prefixes.retain(|path| !hides(path));
        Ok(result)
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        (self.before)(Call::Copy, to.to_string()).await;
        self.inner.copy_opts(from, to, options).await
    }
}
