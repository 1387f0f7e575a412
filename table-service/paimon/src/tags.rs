//! Tags: names that keep a snapshot's files beyond its expiry.
//!
//! ```text
//! create: snapshot ─► tag file (put-if-absent) ─► are all its files there, is the snapshot? ─► else delete it again
//! delete: plan (files of the tag less all that remaining roots reach) ─► journal ─► tag file ─► re-check ─► files
//! automatic: snapshots, tags ─► due (pure) ─► retention (pure) ─► create, delete
//! ```
//!
//! Released Java neither looks again after it has written a tag, nor at branches when it deletes one (maintenance §3.2,
//! §3.3). A tag is made here only if nothing can have taken its files meanwhile, and deleting one goes the way of all
//! deletions, [`crate::deletion`].

mod auto;
mod create;
mod delete;
mod expire;
mod list;
mod name;
mod needs;
mod removal;
mod rename;
mod retention;
mod rule;
mod source;
mod success;
mod write;

pub use auto::{AutoTag, AutoTagOutcome, AutoTagReport, TagOfPeriod};
pub use create::{CreateTag, CreateTagOutcome, CreateTagReport};
pub use delete::{DeleteTags, DeleteTagsOutcome, DeleteTagsReport};
pub use expire::{ExpireTags, KeptTag};
pub use list::{ListTags, TagView};
pub use rename::{RenameTag, RenameTagOutcome, RenameTagReport};
pub use retention::Generations;
pub use source::TagSource;
pub use weir_paimon_spec::options::TagCreationPeriod;
pub use weir_paimon_spec::tags::parse_time_zone;

pub(crate) use auto::first_due;
