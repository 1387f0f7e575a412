use tokio::sync::watch;

use super::CacheName;

/// Which caches have been filled once.
///
/// Stores have such a signal of their own, but it wakes only one of those who wait for it.
#[derive(Debug)]
pub struct Filled {
    missing: watch::Sender<Vec<CacheName>>,
}

impl Default for Filled {
    fn default() -> Self {
        Self { missing: watch::Sender::new(CacheName::ALL.to_vec()) }
    }
}

impl Filled {
    /// The initial list of a cache is complete.
    pub fn mark(&self, cache: CacheName) {
        self.missing.send_if_modified(|missing| {
            let before = missing.len();
            missing.retain(|name| *name != cache);
            missing.len() != before
        });
    }

    /// Waits until every cache has been filled once.
    pub async fn wait(&self) {
        // The sender lives as long as this value, so the wait cannot fail.
        let _ = self.missing.subscribe().wait_for(Vec::is_empty).await;
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[test]
    fn everyone_who_waits_goes_on_when_the_last_cache_is_filled() {
        let filled = Filled::default();
        let (mut one, mut other) = (Box::pin(filled.wait()), Box::pin(filled.wait()));
        for cache in CacheName::ALL {
            assert!(one.as_mut().now_or_never().is_none() && other.as_mut().now_or_never().is_none());
            filled.mark(cache);
            filled.mark(cache);
        }
        assert!(one.now_or_never().is_some() && other.now_or_never().is_some());
    }
}
