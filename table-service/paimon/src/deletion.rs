//! Deleting what nothing needs any more: the one way in which any service removes files of a table.
//!
//! ```text
//! candidates ─► less everything that a remaining root reaches (protection) ─► journal ─► roots ─► files (sweep)
//! ```
//!
//! A service collects `Candidates` from the roots that go, with `Reach`; `remove_protected` takes out what a
//! remaining snapshot, tag, branch or changelog reaches. What is left is written to a `Journal` before anything is
//! deleted, and `finish_interrupted` lets the next run of any service finish what an interrupted one has begun, with
//! protection derived anew (maintenance §1.9).

mod candidates;
mod changelog;
mod directories;
mod interrupted;
mod journal;
mod needed;
mod observed;
mod protection;
mod reach;
mod sweep;
mod targets;

pub use candidates::{FileKind, PlannedFile};

pub(crate) use candidates::Candidates;
pub(crate) use changelog::{ChangelogNeeds, is_written};
pub(crate) use directories::remove_empty_directories;
pub(crate) use interrupted::finish_interrupted;
pub(crate) use journal::Journal;
pub(crate) use observed::{Observed, rolled_back};
pub(crate) use protection::remove_protected;
pub(crate) use reach::Reach;
pub(crate) use sweep::{BATCH, stop_if, sweep_files, sweep_roots};
