mod files;
mod hidden;
mod listing;

use std::path::PathBuf;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result,
};

use self::hidden::HiddenUpload;

/// Names this store in errors.
const STORE: &str = "local files";

/// The local file system, with unfinished files under names that other engines do not list.
///
/// The store beneath writes `snapshot-7#1` and links it as `snapshot-7`. Java Paimon lists what begins with
/// `snapshot-` and takes the rest for a number (`FileUtils.listVersionedFiles`), and every file that begins with `tag-`
/// for a tag: a reader or writer that looks in that moment fails. It also hides such names from its own listings, so
/// that nobody would remove what a killed process has left. So content is written to `.<name>.<uuid>.weir.tmp` and
/// published from there.
#[derive(Clone, Debug, Default)]
pub(crate) struct HiddenStaging {
    inner: LocalFileSystem,
}

impl HiddenStaging {
    /// Where an object is.
    fn place(&self, location: &Path) -> Result<PathBuf> {
        // The store beneath goes through a URL, which takes longer than to open the file, and keeps names that end with
        // `#` and a number for itself.
        if location.as_ref().contains('#') {
            self.inner.path_to_filesystem(location)
        } else {
            Ok(absolute(location))
        }
    }
}

fn absolute(location: &Path) -> PathBuf {
    PathBuf::from(["/", location.as_ref()].concat())
}

impl std::fmt::Display for HiddenStaging {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.inner.fmt(f)
    }
}

#[async_trait]
impl ObjectStore for HiddenStaging {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        let hidden = hidden::beside(location)?;
        hidden::write(self.inner.path_to_filesystem(&hidden)?, payload).await?;
        let published = match &opts.mode {
            PutMode::Create => self.inner.copy_if_not_exists(&hidden, location).await,
            PutMode::Overwrite => self.inner.rename(&hidden, location).await,
            PutMode::Update(_) => Err(Error::NotImplemented {
                operation: "`put_opts` with mode `PutMode::Update`".into(),
                implementer: self.to_string(),
            }),
        };
        if published.is_err() || opts.mode == PutMode::Create {
            // The name that readers know is there or not; a hidden one that stays costs space and no correctness.
            if let Err(error) = self.inner.delete(&hidden).await {
                tracing::debug!(file = %hidden, %error, "a temporary file could not be deleted");
            }
        }
        published.map(|()| PutResult { e_tag: None, version: None, extensions: http::Extensions::default() })
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        _opts: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let hidden = self.inner.path_to_filesystem(&hidden::beside(location)?)?;
        let place = self.inner.path_to_filesystem(location)?;
        Ok(Box::new(HiddenUpload::new(hidden, place).await?))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        if files::is_plain(&options) {
            files::read(location, self.place(location)?)
        } else {
            self.inner.get_opts(location, options).await
        }
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let store = self.clone();
        let placed = locations.map(move |location| {
            let location = location?;
            let place = store.place(&location)?;
            Ok((location, place))
        });
        files::delete(placed.boxed())
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
        let prefix = prefix.cloned().unwrap_or_default();
        listing::list(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.inner.rename_opts(from, to, options).await
    }
}
