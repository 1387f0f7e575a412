use std::fmt::Write;

use weir_contract::{Outcome, PinSummary, TableSummary};
use weir_paimon::inspection::{Inspect, Inspection};
use weir_paimon::pins::{Pin, PinKind, Pins};
use weir_paimon::{Purpose, Result};
use weir_storage::Storage;

use super::{Report, count, options};
use crate::cli::{InspectArgs, ServiceArg};

/// `weir inspect`.
pub(crate) async fn run(
    args: &InspectArgs,
    storage: &Storage,
    report: &mut Report,
) -> Result<(Outcome, String)> {
    let services = args.services.iter().map(|service| match service {
        ServiceArg::Compact => Purpose::Compact,
        ServiceArg::ExpireSnapshots => Purpose::Expire,
    });
    let inspect = Inspect { services: services.collect(), options: options(&args.common) };
    let mut inspection = Inspection::default();
    let outcome = inspect.run(storage, &mut inspection).await;
    report.snapshot_before = inspection.latest_snapshot.as_ref().map(|snapshot| snapshot.id);
    report.snapshot_after = report.snapshot_before;
    report.table = outcome.is_ok().then(|| summary(&inspection));
    report.detail(&inspection);
    outcome?;
    report.text = Some(text(storage, &inspection));
    let message = format!(
        "{} snapshots, {} files in {} buckets, at most {} sorted runs to merge",
        inspection.snapshots.len(),
        inspection.files.files,
        inspection.buckets,
        inspection.max_sorted_runs
    );
    Ok((Outcome::Succeeded, message))
}

fn summary(inspection: &Inspection) -> TableSummary {
    TableSummary {
        snapshot_id: inspection.latest_snapshot.as_ref().map(|snapshot| snapshot.id.to_string()),
        snapshots: count(inspection.snapshots.len()),
        tags: count(inspection.tags.len()),
        branches: count(inspection.branches.len()),
        consumers: count(inspection.consumers.len()),
        data_files: count(inspection.files.files),
        data_bytes: inspection.files.bytes,
        rows: inspection.files.rows,
        buckets: count(inspection.buckets),
        max_sorted_runs: count(inspection.max_sorted_runs),
        expirable_bytes: inspection.pins.as_ref().map_or(0, |pins| count(pins.expirable.bytes)),
        pins: inspection.pins.as_ref().map(greatest_pins).unwrap_or_default(),
        warnings: inspection.warnings.iter().map(|warning| warning.name.to_owned()).collect(),
    }
}

/// Pins that are told in a status.
const GREATEST_PINS: usize = 5;
/// Longest name of a pin in a status, which a termination message of 4 KiB must hold.
const LONGEST_NAME: usize = 63;

fn greatest_pins(pins: &Pins) -> Vec<PinSummary> {
    let holding = pins.pins.iter().filter(|pin| pin.alone.bytes > 0).take(GREATEST_PINS);
    let summary = |pin: &Pin| PinSummary {
        kind: kind(pin.kind).to_owned(),
        name: pin.name.chars().take(LONGEST_NAME).collect(),
        snapshots: count(pin.snapshots),
        bytes: count(pin.alone.bytes),
    };
    holding.map(summary).collect()
}

const fn kind(kind: PinKind) -> &'static str {
    match kind {
        PinKind::Tag => "Tag",
        PinKind::Branch => "Branch",
        PinKind::Consumer => "Consumer",
        PinKind::Retention => "Retention",
        PinKind::Changelogs => "Changelogs",
    }
}

/// The inspection for people.
fn text(storage: &Storage, inspection: &Inspection) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name:<16} {value}");
    };
    line("location", storage.location().to_string());
    line("schema", inspection.schema_id.to_string());
    line("primary key", inspection.primary_keys.join(", "));
    line("partitioned by", inspection.partition_keys.join(", "));
    if let Some(latest) = &inspection.latest_snapshot {
        line(
            "latest snapshot",
            format!("{} ({:?} by {})", latest.id, latest.commit_kind, latest.commit_user),
        );
    }
    line("snapshots", inspection.snapshots.len().to_string());
    for (tag, snapshot) in &inspection.tags {
        line("tag", format!("{tag} (snapshot {snapshot})"));
    }
    for (consumer, view) in &inspection.consumers {
        let text = format!(
            "{consumer} (next snapshot {}, {} snapshots behind)",
            view.next_snapshot, view.lag_snapshots
        );
        line("consumer", text);
    }
    for branch in &inspection.branches {
        line("branch", branch.clone());
    }
    for (level, totals) in &inspection.levels {
        line(
            &format!("level {level}"),
            format!("{} files, {} bytes, {} rows", totals.files, totals.bytes, totals.rows),
        );
    }
    line(
        "sorted runs",
        format!("at most {} in one of {} buckets", inspection.max_sorted_runs, inspection.buckets),
    );
    if let Some(gain) = &inspection.compaction_gain {
        let text = format!("{} files ({} bytes) in {} buckets", gain.files, gain.bytes, gain.buckets);
        line("to compact", text);
    }
    if let Some(pins) = &inspection.pins {
        for pin in pins.pins.iter().filter(|pin| pin.alone.bytes > 0 || pin.shared_bytes > 0) {
            let text = format!(
                "{} {} holds {} snapshots, {} files, {} bytes alone and {} bytes with others",
                kind(pin.kind),
                pin.name,
                pin.snapshots,
                pin.alone.files,
                pin.alone.bytes,
                pin.shared_bytes
            );
            line("pin", text);
        }
        line("expirable", format!("{} files, {} bytes", pins.expirable.files, pins.expirable.bytes));
    }
    if let Some(reason) = &inspection.pins_unknown {
        line("pins", format!("unknown: {reason}"));
    }
    for (service, refusals) in
        [("compact", &inspection.compaction_refusals), ("expire", &inspection.expiry_refusals)]
    {
        if refusals.is_empty() {
            line(service, "supported".to_owned());
        }
        for refusal in refusals {
            line(service, format!("refused: {}: {}; {}", refusal.feature, refusal.reason, refusal.remedy));
        }
    }
    if inspection.catalog.is_empty() {
        line("catalog", "its files do not tell; weir is not for tables of a REST catalog".to_owned());
    }
    for warning in &inspection.warnings {
        line("warning", format!("{}: {}", warning.name, warning.message));
    }
    text
}
