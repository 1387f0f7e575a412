//! Which manifests of a base list are merged into new ones, as Paimon's `ManifestFileMerger` 1.4.2 decides it
//! (format §14.5). Merging changes how the live files are listed and never which files are live.

use std::collections::HashSet;
use std::sync::Arc;

use weir_paimon_spec::manifest::{Identifier, ManifestEntry, ManifestFileMeta, merge};
use weir_paimon_spec::options::keys;
use weir_paimon_spec::{DataType, FileKind, TableOptions};

use self::partitions::PartitionBounds;
use crate::Result;

mod partitions;

/// When manifests are merged, from the table's options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MergeSettings {
    /// `manifest.target-file-size` in bytes.
    pub(super) target_bytes: u64,
    /// `manifest.merge-min-count`.
    pub(super) min_count: usize,
    /// `manifest.full-compaction-threshold-size` in bytes.
    pub(super) full_bytes: u64,
}

impl MergeSettings {
    pub(super) fn of(options: &TableOptions) -> Result<Self> {
        Ok(Self {
            target_bytes: options.get(&keys::MANIFEST_TARGET_FILE_SIZE)?.bytes(),
            min_count: usize::try_from(options.get(&keys::MANIFEST_MERGE_MIN_COUNT)?).unwrap_or(0),
            full_bytes: options.get(&keys::MANIFEST_FULL_COMPACTION_THRESHOLD_SIZE)?.bytes(),
        })
    }

    /// Whatever can be merged is merged (Paimon `compactManifest`).
    pub(super) const fn eager(self) -> Self {
        Self { min_count: 1, full_bytes: 1, ..self }
    }
}

/// A manifest with its entries.
#[derive(Clone, Debug)]
pub(super) struct Manifest {
    /// How the manifest list describes it.
    pub(super) meta: ManifestFileMeta,
    /// Its entries, in order.
    pub(super) entries: Arc<Vec<ManifestEntry>>,
    /// Whether writing the entries again keeps all that they say; others stay by reference.
    pub(super) rewritable: bool,
}

impl Manifest {
    fn bytes(&self) -> u64 {
        u64::try_from(self.meta.file_size).unwrap_or(0)
    }
}

/// A part of a merged base list.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Part {
    /// A manifest that stays as it is.
    Keep(Box<ManifestFileMeta>),
    /// Entries to be written as new manifests, in this order.
    Write(Vec<ManifestEntry>),
}

/// The base list that `manifests` become, in order; `None` when they all stay as they are.
///
/// `manifests` are all of a snapshot, base and delta: only then may a full merge drop deletes that match nothing.
pub(super) fn merged(
    manifests: &[Manifest],
    settings: &MergeSettings,
    partition_types: &[DataType],
) -> Result<Option<Vec<Part>>> {
    let parts = match full(manifests, settings, partition_types)? {
        Some(parts) => parts,
        None => minor(manifests, settings)?,
    };
    let is_unchanged = parts.iter().all(|part| matches!(part, Part::Keep(_)));
    Ok((!is_unchanged).then_some(parts))
}

/// Small manifests, and those with deletes, become manifests without any delete, once they are large enough together
/// (Paimon `tryFullCompaction`).
fn full(
    manifests: &[Manifest],
    settings: &MergeSettings,
    partition_types: &[DataType],
) -> Result<Option<Vec<Part>>> {
    let must_change =
        |manifest: &Manifest| manifest.meta.num_deleted_files > 0 || manifest.bytes() < settings.target_bytes;
    let changing: u64 = manifests.iter().filter(|manifest| must_change(manifest)).map(Manifest::bytes).sum();
    if changing < settings.full_bytes {
        return Ok(None);
    }
    let deletes: Vec<&ManifestEntry> = manifests
        .iter()
        .flat_map(|manifest| manifest.entries.iter())
        .filter(|entry| entry.kind == FileKind::Delete)
        .collect();
    let gone: HashSet<Identifier<'_>> = deletes.iter().map(|entry| entry.identifier()).collect();
    let bounds = PartitionBounds::of(&deletes, partition_types)?;
    let (untouched, merging): (Vec<&Manifest>, Vec<&Manifest>) =
        manifests.iter().partition(|manifest| !must_change(manifest) && !bounds.may_meet(&manifest.meta));
    // A manifest that cannot be written again would keep its deletes, or lose the deletes that others hold for it.
    if merging.len() <= 1 || merging.iter().any(|manifest| !manifest.rewritable) {
        return Ok(None);
    }
    let mut parts: Vec<Part> = untouched.into_iter().map(keep).collect();
    let mut rest = Vec::new();
    for manifest in merging {
        let stays = |entry: &&ManifestEntry| {
            entry.kind == FileKind::Add && (gone.is_empty() || !gone.contains(&entry.identifier()))
        };
        let live: Vec<&ManifestEntry> = manifest.entries.iter().filter(stays).collect();
        if must_change(manifest) || live.len() < manifest.entries.len() {
            rest.extend(live.into_iter().cloned());
        } else {
            parts.push(keep(manifest));
        }
    }
    if !rest.is_empty() || parts.len() < manifests.len() {
        parts.push(Part::Write(rest));
    }
    Ok(Some(parts))
}

/// Neighbours are joined whenever they reach the target size together, and what is left at the end when it is many
/// (Paimon `tryMinorCompaction`).
fn minor(manifests: &[Manifest], settings: &MergeSettings) -> Result<Vec<Part>> {
    let mut parts = Vec::new();
    let mut group: Vec<&Manifest> = Vec::new();
    let mut bytes = 0;
    for manifest in manifests {
        bytes += manifest.bytes();
        group.push(manifest);
        if bytes >= settings.target_bytes {
            join(&std::mem::take(&mut group), &mut parts)?;
            bytes = 0;
        }
    }
    if group.len() >= settings.min_count {
        join(&group, &mut parts)?;
    } else {
        parts.extend(group.into_iter().map(keep));
    }
    Ok(parts)
}

/// Joins neighbours: adds and deletes of one file cancel each other, other deletes stay, for files of manifests
/// before them.
fn join(group: &[&Manifest], parts: &mut Vec<Part>) -> Result<()> {
    if group.len() <= 1 || group.iter().any(|manifest| !manifest.rewritable) {
        parts.extend(group.iter().copied().map(keep));
        return Ok(());
    }
    let entries = merge(group.iter().flat_map(|manifest| manifest.entries.iter().cloned()))?;
    // Readers take such a file for deleted as long as its delete is listed.
    if !entries.added_again.is_empty() {
        parts.extend(group.iter().copied().map(keep));
        return Ok(());
    }
    parts.push(Part::Write(entries.unmatched_deletes.into_iter().chain(entries.live).collect()));
    Ok(())
}

fn keep(manifest: &Manifest) -> Part {
    Part::Keep(Box::new(manifest.meta.clone()))
}

#[cfg(test)]
mod tests;
