//! The verbs for tags.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use clap::ValueEnum;
use weir_contract::Outcome;
use weir_paimon::Result;
use weir_paimon::compaction::Control;
use weir_paimon::tags::{
    AutoTag, AutoTagOutcome, AutoTagReport, CreateTag, CreateTagOutcome, CreateTagReport, DeleteTags,
    DeleteTagsOutcome, DeleteTagsReport, ExpireTags, Generations, ListTags, RenameTag, RenameTagOutcome,
    RenameTagReport, TagSource, TagView,
};
use weir_storage::Storage;

use super::{Report, options};
use crate::cli::{
    AutoTagArgs, CreateTagArgs, DeleteTagArgs, ExpireTagsArgs, ListTagsArgs, Period, RenameTagArgs,
};

/// `weir create-tag`.
pub(crate) async fn create(
    args: &CreateTagArgs,
    storage: &Storage,
    report: &mut Report,
) -> Result<(Outcome, String)> {
    let source = match (args.snapshot, args.timestamp, args.watermark) {
        (Some(id), _, _) => TagSource::Snapshot(id),
        (_, Some(instant), _) => TagSource::Timestamp(instant.0),
        (_, _, Some(watermark)) => TagSource::Watermark(watermark),
        _ => TagSource::Latest,
    };
    let create = CreateTag {
        name: args.tag.clone(),
        source,
        time_retained: args.time_retained,
        time_zone: args.zone.time_zone.clone(),
        dry_run: args.common.dry_run,
        options: options(&args.common),
    };
    let mut service = CreateTagReport::default();
    let outcome = create.run(storage, &mut service).await;
    report.detail(&service);
    let tag = format!("tag {} of snapshot {}", service.tag, service.snapshot.unwrap_or_default());
    let outcome = outcome?;
    report.changed = outcome == CreateTagOutcome::Created;
    Ok(match outcome {
        CreateTagOutcome::Created => (Outcome::Succeeded, format!("made the {tag}")),
        CreateTagOutcome::Exists => (Outcome::NothingToDo, format!("the {tag} is there already")),
        CreateTagOutcome::Planned => (Outcome::DryRun, format!("would make the {tag}; nothing was changed")),
    })
}

/// `weir delete-tag`.
pub(crate) async fn delete(
    args: &DeleteTagArgs,
    storage: &Storage,
    control: &Control,
    report: &mut Report,
) -> Result<(Outcome, String)> {
    let delete =
        DeleteTags { names: args.tags.clone(), dry_run: args.common.dry_run, options: options(&args.common) };
    let mut service = DeleteTagsReport::default();
    let outcome = delete.run(storage, control, &mut service).await;
    report.detail(&service);
    report.changed = !args.common.dry_run && has_deleted(&service);
    let missing = match service.missing.as_slice() {
        [] => String::new(),
        missing => format!("; there is no tag {}", missing.join(", ")),
    };
    let (outcome, message) = deletion(outcome?, &service);
    Ok((outcome, format!("{message}{missing}")))
}

/// `weir expire-tags`.
pub(crate) async fn expire(
    args: &ExpireTagsArgs,
    storage: &Storage,
    control: &Control,
    report: &mut Report,
) -> Result<(Outcome, String)> {
    let expire = ExpireTags {
        older_than: args.older_than.map(|instant| instant.0),
        time_zone: args.zone.time_zone.clone(),
        dry_run: args.common.dry_run,
        options: options(&args.common),
    };
    let mut service = DeleteTagsReport::default();
    let outcome = expire.run(storage, control, &mut service).await;
    report.detail(&service);
    report.changed = !args.common.dry_run && has_deleted(&service);
    Ok(deletion(outcome?, &service))
}

/// `weir rename-tag`.
pub(crate) async fn rename(
    args: &RenameTagArgs,
    storage: &Storage,
    report: &mut Report,
) -> Result<(Outcome, String)> {
    let rename = RenameTag {
        name: args.tag.clone(),
        target: args.target.clone(),
        dry_run: args.common.dry_run,
        options: options(&args.common),
    };
    let mut service = RenameTagReport::default();
    let outcome = rename.run(storage, &mut service).await;
    report.detail(&service);
    let outcome = outcome?;
    report.changed = outcome == RenameTagOutcome::Renamed;
    let names = format!("tag {} to {}", service.tag, service.target);
    Ok(match outcome {
        RenameTagOutcome::Renamed => (Outcome::Succeeded, format!("renamed the {names}")),
        RenameTagOutcome::Planned => {
            (Outcome::DryRun, format!("would rename the {names}; nothing was changed"))
        }
    })
}

