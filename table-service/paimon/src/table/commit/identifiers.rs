//! Identifiers of commits.

use weir_paimon_spec::TableOptions;
use weir_paimon_spec::options::keys;

use crate::Result;

/// Identifiers of the commits of one run: they follow the clock and grow.
///
/// `Long.MAX_VALUE` is not among them; it is for a full compaction of the whole table. Readers that look for full
/// compactions by `full-compaction.delta-commits` must not take another commit for one (format §2.2).
#[derive(Debug, Default)]
pub(crate) struct Identifiers {
    last: i64,
}

impl Identifiers {
    /// The identifier of the next commit.
    pub(crate) fn next(&mut self, options: &TableOptions) -> Result<i64> {
        let every = options.find(&keys::FULL_COMPACTION_DELTA_COMMITS)?.map_or(0, i64::from);
        Ok(self.after(jiff::Timestamp::now().as_millisecond(), every))
    }

    /// The first number from `now` on, above the last, that is no multiple of `every`.
    fn after(&mut self, now: i64, every: i64) -> i64 {
        let mut next = now.max(self.last + 1);
        if every > 1 && next % every == 0 {
            next += 1;
        }
        self.last = next;
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_grow_although_the_clock_stands_still() {
        let mut identifiers = Identifiers::default();
        let made: Vec<i64> = [100, 100, 99, 200].map(|now| identifiers.after(now, 0)).into();
        assert_eq!(made, [100, 101, 102, 200]);
    }

    #[test]
    fn no_identifier_is_that_of_a_full_compaction() {
        let mut identifiers = Identifiers::default();
        let made: Vec<i64> = [99, 99, 99].map(|now| identifiers.after(now, 2)).into();
        assert_eq!(made, [99, 101, 103]);
        assert_eq!(Identifiers::default().after(100, 1), 100, "with 1 every commit counts as a full one");
    }
}
