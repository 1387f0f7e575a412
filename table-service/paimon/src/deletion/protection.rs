//! What the remaining roots of a table need.

use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use weir_paimon_spec::manifest::ManifestFileMeta;
use weir_paimon_spec::options::{ChangelogProducer, keys};
use weir_paimon_spec::paths::BranchPaths;
use weir_paimon_spec::{Snapshot, paths};

use super::candidates::Candidates;
use super::changelog::ChangelogNeeds;
use super::needed::{Listed, Manifests, Needed};
use super::targets::Targets;
use crate::table::{CONCURRENT_REQUESTS, References, Root, RootKind, within_table};
use crate::{Error, ErrorKind, Result, Table};

/// How often, and how long apart, it is looked whether a root that lacks something goes.
const LOOKS: u32 = 10;
const LOOK_PAUSE: Duration = Duration::from_millis(300);

/// Takes every candidate out that a remaining root reaches: the retained snapshots of `main`, ascending, and all tags,
/// changelogs and branches. Anything that cannot be read is an error, so that nothing is deleted on doubt; only a root
/// that somebody else removes meanwhile needs nothing any more.
///
/// Every list and manifest is read once, and of their entries only those of candidates stay in memory.
pub(crate) async fn remove_protected(
    table: &Table,
    retained: &[Snapshot],
    references: &References,
    candidates: &mut Candidates,
) -> Result<()> {
    let mut roots = kept_snapshots(retained, None);
    roots.extend(references.roots().map(Kept::whole));
    protect(table, &roots, references, candidates).await
}

/// A root that stays, and how much of it has to be read.
#[derive(Debug)]
pub(super) struct Kept<'a> {
    root: Root<'a>,
    /// All live files, not only those that the root's own delta adds.
    is_whole: bool,
}

impl<'a> Kept<'a> {
    pub(super) const fn whole(root: Root<'a>) -> Self {
        Self { root, is_whole: true }
    }
}

/// Snapshots of `main`, ascending; `protected` is the id of one before them that is protected already.
///
/// Live files of a snapshot are those of its predecessor changed by its own delta, so the delta is enough where the
/// predecessor is protected too. The last one is read in full again in case a manifest rewrite broke that chain.
pub(super) fn kept_snapshots(snapshots: &[Snapshot], mut protected: Option<i64>) -> Vec<Kept<'_>> {
    let main = BranchPaths::main();
    let last = snapshots.last().map(|snapshot| snapshot.id);
    let kept = snapshots.iter().map(|snapshot| {
        let continues = protected == Some(snapshot.id - 1) && last != Some(snapshot.id);
        protected = Some(snapshot.id);
        Kept { root: Root::of_snapshot(snapshot, &main), is_whole: !continues }
    });
    kept.collect()
}

/// Takes out what these roots reach.
pub(super) async fn protect(
    table: &Table,
    roots: &[Kept<'_>],
    references: &References,
    candidates: &mut Candidates,
) -> Result<()> {
    let targets = Targets::of(candidates);
    let mut protected = vec![false; targets.len()];
    let mut manifests = Manifests::default();
    let mut lists = stream::iter(roots.iter().enumerate())
        .map(|(number, kept)| {
            let targets = &targets;
            async move { Ok::<_, Error>((number, list_if_there(table, kept, references, targets).await?)) }
        })
        .buffered(CONCURRENT_REQUESTS);
    while let Some((number, listed)) = lists.try_next().await? {
        listed.protected.iter().for_each(|&position| protected[position] = true);
        manifests.add(number, listed);
    }
    drop(lists);
    let mut reads = stream::iter(manifests.all())
        .map(|(number, needed)| {
            let targets = &targets;
            async move {
                let sightings = match table.read_manifest(&needed.meta).await {
                    Ok(content) => targets.sightings(table.data(), &content.entries)?,
                    Err(error) => {
                        is_unneeded(table, needed, roots, error).await?;
                        Vec::new()
                    }
                };
                Ok::<_, Error>((number, sightings))
            }
        })
        .buffer_unordered(CONCURRENT_REQUESTS);
    let mut seen = Vec::new();
    while let Some(read) = reads.try_next().await? {
        seen.push(read);
    }
    drop(reads);
    manifests.protected_by(seen).into_iter().for_each(|position| protected[position] = true);
    for path in targets.paths_where(&protected) {
        candidates.remove(&path);
    }
    Ok(())
}

/// What a root needs by name, and the manifests that tell what else it needs. A root that is gone by now needs nothing.
async fn list_if_there(
    table: &Table,
    kept: &Kept<'_>,
    references: &References,
    targets: &Targets<'_>,
) -> Result<Listed> {
    let listed = match &kept.root.kind {
        RootKind::Changelog(branch) => list_changelog(table, &kept.root, branch, references, targets).await,
        _ => list(table, kept, targets).await,
    };
    match listed {
        Err(error) if error.is_not_found() && is_gone(table, &kept.root).await? => {
            tracing::info!(root = %kept.root.name, "somebody else removed a root meanwhile");
            Ok(Listed::default())
        }
        listed => listed.map_err(|error| unreadable(error, &kept.root.name)),
    }
}

async fn list(table: &Table, kept: &Kept<'_>, targets: &Targets<'_>) -> Result<Listed> {
    let snapshot = kept.root.snapshot;
    let mut listed = Listed::default();
    let base = read_list(table, snapshot, &snapshot.base_manifest_list, targets, &mut listed).await?;
    let delta = read_list(table, snapshot, &snapshot.delta_manifest_list, targets, &mut listed).await?;
    listed.added.extend(delta.iter().cloned());
    if kept.root.kind == RootKind::Snapshot && becomes_changelog_of_delta(table, snapshot).await? {
        listed.written.clone_from(&delta);
    }
    if kept.is_whole {
        listed.live = base.into_iter().chain(delta).collect();
    }
    match (&kept.root.kind, &snapshot.changelog_manifest_list) {
        (RootKind::Tag, _) | (_, None) => {}
        (RootKind::BranchSnapshot, Some(list)) => {
            match read_list(table, snapshot, list, targets, &mut listed).await {
                Ok(changelog) => listed.added_unless_gone = changelog,
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error),
            }
        }
        (_, Some(list)) => {
            let changelog = read_list(table, snapshot, list, targets, &mut listed).await?;
            listed.added.extend(changelog);
        }
    }
    if let Some(name) = &snapshot.index_manifest {
        listed.protected.extend(targets.position(&paths::manifest(name)));
        for entry in table.index_manifest(name).await? {
            let path = within_table(table.data().index_file(&entry)?)?;
            listed.protected.extend(targets.position(&path));
        }
    }
    let statistics = snapshot.statistics.as_deref().map(paths::statistics);
    listed.protected.extend(statistics.and_then(|path| targets.position(&path)));
    Ok(listed)
}

