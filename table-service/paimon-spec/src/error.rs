//! The crate's error: what is wrong with the metadata, and where.

use std::fmt;

/// A result with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Source = Box<dyn std::error::Error + Send + Sync + 'static>;

/// What a caller can do about an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The bytes are not what the format says they are: the table is damaged.
    Corrupt,
    /// The bytes may be right, but they use a version, type or value that this release does not know.
    Unsupported,
    /// A value that a person or a program chose is not acceptable: an option, a name, an argument.
    Invalid,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Corrupt => "corrupt",
            Self::Unsupported => "unsupported",
            Self::Invalid => "invalid",
        })
    }
}

/// Why metadata could not be understood, with the file or field at fault.
#[derive(Debug, thiserror::Error)]
#[error("{}{message}", Place(.context.as_slice()))]
pub struct Error {
    /// What the caller can do about it.
    pub kind: ErrorKind,
    /// What is wrong, without the place.
    pub message: String,
    /// Where, outermost first: a file name, then a field or an option key.
    pub context: Vec<String>,
    /// The error of a parser or codec underneath.
    #[source]
    pub source: Option<Source>,
}

impl Error {
    /// Creates an error of `kind`.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), context: Vec::new(), source: None }
    }

    /// Damaged metadata.
    pub fn corrupt(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Corrupt, message)
    }

    /// A version, type or value that this release does not know.
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unsupported, message)
    }

    /// An unacceptable option, name or argument.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, message)
    }

    /// Adds the place around the ones already known: `corrupt(..).at("_MIN_KEY").at("manifest-7")`.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.context.insert(0, place.into());
        self
    }

    /// Keeps the error underneath and repeats its text, since it says what is wrong.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Source>) -> Self {
        let source = source.into();
        self.message = format!("{}: {source}", self.message);
        self.source = Some(source);
        self
    }
}

/// Adds a place to the error of a result.
pub(crate) trait At<T> {
    /// Adds the place that `place` names, only when there is an error.
    fn at<P: Into<String>>(self, place: impl FnOnce() -> P) -> Result<T>;
}

impl<T> At<T> for Result<T> {
    fn at<P: Into<String>>(self, place: impl FnOnce() -> P) -> Result<T> {
        self.map_err(|error| error.at(place()))
    }
}

struct Place<'a>(&'a [String]);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| write!(f, "{part}: "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_place_before_the_fault() {
        let error = Error::corrupt("negative length").at("_MIN_KEY").at("manifest-7");
        assert_eq!(error.to_string(), "manifest-7: _MIN_KEY: negative length");
        assert_eq!(error.kind, ErrorKind::Corrupt);
    }

    #[test]
    fn repeats_the_cause() {
        let cause = std::io::Error::other("truncated block");
        let error = Error::corrupt("not an Avro file").caused_by(cause);
        assert_eq!(error.to_string(), "not an Avro file: truncated block");
        assert!(std::error::Error::source(&error).is_some());
    }
}
