//! Deleting what nothing needs any more: the one way in which any service removes files of a table.
//!
//! ```text
//! candidates ─► less everything that a remaining root reaches (protection) ─► journal ─► roots ─► files (sweep)
//! ```
//!
//! A service collects [`Candidates`] from the roots that go, with [`Reach`]; [`remove_protected`] takes out what a
//! remaining snapshot, tag, branch or changelog reaches. What is left is written to a [`Journal`] before anything is
//! deleted, and [`finish_interrupted`] lets the next run of any service finish what an interrupted one has begun, with
//! protection derived anew (maintenance §1.9).

mod candidates;
mod interrupted;
mod journal;
mod protection;
mod reach;
mod sweep;

pub use candidates::{FileKind, PlannedFile};

pub(crate) use candidates::Candidates;
pub(crate) use interrupted::{finish_interrupted, still_unprotected};
pub(crate) use journal::Journal;
pub(crate) use protection::remove_protected;
pub(crate) use reach::Reach;
pub(crate) use sweep::{sweep_files, sweep_roots};
