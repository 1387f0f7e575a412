use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

/// The places for Jobs that may exist at once in all watched namespaces.
///
/// A Job that was just created is not in the cache yet; it is counted here until it is.
#[derive(Debug)]
pub struct Slots {
    limit: usize,
    launched: Mutex<HashSet<String>>,
}

impl Slots {
    /// Places for `limit` Jobs; 0 means any number.
    pub fn new(limit: usize) -> Self {
        Self { limit, launched: Mutex::default() }
    }

    /// Reserves a place for `uid` beside the unfinished Jobs of the cache, given as the UIDs that they work for.
    /// Repeating it for one UID takes one place.
    pub fn reserve(&self, uid: &str, unfinished: &HashSet<String>) -> bool {
        if self.limit == 0 {
            return true;
        }
        let mut launched = self.launched.lock().unwrap_or_else(PoisonError::into_inner);
        launched.retain(|uid| !unfinished.contains(uid));
        if launched.contains(uid) || unfinished.contains(uid) {
            return true;
        }
        let free = launched.len() + unfinished.len() < self.limit;
        if free {
            launched.insert(uid.to_owned());
        }
        free
    }

    /// Gives up the place of `uid`, whose Job was not created or has ended.
    pub fn release(&self, uid: &str) {
        self.launched.lock().unwrap_or_else(PoisonError::into_inner).remove(uid);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uids(uids: &[&str]) -> HashSet<String> {
        uids.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn counts_jobs_of_the_cache_and_those_not_in_it_yet() {
        let slots = Slots::new(2);
        assert!(slots.reserve("a", &uids(&["x"])));
        assert!(!slots.reserve("b", &uids(&["x"])));
        assert!(slots.reserve("a", &uids(&["x"])), "a repeated attempt keeps its place");
        assert!(!slots.reserve("b", &uids(&["x", "a"])), "a Job is not counted twice");
        assert!(slots.reserve("b", &uids(&["a"])));
    }

    #[test]
    fn a_place_that_was_given_up_is_free() {
        let slots = Slots::new(1);
        assert!(slots.reserve("a", &uids(&[])));
        slots.release("a");
        assert!(slots.reserve("b", &uids(&[])));
    }

    #[test]
    fn zero_is_no_limit() {
        assert!(Slots::new(0).reserve("a", &uids(&["x", "y"])));
    }
}
