use std::num::NonZeroU32;
use std::time::Duration;

use clap::{ArgAction, Args, ValueEnum};
use jiff::tz::TimeZone;
use weir_paimon::tags::TagCreationPeriod;

use super::CommonArgs;
use crate::instant::Instant;

/// Arguments of `create-tag`.
#[derive(Debug, Args)]
pub(crate) struct CreateTagArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,
    /// Name of the tag.
    #[arg(long, value_name = "NAME")]
    pub(crate) tag: String,
    /// Tag the snapshot with this id, or what another tag keeps of it [default: the newest].
    #[arg(long, value_name = "ID", group = "source")]
    pub(crate) snapshot: Option<i64>,
    /// Tag the first snapshot that was committed at this time or later: a duration back from now (24h) or an RFC 3339
    /// instant.
    #[arg(long, value_name = "WHEN", group = "source")]
    pub(crate) timestamp: Option<Instant>,
    /// Tag the first snapshot with this watermark or a later one, in milliseconds since the epoch.
    #[arg(long, value_name = "MILLIS", group = "source", allow_negative_numbers = true)]
    pub(crate) watermark: Option<i64>,
    /// How long the tag lives [default: the table's tag.default-time-retained, else for ever].
    #[arg(long, value_name = "DURATION", value_parser = crate::instant::duration)]
    pub(crate) time_retained: Option<Duration>,
    #[command(flatten)]
    pub(crate) zone: TimeZoneArg,
}

/// Arguments of `delete-tag`.
#[derive(Debug, Args)]
pub(crate) struct DeleteTagArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,
    /// Names of the tags, with commas between them.
    #[arg(long = "tag", value_name = "NAMES", value_delimiter = ',', required = true)]
    pub(crate) tags: Vec<String>,
}

/// Arguments of `rename-tag`.
#[derive(Debug, Args)]
pub(crate) struct RenameTagArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,
    /// Name of the tag.
    #[arg(long, value_name = "OLD")]
    pub(crate) tag: String,
    /// Its new name.
    #[arg(long, value_name = "NEW")]
    pub(crate) target: String,
}

/// Arguments of `list-tags`.
#[derive(Debug, Args)]
pub(crate) struct ListTagsArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,
    #[command(flatten)]
    pub(crate) zone: TimeZoneArg,
}

/// Arguments of `expire-tags`.
#[derive(Debug, Args)]
pub(crate) struct ExpireTagsArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,
    /// Also delete every tag that was made before this time, with or without a retention of its own: a duration back
    /// from now (30d) or an RFC 3339 instant.
    #[arg(long, value_name = "WHEN")]
    pub(crate) older_than: Option<Instant>,
    #[command(flatten)]
    pub(crate) zone: TimeZoneArg,
}

/// Arguments of `auto-tag`.
#[derive(Debug, Args)]
pub(crate) struct AutoTagArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,
    /// Which time of a snapshot counts [default: the table's tag.automatic-creation].
    #[arg(long)]
    pub(crate) mode: Option<AutoTagMode>,
    /// Length of a period: daily, hourly, two-hours, or a duration such as 15m [default: the table's
    /// tag.creation-period].
    #[arg(long, value_parser = period)]
    pub(crate) period: Option<Period>,
    /// How long after a period its tag is made [default: the table's tag.creation-delay].
    #[arg(long, value_name = "DURATION", value_parser = crate::instant::duration)]
    pub(crate) delay: Option<Duration>,
    /// How a period is written in the name of its tag [default: the table's tag.period-formatter].
    #[arg(long)]
    pub(crate) formatter: Option<Formatter>,
    /// Whether periods without a snapshot get the snapshots that follow, one each [default: the table's
    /// tag.automatic-completion].
    #[arg(long, value_name = "BOOL", action = ArgAction::Set, num_args = 0..=1, default_missing_value = "true")]
    pub(crate) completion: Option<bool>,
    /// How long each tag lives [default: the table's tag.default-time-retained, else for ever].
    #[arg(long, value_name = "DURATION", value_parser = crate::instant::duration)]
    pub(crate) time_retained: Option<Duration>,
    /// Keep this many automatic tags, the newest [default: the table's tag.num-retained-max, all].
    #[arg(long, value_name = "N")]
    pub(crate) num_retained_max: Option<NonZeroU32>,
    #[command(flatten)]
    pub(crate) keep: KeepArgs,
    #[command(flatten)]
    pub(crate) zone: TimeZoneArg,
}

