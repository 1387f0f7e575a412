//! What a long-lived changelog keeps alive (maintenance §4).

use weir_paimon_spec::options::{ChangelogProducer, keys};
use weir_paimon_spec::paths::BranchPaths;
use weir_paimon_spec::{FileSource, ManifestEntry, Snapshot, TableOptions};

use crate::{Result, Table};

/// What readers of a long-lived changelog need.
///
/// A changelog file is a copy of its snapshot's. Of what it names only the changes are kept: the changelog files, or,
/// where no producer writes any, the files of the delta. Everything else dangles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChangelogNeeds {
    /// The base and delta lists with their manifests, and the files of writers that the delta names.
    pub(crate) delta: bool,
    /// Whether the delta may be gone all the same: another producer was set when the snapshot expired, perhaps.
    pub(crate) delta_may_be_gone: bool,
}

impl ChangelogNeeds {
    /// What readers need of a changelog of `branch`, whose newest schema has the producer `now`.
    ///
    /// Readers follow the producer that the table has now; without one they read deltas. A snapshot that was written
    /// while there was none has nothing but its delta. One without changelog files that a producer was set for, such as
    /// an append before the next full compaction, has no changes to read. Paimon itself only looks at the producer of
    /// the moment in which it expires a snapshot.
    pub(crate) async fn of(
        table: &Table,
        branch: &BranchPaths,
        now: ChangelogProducer,
        changelog: &Snapshot,
    ) -> Result<Self> {
        let has_changelog = changelog.changelog_manifest_list.is_some();
        let schema = table.schema_in(branch, changelog.schema_id).await?;
        let then = TableOptions::new(schema.options.clone()).get(&keys::CHANGELOG_PRODUCER)?;
        Ok(Self::decide(has_changelog, then, now))
    }

    fn decide(has_changelog: bool, then: ChangelogProducer, now: ChangelogProducer) -> Self {
        let (then_none, now_none) = (then == ChangelogProducer::None, now == ChangelogProducer::None);
        Self {
            delta: now_none || (then_none && !has_changelog),
            delta_may_be_gone: has_changelog || !then_none || !now_none,
        }
    }
}

/// Whether a delta's file is one that changelogs are read from: a writer's own.
pub(crate) fn is_written(entry: &ManifestEntry) -> bool {
    matches!(entry.file.file_source, None | Some(FileSource::Append))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ChangelogProducer::{Input, Lookup, None};

    fn decide(has_changelog: bool, then: ChangelogProducer, now: ChangelogProducer) -> (bool, bool) {
        let needs = ChangelogNeeds::decide(has_changelog, then, now);
        (needs.delta, needs.delta_may_be_gone)
    }

    #[test]
    fn without_a_producer_a_changelog_is_read_from_its_delta() {
        assert_eq!(decide(false, None, None), (true, false));
    }

    #[test]
    fn with_a_producer_only_changelog_files_are_read() {
        assert_eq!(decide(true, Input, Input), (false, true));
        assert_eq!(decide(false, Lookup, Lookup), (false, true), "an append without changes of its own");
    }

    #[test]
    fn after_a_change_of_the_producer_everything_that_may_be_read_is_kept() {
        assert_eq!(decide(false, None, Input), (true, true), "written before there was one");
        assert_eq!(decide(true, Input, None), (true, true), "readers read deltas now");
        assert_eq!(decide(false, Lookup, None), (true, true));
    }
}
