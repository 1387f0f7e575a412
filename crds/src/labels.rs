//! Labels and annotations of everything that the operator creates.

/// Well-known label: which tool manages the object.
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// Value of [`MANAGED_BY`]; the caches of the operator select by it.
pub const OPERATOR: &str = "weir-operator";
/// Well-known label: what the object is.
pub const APP_NAME: &str = "app.kubernetes.io/name";
/// Well-known label: the part it plays.
pub const COMPONENT: &str = "app.kubernetes.io/component";
/// Well-known label: what it belongs to.
pub const PART_OF: &str = "app.kubernetes.io/part-of";

/// Name of the Table that an object works for.
pub const TABLE: &str = "weir.dev/table";
/// Name of the run that a Job or pod executes.
pub const RUN: &str = "weir.dev/run";
/// UID of the run (for an inspection: of the Table) that a Job or pod executes.
pub const RUN_UID: &str = "weir.dev/run-uid";
/// The verb that a Job or pod executes: `inspect`, `compact` or `expire-snapshots`.
pub const OPERATION: &str = "weir.dev/operation";

/// Annotation: the slot of the schedule that a run was created for, RFC 3339.
pub const SCHEDULED_AT: &str = "weir.dev/scheduled-at";
/// Annotation: what an inspection Job was started to look at; changes with the spec.
pub const FINGERPRINT: &str = "weir.dev/fingerprint";
/// Annotation of a Table: `true` lets its runs take the table over from another Table object that maintained it.
pub const TAKE_OVER: &str = "weir.dev/take-over";
