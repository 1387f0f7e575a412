//! Maintenance services for Apache Paimon tables.
//!
//! ```text
//!            observe                     decide (pure)                 act
//!  table/  ── schema, snapshots, ──►  compaction plan  ──►  rewrite  ──► commit (put-if-absent snapshot-N)
//!             live files, roots  ──►  expiry plan      ──►  journal  ──► delete roots, then files
//!                                ├►  orphans        ──►  journal  ──► delete, or move to the trash
//!                                └►  inspection
//! ```
//!
//! [`Table`] reads what a table says about itself and commits to it; each service is a folder of its own over it:
//! [`compaction`], [`expiry`], [`changelogs`], [`consumers`], [`tags`], [`partitions`], [`manifests`], [`orphans`],
//! [`trash`], [`rollback`], [`inspection`], [`pins`]. All deletion goes through [`deletion`]; [`owner`] keeps two Tables
//! from maintaining one table. Plans are values that can be printed (`--dry-run`) before anything
//! is changed. Rules that no path breaks: a live file is never deleted, a writer's commit always wins, commits are
//! put-if-absent with read-back, and what is not fully implemented is refused before anything is written.

pub mod changelogs;
pub mod compaction;
pub mod consumers;
pub mod deletion;
mod error;
pub mod expiry;
pub mod inspection;
pub mod maintain;
pub mod manifests;
pub mod orphans;
pub mod owner;
pub mod partitions;
pub mod pins;
pub mod predicate;
pub mod rollback;
pub mod table;
pub mod tags;
#[cfg(test)]
mod testing;
pub mod trash;
mod warnings;

pub use error::{Error, ErrorKind, Result};
pub use table::Table;
pub use warnings::Warning;
pub use weir_paimon_spec::support::Purpose;
