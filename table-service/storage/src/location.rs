use std::fmt;
use std::path::{Component, Path as FsPath};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::{Error, ErrorKind};

/// How a location is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Scheme {
    /// The local file system.
    File,
    /// S3 or a store that speaks its protocol.
    S3,
}

/// Where a table lives: a URI without credentials, in one normal form, so that equal tables have equal text.
///
/// `s3a://` and `s3n://`, the names that Hadoop knows, mean `s3://`; a path without a scheme means `file://`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String")]
#[serde(try_from = "String")]
pub struct Location {
    scheme: Scheme,
    /// Bucket, empty for files.
    bucket: String,
    /// Path without slashes at its ends.
    path: String,
}

impl Location {
    /// How it is reached.
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Whether every read is a request to another machine.
    pub const fn is_remote(&self) -> bool {
        !matches!(self.scheme, Scheme::File)
    }

    /// The bucket; empty for the local file system.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// The path in the bucket or from the file system's root, without slashes at its ends.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The URI of `relative`, a path below this location.
    pub fn uri_of(&self, relative: &str) -> String {
        format!("{self}/{relative}")
    }

    fn invalid(text: &str, why: &str) -> Error {
        // A URI with user information may hold a password: show only what cannot be one.
        let shown = if text.contains('@') { "the location" } else { text };
        Error::new(ErrorKind::Invalid, "use", shown, why)
    }

    fn of_file(text: &str, path: &FsPath) -> Result<Self, Error> {
        let absolute = std::path::absolute(path).map_err(|e| Self::invalid(text, &e.to_string()))?;
        let mut segments = Vec::new();
        for component in absolute.components() {
            match component {
                Component::Normal(name) => {
                    let name =
                        name.to_str().ok_or_else(|| Self::invalid(text, "the path is not valid UTF-8"))?;
                    segments.push(name.to_owned());
                }
                Component::ParentDir => {
                    segments.pop();
                }
                Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
            }
        }
        if segments.is_empty() {
            return Err(Self::invalid(text, "a table cannot live at the root of the file system"));
        }
        Ok(Self { scheme: Scheme::File, bucket: String::new(), path: segments.join("/") })
    }

    fn of_bucket(text: &str, rest: &str) -> Result<Self, Error> {
        let (bucket, path) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() || bucket.contains(['@', ':', '?', '#']) {
            return Err(Self::invalid(
                text,
                "write it as s3://bucket/path; credentials and endpoints come from the environment",
            ));
        }
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        if segments.iter().any(|segment| matches!(*segment, "." | "..")) {
            return Err(Self::invalid(text, "`.` and `..` are not path segments of an object store"));
        }
        if segments.is_empty() {
            return Err(Self::invalid(text, "a table cannot live at the root of a bucket"));
        }
        Ok(Self { scheme: Scheme::S3, bucket: bucket.to_owned(), path: segments.join("/") })
    }
}

impl FromStr for Location {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once("://") {
            Some(("s3" | "s3a" | "s3n", rest)) => Self::of_bucket(text, rest),
            Some(("file", _)) => {
                let url = Url::parse(text).map_err(|e| Self::invalid(text, &e.to_string()))?;
                let path = url
                    .to_file_path()
                    .map_err(|()| Self::invalid(text, "write it as file:///absolute/path"))?;
                Self::of_file(text, &path)
            }
            Some((scheme, _)) => {
                Err(Self::invalid(text, &format!("the scheme `{scheme}` is not supported; s3 and file are")))
            }
            None if text.is_empty() => Err(Self::invalid("the location", "it is empty")),
            None => Self::of_file(text, FsPath::new(text)),
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.scheme {
            Scheme::File => write!(f, "file:///{}", self.path),
            Scheme::S3 => write!(f, "s3://{}/{}", self.bucket, self.path),
        }
    }
}

impl From<Location> for String {
    fn from(location: Location) -> Self {
        location.to_string()
    }
}

impl TryFrom<String> for Location {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_tables_have_equal_text() {
        for text in ["s3://lake/w/t", "s3a://lake//w/t/", "s3n://lake/w//t"] {
            assert_eq!(text.parse::<Location>().unwrap().to_string(), "s3://lake/w/t");
        }
        for text in ["/w/t", "file:///w/t/", "/w/./x/../t"] {
            assert_eq!(text.parse::<Location>().unwrap().to_string(), "file:///w/t");
        }
    }

    #[test]
    fn what_cannot_be_a_table_is_refused_with_a_reason() {
        for (text, part) in [
            ("s3://lake", "root of a bucket"),
            ("s3://lake/a/../b", "not path segments"),
            ("ftp://host/t", "`ftp` is not supported"),
            ("/", "root of the file system"),
            ("", "empty"),
        ] {
            let message = text.parse::<Location>().unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn a_password_in_a_uri_is_not_repeated() {
        let message = "s3://key:s3cr3t@lake/t".parse::<Location>().unwrap_err().to_string();
        assert!(!message.contains("s3cr3t"), "{message}");
    }
}
