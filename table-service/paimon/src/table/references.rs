use futures::{StreamExt, TryStreamExt, stream};
use weir_paimon_spec::options::{ChangelogProducer, keys};
use weir_paimon_spec::paths::{self, BranchPaths};
use weir_paimon_spec::{Consumer, Snapshot, TableOptions, Tag};

use crate::table::CONCURRENT_REQUESTS;
use crate::{Error, ErrorKind, Result, Table};

/// Everything beside the snapshots of `main` that keeps files alive.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct References {
    /// Tags of `main` by name.
    pub tags: Vec<(String, Tag)>,
    /// Consumers of `main` by id.
    pub consumers: Vec<(String, Consumer)>,
    /// Long-lived changelogs of `main`.
    pub changelogs: Vec<Snapshot>,
    /// Branches other than `main`.
    pub branches: Vec<BranchReferences>,
}

/// The roots of one branch. Its data and manifests lie in the table's own directories.
#[derive(Clone, Debug, PartialEq)]
pub struct BranchReferences {
    /// Name of the branch.
    pub name: String,
    /// Where its metadata is.
    pub paths: BranchPaths,
    /// `changelog-producer` of its newest schema.
    pub producer: ChangelogProducer,
    /// Its snapshots.
    pub snapshots: Vec<Snapshot>,
    /// Its tags by name.
    pub tags: Vec<(String, Tag)>,
    /// Its long-lived changelogs.
    pub changelogs: Vec<Snapshot>,
}

/// A file that keeps others alive.
#[derive(Clone, Debug)]
pub struct Root<'a> {
    /// For messages: `tag daily`, `changelog 7 of branch side`.
    pub name: String,
    /// Path of its file, relative to the table's root.
    pub path: String,
    /// Its content.
    pub snapshot: &'a Snapshot,
    /// What it is, which decides what it keeps alive.
    pub kind: RootKind,
}

/// Kinds of roots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RootKind {
    /// A snapshot of `main`: all that it names.
    Snapshot,
    /// A snapshot of another branch: the same, but the changelog of one that `main` has made may have gone with `main`'s
    /// own snapshot, and nobody reads it in the branch.
    BranchSnapshot,
    /// A tag: all but the changelog, which nobody reads by a tag.
    Tag,
    /// A long-lived changelog of a branch: what changes are read from, and nothing else.
    Changelog(BranchPaths),
}

impl<'a> Root<'a> {
    /// A snapshot of a branch.
    pub fn of_snapshot(snapshot: &'a Snapshot, branch: &BranchPaths) -> Self {
        Self {
            name: format!("snapshot {}{}", snapshot.id, suffix(branch)),
            path: branch.snapshot(snapshot.id),
            snapshot,
            kind: if *branch == BranchPaths::main() { RootKind::Snapshot } else { RootKind::BranchSnapshot },
        }
    }

    fn of_tag(name: &str, tag: &'a Tag, branch: &BranchPaths) -> Self {
        Self {
            name: format!("tag {name}{}", suffix(branch)),
            path: branch.tag(name),
            snapshot: &tag.snapshot,
            kind: RootKind::Tag,
        }
    }

    fn of_changelog(snapshot: &'a Snapshot, branch: &BranchPaths) -> Self {
        Self {
            name: format!("changelog {}{}", snapshot.id, suffix(branch)),
            path: branch.changelog(snapshot.id),
            snapshot,
            kind: RootKind::Changelog(branch.clone()),
        }
    }
}

fn suffix(branch: &BranchPaths) -> String {
    if *branch == BranchPaths::main() { String::new() } else { format!(" of branch {}", branch.branch()) }
}

impl References {
    /// Consumers with the next snapshot that each will read.
    pub(crate) fn positions(&self) -> Vec<(String, i64)> {
        self.consumers.iter().map(|(name, consumer)| (name.clone(), consumer.next_snapshot)).collect()
    }

    /// Every root.
    pub fn roots(&self) -> impl Iterator<Item = Root<'_>> {
        let main = BranchPaths::main();
        let of_main = roots_of(&self.tags, &self.changelogs, &main);
        let of_branches = self.branches.iter().flat_map(|branch| {
            let snapshots = branch.snapshots.iter().map(|root| Root::of_snapshot(root, &branch.paths));
            snapshots.chain(roots_of(&branch.tags, &branch.changelogs, &branch.paths))
        });
        of_main.chain(of_branches)
    }
}

