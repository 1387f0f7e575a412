use std::fmt;

use weir_contract::Reason;

/// Why a Job's work ended: what the pod reported, or what happened to the pod. The `reason` of conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EndReason {
    /// The pod said so, by its message or its exit code.
    Reported(Reason),
    /// The container was killed for exceeding its memory limit.
    OutOfMemory,
    /// The container was killed from outside.
    Killed,
    /// The Job exceeded its `activeDeadlineSeconds`.
    DeadlineExceeded,
    /// The node gave the pod up more often than the Job tries.
    Evicted,
    /// The image could not be pulled before the start deadline.
    ImagePullFailed,
    /// A Secret, ConfigMap, ServiceAccount or setting that the pod needs is missing or wrong.
    ConfigError,
    /// No node had room before the start deadline.
    Unschedulable,
    /// The pod did not start before the start deadline, for a cause that Kubernetes did not tell.
    NotStarted,
    /// Somebody deleted the Job.
    JobDeleted,
    /// Another object's Job has the name.
    JobNameConflict,
    /// The pod's result is gone; the Job's own verdict stands.
    ResultUnavailable,
}

impl EndReason {
    /// The CamelCase text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reported(reason) => reason.as_str(),
            Self::OutOfMemory => "OutOfMemory",
            Self::Killed => "Killed",
            Self::DeadlineExceeded => "DeadlineExceeded",
            Self::Evicted => "Evicted",
            Self::ImagePullFailed => "ImagePullFailed",
            Self::ConfigError => "ConfigError",
            Self::Unschedulable => "Unschedulable",
            Self::NotStarted => "NotStarted",
            Self::JobDeleted => "JobDeleted",
            Self::JobNameConflict => "JobNameConflict",
            Self::ResultUnavailable => "ResultUnavailable",
        }
    }

    /// Whether the same work may end differently later without anybody changing anything.
    pub const fn is_retriable(self) -> bool {
        match self {
            Self::Reported(reason) => reason.exit_code().is_retriable(),
            Self::ConfigError | Self::ImagePullFailed | Self::JobNameConflict => false,
            Self::OutOfMemory
            | Self::Killed
            | Self::DeadlineExceeded
            | Self::Evicted
            | Self::Unschedulable
            | Self::NotStarted
            | Self::JobDeleted
            | Self::ResultUnavailable => true,
        }
    }
}

/// Whether a failed run with this reason leaves its schedule alone instead of spacing it out: nothing is wrong with
/// table, store or configuration.
pub fn leaves_schedule_alone(reason: &str) -> bool {
    [
        EndReason::Reported(Reason::CommitConflict),
        EndReason::Reported(Reason::Terminated),
        EndReason::Killed,
        EndReason::Evicted,
        EndReason::JobDeleted,
        EndReason::ResultUnavailable,
    ]
    .iter()
    .any(|harmless| harmless.as_str() == reason)
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