/// Automatic tags of each generation that stay; a tag stays if one of them keeps it.
#[derive(Debug, Args)]
#[group(id = "keep", multiple = true, conflicts_with = "num_retained_max")]
pub(crate) struct KeepArgs {
    /// Keep the last automatic tag of each of the last N hours that have one.
    #[arg(long = "keep-hourly", value_name = "N")]
    pub(crate) hourly: Option<u32>,
    /// Keep the last automatic tag of each of the last N days that have one.
    #[arg(long = "keep-daily", value_name = "N")]
    pub(crate) daily: Option<u32>,
    /// Keep the last automatic tag of each of the last N weeks that have one; weeks begin on Mondays.
    #[arg(long = "keep-weekly", value_name = "N")]
    pub(crate) weekly: Option<u32>,
    /// Keep the last automatic tag of each of the last N months that have one.
    #[arg(long = "keep-monthly", value_name = "N")]
    pub(crate) monthly: Option<u32>,
    /// Keep the last automatic tag of each of the last N years that have one.
    #[arg(long = "keep-yearly", value_name = "N")]
    pub(crate) yearly: Option<u32>,
}

/// The zone that nobody wrote into the table.
#[derive(Debug, Args)]
pub(crate) struct TimeZoneArg {
    /// Zone of the machines that write to the table, such as Asia/Shanghai or +08:00: tags hold wall times without it.
    #[arg(long, value_name = "ZONE", default_value = "UTC", value_parser = zone)]
    pub(crate) time_zone: TimeZone,
}

/// Which time of a snapshot counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AutoTagMode {
    /// When it was committed.
    ProcessTime,
    /// Its watermark.
    Watermark,
}

/// How a period is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Formatter {
    /// 2026-11-20 13.
    WithDashes,
    /// 20261120 13.
    WithoutDashes,
    /// 2026112013.
    WithoutDashesAndSpaces,
}

/// Length of a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Period {
    /// One that Paimon has a word for.
    Word(TagCreationPeriod),
    /// Any length.
    Length(Duration),
}

fn period(text: &str) -> Result<Period, String> {
    let words = [TagCreationPeriod::Daily, TagCreationPeriod::Hourly, TagCreationPeriod::TwoHours];
    match words.into_iter().find(|period| period.word() == text) {
        Some(period) => Ok(Period::Word(period)),
        None => crate::instant::duration(text)
            .map(Period::Length)
            .map_err(|_| format!("`{text}` is neither daily, hourly, two-hours nor a duration such as 15m")),
    }
}

fn zone(text: &str) -> Result<TimeZone, String> {
    weir_paimon::tags::parse_time_zone(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Verb};

    fn auto_tag(flags: &[&str]) -> Result<AutoTagArgs, clap::Error> {
        let cli = Cli::try_parse_from([&["weir", "auto-tag", "/t"], flags].concat())?;
        match cli.verb {
            Verb::AutoTag(args) => Ok(args),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_period_is_a_word_or_a_length() {
        let period = |text| auto_tag(&["--period", text]).map(|args| args.period.unwrap());
        assert_eq!(period("two-hours").unwrap(), Period::Word(TagCreationPeriod::TwoHours));
        assert_eq!(period("15m").unwrap(), Period::Length(Duration::from_mins(15)));
        assert!(period("monthly").is_err());
    }

    #[test]
    fn completion_may_stand_alone() {
        let completion = |flags: &[&str]| auto_tag(flags).unwrap().completion;
        assert_eq!(completion(&["--completion"]), Some(true));
        assert_eq!(completion(&["--completion", "false"]), Some(false));
        assert_eq!(completion(&[]), None);
    }

    #[test]
    fn generations_and_a_number_exclude_each_other() {
        let args = auto_tag(&["--keep-daily", "30", "--keep-monthly", "12"]).unwrap();
        assert_eq!((args.keep.daily, args.keep.monthly, args.keep.yearly), (Some(30), Some(12), None));
        assert!(auto_tag(&["--keep-daily", "30", "--num-retained-max", "5"]).is_err());
        assert!(auto_tag(&["--num-retained-max", "0"]).is_err());
    }

    #[test]
    fn a_zone_has_javas_forms() {
        assert_eq!(auto_tag(&[]).unwrap().zone.time_zone, TimeZone::UTC);
        assert!(auto_tag(&["--time-zone", "UTC+8"]).is_ok());
        assert!(auto_tag(&["--time-zone", "Mars"]).is_err());
    }

    #[test]
    fn a_tag_is_made_of_one_thing() {
        let parse = |flags: &[&str]| {
            Cli::try_parse_from([&["weir", "create-tag", "/t", "--tag", "x"], flags].concat())
        };
        assert!(parse(&[]).is_ok() && parse(&["--watermark", "-1"]).is_ok());
        assert!(parse(&["--snapshot", "1", "--timestamp", "1d"]).is_err());
    }
}
