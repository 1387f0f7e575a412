//! Compaction of primary-key tables: fewer sorted runs for readers to merge, the same rows.
//!
//! ```text
//! levels ─► universal (pick a prefix of runs) ─► sections ─► plan ─► rewrite (weir-columnar) ─► self-check ─► commit
//! ```
//!
//! Planning is a pure function of metadata and its result can be printed. Files that overlap no other file of
//! their unit are upgraded in metadata; the rest is merged. Source: Paimon `MergeTreeCompactManager` and
//! `MergeTreeCompactTask` (format §8).

mod file_schema;
mod foreign;
mod levels;
mod partition_filter;
mod plan;
mod readable;
mod report;
mod rewrite;
mod sections;
mod self_check;
mod service;
mod settings;
mod statistics;
mod universal;

pub use partition_filter::PartitionPredicate;
pub use plan::{BucketPlan, CompactionPlan, Strategy, Task};
pub use report::{BucketReport, CompactReport, FileReport};
pub use service::{Compact, CompactOutcome, Progress, ProgressListener};
pub use weir_columnar::Control;