/// `weir list-tags`.
pub(crate) async fn list(
    args: &ListTagsArgs,
    storage: &Storage,
    report: &mut Report,
) -> Result<(Outcome, String)> {
    let list = ListTags { time_zone: args.zone.time_zone.clone(), options: options(&args.common) };
    let tags = list.run(storage).await?;
    report.detail(&BTreeMap::from([("tags", &tags)]));
    report.text = Some(text(&tags));
    Ok((Outcome::Succeeded, format!("{} tags", tags.len())))
}

/// `weir auto-tag`.
pub(crate) async fn auto(
    args: &AutoTagArgs,
    storage: &Storage,
    control: &Control,
    report: &mut Report,
) -> Result<(Outcome, String)> {
    let keep = &args.keep;
    let period = match args.period {
        Some(Period::Word(period)) => Some(period),
        Some(Period::Length(_)) | None => None,
    };
    let auto = AutoTag {
        period,
        generations: Generations {
            hourly: keep.hourly.unwrap_or_default(),
            daily: keep.daily.unwrap_or_default(),
            weekly: keep.weekly.unwrap_or_default(),
            monthly: keep.monthly.unwrap_or_default(),
            yearly: keep.yearly.unwrap_or_default(),
        },
        time_zone: args.zone.time_zone.clone(),
        dry_run: args.common.dry_run,
        options: rule_options(args),
    };
    let mut service = AutoTagReport::default();
    let outcome = auto.run(storage, control, &mut service).await;
    report.detail(&service);
    report.changed = !args.common.dry_run && (!service.created.is_empty() || has_deleted(&service.deletion));
    let work = format!(
        "{} automatic tags and delete {} with {} files ({} bytes)",
        service.created.len(),
        service.deletion.tags.len(),
        service.deletion.files.len(),
        service.deletion.bytes()
    );
    Ok(match outcome? {
        AutoTagOutcome::SwitchedOff => (
            Outcome::NothingToDo,
            "the table has no automatic tags: tag.automatic-creation is none; --mode chooses another"
                .to_owned(),
        ),
        AutoTagOutcome::NothingToDo => {
            (Outcome::NothingToDo, format!("no automatic tag is due; there are {}", service.automatic_tags))
        }
        AutoTagOutcome::Planned => (Outcome::DryRun, format!("would make {work}; nothing was changed")),
        AutoTagOutcome::Done => {
            (Outcome::Succeeded, format!("made {}", work.replace(" and delete ", " and deleted ")))
        }
    })
}

/// The table options that the flags stand for, over those of `--option`.
fn rule_options(args: &AutoTagArgs) -> BTreeMap<String, String> {
    let millis = |duration: Duration| format!("{} ms", duration.as_millis());
    let word = |value: clap::builder::PossibleValue| value.get_name().to_owned();
    let length = match &args.period {
        Some(Period::Length(length)) => Some(millis(*length)),
        Some(Period::Word(_)) | None => None,
    };
    let flags = [
        ("tag.automatic-creation", args.mode.and_then(|mode| mode.to_possible_value()).map(word)),
        ("tag.creation-period-duration", length),
        ("tag.creation-delay", args.delay.map(millis)),
        (
            "tag.period-formatter",
            args.formatter.and_then(|formatter| formatter.to_possible_value()).map(word),
        ),
        ("tag.automatic-completion", args.completion.map(|on| on.to_string())),
        ("tag.default-time-retained", args.time_retained.map(millis)),
        ("tag.num-retained-max", args.num_retained_max.map(|count| count.to_string())),
    ];
    let mut rule = options(&args.common);
    rule.extend(flags.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
    rule
}

/// Whether a run that was no dry run has deleted anything.
const fn has_deleted(report: &DeleteTagsReport) -> bool {
    !report.finished_earlier.is_empty() || !report.tags.is_empty()
}

fn deletion(outcome: DeleteTagsOutcome, report: &DeleteTagsReport) -> (Outcome, String) {
    let work = format!(
        "{} tags and {} files ({} bytes) that only they kept",
        report.tags.len(),
        report.files.len(),
        report.bytes()
    );
    match outcome {
        DeleteTagsOutcome::NothingToDo => (Outcome::NothingToDo, "no tag is to be deleted".to_owned()),
        DeleteTagsOutcome::Planned => (Outcome::DryRun, format!("would delete {work}; nothing was changed")),
        DeleteTagsOutcome::Deleted => (Outcome::Succeeded, format!("deleted {work}")),
    }
}

/// The tags for people.
fn text(tags: &[TagView]) -> String {
    let width = tags.iter().map(|tag| tag.name.chars().count()).max().unwrap_or_default();
    let mut text = String::new();
    for tag in tags {
        let life = match (&tag.expires, &tag.problem) {
            (Some(expires), _) => format!("expires {expires}"),
            (None, Some(problem)) => format!("stays: {problem}"),
            (None, None) => "stays".to_owned(),
        };
        let kind = if tag.is_automatic { ", automatic" } else { "" };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{:<width$}  snapshot {}, {life}{kind}", tag.name, tag.snapshot);
    }
    text
}
