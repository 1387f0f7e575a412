//! The command line. Verbs and flags carry the names of Paimon's procedures in kebab case.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand};
use weir_contract::{ExitCode as ContractExitCode, OperationKind, Reason};

mod compact;
mod compact_manifests;
mod consumers;
mod expire_changelogs;
mod expire_partitions;
mod expire_snapshots;
mod inspect;
mod maintain;
mod mark_partition_done;
mod owner;
mod remove_orphans;
mod retention;
mod rollback_to;
mod tags;
mod trash;
mod what_if;

pub(crate) use compact::{CompactArgs, StrategyArg};
pub(crate) use compact_manifests::CompactManifestsArgs;
pub(crate) use consumers::{ExpireConsumersArgs, ListConsumersArgs, ResetConsumerArgs};
pub(crate) use expire_changelogs::ExpireChangelogsArgs;
pub(crate) use expire_partitions::{ExpirePartitionsArgs, ExpireStrategyArg};
pub(crate) use expire_snapshots::ExpireSnapshotsArgs;
pub(crate) use inspect::{InspectArgs, ServiceArg};
pub(crate) use maintain::MaintainArgs;
pub(crate) use mark_partition_done::MarkPartitionDoneArgs;
use owner::OwnerArgs;
pub(crate) use remove_orphans::RemoveOrphansArgs;
pub(crate) use retention::RetentionArgs;
pub(crate) use rollback_to::{RollbackToArgs, TargetArgs};
pub(crate) use tags::{
    AutoTagArgs, CreateTagArgs, DeleteTagArgs, ExpireTagsArgs, ListTagsArgs, Period, RenameTagArgs,
};
pub(crate) use trash::{PurgeTrashArgs, RestoreTrashArgs};
pub(crate) use what_if::WhatIfArgs;

/// Table services for Apache Paimon tables on local disks and object stores.
///
/// Credentials and endpoints come from the environment: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
/// `AWS_REGION`, `AWS_ENDPOINT_URL` and the other names that clients of object stores know.
#[derive(Debug, Parser)]
#[command(name = "weir", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Show what a table is and holds, and what weir can do for it; nothing is written.
    Inspect(InspectArgs),
    /// Merge sorted runs, so that readers have less to merge.
    Compact(CompactArgs),
    /// Remove old snapshots and the files that nothing else needs.
    ExpireSnapshots(ExpireSnapshotsArgs),
    /// Tell what an expiry would free that keeps less, or if references were gone; nothing is written.
    WhatIf(WhatIfArgs),
    /// Drop old partitions; their files go when the snapshots before expire.
    ExpirePartitions(ExpirePartitionsArgs),
    /// Tell readers with a success file that partitions are complete.
    MarkPartitionDone(MarkPartitionDoneArgs),
    /// List the same live files in fewer manifests, so that readers plan faster.
    CompactManifests(CompactManifestsArgs),
    /// Make an earlier snapshot the newest one again; later snapshots and tags are removed.
    RollbackTo(RollbackToArgs),
    /// Remove old long-lived changelogs and the files that nothing else needs.
    ExpireChangelogs(ExpireChangelogsArgs),
    /// Show how far streaming readers have come, and what each holds back; nothing is written.
    ListConsumers(ListConsumersArgs),
    /// Move a consumer to another snapshot, or remove it.
    ResetConsumer(ResetConsumerArgs),
    /// Remove consumers whose readers have been silent for long.
    ExpireConsumers(ExpireConsumersArgs),
    /// Give a snapshot a name that keeps its files beyond its expiry.
    CreateTag(CreateTagArgs),
    /// Delete tags and the files that only they keep.
    DeleteTag(DeleteTagArgs),
    /// Give a tag another name.
    RenameTag(RenameTagArgs),
    /// Show the tags; nothing is written.
    ListTags(ListTagsArgs),
    /// Delete the tags whose time is over.
    ExpireTags(ExpireTagsArgs),
    /// Make the automatic tags that are due, and delete those that are too many.
    AutoTag(AutoTagArgs),
    /// Remove files that no snapshot, tag, branch or changelog refers to.
    RemoveOrphans(RemoveOrphansArgs),
    /// Put files back that were moved to the trash, or list what is there.
    RestoreTrash(RestoreTrashArgs),
    /// Delete for good what has been in the trash for long.
    PurgeTrash(PurgeTrashArgs),
    /// Do what the table's options ask for beside compaction: tags, partitions, consumers, snapshots, changelogs.
    Maintain(MaintainArgs),
}

impl Verb {
    /// Arguments that all verbs share.
    pub(crate) const fn common(&self) -> &CommonArgs {
        match self {
            Self::Inspect(args) => &args.common,
            Self::Compact(args) => &args.common,
            Self::ExpireSnapshots(args) => &args.common,
            Self::WhatIf(args) => &args.common,
            Self::ExpirePartitions(args) => &args.common,
            Self::MarkPartitionDone(args) => &args.common,
            Self::CompactManifests(args) => &args.common,
            Self::RollbackTo(args) => &args.common,
            Self::ExpireChangelogs(args) => &args.common,
            Self::ListConsumers(args) => &args.common,
            Self::ResetConsumer(args) => &args.common,
            Self::ExpireConsumers(args) => &args.common,
            Self::CreateTag(args) => &args.common,
            Self::DeleteTag(args) => &args.common,
            Self::RenameTag(args) => &args.common,
            Self::ListTags(args) => &args.common,
            Self::ExpireTags(args) => &args.common,
            Self::AutoTag(args) => &args.common,
            Self::RemoveOrphans(args) => &args.common,
            Self::RestoreTrash(args) => &args.common,
            Self::PurgeTrash(args) => &args.common,
            Self::Maintain(args) => &args.common,
        }
    }

