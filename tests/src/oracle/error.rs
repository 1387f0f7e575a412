use std::path::PathBuf;

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
    /// A program could not be started.
    #[error("cannot run `{program}`: {source}; install {package}")]
    Missing {
        /// The program.
        program: String,
        /// Where it comes from.
        package: &'static str,
        /// Why it did not start.
        source: std::io::Error,
    },
    /// A program that prepares an oracle failed.
    #[error("`{command}` failed with {status}:\n{output}")]
    Preparation {
        /// The command line.
        command: String,
        /// How it ended.
        status: std::process::ExitStatus,
        /// What it printed.
        output: String,
    },
    /// The oracle's process ended or answered something that is not of its protocol.
    #[error("{engine} is gone or answered nonsense: {message}")]
    Protocol {
        /// `Java Paimon` or `pypaimon`.
        engine: &'static str,
        /// What was seen.
        message: String,
    },
    /// A file of the cache cannot be used.
    #[error("cannot use {path}: {source}", path = path.display())]
    Cache {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Result of a request to an oracle.
pub(super) type Result<T> = std::result::Result<T, Error>;
