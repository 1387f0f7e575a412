use futures::{StreamExt, TryStreamExt, stream};
use weir_paimon_spec::paths::{self, BranchPaths};
use weir_paimon_spec::{Consumer, Snapshot, Tag};

use crate::table::CONCURRENT_READS;
use crate::{Error, Result, Table};

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
    /// Its snapshots.
    pub snapshots: Vec<Snapshot>,
    /// Its tags by name.
    pub tags: Vec<(String, Tag)>,
    /// Its long-lived changelogs.
    pub changelogs: Vec<Snapshot>,
}

impl References {
    /// Every root, with a name for messages.
    pub fn roots(&self) -> impl Iterator<Item = (String, &Snapshot)> {
        let main_tags = self.tags.iter().map(|(name, tag)| (format!("tag {name}"), &tag.snapshot));
        let main_changelogs = self.changelogs.iter().map(|root| (format!("changelog {}", root.id), root));
        let branches = self.branches.iter().flat_map(|branch| {
            let snapshots = branch
                .snapshots
                .iter()
                .map(|root| (format!("snapshot {} of branch {}", root.id, branch.name), root));
            let tags = branch
                .tags
                .iter()
                .map(|(name, tag)| (format!("tag {name} of branch {}", branch.name), &tag.snapshot));
            let changelogs = branch
                .changelogs
                .iter()
                .map(|root| (format!("changelog {} of branch {}", root.id, branch.name), root));
            snapshots.chain(tags).chain(changelogs)
        });
        main_tags.chain(main_changelogs).chain(branches)
    }
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
        if super::schema_ids(self.storage(), &branch).await?.is_empty() {
            return Err(Error::corrupt(format!(
                "branch {} of {} has no schema: it is being created or is damaged, and what it needs is unknown",
                branch.branch(),
                self.location()
            )));
        }
        let snapshots = self.parse_all(&branch.snapshot_dir(), snapshot_name, Snapshot::parse).await?;
        Ok(BranchReferences {
            snapshots: unnamed(snapshots),
            tags: self.tags_of(&branch).await?,
            changelogs: self.changelogs_of(&branch).await?,
            name: branch.branch().to_owned(),
        })
    }

    async fn tags_of(&self, branch: &BranchPaths) -> Result<Vec<(String, Tag)>> {
        self.parse_all(&branch.tag_dir(), BranchPaths::tag_name, Tag::parse).await
    }

    async fn consumers(&self) -> Result<Vec<(String, Consumer)>> {
        self.parse_all(&self.main().consumer_dir(), BranchPaths::consumer_id, Consumer::parse).await
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
                    let Some(content) = self.storage().read_opt(&path).await? else { return Ok(None) };
                    let parsed = parse(&content).map_err(|error| error.at(path))?;
                    Ok::<_, Error>(Some((name, parsed)))
                }
            })
            .buffered(CONCURRENT_READS)
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

fn unnamed<T>(files: Vec<(String, T)>) -> Vec<T> {
    files.into_iter().map(|(_, value)| value).collect()
}
