//! The work on the buckets of a plan: one after the other, and small ones side by side.
//!
//! What a small bucket takes is mostly waiting: for its footers, its data, the end of its upload. A large one keeps all
//! threads busy by itself and has the memory for itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use futures::{Stream, StreamExt, stream};
use tokio::sync::Semaphore;
use weir_columnar::Control;

use super::plan::{BucketPlan, CompactionPlan};
use super::rewrite::{self, BucketRewrite};
use super::service::{Progress, ProgressListener};
use super::{self_check, verify};
use crate::{Error, ErrorKind, Result, Table};

/// Small buckets that are worked on at the same time.
const SIDE_BY_SIDE: u32 = 16;

/// Size of the input files of a small bucket, at most.
const SMALL_BYTES: u64 = 16 << 20;

/// Columns of all input files of a small bucket together, at most: their descriptions are in memory before its turn for
/// memory comes.
const SMALL_COLUMNS: usize = 2000;

/// What the work on all buckets shares.
pub(super) struct Work<'a> {
    table: &'a Table,
    control: &'a Control,
    listener: &'a ProgressListener,
    /// Whether outputs are compared with an independent merge.
    verify: bool,
    total_rows: u64,
    done_rows: Arc<AtomicU64>,
}

/// A bucket whose work is done and not committed.
pub(super) struct Finished {
    pub(super) rewrite: BucketRewrite,
    /// Its place in the plan.
    pub(super) position: usize,
    pub(super) input_bytes: u64,
}

impl<'a> Work<'a> {
    pub(super) fn new(
        table: &'a Table,
        control: &'a Control,
        listener: &'a ProgressListener,
        verify: bool,
        plan: &CompactionPlan,
    ) -> Self {
        let total_rows = plan.buckets.iter().map(BucketPlan::input_rows).sum();
        Self { table, control, listener, verify, total_rows, done_rows: Arc::default() }
    }

    /// The buckets of the plan, in its order, each when it is finished. After an error the others end soon, if the
    /// control is cancelled.
    pub(super) fn carry_out<'w>(
        &'w self,
        plan: &'w CompactionPlan,
    ) -> impl Stream<Item = Result<Finished>> + 'w {
        let turns = Arc::new(Semaphore::new(SIDE_BY_SIDE as usize));
        let works = plan.buckets.iter().enumerate().map(move |(position, bucket)| {
            let turns = Arc::clone(&turns);
            async move {
                // Turns are given in the order in which they are asked for, so that a large bucket is not passed over.
                let turn = turns.acquire_many_owned(self.turns_of(bucket)).await;
                let _turn = turn.map_err(|_| Error::internal("the turns of buckets are gone"))?;
                self.rewrite(bucket, position).await
            }
        });
        stream::iter(works).buffered(SIDE_BY_SIDE as usize)
    }

    /// How many of the turns the work on a bucket takes: one, or all for a bucket that is worked on alone.
    fn turns_of(&self, bucket: &BucketPlan) -> u32 {
        let columns = self.table.schema().fields.len() * bucket.inputs().count();
        let is_small = bucket.input_bytes() <= SMALL_BYTES && columns <= SMALL_COLUMNS && !self.verify;
        if is_small { 1 } else { SIDE_BY_SIDE }
    }

    async fn rewrite(&self, bucket: &BucketPlan, position: usize) -> Result<Finished> {
        if self.control.is_cancelled() {
            return Err(Error::new(ErrorKind::Cancelled, "the compaction was stopped between two buckets"));
        }
        if self.verify {
            verify::require_memory(self.table, bucket, self.control.memory()).await?;
        }
        let (control, told) = self.control_of_bucket();
        let rewrite = rewrite::rewrite(self.table, bucket, &control).await?;
        if let Err(error) = self.check(bucket, &rewrite).await {
            rewrite::discard(self.table.storage(), &rewrite.written).await;
            return Err(error);
        }
        // Each rewrite of a bucket tells of its rows from zero, and what is upgraded or only copied of none.
        self.done_rows.fetch_add(bucket.input_rows().saturating_sub(told.load(Relaxed)), Relaxed);
        Ok(Finished { rewrite, position, input_bytes: bucket.input_bytes() })
    }

    /// A control whose progress is added to that of all buckets, and the rows that it has told of.
    fn control_of_bucket(&self) -> (Control, Arc<AtomicU64>) {
        let told = Arc::new(AtomicU64::new(0));
        let (listener, done, before) =
            (Arc::clone(self.listener), Arc::clone(&self.done_rows), Arc::clone(&told));
        let total_rows = self.total_rows;
        let control = self.control.clone().with_progress(move |progress| {
            let more = progress.input_rows.saturating_sub(before.load(Relaxed));
            before.fetch_add(more, Relaxed);
            let rows = done.fetch_add(more, Relaxed) + more;
            listener(Progress { rows, total_rows });
        });
        (control, told)
    }

    async fn check(&self, bucket: &BucketPlan, rewrite: &BucketRewrite) -> Result<()> {
        self_check::check(self.table, &rewrite.change).await?;
        if self.verify {
            verify::verify(self.table, bucket, rewrite, self.control).await?;
        }
        Ok(())
    }
}
