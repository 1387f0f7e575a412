//! Snapshot expiry: old snapshots go, and with them the files that nothing else needs.
//!
//! ```text
//! observe: snapshots, tags, branches, consumers, changelogs
//!   └► retention (pure): first snapshot to keep ─► plan: candidates less everything that a remaining root reaches
//!        └► journal ─► re-check roots ─► delete roots ─► grace, re-check ─► delete files ─► remove journal
//! ```
//!
//! Paimon's own expiry trusts that a file removed by one snapshot never comes back and looks at the tags of `main`
//! only. Here a candidate is deleted only when no remaining snapshot, tag, branch or changelog reaches it. Roots are
//! deleted first, so that no reader or tagger picks a snapshot that is half gone; the journal lets the next run
//! finish what an interrupted one has begun, with protection derived anew (maintenance §1.9).

mod candidates;
mod decoupled;
mod hints;
mod holds;
mod plan;
mod report;
pub(crate) mod retention;
mod service;

pub(crate) use holds::Hold;
pub use report::{ExpireOutcome, ExpireReport};
pub use retention::Retention;
pub(crate) use retention::{Age, first_kept};
pub use service::ExpireSnapshots;
