//! `weir rollback-to`: an earlier snapshot becomes the newest one again (maintenance §7.2).
//!
//! ```text
//! target ─► every file of it is there? ─► record of what goes ─► LATEST hint ─► snapshots, newest first ─► changelogs, tags
//! ```
//!
//! Later snapshots, long-lived changelogs and tags go; their data stays until orphans are removed. A rollback cannot be
//! made safe against writers: one that has begun on a removed snapshot brings its state back with its commit. So the
//! caller has to say that there are none, a commit that is made nevertheless is noticed and reported, and everything that
//! is removed is kept in a record first.

mod plan;
mod record;
mod service;

pub use plan::{LeftBehind, RemovedRoot, RollbackTarget};
pub use service::{Rollback, RollbackOutcome, RollbackReport};
