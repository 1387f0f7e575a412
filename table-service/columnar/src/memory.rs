use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::budget::PROCESS;
use crate::{Error, Result};

const MIB: u64 = 1 << 20;

/// What rewrites may take together where nothing bounds the process.
const UNBOUNDED: u64 = 512 * MIB;

/// The memory of a process, which rewrites that run at the same time share. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Memory {
    limit: Option<u64>,
    mebibytes: u32,
    free: Arc<Semaphore>,
}

impl Memory {
    /// Of a process whose peak is bounded.
    pub(crate) fn bounded(bytes: u64) -> Self {
        Self::new(Some(bytes), bytes.saturating_sub(PROCESS))
    }

    fn new(limit: Option<u64>, shared: u64) -> Self {
        let mebibytes = u32::try_from(shared / MIB).unwrap_or(u32::MAX).max(1);
        Self { limit, mebibytes, free: Arc::new(Semaphore::new(mebibytes as usize)) }
    }

    /// The bound of the process's peak.
    pub(crate) const fn limit(&self) -> Option<u64> {
        self.limit
    }

    /// Waits for so many bytes, or for everything where that is less, in the order of the calls. They are given back
    /// when the answer is dropped.
    pub(crate) async fn take(&self, bytes: u64) -> Result<OwnedSemaphorePermit> {
        let wanted = u32::try_from(bytes.div_ceil(MIB)).unwrap_or(u32::MAX).min(self.mebibytes);
        Arc::clone(&self.free)
            .acquire_many_owned(wanted)
            .await
            .map_err(|error| Error::internal("the memory of rewrites is gone").with_source(error))
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new(None, UNBOUNDED)
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[test]
    fn gives_out_what_is_free() {
        let memory = Memory::bounded(PROCESS + 10 * MIB);
        let first = memory.take(6 * MIB).now_or_never().unwrap().unwrap();
        let second = memory.take(4 * MIB).now_or_never().unwrap().unwrap();
        assert!(memory.take(1).now_or_never().is_none());
        drop(first);
        assert!(memory.take(7 * MIB).now_or_never().is_none());
        drop(second);
        assert!(memory.take(7 * MIB).now_or_never().is_some());
    }

    #[test]
    fn gives_everything_to_who_wants_more() {
        for memory in [Memory::bounded(PROCESS + 10 * MIB), Memory::bounded(1), Memory::default()] {
            let all = memory.take(u64::MAX).now_or_never().unwrap().unwrap();
            assert!(memory.take(1).now_or_never().is_none());
            drop(all);
            assert!(memory.take(1).now_or_never().is_some());
        }
    }
}
