//! Compaction: fewer files and sorted runs for readers, the same rows.
//!
//! ```text
//! levels ─► universal (pick a prefix of runs) ─► sections ─► plan ─► rewrite (weir-columnar) ─► self-check ─► commit
//! ```
//!
//! Planning is a pure function of metadata and its result can be printed. Of primary-key tables, files that overlap no
//! other file of their unit are upgraded in metadata; the rest is merged. The small files of append tables are joined.
//! Source: Paimon `MergeTreeCompactManager` and `MergeTreeCompactTask` (format §8, §13).

mod append;
mod budget;
mod file_schema;
mod foreign;
mod levels;
mod plan;
mod portions;
mod readable;
mod report;
mod rewrite;
mod sections;
mod selection;
mod self_check;
mod service;
mod settings;
mod shard;
mod statistics;
mod universal;
mod verify;
mod work;

pub use budget::LeftOut;
pub use plan::{BucketPlan, CompactionPlan, Strategy, Task};
pub use portions::PortionLimits;
pub use report::{BucketReport, CommitReport, CompactReport, FileReport};
pub use selection::{BucketRanges, Selection};
pub use service::{Compact, CompactOutcome, Progress, ProgressListener};
pub use shard::Shard;
pub use weir_columnar::Control;
