//! Pauses after failed reconciles, kept per object.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_mins(5);
const MAX_DOUBLINGS: u32 = 16;

/// Failures in a row of each object, and the pauses that follow from them.
#[derive(Debug, Default)]
pub struct Backoff {
    failures: Mutex<HashMap<String, u32>>,
    random: RandomState,
    drawn: AtomicU64,
}

impl Backoff {
    /// The pause after one more failure of `object`: up to 1 s, doubled with each failure up to 5 min.
    pub fn failed(&self, object: &str) -> Duration {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let count = failures.entry(object.to_owned()).or_default();
        let longest = FIRST.saturating_mul(1 << (*count).min(MAX_DOUBLINGS)).min(LONGEST);
        *count = count.saturating_add(1);
        drop(failures);
        self.spread(longest)
    }

    /// Forgets the failures of `object`.
    pub fn succeeded(&self, object: &str) {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).remove(object);
    }

    /// A random duration between a half of `duration` and all of it.
    pub fn spread(&self, duration: Duration) -> Duration {
        let drawn = self.random.hash_one(self.drawn.fetch_add(1, Ordering::Relaxed));
        let half = duration / 2;
        let share = u32::try_from(drawn & 0xffff).unwrap_or_default();
        half + half * share / 0xffff
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_limit_and_start_anew_after_a_success() {
        let backoff = Backoff::default();
        let pauses: Vec<_> = (0..12).map(|_| backoff.failed("a")).collect();
        assert!(pauses[0] >= FIRST / 2 && pauses[0] <= FIRST);
        assert!(pauses[3] >= FIRST * 4 && pauses[3] <= FIRST * 8);
        assert!(pauses[11] >= LONGEST / 2 && pauses[11] <= LONGEST);
        backoff.succeeded("a");
        assert!(backoff.failed("a") <= FIRST);
    }
}
