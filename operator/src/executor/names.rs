use jiff::Timestamp;
use weir_crds::RunKind;

use crate::digest::digest;

/// Name of the Job of a run. Runs of different kinds may share a name, their Jobs may not.
pub fn run_job_name(kind: RunKind, run: &str) -> String {
    match kind {
        RunKind::CompactionJob => format!("{run}-compaction"),
        RunKind::SnapshotExpiry => format!("{run}-expiry"),
    }
}

/// Name of the run that a schedule of `table` creates for `slot`: the same for every attempt to create it, and
/// different for every slot, since slots are whole minutes.
pub fn scheduled_run_name(table: &str, slot: Timestamp) -> String {
    format!("{table}-{}", slot.as_second().div_euclid(60))
}

/// Name of the Job of the inspection that follows `finished` ended ones: the same until that inspection is recorded.
pub fn inspection_job_name(table: &str, uid: &str, fingerprint: &str, finished: i64) -> String {
    format!("{table}-inspect-{:08x}", digest(&[uid, fingerprint, &finished.to_string()]) >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONGEST_LABEL: usize = 63;

    #[test]
    fn the_longest_names_fit_a_label() {
        let table = "t".repeat(40);
        let run = scheduled_run_name(&table, Timestamp::MAX);
        assert!(run.len() <= 52, "{run}");
        for kind in RunKind::ALL {
            assert!(run_job_name(kind, &"r".repeat(52)).len() <= LONGEST_LABEL);
        }
        assert!(inspection_job_name(&table, "uid", "print", i64::MAX).len() <= LONGEST_LABEL);
    }

    #[test]
    fn runs_are_named_after_the_minute_of_their_slot() {
        let slot: Timestamp = "2026-11-21T00:10:00Z".parse().unwrap();
        assert_eq!(scheduled_run_name("orders", slot), "orders-29920330");
    }

    #[test]
    fn an_inspection_is_named_anew_once_the_one_before_is_recorded() {
        let name = |finished| inspection_job_name("orders", "uid", "print", finished);
        assert_eq!(name(1), name(1));
        assert_ne!(name(1), name(2));
    }
}
