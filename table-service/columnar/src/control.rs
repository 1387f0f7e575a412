use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::memory::Memory;
use crate::pool::Pool;
use crate::{Error, Result};

/// How far a rewrite has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Rows of the input merged and written so far.
    pub input_rows: u64,
    /// Rows of the input in all.
    pub total_rows: u64,
    /// Bytes read from sources so far.
    pub read_bytes: u64,
    /// Bytes given to sinks so far.
    pub written_bytes: u64,
}

type Listener = dyn Fn(&Progress) + Send + Sync;

/// Stops rewrites, listens to their progress, and holds the threads and the memory that they share. Clones
/// share all of it.
#[derive(Clone, Default)]
pub struct Control {
    cancelled: Arc<AtomicBool>,
    /// Those of the controls that this one is a part of.
    cancelled_above: Vec<Arc<AtomicBool>>,
    listener: Option<Arc<Listener>>,
    pool: Pool,
    memory: Memory,
}

impl Control {
    /// A control that nobody listens to, of rewrites that run on the calling task.
    pub fn new() -> Self {
        Self::default()
    }

    /// A part of this control: what stops this one stops the part too, but not the other way round.
    #[must_use]
    pub fn part(&self) -> Self {
        let mut part = self.clone();
        part.cancelled_above.push(std::mem::take(&mut part.cancelled));
        part
    }

    /// Calls `listener` after every column of every unit.
    #[must_use]
    pub fn with_progress(mut self, listener: impl Fn(&Progress) + Send + Sync + 'static) -> Self {
        self.listener = Some(Arc::new(listener));
        self
    }

    /// Runs decoding, merging and encoding on a pool of so many threads.
    pub fn with_threads(mut self, threads: NonZeroUsize) -> Result<Self> {
        self.pool = Pool::new(threads)?;
        Ok(self)
    }

    /// Bounds the peak resident memory of the process, in bytes. A rewrite takes on as much as fits, waits while others
    /// have taken it, and fails with [`ErrorKind::OutOfMemory`](crate::ErrorKind::OutOfMemory) before it writes anything when
    /// even the least does not.
    #[must_use]
    pub fn with_memory(mut self, bytes: u64) -> Self {
        self.memory = Memory::bounded(bytes);
        self
    }

    /// The bound of the peak resident memory of the process, in bytes.
    pub const fn memory(&self) -> Option<u64> {
        self.memory.limit()
    }

    pub(crate) const fn shared_memory(&self) -> &Memory {
        &self.memory
    }

    pub(crate) const fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Asks the rewrite to stop; it gives its open file up and ends with
    /// [`ErrorKind::Cancelled`](crate::ErrorKind::Cancelled).
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether [`cancel`](Self::cancel) was called, of this control or one that it is a part of.
    pub fn is_cancelled(&self) -> bool {
        let mut flags = self.cancelled_above.iter().chain([&self.cancelled]);
        flags.any(|cancelled| cancelled.load(Ordering::Relaxed))
    }

    pub(crate) fn check(&self) -> Result<()> {
        if self.is_cancelled() { Err(Error::cancelled()) } else { Ok(()) }
    }

    pub(crate) fn report(&self, progress: &Progress) {
        if let Some(listener) = &self.listener {
            listener(progress);
        }
    }
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control").field("cancelled", &self.is_cancelled()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stops_the_whole_stops_its_parts() {
        let whole = Control::new();
        let (part, other) = (whole.part(), whole.part());
        part.cancel();
        assert_eq!([&whole, &part, &other].map(Control::is_cancelled), [false, true, false]);
        whole.clone().cancel();
        assert_eq!([&whole, &part, &other].map(Control::is_cancelled), [true, true, true]);
    }
}
