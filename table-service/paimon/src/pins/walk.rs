//! Reading what roots reach into a ledger.

use std::collections::HashMap;
use std::ops::Range;

use futures::{StreamExt, TryStreamExt, stream};
use weir_paimon_spec::manifest::merge;
use weir_paimon_spec::options::{ChangelogProducer, keys};
use weir_paimon_spec::paths::{self, BranchPaths};
use weir_paimon_spec::{FileKind, ManifestEntry, Snapshot};

use super::decide::Roots;
use super::ledger::Ledger;
use super::sizes::Sizes;
use crate::deletion::{ChangelogNeeds, is_written};
use crate::table::{CONCURRENT_REQUESTS, References, within_table};
use crate::{Result, Table};

/// Reads everything that the roots of a table reach. Roots are numbered as [`Roots`] numbers them.
pub(super) async fn read(
    table: &Table,
    snapshots: &[Snapshot],
    references: &References,
    roots: &Roots,
    sizes: &Sizes,
) -> Result<Ledger> {
    let mut walk = Walk { table, sizes, ledger: Ledger::default(), looked_up: HashMap::new() };
    walk.chain(snapshots, 0, ChangelogOf::Snapshot).await?;
    for (snapshot, number) in snapshots.iter().zip(0..) {
        walk.hold_root(&table.main().snapshot(snapshot.id), number);
    }
    let (main, producer) = (table.main(), table.options().get(&keys::CHANGELOG_PRODUCER)?);
    for (snapshot, number) in snapshots.iter().zip(roots.afterlives()) {
        // The changelog's file is a copy of the snapshot's.
        walk.hold_root(&main.snapshot(snapshot.id), number);
        walk.as_changelog(main, producer, snapshot, number).await?;
    }
    for ((name, tag), number) in references.tags.iter().zip(roots.tags()) {
        walk.tag(&tag.snapshot, number).await?;
        walk.hold_root(&table.main().tag(name), number);
    }
    for (changelog, number) in references.changelogs.iter().zip(roots.changelogs()) {
        walk.as_changelog(main, producer, changelog, number).await?;
        walk.hold_root(&table.main().changelog(changelog.id), number);
    }
    for (branch, numbers) in references.branches.iter().zip(roots.branches()) {
        let mut ascending = branch.snapshots.clone();
        ascending.sort_unstable_by_key(|snapshot| snapshot.id);
        walk.chain(&ascending, numbers.start, ChangelogOf::BranchSnapshot).await?;
        for (_, tag) in &branch.tags {
            walk.tag(&tag.snapshot, numbers.start).await?;
        }
        for changelog in &branch.changelogs {
            walk.as_changelog(&branch.paths, branch.producer, changelog, numbers.start).await?;
        }
        let directory = paths::branch_dir(&branch.name);
        for (path, size) in sizes.below(&directory) {
            walk.hold(path, size, numbers.start..numbers.start + 1);
        }
    }
    Ok(walk.ledger)
}

/// Whose changelog is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ChangelogOf {
    /// Of a snapshot of `main`, which has it.
    Snapshot,
    /// Of a snapshot of another branch: one that `main` has made may have gone with `main`'s own snapshot.
    BranchSnapshot,
}

struct Walk<'a> {
    table: &'a Table,
    sizes: &'a Sizes,
    ledger: Ledger,
    /// Sizes of files beside data files, which no metadata tells.
    looked_up: HashMap<String, u64>,
}

