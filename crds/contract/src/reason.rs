use serde::{Deserialize, Serialize};

use crate::ExitCode;

/// Why a run ended as it did: the `reason` of conditions and events, in Kubernetes' CamelCase.
///
/// These are API: they are listed in the documentation and never change their meaning. The table in
/// [`Reason::exit_code`] is the only place where reasons and exit codes meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Reason {
    /// The run did what was asked.
    Completed,
    /// The table needs nothing.
    NothingToDo,
    /// Only the plan was asked for.
    DryRun,
    /// Stopped by SIGTERM at a safe point.
    Terminated,
    /// The command line is wrong.
    UsageError,
    /// Configuration that can never work.
    InvalidConfig,
    /// There is no table at the location.
    TableNotFound,
    /// The table uses a feature that Weir refuses; the message names it.
    UnsupportedTable,
    /// A writer compacts the table itself; the message names it.
    ForeignCompactor,
    /// The store denied access.
    PermissionDenied,
    /// Other writers won every attempt.
    CommitConflict,
    /// The store could not be reached, or the bucket does not exist.
    StorageUnavailable,
    /// The table's metadata or data is damaged, or a self-check failed.
    TableDamaged,
    /// Going on could have harmed data.
    SafetyRefused,
    /// A defect of Weir.
    InternalError,
}

impl Reason {
    /// Every reason a pod reports.
    pub const ALL: [Self; 15] = [
        Self::Completed,
        Self::NothingToDo,
        Self::DryRun,
        Self::Terminated,
        Self::UsageError,
        Self::InvalidConfig,
        Self::TableNotFound,
        Self::UnsupportedTable,
        Self::ForeignCompactor,
        Self::PermissionDenied,
        Self::CommitConflict,
        Self::StorageUnavailable,
        Self::TableDamaged,
        Self::SafetyRefused,
        Self::InternalError,
    ];

    /// The exit code of a process that ends for this reason.
    pub const fn exit_code(self) -> ExitCode {
        match self {
            Self::Completed | Self::NothingToDo | Self::DryRun => ExitCode::Done,
            Self::Terminated => ExitCode::Terminated,
            Self::UsageError => ExitCode::Usage,
            Self::InvalidConfig => ExitCode::Configuration,
            Self::TableNotFound | Self::UnsupportedTable | Self::ForeignCompactor => ExitCode::Unsupported,
            Self::PermissionDenied => ExitCode::Permission,
            Self::CommitConflict => ExitCode::Conflict,
            Self::StorageUnavailable => ExitCode::StorageUnavailable,
            Self::TableDamaged => ExitCode::Damaged,
            Self::SafetyRefused => ExitCode::SafetyRefused,
            Self::InternalError => ExitCode::Internal,
        }
    }

    /// The reason that an exit code stands for when no termination message tells more.
    pub const fn of(code: ExitCode) -> Self {
        match code {
            ExitCode::Done => Self::Completed,
            ExitCode::Internal => Self::InternalError,
            ExitCode::Usage => Self::UsageError,
            ExitCode::Configuration => Self::InvalidConfig,
            ExitCode::Unsupported => Self::UnsupportedTable,
            ExitCode::Permission => Self::PermissionDenied,
            ExitCode::Conflict => Self::CommitConflict,
            ExitCode::StorageUnavailable => Self::StorageUnavailable,
            ExitCode::Damaged => Self::TableDamaged,
            ExitCode::SafetyRefused => Self::SafetyRefused,
            ExitCode::Terminated => Self::Terminated,
        }
    }

    /// The CamelCase text of the reason.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "Completed",
            Self::NothingToDo => "NothingToDo",
            Self::DryRun => "DryRun",
            Self::Terminated => "Terminated",
            Self::UsageError => "UsageError",
            Self::InvalidConfig => "InvalidConfig",
            Self::TableNotFound => "TableNotFound",
            Self::UnsupportedTable => "UnsupportedTable",
            Self::ForeignCompactor => "ForeignCompactor",
            Self::PermissionDenied => "PermissionDenied",
            Self::CommitConflict => "CommitConflict",
            Self::StorageUnavailable => "StorageUnavailable",
            Self::TableDamaged => "TableDamaged",
            Self::SafetyRefused => "SafetyRefused",
            Self::InternalError => "InternalError",
        }
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_and_the_reason_it_stands_for_agree() {
        for code in ExitCode::ALL {
            assert_eq!(Reason::of(code).exit_code(), code);
        }
    }

    #[test]
    fn the_text_of_a_reason_is_its_serialized_form() {
        for reason in Reason::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
    }
}
