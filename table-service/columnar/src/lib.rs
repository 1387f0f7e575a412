//! Format-neutral columnar rewrite engine: Parquet in, merged or concatenated Parquet out.
//!
//! ```text
//!  Section, Section, …        plan: key, sequence, kind                column tasks
//!  ┌ SortedRun ─ files ┐      columns only                             one per (unit, column)
//!  │ SortedRun ─ files │ ───► unit 0: kept rows, row ranges per run ─► read ranges → decode → gather → encode
//!  └ SortedRun ─ files ┘      unit 1: …                                chunks appended in column order
//!                                                                      └► OutputFile, rolled at a target size
//! ```
//!
//! The engine merges the key columns of all runs once into a compact plan, then rewrites every
//! column as an independent task that follows the plan. Large row groups that share no key with another
//! run are not decoded at all: their column chunks are copied. Bytes are fetched by tasks of their own, so it runs within a
//! tokio runtime. It knows no table format: files come
//! through [`Source`], leave through [`Sink`], and the caller says which leaf of which file feeds
//! which output column.
//!
//! Words: a *sorted run* is a list of files whose rows ascend strictly by key; a *section* is a
//! set of runs that shares no key with any other section; a *unit* is the part of a merge that
//! becomes one output row group; a *plan* says which row of which run comes next in the output.
//!
//! # Memory
//!
//! A rewrite holds, whatever its size:
//!
//! - the footers of all input files, with the places of their pages;
//! - the plan of three units: six bytes per output row, and the key, sequence number and kind of it when
//!   the key is a number;
//! - for planning, per run: the compressed key, sequence and kind columns of 131,072 rows and one
//!   decoded batch of 8192;
//! - compressed pages of about 8 MiB worth of columns, at least one, over all runs: those that are
//!   encoded and two groups ahead of them;
//! - for every thread a column task: decoded batches of about 16 MiB over all runs, one page of every
//!   run and one encoded column chunk; two more chunks may wait for their turn;
//! - encoded bytes that the sink has not taken, about 1 MiB.
//!
//! Rewrites that run at the same time share the memory of their [`Control`]: each takes what it needs at most before it
//! reads anything but footers, and waits for it.
//!
//! Units are sized by the average row of the inputs; a few values that are far larger than the
//! average are not bounded by it.

mod budget;
mod concat;
mod control;
mod error;
mod input;
mod leaf;
mod memory;
mod merge;
mod plan;
mod pool;
mod read;
mod rewrite;
mod rewriter;
mod sink;
mod source;
mod spec;
mod splice;
mod task;
mod units;
mod value;
mod write;

pub use concat::concat;
pub use control::{Control, Progress};
pub use error::{BoxError, Error, ErrorKind, Result};
pub use input::{ColumnSource, InputFile, Section, SortedRun};
pub use merge::merge;
pub use rewrite::{ColumnStatistics, OutputFile, Rewrite};
pub use sink::{OutputStream, Sink};
pub use source::Source;
pub use spec::{Codec, ConcatSpec, MergeSpec, OrderColumn, OutputOptions};
pub use value::Value;
