//! Weir's Kubernetes API, group `weir.dev`, version `v1alpha1`, and the generator of its manifests.
//!
//! ```text
//! Table ── schedule ──► CompactionJob   ──► Job ──► pod
//!       └─ schedule ──► SnapshotExpiry  ──► Job ──► pod
//! ```
//!
//! A [`Table`] is the long-lived description of how one table is cared for. [`CompactionJob`] and
//! [`SnapshotExpiry`] are runs: one-shot objects whose `spec` never changes, stamped out by a table's schedules or
//! created by hand. Deleting any of them never touches the data.

// `KubeSchema` repeats each struct, with its visibility, inside a function.
#![allow(unreachable_pub)]

mod compaction_job;
pub mod labels;
pub mod manifest;
mod quantity;
mod run;
mod snapshot_expiry;
mod table;

pub use compaction_job::{CompactionJob, CompactionJobSpec, CompactionJobStatus, CompactionParameters};
pub use quantity::{ByteQuantity, Resources};
pub use run::{RunFailure, RunPhase, RunRequest, RunState, RunStatus, TableRef};
pub use snapshot_expiry::{ExpiryParameters, SnapshotExpiry, SnapshotExpirySpec, SnapshotExpiryStatus};
pub use table::{
    ActiveRun, ImagePullPolicy, ImagePullSecret, InspectionStatus, JobTemplate, LastRun, Maintenance,
    OperationStatus, RunKind, S3Storage, Schedule, Scheduled, SecretKeyRef, Storage, Table, TableFormat,
    TableObservation, TableSpec, TableStatus,
};

/// The API group of every kind.
pub const GROUP: &str = "weir.dev";
/// The API version of every kind.
pub const VERSION: &str = "v1alpha1";
