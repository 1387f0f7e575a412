//! Partitions: which ones a run is about, dropping old ones, marking complete ones (maintenance §5).
//!
//! ```text
//! live files by partition ─► time of each partition ─► expired? ─► drop in batches (OVERWRITE commits)
//! ```
//!
//! A drop is a commit like any other: it takes the files that are live when it is made, a writer's commit always wins,
//! and no file is deleted from storage; expiry of snapshots does that.

mod expire;
mod mark_done;
mod predicate;
mod selection;
mod time;

pub use expire::{ExpirePartitions, ExpirePartitionsOutcome, ExpirePartitionsReport};
pub use mark_done::{MarkPartitionDone, MarkPartitionDoneOutcome, MarkPartitionDoneReport, MarkedPartition};
pub use predicate::PartitionPredicate;
pub use selection::{ExpiredPartition, KeptPartition, Strategy};

pub(crate) use predicate::{accepts, unknown_columns};
