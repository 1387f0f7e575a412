/// Why an oracle could not answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The engine refused or failed; the text is its own, with the causes.
    #[error("{engine} cannot {operation}: {message}")]
    Refused {
        /// `Java Paimon` or `pypaimon`.
        engine: &'static str,
        /// The request's name.
        operation: String,
        /// What the engine said.
        message: String,
    },
    /// The oracle's process ended or answered something that is not of its protocol.
    #[error("{engine} is gone or answered nonsense: {message}")]
    Protocol {
        /// `Java Paimon` or `pypaimon`.
        engine: &'static str,
        /// What was seen.
        message: String,
    },
}

/// Result of a request to an oracle.
pub(super) type Result<T> = std::result::Result<T, Error>;
