//! The runs: one reconciler for every kind of run.
//!
//! ```text
//! observe (caches) → decide (pure) → act (API server)
//! ```
//!
//! | a run is | when | leaves by |
//! |---|---|---|
//! | queued | no place on its table, or no Job | the start policy lets it launch |
//! | running | it has a place, and its Job is unfinished | the Job's verdict, a start deadline, suspension |
//! | ended | its status carries a completion time | – |
//!
//! Order of writes: place before Job, `Running` after the Job, end in the run's status before the place is freed. Each
//! step is repeatable, so that a stop between any two converges.

mod act;
mod decide;
mod kind;
mod observe;
mod policy;
mod status;

pub use act::{delete_run, reconcile};
pub use decide::{Decision, decide, start_deadline_seconds};
pub use kind::Run;
pub use observe::{Observed, observe};
pub use policy::{Waiting, objection};
pub use status::{At, JobView, ended, queued, running};
