use std::fmt;

use weir_columnar::ErrorKind as ColumnarKind;
use weir_paimon_spec::ErrorKind as SpecKind;
use weir_storage::ErrorKind as StorageKind;

/// Result of a table service.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What the caller does next about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// There is no table at the location.
    NotFound,
    /// The table uses a feature that Weir refuses; nothing was changed.
    Unsupported,
    /// A writer compacts the table itself; nothing was changed.
    ForeignCompactor,
    /// A parameter or option can never work.
    Invalid,
    /// The store denied access.
    Denied,
    /// The store could not be reached or kept failing.
    Unavailable,
    /// Other writers won every attempt.
    Conflict,
    /// Metadata or data is damaged, or a self-check failed.
    Corrupt,
    /// Going on could have harmed data.
    Unsafe,
    /// The run was asked to stop.
    Cancelled,
    /// A defect of Weir.
    Internal,
}

/// Why a table service failed: what was attempted, on which object, and what to do.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    context: Vec<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error with a message for people.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), context: Vec::new(), source: None }
    }

    /// What the caller does next.
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Adds what was being done, outermost last: `while <doing>`.
    #[must_use]
    pub fn while_doing(mut self, doing: impl Into<String>) -> Self {
        self.context.push(doing.into());
        self
    }

    /// Whether the cause is an object that does not exist.
    pub(crate) fn is_not_found(&self) -> bool {
        let storage = self.source.as_deref().and_then(|source| source.downcast_ref::<weir_storage::Error>());
        storage.is_some_and(|error| error.kind() == StorageKind::NotFound)
    }

    pub(crate) fn corrupt(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Corrupt, message)
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }

    fn caused_by(kind: ErrorKind, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self { kind, message: source.to_string(), context: Vec::new(), source: Some(Box::new(source)) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for doing in &self.context {
            write!(f, "; while {doing}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

impl From<weir_storage::Error> for Error {
    fn from(error: weir_storage::Error) -> Self {
        let kind = match error.kind() {
            StorageKind::Denied => ErrorKind::Denied,
            StorageKind::Invalid => ErrorKind::Invalid,
            // A file that metadata names and the store does not have is damage, not a missing table; services that
            // expect absence ask for it.
            StorageKind::NotFound | StorageKind::Damaged => ErrorKind::Corrupt,
            _ => ErrorKind::Unavailable,
        };
        Self::caused_by(kind, error)
    }
}

impl From<weir_paimon_spec::Error> for Error {
    fn from(error: weir_paimon_spec::Error) -> Self {
        let kind = match error.kind {
            SpecKind::Corrupt => ErrorKind::Corrupt,
            SpecKind::Unsupported => ErrorKind::Unsupported,
            SpecKind::Invalid => ErrorKind::Invalid,
        };
        Self::caused_by(kind, error)
    }
}

impl From<weir_columnar::Error> for Error {
    fn from(error: weir_columnar::Error) -> Self {
        let kind = match error.kind() {
            ColumnarKind::Corrupt => ErrorKind::Corrupt,
            ColumnarKind::Unsupported => ErrorKind::Unsupported,
            ColumnarKind::OutOfMemory => ErrorKind::Invalid,
            ColumnarKind::Cancelled => ErrorKind::Cancelled,
            ColumnarKind::Io => return Self::from_columnar_io(error),
            _ => ErrorKind::Internal,
        };
        Self::caused_by(kind, error)
    }
}

impl Error {
    /// The engine passes a storage error on as the source of its own.
    fn from_columnar_io(error: weir_columnar::Error) -> Self {
        let storage = std::error::Error::source(&error)
            .and_then(|source| source.downcast_ref::<weir_storage::Error>())
            .map(|source| (source.kind(), source.to_string()));
        let (kind, cause) = match storage {
            Some((StorageKind::Denied, cause)) => (ErrorKind::Denied, cause),
            Some((StorageKind::NotFound | StorageKind::Damaged, cause)) => (ErrorKind::Corrupt, cause),
            Some((_, cause)) => (ErrorKind::Unavailable, cause),
            None => (ErrorKind::Unavailable, String::from("input or output failed")),
        };
        let mut this = Self::caused_by(kind, error);
        this.message = format!("{}: {cause}", this.message);
        this
    }
}
