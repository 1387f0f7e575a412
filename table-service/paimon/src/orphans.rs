//! Orphan files: files of a table that no snapshot, tag, branch or changelog refers to, left by writers that died, by
//! failed commits and by interrupted maintenance.
//!
//! ```text
//! list everything below the table ─► candidates: old enough, at places where writers put files   (on local disk)
//!   └► roots, to a fixpoint: main and every branch ─► mark every name that a root refers to        (128-bit digests)
//!        └► checks: the newest snapshot was found whole, few enough files would go
//!             └► portion by portion: look again at each file ─► journal ─► roots once more ─► delete, or move to the trash
//! ```
//!
//! The order is what makes it safe (maintenance §6.3): a file that was there when the listing began and is in use is
//! referred to by a root that is read afterwards. Paimon's own cleaner matches bare file names, and so does this one:
//! it keeps what shares its name with a file in use anywhere, whatever its directory. Memory holds sixteen bytes for
//! each listed file and what is to be deleted, however large the table is.

mod candidates;
mod clock;
mod listed;
mod marking;
mod place;
mod removal;
mod report;
mod roots;
mod scan;
mod service;
mod share;

pub use report::{FilesOfKind, OrphanReport};
pub use service::{OlderThan, OrphanOutcome, RemoveOrphans};
pub use share::Share;

pub(crate) use clock::storage_time;
