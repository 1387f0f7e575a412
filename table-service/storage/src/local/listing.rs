//! Listing a directory with one look at each file.

use std::ffi::OsStr;
use std::fs::{self, DirEntry, Metadata};
use std::io::{self, ErrorKind};

use object_store::path::Path;
use object_store::{Error, ListResult, ObjectMeta, Result};

use super::{STORE, absolute};

/// The direct children of a directory; none when there is no such directory. Links are followed; one that leads nowhere is
/// left out, as is what vanishes meanwhile.
pub(super) async fn list(prefix: Path) -> Result<ListResult> {
    let listed = tokio::task::spawn_blocking(move || children(&prefix)).await;
    listed.map_err(|error| Error::Generic { store: STORE, source: error.into() })?
}

fn children(prefix: &Path) -> Result<ListResult> {
    let (mut objects, mut common_prefixes) = (Vec::new(), Vec::new());
    let entries = match fs::read_dir(absolute(prefix)) {
        Ok(entries) => entries,
        Err(error) if is_missing(&error) => {
            return Ok(ListResult { objects, common_prefixes, extensions: http::Extensions::default() });
        }
        Err(error) => return Err(failed(error)),
    };
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let Some(child) = child(&entry).map_err(failed)? else { continue };
        let name = entry.file_name();
        let location = || locate(prefix, &name);
        match child {
            Child::Directory => common_prefixes.push(location()?),
            Child::File(_) if is_staged(&name) => {}
            Child::File(metadata) => objects.push(ObjectMeta {
                location: location()?,
                last_modified: metadata.modified().map_err(failed)?.into(),
                size: metadata.len(),
                e_tag: None,
                version: None,
            }),
        }
    }
    common_prefixes.sort_unstable();
    Ok(ListResult { objects, common_prefixes, extensions: http::Extensions::default() })
}

enum Child {
    Directory,
    File(Metadata),
}

fn child(entry: &DirEntry) -> io::Result<Option<Child>> {
    let found = entry.file_type().and_then(|kind| {
        if kind.is_dir() {
            return Ok(Child::Directory);
        }
        let metadata = if kind.is_symlink() { fs::metadata(entry.path()) } else { entry.metadata() }?;
        Ok(if metadata.is_dir() { Child::Directory } else { Child::File(metadata) })
    });
    match found {
        Ok(child) => Ok(Some(child)),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

fn locate(prefix: &Path, name: &OsStr) -> Result<Path> {
    let name = name.to_str().ok_or_else(|| {
        failed(io::Error::new(ErrorKind::InvalidData, format!("{} is not a name in UTF-8", name.display())))
    })?;
    Ok(Path::parse(format!("{prefix}/{name}"))?)
}

/// Names of unfinished files of the store beneath.
fn is_staged(name: &OsStr) -> bool {
    let suffix = name.to_str().and_then(|name| name.split_once('#')).map_or("", |(_, suffix)| suffix);
    !suffix.is_empty() && suffix.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

fn failed(error: io::Error) -> Error {
    Error::Generic { store: STORE, source: error.into() }
}
