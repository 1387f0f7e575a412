//! Compaction of append tables, which have no primary key: small files are joined, rows stay as they are.
//!
//! Tables without buckets are planned by partition, as Paimon's `AppendCompactCoordinator` does; bucketed ones by
//! bucket, as its `BucketedAppendCompactManager` does, so that neighbours stay neighbours (format §13.1, §13.2).

mod columns;
mod loose;
mod neighbours;
mod plan;
mod rewrite;
mod sequences;
mod settings;

pub(super) use columns::AppendColumns;
pub(super) use plan::{plan, why_nothing};
pub(super) use rewrite::concat;
pub(super) use settings::{AppendSettings, Arrangement, arrangement};