fn roots_of<'a>(
    tags: &'a [(String, Tag)],
    changelogs: &'a [Snapshot],
    branch: &BranchPaths,
) -> impl Iterator<Item = Root<'a>> + use<'a> {
    let (of_tags, of_changelogs) = (branch.clone(), branch.clone());
    let tags = tags.iter().map(move |(name, tag)| Root::of_tag(name, tag, &of_tags));
    tags.chain(changelogs.iter().map(move |root| Root::of_changelog(root, &of_changelogs)))
}

impl Table {
    /// Reads all references. Any file that cannot be read or understood is an error: what it protects would be
    /// unknown.
    pub async fn references(&self) -> Result<References> {
        let mut branches = Vec::new();
        let listing = self.storage().list_directory(paths::branches_dir()).await?;
        for name in listing.directories.iter().filter_map(|directory| paths::branch_of_dir(directory)) {
            branches.push(self.branch(BranchPaths::of(name)?).await?);
        }
        Ok(References {
            tags: self.tags_of(self.main()).await?,
            consumers: self.consumers().await?,
            changelogs: self.changelogs_of(self.main()).await?,
            branches,
        })
    }

    async fn branch(&self, branch: BranchPaths) -> Result<BranchReferences> {
        let Some(schema) = super::latest_schema(self.storage(), &branch).await? else {
            return Err(Error::corrupt(format!(
                "branch {} of {} has no schema: it is being created or is damaged, and what it needs is unknown",
                branch.branch(),
                self.location()
            )));
        };
        let snapshots = self.parse_all(&branch.snapshot_dir(), snapshot_name, Snapshot::parse).await?;
        Ok(BranchReferences {
            snapshots: unnamed(snapshots),
            tags: self.tags_of(&branch).await?,
            changelogs: self.changelogs_of(&branch).await?,
            name: branch.branch().to_owned(),
            producer: TableOptions::new(schema.options.clone()).get(&keys::CHANGELOG_PRODUCER)?,
            paths: branch,
        })
    }

    async fn tags_of(&self, branch: &BranchPaths) -> Result<Vec<(String, Tag)>> {
        self.parse_all(&branch.tag_dir(), BranchPaths::tag_name, Tag::parse).await
    }

    async fn consumers(&self) -> Result<Vec<(String, Consumer)>> {
        let read =
            self.parse_all(&self.main().consumer_dir(), BranchPaths::consumer_id, Consumer::parse).await;
        read.map_err(|error| match error.kind() {
            ErrorKind::Corrupt => Error::corrupt(format!(
                "{error}: what this consumer has yet to read is unknown; mend the file, or remove it with weir reset-consumer"
            )),
            _ => error,
        })
    }

    async fn changelogs_of(&self, branch: &BranchPaths) -> Result<Vec<Snapshot>> {
        Ok(unnamed(self.parse_all(&branch.changelog_dir(), changelog_name, Snapshot::parse).await?))
    }

    /// Reads and parses the files of a directory whose name `name_of` recognises; answers with their names. A file
    /// that vanished between listing and reading was removed by its owner.
    async fn parse_all<T>(
        &self,
        directory: &str,
        name_of: impl Fn(&str) -> Option<&str>,
        parse: impl Fn(&[u8]) -> weir_paimon_spec::Result<T>,
    ) -> Result<Vec<(String, T)>> {
        let listing = self.storage().list_directory(directory).await?;
        let named: Vec<(String, String)> = listing
            .files
            .iter()
            .filter_map(|file| Some((name_of(file.name())?.to_owned(), file.path.clone())))
            .collect();
        let contents: Vec<Option<(String, T)>> = stream::iter(named)
            .map(|(name, path)| {
                let parse = &parse;
                async move {
                    let parsed = self.read_whole(&path, parse).await?;
                    Ok::<_, Error>(parsed.map(|parsed| (name, parsed)))
                }
            })
            .buffered(CONCURRENT_REQUESTS)
            .try_collect()
            .await?;
        Ok(contents.into_iter().flatten().collect())
    }
}

fn snapshot_name(name: &str) -> Option<&str> {
    BranchPaths::snapshot_id(name).map(|_| name)
}

fn changelog_name(name: &str) -> Option<&str> {
    BranchPaths::changelog_id(name).map(|_| name)
}

/// Without the names of their files, ascending.
fn unnamed(files: Vec<(String, Snapshot)>) -> Vec<Snapshot> {
    let mut snapshots: Vec<Snapshot> = files.into_iter().map(|(_, snapshot)| snapshot).collect();
    snapshots.sort_unstable_by_key(|snapshot| snapshot.id);
    snapshots
}
