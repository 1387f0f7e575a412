//! The Weir operator: reconciles tables and launches table-service pods.
//!
//! ```text
//!             watches                    observe → decide (pure) → act
//! API server ────────► caches, indexes ──► table: inspections, schedules, history, conditions
//!                        │ routes        ──► run: fence, start policy, status
//!                        ▼ wake                  │
//!                     controllers                ▼
//!                                         executor: Work → Job; Job + pods → Verdict
//! ```
//!
//! The operator decides when; the pod decides what. It reads no Secret and no object storage: a pod gets credentials
//! by reference, and reports by its exit code and termination message.

pub mod args;
pub mod backoff;
pub mod caches;
pub mod clock;
pub mod conditions;
pub mod context;
pub mod digest;
pub mod error;
pub mod events;
pub mod executor;
pub mod fence;
pub mod health;
pub mod lease;
pub mod metrics;
pub mod operator;
pub mod routes;
pub mod run;
pub mod scope;
pub mod shutdown;
pub mod table;
pub mod telemetry;
#[cfg(test)]
mod testing;

/// Name of the operator in events.
const CONTROLLER: &str = "weir-operator";
/// Field manager of objects that the operator creates.
const FIELD_MANAGER: &str = "weir-operator";