/// Whether a snapshot lives on as a changelog that is read from its delta: what that deletes must then stay until the
/// changelog goes, although no snapshot needs it any more.
async fn becomes_changelog_of_delta(table: &Table, snapshot: &Snapshot) -> Result<bool> {
    if !table.options().is_changelog_decoupled()? {
        return Ok(false);
    }
    let producer = table.options().get(&keys::CHANGELOG_PRODUCER)?;
    Ok(ChangelogNeeds::of(table, table.main(), producer, snapshot).await?.delta)
}

async fn list_changelog(
    table: &Table,
    root: &Root<'_>,
    branch: &BranchPaths,
    references: &References,
    targets: &Targets<'_>,
) -> Result<Listed> {
    let snapshot = root.snapshot;
    let needs = ChangelogNeeds::of(table, branch, producer(table, branch, references)?, snapshot).await?;
    let mut listed = Listed { may_be_gone: needs.delta_may_be_gone, ..Listed::default() };
    if let Some(list) = &snapshot.changelog_manifest_list {
        listed.added = read_list(table, snapshot, list, targets, &mut listed).await?;
    }
    if !needs.delta {
        return Ok(listed);
    }
    for (name, is_delta) in [(&snapshot.base_manifest_list, false), (&snapshot.delta_manifest_list, true)] {
        match read_list(table, snapshot, name, targets, &mut listed).await {
            Ok(metas) if is_delta => listed.written = metas,
            Ok(_) => {}
            Err(error) if needs.delta_may_be_gone && error.is_not_found() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(listed)
}

/// `changelog-producer` as a branch has it now.
fn producer(table: &Table, branch: &BranchPaths, references: &References) -> Result<ChangelogProducer> {
    let of_branch = references.branches.iter().find(|known| known.paths == *branch);
    Ok(match of_branch {
        Some(known) => known.producer,
        None => table.options().get(&keys::CHANGELOG_PRODUCER)?,
    })
}

/// Reads a list that a root needs; it and its manifests are protected.
async fn read_list(
    table: &Table,
    snapshot: &Snapshot,
    name: &str,
    targets: &Targets<'_>,
    listed: &mut Listed,
) -> Result<Vec<ManifestFileMeta>> {
    let metas = table.read_manifest_list(snapshot, name).await?.entries;
    listed.protected.extend(targets.position(&paths::manifest(name)));
    for meta in &metas {
        let names = std::iter::once(&meta.file_name).chain(meta.extra_files.iter().flatten());
        listed.protected.extend(names.filter_map(|name| targets.position(&paths::manifest(name))));
    }
    Ok(metas)
}

/// Passes over a manifest that is missing when every root that names it is gone too, or may lack it.
async fn is_unneeded(table: &Table, needed: &Needed, roots: &[Kept<'_>], error: Error) -> Result<()> {
    let named_by = |number: &usize| roots.get(*number).map(|kept| &kept.root);
    if error.is_not_found() {
        let mut is_unneeded = true;
        for root in needed.roots.iter().filter_map(named_by) {
            is_unneeded &= is_gone(table, root).await?;
        }
        if is_unneeded {
            return Ok(());
        }
    }
    let name = needed.roots.iter().find_map(named_by).map_or("a root", |root| &root.name);
    Err(unreadable(error, name))
}

/// Whether somebody else removes a root of which something is missing. Paimon deletes what a root names before the root
/// itself, so it is given some time.
async fn is_gone(table: &Table, root: &Root<'_>) -> Result<bool> {
    for look in 0..LOOKS {
        if look > 0 {
            tokio::time::sleep(LOOK_PAUSE).await;
        }
        if table.storage().stat(&root.path).await?.is_none() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn unreadable(error: Error, root: &str) -> Error {
    match error.kind() {
        ErrorKind::Corrupt | ErrorKind::Unsupported => {
            Error::new(error.kind(), format!("{error}; {root} needs it, so nothing was deleted"))
        }
        _ => error.while_doing(format!("reading what {root} needs; nothing was deleted")),
    }
}
