//! What is measured, one workload for each section of the page.

mod appends;
mod expiry;
mod memory;
mod merge;
mod object_store;
mod orphans;
mod planning;
mod small;
mod wide;

use anyhow::Result;

use super::section::Section;

/// A measurement that can be run alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Workload {
    /// Its name on the command line.
    pub(crate) name: &'static str,
    /// Runs it.
    pub(crate) run: fn() -> Result<Section>,
}

/// All workloads, in the order of the page.
pub(crate) const ALL: &[Workload] = &[
    Workload { name: "w1", run: merge::run },
    Workload { name: "64-runs", run: memory::run },
    Workload { name: "w1-s3", run: object_store::w1 },
    Workload { name: "small-buckets-s3", run: object_store::small_buckets },
    Workload { name: "small-appends", run: appends::small },
    Workload { name: "large-appends", run: appends::large },
    Workload { name: "100-columns", run: wide::run },
    Workload { name: "small", run: small::run },
    Workload { name: "planning", run: planning::run },
    Workload { name: "expiry", run: expiry::run },
    Workload { name: "orphans", run: orphans::run },
];

/// A size for arithmetic with ratios.
#[expect(clippy::cast_precision_loss, reason = "figures are far below 2⁵²")]
pub(crate) fn number(count: u64) -> f64 {
    count as f64
}

/// A number of mebibytes as bytes.
pub(crate) fn mebibytes(count: u32) -> f64 {
    f64::from(count) * 1_048_576.0
}
