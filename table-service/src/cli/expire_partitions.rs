use clap::{Args, ValueEnum};
use jiff::tz::TimeZone;

use super::CommonArgs;

/// Arguments of `expire-partitions`.
#[derive(Debug, Args)]
pub(crate) struct ExpirePartitionsArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,
    /// How long partitions stay, for example 30d [default: the table's partition.expiration-time].
    #[arg(long, value_name = "DURATION", value_parser = crate::instant::duration)]
    pub(crate) expiration_time: Option<std::time::Duration>,
    /// What tells how old a partition is [default: the table's partition.expiration-strategy, values-time].
    #[arg(long, value_enum)]
    pub(crate) strategy: Option<ExpireStrategyArg>,
    /// How the time of a partition is written, for example yyyyMMdd: a pattern of Java's `DateTimeFormatter` of y, u, M, d,
    /// H, m, s, S, 'texts' and [optional sections] [default: the table's partition.timestamp-formatter, else
    /// 2026-11-20 or 2026-11-20 13:00:00].
    #[arg(long, value_name = "PATTERN")]
    pub(crate) timestamp_formatter: Option<String>,
    /// How partition values are put together to a time, for example "$dt $hour:00:00" [default: the table's
    /// partition.timestamp-pattern, else the first partition column alone].
    #[arg(long, value_name = "PATTERN")]
    pub(crate) timestamp_pattern: Option<String>,
    /// Drop at most this many partitions [default: the table's partition.expiration-max-num, 100].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..))]
    pub(crate) max_expires: Option<i32>,
    /// Keep partitions whose newest file is younger than this, although they are expired; with 0s they go at once, as
    /// in Paimon.
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = crate::instant::duration)]
    pub(crate) partition_idle_time: std::time::Duration,
    /// Zone of the times in partitions and of the clocks of the table's writers: Europe/Berlin, +08:00.
    #[arg(long, value_name = "ZONE", default_value = "UTC", value_parser = time_zone)]
    pub(crate) time_zone: TimeZone,
}

/// What tells how old a partition is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExpireStrategyArg {
    /// The time in its values, which is its start.
    ValuesTime,
    /// The creation of its newest file.
    UpdateTime,
}

fn time_zone(text: &str) -> Result<TimeZone, String> {
    let zone = jiff::fmt::temporal::DateTimeParser::new().parse_time_zone(text);
    zone.map_err(|_| format!("`{text}` is no time zone such as UTC, Europe/Berlin or +08:00"))
}
