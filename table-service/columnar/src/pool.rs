use std::num::NonZeroUsize;
use std::sync::Arc;

use futures::channel::oneshot;

use crate::{Error, Result};

/// Where decoding, merging and encoding run: on a fixed number of threads, or on the calling task.
#[derive(Clone, Default)]
pub(crate) struct Pool(Option<Arc<rayon::ThreadPool>>);

impl Pool {
    /// A pool of its own threads.
    pub(crate) fn new(threads: NonZeroUsize) -> Result<Self> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads.get())
            .thread_name(|index| format!("columns-{index}"))
            // The task that waits hears of it by its closed channel.
            .panic_handler(|_| ())
            .build()
            .map_err(|error| Error::internal("the threads of the engine cannot start").with_source(error))?;
        Ok(Self(Some(Arc::new(pool))))
    }

    /// Number of tasks that run at the same time.
    pub(crate) fn threads(&self) -> usize {
        self.0.as_ref().map_or(1, |pool| pool.current_num_threads())
    }

    /// Runs a task and waits for it. Tasks start in the order they were given.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        task: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let Some(pool) = &self.0 else { return Ok(task()) };
        let (answer, answered) = oneshot::channel();
        pool.spawn_fifo(move || {
            // Nobody waits any more when the rewrite was given up.
            let _ = answer.send(task());
        });
        answered.await.map_err(|_| Error::internal("a task of the engine panicked"))
    }
}