    /// Whether it takes something away for good, which is refused to anyone but the table's owner.
    pub(crate) const fn deletes(&self) -> bool {
        matches!(
            self,
            Self::ExpireSnapshots(_)
                | Self::ExpirePartitions(_)
                | Self::RollbackTo(_)
                | Self::ExpireChangelogs(_)
                | Self::ExpireConsumers(_)
                | Self::DeleteTag(_)
                | Self::ExpireTags(_)
                | Self::AutoTag(_)
                | Self::RemoveOrphans(_)
                | Self::PurgeTrash(_)
                | Self::Maintain(_)
        )
    }

    /// Which verb it is, in results.
    pub(crate) const fn kind(&self) -> OperationKind {
        match self {
            Self::Inspect(_) => OperationKind::Inspect,
            Self::Compact(_) => OperationKind::Compact,
            Self::ExpireSnapshots(_) => OperationKind::ExpireSnapshots,
            Self::WhatIf(_) => OperationKind::WhatIf,
            Self::ExpirePartitions(_) => OperationKind::ExpirePartitions,
            Self::MarkPartitionDone(_) => OperationKind::MarkPartitionDone,
            Self::CompactManifests(_) => OperationKind::CompactManifests,
            Self::RollbackTo(_) => OperationKind::RollbackTo,
            Self::ExpireChangelogs(_) => OperationKind::ExpireChangelogs,
            Self::ListConsumers(_) => OperationKind::ListConsumers,
            Self::ResetConsumer(_) => OperationKind::ResetConsumer,
            Self::ExpireConsumers(_) => OperationKind::ExpireConsumers,
            Self::CreateTag(_) => OperationKind::CreateTag,
            Self::DeleteTag(_) => OperationKind::DeleteTag,
            Self::RenameTag(_) => OperationKind::RenameTag,
            Self::ListTags(_) => OperationKind::ListTags,
            Self::ExpireTags(_) => OperationKind::ExpireTags,
            Self::AutoTag(_) => OperationKind::AutoTag,
            Self::RemoveOrphans(_) => OperationKind::RemoveOrphans,
            Self::RestoreTrash(_) => OperationKind::RestoreTrash,
            Self::PurgeTrash(_) => OperationKind::PurgeTrash,
            Self::Maintain(_) => OperationKind::Maintain,
        }
    }
}

/// Arguments of every verb.
#[derive(Debug, Args)]
pub(crate) struct CommonArgs {
    /// The table's root: a URI (`s3://bucket/path`, `file:///path`) or a path.
    pub(crate) location: String,
    /// Print exactly one JSON object to stdout, on failure too.
    #[arg(long)]
    pub(crate) json: bool,
    /// Print the plan and change nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Override a table option for this run.
    #[arg(long = "option", value_name = "KEY=VALUE", value_parser = key_value)]
    pub(crate) options: Vec<(String, String)>,
    /// Write the full receipt to this URI or path; by default it goes to .weir/receipts/ of the table when the run
    /// changed something.
    #[arg(long, value_name = "URI")]
    pub(crate) report: Option<String>,
    #[command(flatten)]
    pub(crate) pod: PodArgs,
    #[command(flatten)]
    pub(crate) owner: OwnerArgs,
}

/// What the operator tells a pod.
#[derive(Debug, Args)]
pub(crate) struct PodArgs {
    /// Run object on whose behalf this process works, namespace/name.
    #[arg(long, hide = true, requires = "run_uid")]
    pub(crate) run: Option<String>,
    /// UID of the run object.
    #[arg(long, hide = true, value_parser = uid)]
    pub(crate) run_uid: Option<String>,
    /// Version of the contract that the caller speaks.
    #[arg(long, hide = true, value_parser = contract_version)]
    pub(crate) contract_version: Option<u32>,
    /// File for the termination message.
    #[arg(long, hide = true)]
    pub(crate) termination_message: Option<PathBuf>,
}

fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("write it as key=value".to_owned()),
    }
}

/// The uid becomes part of the commit user, so it is held to what Kubernetes makes.
fn uid(text: &str) -> Result<String, String> {
    let is_uid =
        !text.is_empty() && text.len() <= 64 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if is_uid { Ok(text.to_owned()) } else { Err("a uid has letters, digits and dashes".to_owned()) }
}

fn contract_version(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(version) if version == weir_contract::CONTRACT_VERSION => Ok(version),
        _ => Err(format!(
            "this weir speaks version {} of the pod contract; use an operator and an image of the same release",
            weir_contract::CONTRACT_VERSION
        )),
    }
}

/// Ends a process whose command line was not understood, or that was asked for help.
pub(crate) fn refuse(error: &clap::Error) -> ExitCode {
    let asked_for = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    // Nothing can be done when the terminal is gone.
    let _ = error.print();
    if asked_for {
        return ExitCode::SUCCESS;
    }
    if std::env::args().any(|arg| arg == "--json") {
        let message = error.to_string();
        println!(
            "{}",
            serde_json::json!({ "outcome": "Failed", "reason": Reason::UsageError, "message": message })
        );
    }
    ExitCode::from(ContractExitCode::Usage.code())
}

#[cfg(test)]
mod tests;
