//! Settings of planning, from the table's options (format §8.2).

use weir_paimon_spec::TableOptions;
use weir_paimon_spec::options::{MemorySize, keys};

use super::plan::{PlanSettings, Strategy};
use super::rewrite;
use super::universal::UniversalSettings;
use crate::{Result, Table};

/// The settings of planning, from the table's options and the local clock.
pub(super) fn plan_settings(table: &Table, strategy: Strategy) -> Result<PlanSettings> {
    let options = table.options();
    let unsigned = |value: i32| u64::try_from(value).unwrap_or(0);
    let interval = options.find(&keys::COMPACTION_OPTIMIZATION_INTERVAL)?;
    let target = options.target_file_size(table.schema().has_primary_key())?.bytes();
    let ratio = options.get(&keys::COMPACTION_SMALL_FILE_RATIO)?;
    Ok(PlanSettings {
        strategy,
        num_levels: options.num_levels()?,
        universal: UniversalSettings {
            trigger: usize::try_from(options.get(&keys::NUM_SORTED_RUN_COMPACTION_TRIGGER)?).unwrap_or(1),
            max_size_amplification_percent: unsigned(
                options.get(&keys::COMPACTION_MAX_SIZE_AMPLIFICATION_PERCENT)?,
            ),
            size_ratio: unsigned(options.get(&keys::COMPACTION_SIZE_RATIO)?) + offpeak_ratio(options)?,
            force_up_level0: options.get(&keys::COMPACTION_FORCE_UP_LEVEL_0)?,
            total_size_threshold: options
                .find(&keys::COMPACTION_TOTAL_SIZE_THRESHOLD)?
                .map(MemorySize::bytes),
            incremental_size_threshold: options
                .find(&keys::COMPACTION_INCREMENTAL_SIZE_THRESHOLD)?
                .map(MemorySize::bytes),
            optimization_due: false,
        },
        optimization_interval: interval
            .map(|interval| i64::try_from(interval.as_millis()).unwrap_or(i64::MAX)),
        local_now: rewrite::local_now(),
        small_file_bytes: small_file_bytes(target, ratio),
        key_types: table.schema().key_types()?,
    })
}

/// Files smaller than this are small: a share of the target size.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "file sizes are far below 2^52 and a threshold may be off by a byte"
)]
pub(super) fn small_file_bytes(target: u64, ratio: f64) -> u64 {
    (target as f64 * ratio.max(0.0)) as u64
}

/// The ratio to add now: `compaction.offpeak-ratio` between the off-peak hours of the local clock, else 0
/// (Paimon `OffPeakHours`).
fn offpeak_ratio(options: &TableOptions) -> Result<u64> {
    let start = options.get(&keys::COMPACTION_OFFPEAK_START_HOUR)?;
    let end = options.get(&keys::COMPACTION_OFFPEAK_END_HOUR)?;
    let ratio = options.get(&keys::COMPACTION_OFFPEAK_RATIO)?;
    let hour = i32::from(jiff::Zoned::now().hour());
    let applies = match (start, end) {
        (-1, _) | (_, -1) => false,
        (start, end) if start == end => false,
        (start, end) if start < end => (start..end).contains(&hour),
        (start, end) => hour >= start || hour < end,
    };
    Ok(if applies { u64::try_from(ratio).unwrap_or(0) } else { 0 })
}
