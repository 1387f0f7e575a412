//! What the operator and the table-service pod say to each other.
//!
//! ```text
//! operator ── arguments ([`Invocation`]), environment ([`env`]) ──► pod (`weir`)
//! operator ◄── exit code ([`ExitCode`]), termination message ([`TerminationMessage`]) ── pod
//! ```
//!
//! The operator never reads object storage and the pod never talks to the Kubernetes API, so these types are
//! all that the two share. They are versioned ([`CONTRACT_VERSION`]): a pod refuses a version that it does not
//! know (exit 2), and the operator treats a message of an unknown version as absent.

pub mod env;
mod exit_code;
mod invocation;
mod message;
mod reason;
mod result;

pub use exit_code::ExitCode;
pub use invocation::{
    CompactParameters, CompactionStrategy, InspectParameters, Invocation, MaintainParameters,
    MaintenanceStep, Operation, PartitionFilter, RunIdentity, Service, TableOwner,
};
pub use message::{MAX_TERMINATION_MESSAGE_BYTES, MAX_TEXT_BYTES, TerminationMessage, truncate};
pub use reason::Reason;
pub use result::{
    CleanupResult, CompactionResult, ExpiryResult, OperationKind, Outcome, PinSummary, RequestCounts,
    RunResult, TableSummary,
};

/// Version of the contract that this crate speaks.
pub const CONTRACT_VERSION: u32 = 1;

/// Name of the container that runs `weir` in a table-service pod.
pub const CONTAINER_NAME: &str = "table-service";

/// Where Kubernetes reads a container's termination message.
pub const TERMINATION_MESSAGE_PATH: &str = "/dev/termination-log";
