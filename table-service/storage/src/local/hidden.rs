//! Files under names that no engine lists, until they are whole.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path as FsPath, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use futures::FutureExt;
use object_store::path::Path;
use object_store::{Error, MultipartUpload, PutPayload, PutResult, Result, UploadPart};
use uuid::Uuid;

use super::STORE;

/// A name beside `location` that begins with a dot and that nobody else uses. What a killed process leaves there is
/// seen by listings, so that it can be removed.
pub(super) fn beside(location: &Path) -> Result<Path> {
    let name = location.filename().unwrap_or_default();
    let directory = location.as_ref().strip_suffix(name).unwrap_or_default();
    Ok(Path::parse(format!("{directory}.{name}.{}.weir.tmp", Uuid::new_v4()))?)
}

/// Writes a new file, whole or not at all.
pub(super) async fn write(path: PathBuf, content: PutPayload) -> Result<()> {
    blocking(path, move |path| {
        let mut file = create(path)?;
        let written = content.iter().try_for_each(|piece| file.write_all(piece));
        written.inspect_err(|_| drop(fs::remove_file(path)))
    })
    .await
}

/// A file that is written part by part and gets its name when it is whole.
#[derive(Debug)]
pub(super) struct HiddenUpload {
    file: Arc<File>,
    /// The file until it is finished or given up.
    hidden: Option<PathBuf>,
    place: PathBuf,
    written: u64,
}

impl HiddenUpload {
    /// Makes the file `hidden`, which will be `place`.
    pub(super) async fn new(hidden: PathBuf, place: PathBuf) -> Result<Self> {
        let file = blocking(hidden.clone(), create).await?;
        Ok(Self { file: Arc::new(file), hidden: Some(hidden), place, written: 0 })
    }
}

#[async_trait]
impl MultipartUpload for HiddenUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let (file, mut at) = (Arc::clone(&self.file), self.written);
        self.written += data.content_length() as u64;
        let write = blocking(self.place.clone(), move |_| {
            for piece in &data {
                file.write_all_at(piece, at)?;
                at += piece.len() as u64;
            }
            Ok(())
        });
        write.boxed()
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let hidden = self.hidden.take().ok_or_else(finished)?;
        blocking(self.place.clone(), move |place| fs::rename(&hidden, place)).await?;
        Ok(PutResult { e_tag: None, version: None, extensions: http::Extensions::default() })
    }

    async fn abort(&mut self) -> Result<()> {
        let hidden = self.hidden.take().ok_or_else(finished)?;
        blocking(hidden, |hidden| fs::remove_file(hidden)).await
    }
}

impl Drop for HiddenUpload {
    fn drop(&mut self) {
        if let Some(hidden) = self.hidden.take() {
            // A hidden file that stays costs space and no correctness.
            let _ = fs::remove_file(hidden);
        }
    }
}

/// Creates a file and the directories above it.
fn create(path: &FsPath) -> io::Result<File> {
    match File::create_new(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            File::create_new(path)
        }
        result => result,
    }
}

/// Does work on a file where it may wait for the disk.
async fn blocking<T: Send + 'static>(
    path: PathBuf,
    work: impl FnOnce(&FsPath) -> io::Result<T> + Send + 'static,
) -> Result<T> {
    let done = tokio::task::spawn_blocking(move || work(&path).map_err(|error| failed(&path, error)));
    done.await.map_err(|error| Error::Generic { store: STORE, source: error.into() })?
}

fn failed(path: &FsPath, error: io::Error) -> Error {
    let path = path.display().to_string();
    match error.kind() {
        ErrorKind::PermissionDenied => Error::PermissionDenied { path, source: error.into() },
        _ => Error::Generic { store: STORE, source: error.into() },
    }
}

fn finished() -> Error {
    Error::Generic { store: STORE, source: "the upload is finished already".into() }
}
