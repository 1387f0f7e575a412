//! What an error of a library means to whoever started the process.

use weir_contract::Reason;
use weir_paimon::{Error, ErrorKind};
use weir_storage::ErrorKind as StorageKind;

/// The reason of a service's error. With [`Reason::exit_code`] it gives the exit code.
pub(crate) fn reason(error: &Error) -> Reason {
    match error.kind() {
        ErrorKind::NotFound => Reason::TableNotFound,
        ErrorKind::Unsupported => Reason::UnsupportedTable,
        ErrorKind::ForeignCompactor => Reason::ForeignCompactor,
        ErrorKind::Invalid => Reason::InvalidConfig,
        ErrorKind::Denied => Reason::PermissionDenied,
        ErrorKind::Unavailable => Reason::StorageUnavailable,
        ErrorKind::Conflict => Reason::CommitConflict,
        ErrorKind::Corrupt => Reason::TableDamaged,
        ErrorKind::Unsafe => Reason::SafetyRefused,
        ErrorKind::Cancelled => Reason::Terminated,
        _ => Reason::InternalError,
    }
}

/// The reason of an error that came up before there was a table.
pub(crate) fn storage_reason(error: &weir_storage::Error) -> Reason {
    match error.kind() {
        StorageKind::NotFound => Reason::TableNotFound,
        StorageKind::Denied => Reason::PermissionDenied,
        StorageKind::Invalid => Reason::InvalidConfig,
        _ => Reason::StorageUnavailable,
    }
}
