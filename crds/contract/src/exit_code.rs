use serde::{Deserialize, Serialize};

/// How a `weir` process ends; the codes that a Job's pod failure policy decides on.
///
/// 125–127 and 128+n belong to shells and signals and are never used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "u8")]
#[serde(try_from = "u8")]
#[repr(u8)]
pub enum ExitCode {
    /// Done, nothing to do, or a dry run.
    Done = 0,
    /// A defect of Weir (a panic exits with 101).
    Internal = 1,
    /// The command line is wrong, or speaks an unknown contract version.
    Usage = 2,
    /// Configuration that can never work: a bad option, too little memory.
    Configuration = 10,
    /// The table is missing, or uses a feature that Weir refuses.
    Unsupported = 11,
    /// The store denied access.
    Permission = 12,
    /// Other writers won every attempt.
    Conflict = 13,
    /// The store could not be reached or kept failing.
    StorageUnavailable = 14,
    /// The table is damaged or a self-check failed. Never retried.
    Damaged = 15,
    /// Going on could have harmed data.
    SafetyRefused = 16,
    /// Stopped by SIGTERM at a safe point.
    Terminated = 143,
}

impl ExitCode {
    /// Every exit code.
    pub const ALL: [Self; 11] = [
        Self::Done,
        Self::Internal,
        Self::Usage,
        Self::Configuration,
        Self::Unsupported,
        Self::Permission,
        Self::Conflict,
        Self::StorageUnavailable,
        Self::Damaged,
        Self::SafetyRefused,
        Self::Terminated,
    ];

    /// The process's exit status.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The meaning of a container's exit status; `None` for one that `weir` does not use.
    pub fn from_status(status: i32) -> Option<Self> {
        if status == 101 {
            return Some(Self::Internal);
        }
        Self::ALL.into_iter().find(|code| i32::from(code.code()) == status)
    }

    /// Whether another attempt of the same run may end differently. Those that may not are the codes on which a
    /// Job fails at once.
    pub const fn is_retriable(self) -> bool {
        matches!(self, Self::Internal | Self::Conflict | Self::StorageUnavailable | Self::Terminated)
    }
}

impl From<ExitCode> for u8 {
    fn from(code: ExitCode) -> Self {
        code.code()
    }
}

impl TryFrom<u8> for ExitCode {
    type Error = String;

    fn try_from(status: u8) -> Result<Self, Self::Error> {
        Self::from_status(i32::from(status)).ok_or_else(|| format!("{status} is not an exit code of weir"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_read_back_from_its_status() {
        for code in ExitCode::ALL {
            assert_eq!(ExitCode::from_status(i32::from(code.code())), Some(code));
        }
        assert_eq!(ExitCode::from_status(101), Some(ExitCode::Internal), "a panic is an internal failure");
        assert_eq!(ExitCode::from_status(137), None, "a kill is not an exit of weir");
    }
}
