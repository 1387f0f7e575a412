//! Files that expired snapshots leave behind, before protection is applied.

use futures::{StreamExt, TryStreamExt, stream};
use weir_paimon_spec::Snapshot;
use weir_paimon_spec::options::keys;

use crate::deletion::{Candidates, ChangelogNeeds, Reach};
use crate::table::{CONCURRENT_REQUESTS, READ_TOGETHER};
use crate::{Error, Result, Table};

/// A snapshot that goes.
#[derive(Clone, Debug)]
pub(super) struct Leaving {
    pub(super) snapshot: Snapshot,
    /// Whether it lives on as a long-lived changelog.
    pub(super) stays_as_changelog: bool,
    /// Whether what it names was removed long ago and only its file was left (maintenance §11 #12).
    pub(super) is_stray: bool,
}

/// Collects what leaving snapshots, ascending, and the first kept one leave behind (maintenance §1.3).
pub(super) async fn collect(table: &Table, leaving: &[Leaving], end: &Snapshot) -> Result<Candidates> {
    let first = leaving.iter().find(|leaving| !leaving.is_stray).map(|leaving| leaving.snapshot.id);
    // What the first one deletes went with its predecessor.
    let counts_deletions = |leaving: &Leaving| !leaving.is_stray && first != Some(leaving.snapshot.id);
    let mut candidates = stream::iter(leaving.chunks(READ_TOGETHER))
        .map(|leaving| of_several(table, leaving, &counts_deletions))
        .buffered(CONCURRENT_REQUESTS / READ_TOGETHER)
        .try_fold(Candidates::default(), |mut all, several| async move {
            for one in several {
                all.absorb(one);
            }
            Ok::<_, Error>(all)
        })
        .await?;
    // The entries that `end` itself deletes are gone from its own live files.
    let mut of_end = Candidates::default();
    Reach::of_staying(table, end).deleted_files(&mut of_end).await?;
    candidates.absorb(of_end);
    Ok(candidates)
}

/// What each of several snapshots leaves behind; `counts_deletions` tells whether what it deletes counts.
async fn of_several(
    table: &Table,
    leaving: &[Leaving],
    counts_deletions: &impl Fn(&Leaving) -> bool,
) -> Result<Vec<Candidates>> {
    let reaches: Vec<_> = leaving.iter().map(|leaving| Reach::of_leaving(table, &leaving.snapshot)).collect();
    Reach::read_lists(&reaches.iter().collect::<Vec<_>>()).await?;
    let both = || leaving.iter().zip(&reaches);
    let deleting = both().filter(|(leaving, _)| counts_deletions(leaving)).map(|(_, reach)| reach);
    Reach::read_deltas(&deleting.collect::<Vec<_>>()).await?;
    stream::iter(both())
        .map(|(leaving, reach)| of_leaving(table, leaving, reach, counts_deletions(leaving)))
        .buffered(READ_TOGETHER)
        .try_collect()
        .await
}

/// What one snapshot leaves behind.
async fn of_leaving(
    table: &Table,
    leaving: &Leaving,
    reach: &Reach<'_>,
    counts_deletions: bool,
) -> Result<Candidates> {
    let mut candidates = Candidates::default();
    if counts_deletions {
        reach.deleted_files(&mut candidates).await?;
    }
    reach.metadata_files(&mut candidates).await?;
    if leaving.stays_as_changelog {
        let now = table.options().get(&keys::CHANGELOG_PRODUCER)?;
        let needs = ChangelogNeeds::of(table, table.main(), now, &leaving.snapshot).await?;
        reach.keep_as_changelog(needs, &mut candidates).await?;
    } else {
        reach.changelog_files(&mut candidates).await?;
    }
    Ok(candidates)
}
