use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use jiff::Timestamp;
use object_store::path::Path;
use object_store::{Error as StoreError, GetOptions, ObjectMeta, ObjectStore, ObjectStoreExt, PutPayload};

use crate::meter::{Counters, Metered};
use crate::staging::Staging;
use crate::{Error, ErrorKind, Location, Requests, Result, open};

/// An object below a table's root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileInfo {
    /// Path relative to the root.
    pub path: String,
    /// Size in bytes.
    pub size: u64,
    /// Last modification by the store's clock.
    pub modified: Timestamp,
}

impl FileInfo {
    /// The last segment of the path.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Whether its name begins with a dot. On a file system such a file may be one that somebody is still writing.
    pub fn is_hidden(&self) -> bool {
        self.name().starts_with('.')
    }
}

/// The direct children of a directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Objects, with paths relative to the root, in no particular order.
    pub files: Vec<FileInfo>,
    /// Names of directories that hold at least one object (or exist, on a file system).
    pub directories: Vec<String>,
}

/// A table's root on a store. Paths are relative to it, with `/` between segments, and are used literally: what
/// metadata calls `dt=a%3Ab` is the object key `dt=a%3Ab`.
///
/// Clones share the connection and the counters.
#[derive(Clone, Debug)]
pub struct Storage {
    store: Arc<dyn ObjectStore>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) location: Location,
    pub(crate) staging: Option<Staging>,
}

impl Storage {
    /// Opens the store of `location`; nothing is requested yet.
    pub fn open(location: &Location) -> Result<Self> {
        let opened = open::open(location)?;
        Ok(Self::metered(opened.store, opened.delete_batch, location.clone()))
    }

    /// A storage over any store; `delete_batch` is the number of keys that one delete request carries.
    pub fn metered(store: Arc<dyn ObjectStore>, delete_batch: u64, location: Location) -> Self {
        let counters = Arc::new(Counters::default());
        let store = Arc::new(Metered::new(store, Arc::clone(&counters), delete_batch));
        Self { store, counters, location, staging: None }
    }

    /// The table's root.
    pub const fn location(&self) -> &Location {
        &self.location
    }

    /// Requests so far, by this storage and all its clones.
    pub fn requests(&self) -> Requests {
        self.counters.snapshot()
    }

    pub(crate) fn store(&self) -> &dyn ObjectStore {
        self.store.as_ref()
    }

    pub(crate) fn shared_store(&self) -> Arc<dyn ObjectStore> {
        Arc::clone(&self.store)
    }

    pub(crate) fn key(&self, operation: &'static str, path: &str) -> Result<Path> {
        let full = if path.is_empty() {
            self.location.path().to_owned()
        } else {
            [self.location.path(), "/", path].concat()
        };
        // `Path::from` would encode `%` again; `parse` keeps the text.
        Path::parse(full.trim_end_matches('/')).map_err(|error| {
            Error::new(ErrorKind::Invalid, operation, self.location.uri_of(path), error.to_string())
        })
    }

    pub(crate) fn error(&self, operation: &'static str, path: &str, error: &StoreError) -> Error {
        Error::from_store(operation, self.location.uri_of(path), error)
    }

    /// The whole content of an object; [`ErrorKind::NotFound`] when there is none.
    pub async fn read(&self, path: &str) -> Result<Bytes> {
        let key = self.key("read", path)?;
        let result = self.store.get(&key).await.map_err(|e| self.error("read", path, &e))?;
        result.bytes().await.map_err(|e| self.error("read", path, &e))
    }

    /// Like [`Storage::read`], with `None` for an object that does not exist.
    pub async fn read_opt(&self, path: &str) -> Result<Option<Bytes>> {
        match self.read(path).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Byte ranges of an object; near ones are fetched with one request.
    pub async fn read_ranges(&self, path: &str, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let key = self.key("read", path)?;
        self.store.get_ranges(&key, ranges).await.map_err(|e| self.error("read", path, &e))
    }

    /// A byte range of an object as it comes, with one request. It may end early, where the object ends.
    pub async fn read_stream(
        &self,
        path: &str,
        range: Range<u64>,
    ) -> Result<BoxStream<'static, Result<Bytes>>> {
        let key = self.key("read", path)?;
        let options = GetOptions { range: Some(range.into()), ..GetOptions::default() };
        let result = self.store.get_opts(&key, options).await.map_err(|e| self.error("read", path, &e))?;
        let (this, path) = (self.clone(), path.to_owned());
        Ok(result.into_stream().map_err(move |e| this.error("read", &path, &e)).boxed())
    }

    /// Size and age of an object; `None` when there is none.
    pub async fn stat(&self, path: &str) -> Result<Option<FileInfo>> {
        let key = self.key("look up", path)?;
        match self.store.head(&key).await {
            Ok(meta) => self.file_info(&meta).map(Some),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.error("look up", path, &error)),
        }
    }

    /// Every object below `directory`, at any depth.
    pub fn list(&self, directory: &str) -> BoxStream<'static, Result<FileInfo>> {
        let key = match self.key("list", directory) {
            Ok(key) => key,
            Err(error) => return stream::once(async { Err(error) }).boxed(),
        };
        let (this, directory) = (self.clone(), directory.to_owned());
        self.store
            .list(Some(&key))
            .map(move |entry| match entry {
                Ok(meta) => this.file_info(&meta),
                Err(error) => Err(this.error("list", &directory, &error)),
            })
            .boxed()
    }

    /// The direct children of `directory`; empty when it does not exist.
    pub async fn list_directory(&self, directory: &str) -> Result<Listing> {
        let key = self.key("list", directory)?;
        let result = match self.store.list_with_delimiter(Some(&key)).await {
            Ok(result) => result,
            Err(error) => {
                let error = self.error("list", directory, &error);
                // A store without directories never says that a prefix is missing, a file system may.
                return if error.kind() == ErrorKind::NotFound { Ok(Listing::default()) } else { Err(error) };
            }
        };
        let files = result.objects.iter().map(|meta| self.file_info(meta)).collect::<Result<_>>()?;
        let directories =
            result.common_prefixes.iter().filter_map(|path| path.filename().map(str::to_owned)).collect();
        Ok(Listing { files, directories })
    }

    /// Writes `content` to `path`, whatever is there. For hints and own bookkeeping; commits use
    /// [`Storage::create`].
    pub async fn overwrite(&self, path: &str, content: Bytes) -> Result<()> {
        let key = self.key("write", path)?;
        self.store.put(&key, PutPayload::from(content)).await.map_err(|e| self.error("write", path, &e))?;
        Ok(())
    }

    /// Collects a listing; a convenience for directories that are known to be small.
    pub async fn list_all(&self, directory: &str) -> Result<Vec<FileInfo>> {
        self.list(directory).try_collect().await
    }

    fn file_info(&self, meta: &ObjectMeta) -> Result<FileInfo> {
        let full = meta.location.as_ref();
        let path = full
            .strip_prefix(self.location.path())
            .and_then(|rest| rest.strip_prefix('/'))
            .ok_or_else(|| {
                Error::new(
                    ErrorKind::Invalid,
                    "list",
                    self.location.to_string(),
                    format!("the store answered with the foreign key {full}"),
                )
            })?;
        let millis = meta.last_modified.timestamp_millis();
        let modified = Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX);
        Ok(FileInfo { path: path.to_owned(), size: meta.size, modified })
    }
}
