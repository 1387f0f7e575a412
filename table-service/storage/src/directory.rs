use std::io::ErrorKind as IoErrorKind;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::{Error, ErrorKind, Result, Scheme, Storage};

impl Storage {
    /// Removes a directory that is empty and was made before an instant; whether it did. Object stores have no
    /// directories, so nothing is done there. A younger one may have been made for a file that is about to follow.
    pub async fn remove_empty_directory(&self, path: &str, made_before: Timestamp) -> Result<bool> {
        if self.location().scheme() != Scheme::File || path.is_empty() {
            return Ok(false);
        }
        let directory = PathBuf::from(format!("/{}", self.key("remove", path)?));
        let removed = tokio::task::spawn_blocking(move || remove(&directory, made_before)).await;
        let failed =
            |cause: String| Error::new(ErrorKind::Unavailable, "remove", self.location.uri_of(path), cause);
        removed.map_err(|error| failed(error.to_string()))?.map_err(|error| failed(error.kind().to_string()))
    }
}

fn remove(directory: &Path, made_before: Timestamp) -> std::io::Result<bool> {
    let removed = std::fs::symlink_metadata(directory).and_then(|metadata| {
        // Where the file system does not tell when it was made, the last change is the careful answer.
        let made = metadata.created().or_else(|_| metadata.modified())?;
        let is_old = Timestamp::try_from(made).is_ok_and(|made| made < made_before);
        if metadata.is_dir() && is_old { std::fs::remove_dir(directory).map(|()| true) } else { Ok(false) }
    });
    match removed {
        Err(error) if matches!(error.kind(), IoErrorKind::NotFound | IoErrorKind::DirectoryNotEmpty) => {
            Ok(false)
        }
        removed => removed,
    }
}
