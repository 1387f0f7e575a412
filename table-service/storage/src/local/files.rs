//! Reading and deleting very many small files.
//!
//! A thread that waits for each file costs more than the file: to hand over a call and to be woken by its end takes
//! longer than to read a few kilobytes. So small files are read where they are asked for, and files are deleted by the
//! hundred.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path as FsPath, PathBuf};

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use object_store::path::Path;
use object_store::{Attributes, Error, GetOptions, GetResult, GetResultPayload, ObjectMeta, Result};
use tokio::runtime::{Handle, RuntimeFlavor};

use super::STORE;

/// Size in bytes up to which a file is read at once.
const SMALL: u64 = 256 * 1024;

/// Flag of `open`: reading leaves the time of access as it is.
#[cfg(target_os = "linux")]
const NO_ACCESS_TIME: i32 = rustix::fs::OFlags::NOATIME.bits().cast_signed();
#[cfg(not(target_os = "linux"))]
const NO_ACCESS_TIME: i32 = 0;

/// Files that are deleted before others can use the thread.
const DELETED_AT_ONCE: usize = 500;

/// Whether these options ask for nothing but the whole content.
pub(super) fn is_plain(options: &GetOptions) -> bool {
    let is_unconditional = options.if_match.is_none()
        && options.if_none_match.is_none()
        && options.if_modified_since.is_none()
        && options.if_unmodified_since.is_none();
    is_unconditional && options.range.is_none() && options.version.is_none() && !options.head
}

/// Opens a file, and reads it if it is small.
pub(super) fn read(location: &Path, path: PathBuf) -> Result<GetResult> {
    in_place(|| {
        let mut file = open(&path).map_err(|error| failed(&path, error))?;
        let metadata = file.metadata().map_err(|error| failed(&path, error))?;
        if metadata.is_dir() {
            return Err(failed(&path, ErrorKind::NotFound.into()));
        }
        let size = metadata.len();
        let modified = metadata.modified().map_err(|error| failed(&path, error))?;
        let payload = if size <= SMALL {
            let mut content = vec![0; usize::try_from(size).unwrap_or_default()];
            file.read_exact(&mut content).map_err(|error| failed(&path, error))?;
            GetResultPayload::Stream(stream::once(async { Ok(Bytes::from(content)) }).boxed())
        } else {
            GetResultPayload::File(file, path)
        };
        Ok(GetResult {
            payload,
            meta: ObjectMeta {
                location: location.clone(),
                last_modified: modified.into(),
                size,
                e_tag: None,
                version: None,
            },
            range: 0..size,
            attributes: Attributes::default(),
            extensions: http::Extensions::default(),
        })
    })
}

/// Opens a file without leaving a trace: to note the time of access costs as much as to read a small file. Only its owner
/// may do so, and not every file system knows how.
fn open(path: &FsPath) -> io::Result<File> {
    match OpenOptions::new().read(true).custom_flags(NO_ACCESS_TIME).open(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => File::open(path),
        opened => opened,
    }
}

/// Deletes files, answering for each in their order.
pub(super) fn delete(files: BoxStream<'static, Result<(Path, PathBuf)>>) -> BoxStream<'static, Result<Path>> {
    files.chunks(DELETED_AT_ONCE).then(delete_all).flat_map(stream::iter).boxed()
}

async fn delete_all(files: Vec<Result<(Path, PathBuf)>>) -> Vec<Result<Path>> {
    let count = files.len();
    let deleted = tokio::task::spawn_blocking(move || files.into_iter().map(delete_one).collect()).await;
    deleted.unwrap_or_else(|error| {
        // Each file is answered: answers are told apart by their places.
        let failed = |_| Err(Error::Generic { store: STORE, source: error.to_string().into() });
        (0..count).map(failed).collect()
    })
}

fn delete_one(file: Result<(Path, PathBuf)>) -> Result<Path> {
    let (location, path) = file?;
    fs::remove_file(&path).map(|()| location).map_err(|error| failed(&path, error))
}

/// Does what takes a moment on this thread, after telling the runtime where other work may be waiting for it.
fn in_place<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}

fn failed(path: &FsPath, error: io::Error) -> Error {
    match error.kind() {
        ErrorKind::NotFound => Error::NotFound { path: path.display().to_string(), source: error.into() },
        _ => Error::Generic { store: STORE, source: error.into() },
    }
}
