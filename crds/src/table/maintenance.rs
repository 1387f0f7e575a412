use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{CompactionParameters, ExpiryParameters};

/// What to do when. An operation without a block is never scheduled; runs created by hand work all the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct Maintenance {
    /// Creates a CompactionJob at every slot of a schedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compaction: Option<Scheduled<CompactionParameters>>,
    /// Creates a SnapshotExpiry at every slot of a schedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot_expiry: Option<Scheduled<ExpiryParameters>>,
}

/// An operation with parameters `P` and when to do it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct Scheduled<P> {
    /// When.
    #[serde(flatten)]
    pub schedule: Schedule,
    /// Copied into each run. Unset fields fall back to the table's own Paimon options, then to Paimon's defaults.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<P>,
}

/// When to do something, in the words of a CronJob.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Schedule {
    /// Five fields, `minute hour day-of-month month day-of-week` as for a CronJob, or `@hourly`, `@daily`, `@weekly`,
    /// `@monthly`, `@yearly`.
    #[schemars(length(min = 6, max = 100))]
    #[x_kube(validation = ("!self.contains('TZ')", "use timeZone, not TZ= in schedule"))]
    pub schedule: String,
    /// IANA name of the zone that the schedule is read in, for example `Europe/Berlin`. Unset: `Etc/UTC`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub time_zone: Option<String>,
    /// Stops this schedule; runs that exist go on. Default: false.
    #[serde(default)]
    pub suspend: bool,
    /// A slot that could not be used for this many seconds is skipped. Unset: until the next slot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 10, max = 31_536_000))]
    pub starting_deadline_seconds: Option<i64>,
    /// Delays each run by a fixed share of this many seconds that is derived from the Table, so that many Tables with
    /// one schedule do not start at once. Unset: a tenth of the period, at most 600.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 86_400))]
    pub jitter_seconds: Option<i64>,
    /// Scheduled runs that succeeded to keep. Default: 3.
    #[serde(default = "three")]
    #[schemars(range(min = 0, max = 100))]
    pub successful_jobs_history_limit: i32,
    /// Scheduled runs that failed to keep. Default: 1.
    #[serde(default = "one")]
    #[schemars(range(min = 0, max = 100))]
    pub failed_jobs_history_limit: i32,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            schedule: String::new(),
            time_zone: None,
            suspend: false,
            starting_deadline_seconds: None,
            jitter_seconds: None,
            successful_jobs_history_limit: three(),
            failed_jobs_history_limit: one(),
        }
    }
}

fn three() -> i32 {
    3
}

fn one() -> i32 {
    1
}

/// Schema of table options: bounded, so that rules over them have a bounded cost.
pub(crate) fn table_options(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({
        "type": "object",
        "maxProperties": 64,
        "additionalProperties": {"type": "string", "maxLength": 1024},
    })
}
