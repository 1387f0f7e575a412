use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result, UploadPart,
};
use serde::Serialize;

/// What has been asked of a store so far. Bytes are those of object contents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Requests {
    /// List requests; a page of a long listing counts as one.
    pub list: u64,
    /// Get and head requests.
    pub get: u64,
    /// Put requests and parts of multipart uploads.
    pub put: u64,
    /// Delete requests; where the store deletes in bulk, one for each batch.
    pub delete: u64,
    /// Deletions of single objects that were tried again.
    pub retries: u64,
    /// Bytes asked for by gets.
    pub bytes_read: u64,
    /// Bytes sent by puts.
    pub bytes_written: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    list: AtomicU64,
    get: AtomicU64,
    put: AtomicU64,
    delete: AtomicU64,
    retries: AtomicU64,
    bytes_read: AtomicU64,
    bytes_written: AtomicU64,
}

impl Counters {
    pub(crate) fn snapshot(&self) -> Requests {
        Requests {
            list: self.list.load(Relaxed),
            get: self.get.load(Relaxed),
            put: self.put.load(Relaxed),
            delete: self.delete.load(Relaxed),
            retries: self.retries.load(Relaxed),
            bytes_read: self.bytes_read.load(Relaxed),
            bytes_written: self.bytes_written.load(Relaxed),
        }
    }

    /// So many deletions are tried again.
    pub(crate) fn retried(&self, deletions: usize) {
        self.retries.fetch_add(deletions as u64, Relaxed);
    }

    fn written(&self, bytes: usize) {
        self.put.fetch_add(1, Relaxed);
        self.bytes_written.fetch_add(bytes as u64, Relaxed);
    }
}

/// Entries in a page of a listing, as S3 and its imitators answer.
const LIST_PAGE: u64 = 1000;

/// Counts the requests that pass through to a store.
#[derive(Debug)]
pub(crate) struct Metered {
    inner: Arc<dyn ObjectStore>,
    counters: Arc<Counters>,
    /// Keys that the store deletes with one request.
    delete_batch: u64,
}

impl Metered {
    pub(crate) fn new(inner: Arc<dyn ObjectStore>, counters: Arc<Counters>, delete_batch: u64) -> Self {
        Self { inner, counters, delete_batch }
    }

    fn count_listed(
        &self,
        stream: BoxStream<'static, Result<ObjectMeta>>,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        let counters = Arc::clone(&self.counters);
        counters.list.fetch_add(1, Relaxed);
        let mut seen = 0;
        stream
            .inspect(move |_| {
                seen += 1;
                if seen % LIST_PAGE == 0 {
                    counters.list.fetch_add(1, Relaxed);
                }
            })
            .boxed()
    }
}

impl std::fmt::Display for Metered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.inner.fmt(f)
    }
}

// `get_ranges` keeps the trait's own form: it coalesces near ranges and calls `get_opts` for each, so that every
// request is counted.
#[async_trait]
impl ObjectStore for Metered {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        self.counters.written(payload.content_length());
        self.inner.put_opts(location, payload, opts).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        opts: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.counters.put.fetch_add(1, Relaxed);
        let inner = self.inner.put_multipart_opts(location, opts).await?;
        Ok(Box::new(MeteredUpload { inner, counters: Arc::clone(&self.counters) }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let head = options.head;
        self.counters.get.fetch_add(1, Relaxed);
        let result = self.inner.get_opts(location, options).await?;
        if !head {
            self.counters.bytes_read.fetch_add(result.range.end - result.range.start, Relaxed);
        }
        Ok(result)
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let (counters, batch) = (Arc::clone(&self.counters), self.delete_batch);
        let mut seen = 0;
        let counted = locations.inspect(move |_| {
            if seen % batch == 0 {
                counters.delete.fetch_add(1, Relaxed);
            }
            seen += 1;
        });
        self.inner.delete_stream(counted.boxed())
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.count_listed(self.inner.list(prefix))
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        self.count_listed(self.inner.list_with_offset(prefix, offset))
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let result = self.inner.list_with_delimiter(prefix).await?;
        let entries = (result.objects.len() + result.common_prefixes.len()) as u64;
        self.counters.list.fetch_add(1 + entries / LIST_PAGE, Relaxed);
        Ok(result)
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.counters.put.fetch_add(1, Relaxed);
        self.inner.copy_opts(from, to, options).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.counters.put.fetch_add(1, Relaxed);
        self.counters.delete.fetch_add(1, Relaxed);
        self.inner.rename_opts(from, to, options).await
    }
}

#[derive(Debug)]
struct MeteredUpload {
    inner: Box<dyn MultipartUpload>,
    counters: Arc<Counters>,
}

#[async_trait]
impl MultipartUpload for MeteredUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        self.counters.written(data.content_length());
        self.inner.put_part(data)
    }

    async fn complete(&mut self) -> Result<PutResult> {
        self.counters.put.fetch_add(1, Relaxed);
        self.inner.complete().await
    }

    async fn abort(&mut self) -> Result<()> {
        self.counters.delete.fetch_add(1, Relaxed);
        self.inner.abort().await
    }
}
