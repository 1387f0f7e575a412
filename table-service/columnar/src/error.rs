use std::fmt;

/// An error of a [`Source`](crate::Source) or [`Sink`](crate::Sink), kept as the source of an
/// [`Error`] of kind [`ErrorKind::Io`].
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Result of an engine call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What a caller can do about an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An input file is damaged or breaks a promise of its run (rows not strictly ascending by
    /// key, a null where none may be). Retrying does not help.
    Corrupt,
    /// A layout, type or size that the engine does not handle. Nothing is wrong with the file.
    Unsupported,
    /// The rewrite needs more memory than it may use. Nothing was written.
    OutOfMemory,
    /// A source or sink failed; its own error is the source.
    Io,
    /// [`Control::cancel`](crate::Control::cancel) was called.
    Cancelled,
    /// The specification is contradictory, or the engine broke an invariant of its own.
    Internal,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Corrupt => "corrupt input",
            Self::Unsupported => "unsupported",
            Self::OutOfMemory => "not enough memory",
            Self::Io => "input/output",
            Self::Cancelled => "cancelled",
            Self::Internal => "internal",
        })
    }
}

/// Why a rewrite failed, on which file and column.
#[derive(Debug, thiserror::Error)]
#[error("{kind}: {message}{}", Place { file: self.file.as_deref(), column: self.column.as_deref() })]
pub struct Error {
    kind: ErrorKind,
    message: String,
    file: Option<String>,
    column: Option<String>,
    #[source]
    source: Option<BoxError>,
}

impl Error {
    /// What the caller can do about it.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Name of the input or output file concerned, as its source or sink gave it.
    pub fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// Dotted path of the column concerned.
    pub fn column(&self) -> Option<&str> {
        self.column.as_deref()
    }

    pub(crate) fn corrupt(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Corrupt, message)
    }

    pub(crate) fn unsupported(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unsupported, message)
    }

    pub(crate) fn out_of_memory(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::OutOfMemory, message)
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }

    pub(crate) fn cancelled() -> Self {
        Self::new(ErrorKind::Cancelled, "the rewrite was asked to stop")
    }

    pub(crate) fn io(attempted: impl Into<String>, source: BoxError) -> Self {
        Self::new(ErrorKind::Io, attempted).with_source(source)
    }

    pub(crate) fn with_file(mut self, file: &str) -> Self {
        self.file.get_or_insert_with(|| file.to_owned());
        self
    }

    pub(crate) fn with_column(mut self, column: &str) -> Self {
        self.column.get_or_insert_with(|| column.to_owned());
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }

    fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), file: None, column: None, source: None }
    }
}

struct Place<'a> {
    file: Option<&'a str>,
    column: Option<&'a str>,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.column, self.file) {
            (Some(column), Some(file)) => write!(f, " (column {column} of {file})"),
            (Some(column), None) => write!(f, " (column {column})"),
            (None, Some(file)) => write!(f, " ({file})"),
            (None, None) => Ok(()),
        }
    }
}