impl Walk<'_> {
    fn hold(&mut self, path: &str, bytes: u64, roots: Range<u32>) {
        let digest = self.ledger.digest(path);
        self.ledger.hold(digest, bytes, roots);
    }

    fn hold_root(&mut self, path: &str, root: u32) {
        self.hold(path, self.sizes.of(path), root..root + 1);
    }

    /// Snapshots that follow each other, ascending, numbered from `first`. A file is held from the snapshot that adds
    /// it to the one that deletes it, so only the first and the last are read in full, and those after a gap.
    async fn chain(&mut self, snapshots: &[Snapshot], first: u32, of: ChangelogOf) -> Result<()> {
        self.read_ahead(snapshots).await?;
        let mut open: HashMap<u128, (u64, u32)> = HashMap::new();
        for (position, (snapshot, root)) in snapshots.iter().zip(first..).enumerate() {
            self.metadata(snapshot, root).await?;
            match self.changelog(snapshot, root).await {
                Err(error) if of == ChangelogOf::BranchSnapshot && error.is_not_found() => {}
                read => read?,
            }
            let follows =
                position > 0 && snapshots.get(position - 1).is_some_and(|last| last.id + 1 == snapshot.id);
            if follows {
                self.step(snapshot, root, &mut open).await?;
            } else {
                self.close(&mut open, root);
            }
            if !follows || position + 1 == snapshots.len() {
                for (digest, bytes) in self.live(snapshot).await? {
                    open.entry(digest).or_insert((bytes, root));
                }
                // What its own delta adds is kept even where a later entry deletes it.
                for (digest, bytes) in self.added(snapshot, &snapshot.delta_manifest_list).await? {
                    self.ledger.hold(digest, bytes, root..root + 1);
                }
            }
        }
        let end = first + u32::try_from(snapshots.len()).unwrap_or(u32::MAX - first);
        self.close(&mut open, end);
        Ok(())
    }

    /// Takes a snapshot's own changes in.
    async fn step(
        &mut self,
        snapshot: &Snapshot,
        root: u32,
        open: &mut HashMap<u128, (u64, u32)>,
    ) -> Result<()> {
        for entry in self.entries(snapshot, &snapshot.delta_manifest_list).await? {
            for (digest, bytes) in self.files(&entry).await? {
                match entry.kind {
                    FileKind::Add => {
                        self.ledger.hold(digest, bytes, root..root + 1);
                        open.entry(digest).or_insert((bytes, root));
                    }
                    FileKind::Delete => {
                        if let Some((bytes, since)) = open.remove(&digest)
                            && since < root
                        {
                            self.ledger.hold(digest, bytes, since..root);
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn close(&mut self, open: &mut HashMap<u128, (u64, u32)>, end: u32) {
        for (digest, (bytes, since)) in open.drain() {
            self.ledger.hold(digest, bytes, since..end);
        }
    }

    /// A tag keeps all but the changelog, which nobody reads by a tag.
    async fn tag(&mut self, root: &Snapshot, number: u32) -> Result<()> {
        self.metadata(root, number).await?;
        let live = self.live(root).await?;
        let added = self.added(root, &root.delta_manifest_list).await?;
        for (digest, bytes) in live.into_iter().chain(added) {
            self.ledger.hold(digest, bytes, number..number + 1);
        }
        Ok(())
    }

    /// The changelog of a snapshot: its list, manifests and files.
    async fn changelog(&mut self, root: &Snapshot, number: u32) -> Result<()> {
        let Some(list) = &root.changelog_manifest_list else { return Ok(()) };
        self.list(root, list, number).await?;
        for (digest, bytes) in self.added(root, list).await? {
            self.ledger.hold(digest, bytes, number..number + 1);
        }
        Ok(())
    }

    /// What a snapshot keeps as a long-lived changelog; the rest that it names may be gone.
    async fn as_changelog(
        &mut self,
        branch: &BranchPaths,
        producer: ChangelogProducer,
        root: &Snapshot,
        number: u32,
    ) -> Result<()> {
        let needs = ChangelogNeeds::of(self.table, branch, producer, root).await?;
        self.changelog(root, number).await?;
        if !needs.delta {
            return Ok(());
        }
        for list in [&root.base_manifest_list, &root.delta_manifest_list] {
            match self.list(root, list, number).await {
                Err(error) if needs.delta_may_be_gone && error.is_not_found() => return Ok(()),
                listed => listed?,
            }
        }
        let mut entries = self.entries(root, &root.delta_manifest_list).await?;
        entries.retain(is_written);
        for (digest, bytes) in self.all_files(&entries).await? {
            self.ledger.hold(digest, bytes, number..number + 1);
        }
        Ok(())
    }

    /// A manifest list and its manifests.
    async fn list(&mut self, root: &Snapshot, list: &str, number: u32) -> Result<()> {
        let roots = number..number + 1;
        for manifest in self.table.manifest_list(root, list).await?.iter() {
            let size = u64::try_from(manifest.file_size).unwrap_or(0);
            self.hold(&paths::manifest(&manifest.file_name), size, roots.clone());
            for extra in manifest.extra_files.iter().flatten() {
                let path = paths::manifest(extra);
                self.hold(&path, self.sizes.of(&path), roots.clone());
            }
        }
        let path = paths::manifest(list);
        self.hold(&path, self.sizes.of(&path), roots);
        Ok(())
    }

    /// Base and delta lists with their manifests, index manifest, index files and statistics.
    async fn metadata(&mut self, root: &Snapshot, number: u32) -> Result<()> {
        let roots = number..number + 1;
        for list in [&root.base_manifest_list, &root.delta_manifest_list] {
            self.list(root, list, number).await?;
        }
        if let Some(name) = &root.index_manifest {
            for entry in self.table.index_manifest(name).await? {
                let path = within_table(self.table.data().index_file(&entry)?)?;
                self.hold(&path, u64::try_from(entry.file_size).unwrap_or(0), roots.clone());
            }
            let path = paths::manifest(name);
            self.hold(&path, self.sizes.of(&path), roots.clone());
        }
        if let Some(name) = &root.statistics {
            let path = paths::statistics(name);
            self.hold(&path, self.sizes.of(&path), roots);
        }
        Ok(())
    }

    async fn live(&mut self, root: &Snapshot) -> Result<Vec<(u128, u64)>> {
        let live = merge(self.table.entries_where(root, |_| true).await?)?.live;
        self.all_files(&live).await
    }

    async fn added(&mut self, root: &Snapshot, list: &str) -> Result<Vec<(u128, u64)>> {
        let mut entries = self.entries(root, list).await?;
        entries.retain(|entry| entry.kind == FileKind::Add);
        self.all_files(&entries).await
    }

    async fn entries(&self, root: &Snapshot, list: &str) -> Result<Vec<ManifestEntry>> {
        let metas = self.table.manifest_list(root, list).await?;
        let manifests = self.table.manifests_of(&metas).await?;
        Ok(manifests.iter().flat_map(|manifest| manifest.iter().cloned()).collect())
    }

    async fn all_files(&mut self, entries: &[ManifestEntry]) -> Result<Vec<(u128, u64)>> {
        let mut files = Vec::with_capacity(entries.len());
        for entry in entries {
            files.extend(self.files(entry).await?);
        }
        Ok(files)
    }

    /// Digests and sizes of the files that an entry stands for.
    async fn files(&mut self, entry: &ManifestEntry) -> Result<Vec<(u128, u64)>> {
        let mut files = Vec::with_capacity(1);
        for (position, location) in self.table.data().files(entry)?.into_iter().enumerate() {
            let path = within_table(location)?;
            let bytes = match position {
                0 => u64::try_from(entry.file.file_size).unwrap_or(0),
                _ => self.size_beside(&path).await?,
            };
            files.push((self.ledger.digest(&path), bytes));
        }
        Ok(files)
    }

    async fn size_beside(&mut self, path: &str) -> Result<u64> {
        if let Some(&size) = self.looked_up.get(path) {
            return Ok(size);
        }
        let size = self.table.storage().stat(path).await?.map_or(0, |file| file.size);
        self.looked_up.insert(path.to_owned(), size);
        Ok(size)
    }

    /// Reads the base and delta lists and the own changes of all snapshots at once, so that none is waited for later.
    async fn read_ahead(&self, snapshots: &[Snapshot]) -> Result<()> {
        let lists = snapshots.iter().flat_map(|snapshot| {
            let (base, delta) = (&snapshot.base_manifest_list, &snapshot.delta_manifest_list);
            [(snapshot, base, false), (snapshot, delta, true)]
        });
        stream::iter(lists)
            .map(|(snapshot, list, is_delta)| async move {
                let metas = self.table.manifest_list(snapshot, list).await?;
                if is_delta {
                    self.table.manifests_of(&metas).await?;
                }
                Ok(())
            })
            .buffer_unordered(CONCURRENT_REQUESTS)
            .try_collect()
            .await
    }
}
