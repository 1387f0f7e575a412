//! Changelog expiry: long-lived changelogs, which expired snapshots have left, go in turn.
//!
//! ```text
//! observe: changelogs, consumers, every other root
//!   └► retention (pure): first changelog to keep ─► plan: candidates less everything that a remaining root reaches
//!        └► journal ─► re-check roots ─► delete changelog files ─► EARLIEST ─► delete files ─► remove journal
//! ```
//!
//! Paimon's own procedure takes none of the table's options and stops at a gap; here they are the defaults, those of
//! snapshots when changelogs no longer outlive them, and a gap is passed over (maintenance §4).

mod plan;
mod report;
mod retention;
mod service;

pub use report::{ExpireChangelogsOutcome, ExpireChangelogsReport};
pub use service::ExpireChangelogs;
