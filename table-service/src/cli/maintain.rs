use clap::Args;
use jiff::tz::TimeZone;
use weir_paimon::maintain::Step;

use super::{CommonArgs, RetentionArgs};

/// Arguments of `maintain`.
#[derive(Debug, Args)]
pub(crate) struct MaintainArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,
    /// Take only these steps: tags, partitions, consumers, snapshots, changelogs. May be repeated or joined with commas
    /// [default: those that the table's options ask for].
    #[arg(long, value_name = "STEP", value_delimiter = ',')]
    pub(crate) include: Vec<Step>,
    #[command(flatten)]
    pub(crate) retention: RetentionArgs,
    /// Expire at most this many snapshots [default: the table's snapshot.expire.limit, 50].
    #[arg(long, value_name = "N")]
    pub(crate) max_deletes: Option<u32>,
    /// Keep the last commit of each streaming writer that has committed within this time, for example 7d: a job that
    /// recovers looks for it, and repeats it when it is gone [default: as Paimon, not kept].
    #[arg(long, value_name = "DURATION", value_parser = crate::instant::duration)]
    pub(crate) keep_writers_for: Option<std::time::Duration>,
    /// Remove consumers whose readers have been silent for this long [default: the table's consumer.expiration-time;
    /// without it none is removed].
    #[arg(long, value_name = "DURATION", value_parser = crate::instant::duration)]
    pub(crate) consumers_idle_for: Option<std::time::Duration>,
    /// Wait this long between the removal of snapshots and of their files, for readers that have just opened one.
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = crate::instant::duration)]
    pub(crate) grace: std::time::Duration,
    /// Zone of the times in partitions, and of writers' clocks where the table's options do not tell: Europe/Berlin,
    /// +08:00 [default: partitions stay until their time is over everywhere on earth, 12 hours after UTC].
    #[arg(long, value_name = "ZONE", value_parser = weir_paimon::tags::parse_time_zone)]
    pub(crate) time_zone: Option<TimeZone>,
}
