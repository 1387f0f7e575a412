use async_trait::async_trait;
use futures::stream::BoxStream;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result,
};
use uuid::Uuid;

/// The local file system, with unfinished files under names that other engines do not list.
///
/// The store beneath writes `snapshot-7#1` and links it as `snapshot-7`. Java Paimon lists what begins with
/// `snapshot-` and takes the rest for a number (`FileUtils.listVersionedFiles`), and every file that begins with `tag-`
/// for a tag: a reader or writer that looks in that moment fails. So content is written to `.<name>.<uuid>.weir.tmp`
/// and published from there.
#[derive(Debug, Default)]
pub(crate) struct HiddenStaging {
    inner: LocalFileSystem,
}

impl std::fmt::Display for HiddenStaging {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.inner.fmt(f)
    }
}

/// A name beside `location` that begins with a dot and that nobody else uses.
fn hidden_beside(location: &Path) -> Result<Path> {
    let name = location.filename().unwrap_or_default();
    let directory = location.as_ref().strip_suffix(name).unwrap_or_default();
    Ok(Path::parse(format!("{directory}.{name}.{}.weir.tmp", Uuid::new_v4()))?)
}

#[async_trait]
impl ObjectStore for HiddenStaging {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        let hidden = hidden_beside(location)?;
        let publish = opts.mode.clone();
        let put = self.inner.put_opts(&hidden, payload, PutOptions { mode: PutMode::Create, ..opts }).await?;
        let published = match publish {
            PutMode::Create => self.inner.copy_if_not_exists(&hidden, location).await,
            PutMode::Overwrite => self.inner.rename(&hidden, location).await,
            PutMode::Update(_) => Err(Error::NotImplemented {
                operation: "`put_opts` with mode `PutMode::Update`".into(),
                implementer: self.to_string(),
            }),
        };
        if published.is_err() || publish == PutMode::Create {
            // The name that readers know is there or not; a hidden one that stays costs space and no correctness.
            if let Err(error) = self.inner.delete(&hidden).await {
                tracing::debug!(file = %hidden, %error, "a temporary file could not be deleted");
            }
        }
        published.map(|()| put)
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

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.inner.rename_opts(from, to, options).await
    }
}
